//! Why a command fails: its exit code and two lines of text, what is wrong and how to
//! fix it.
use std::fmt;

#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Wrong usage or configuration: exit code 2.
    #[error(transparent)]
    Usage(anyhow::Error),
    /// The work failed: exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Failure {
    pub(super) fn usage(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{what}\n  {hint}"))
    }

    pub(super) fn failed(what: impl fmt::Display, hint: impl fmt::Display) -> Self {
        Self::Failed(anyhow::anyhow!("{what}\n  {hint}"))
    }

    pub(super) const fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            Self::Failed(_) => 1,
        }
    }
}

#[cfg(feature = "service")]
impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::Usage(error.into())
    }
}

#[cfg(feature = "service")]
impl From<crate::config::UnknownId> for Failure {
    fn from(error: crate::config::UnknownId) -> Self {
        Self::Usage(error.into())
    }
}

#[cfg(feature = "service")]
impl From<server::access::AccessError> for Failure {
    fn from(error: server::access::AccessError) -> Self {
        use server::access::AccessError as E;
        match error {
            E::Name(_) | E::Role(_) | E::Password(_) | E::Expiry => {
                Self::usage(&error, error.hint())
            }
            _ => Self::failed(&error, error.hint()),
        }
    }
}

#[cfg(feature = "service")]
impl From<server::store::StoreError> for Failure {
    fn from(error: server::store::StoreError) -> Self {
        Self::failed(&error, error.hint())
    }
}

//! Why an import fails.
use std::fmt;

use server::store::StoreError;

/// Why an import ended early. Committed rows stay in the store.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ImportError {
    #[error(
        "{path} cannot be read: {error}\n  check that the file is complete and repeat the import; rows that are stored already are not stored twice"
    )]
    Read { path: String, error: String },
    #[error("{0}\n  {hint}", hint = .0.hint())]
    Store(#[from] StoreError),
    /// Only the service writes the current set of registers while it runs.
    #[error(
        "a wattkampen service uses this data directory, and registers cannot be imported while it runs\n  stop the service, import, and start it again; or import energies of intervals, which is possible at any time"
    )]
    ServiceRunning,
}

/// Why a file is not read: what is not clear about it, and how to make it clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LayoutError {
    pub(crate) what: String,
    pub(crate) hint: String,
    /// Answers, each an option of the command and what it means for this file.
    pub(crate) choices: Vec<Choice>,
    /// The file has no rows at all.
    pub(crate) is_empty: bool,
    /// The file says of which meter its rows are.
    pub(crate) names_meter: bool,
}

/// One answer to what is not clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Choice {
    /// As it is written on the command line.
    pub(crate) option: String,
    pub(crate) meaning: String,
}

impl Choice {
    pub(crate) fn new(option: impl Into<String>, meaning: impl Into<String>) -> Self {
        Self { option: option.into(), meaning: meaning.into() }
    }
}

impl LayoutError {
    pub(crate) fn new(what: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            hint: hint.into(),
            choices: Vec::new(),
            is_empty: false,
            names_meter: false,
        }
    }

    /// What is not clear, with the answers.
    pub(crate) fn question(
        what: impl Into<String>,
        hint: impl Into<String>,
        choices: Vec<Choice>,
    ) -> Self {
        Self { choices, ..Self::new(what, hint) }
    }

    pub(super) fn empty(what: impl Into<String>) -> Self {
        Self { is_empty: true, ..Self::new(what, "give a file with times and values") }
    }
}

impl fmt::Display for LayoutError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}\n  {}", self.what, self.hint)
    }
}

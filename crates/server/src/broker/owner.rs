//! Whom the broker charges for what a client uses.
use std::{fmt, net::IpAddr, sync::Arc};

/// Who has to answer for a session, a connection or a retained message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Owner {
    /// A client with a login: the user name.
    Login(Arc<str>),
    /// An anonymous client, or one before its CONNECT is accepted.
    Address(IpAddr),
    /// The server itself, and what an earlier run retained.
    Server,
}

impl Owner {
    /// The owner of a connection from this address, before a login is known.
    pub(super) fn address(address: IpAddr) -> Self {
        Self::Address(address.to_canonical())
    }

    /// The user name, where there is one.
    pub(super) fn login(&self) -> Option<&Arc<str>> {
        match self {
            Self::Login(user) => Some(user),
            Self::Address(_) | Self::Server => None,
        }
    }

    /// Whether it is this machine: anonymous clients, and clients behind a proxy.
    pub(super) fn is_loopback(&self) -> bool {
        matches!(self, Self::Address(address) if address.is_loopback())
    }
}

/// For log lines: a user name is escaped.
impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Login(user) => write!(f, "the login \"{}\"", user.escape_debug()),
            Self::Address(address) => write!(f, "the address {address}"),
            Self::Server => f.write_str("the server"),
        }
    }
}

//! Whom the broker charges for what a client uses.
use std::{
    fmt,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

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

/// What all sessions of one owner use together.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) owner: Owner,
    pub(super) subscriptions: Count,
    pub(super) queued_bytes: Count,
}

impl Usage {
    pub(super) fn new(owner: Owner) -> Arc<Self> {
        let (subscriptions, queued_bytes) = (Count::default(), Count::default());
        Arc::new(Self { owner, subscriptions, queued_bytes })
    }
}

/// A count that several sessions change at the same time.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    /// Adds `amount` unless that exceeds `limit`; whether it did.
    pub(super) fn try_add(&self, amount: usize, limit: usize) -> bool {
        let add = |count: usize| count.checked_add(amount).filter(|sum| *sum <= limit);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    pub(super) fn subtract(&self, amount: usize) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }
}

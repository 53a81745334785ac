//! Errors of accounts and sessions, each with a hint how to fix it.
use std::{io, path::PathBuf};

use super::{
    account::{InvalidName, InvalidRole},
    password_rules::WeakPassword,
};
use crate::store::StoreError;

/// An operation on accounts, sessions or tokens failed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// The data directory cannot be created, or the file not opened.
    #[error("the file of accounts {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A later version of the program wrote the file.
    #[error("the file of accounts has version {found}, this program knows up to {known}")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program reads.
        known: i64,
    },
    /// SQLite failed.
    #[error("the file of accounts refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    /// The change cannot be recorded in the audit trail.
    #[error("the audit trail cannot record the change: {0}")]
    Audit(#[from] StoreError),
    /// The name is taken.
    #[error("there is an account {0} already")]
    Exists(String),
    /// There is no such account or token.
    #[error("there is no {0}")]
    Missing(String),
    /// The first account exists.
    #[error("the first account exists already")]
    SetUp,
    /// A link is wrong, used or expired.
    #[error("the link is not valid, was used before, or has expired")]
    Link,
    /// A name is malformed.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A role is malformed.
    #[error(transparent)]
    Role(#[from] InvalidRole),
    /// A password is too weak.
    #[error(transparent)]
    Password(#[from] WeakPassword),
    /// An expiry is not within bounds.
    #[error("a token expires after at least a minute and at most three years")]
    Expiry,
    /// The password cannot be hashed.
    #[error("the password cannot be hashed")]
    Hash,
    /// Too many passwords are being compared.
    #[error("too many sign-ins at once")]
    Busy,
}

impl AccessError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::File { .. } => "give a data directory that this user may write to",
            Self::Newer { .. } => "use the program version that wrote it, or a later one",
            Self::Sqlite(_) => "see that the disk has room and is writable, and try again",
            Self::Audit(error) => error.hint(),
            Self::Exists(_) => "choose another name, or reset that account's password",
            Self::Missing(_) => "list what there is: wattkampen user list, wattkampen token list",
            Self::SetUp => "sign in, or let an organiser invite you",
            Self::Link => "ask an organiser for a new link: wattkampen user reset NAME",
            Self::Name(_) => "write it as in anna@example.org or hall-1",
            Self::Role(_) => "give a town its participants, as in --role town --participant ID",
            Self::Password(_) => {
                "choose a longer one, such as four words that do not belong together"
            }
            Self::Expiry => "write it as in 90d, 12h or 2027-07-01",
            Self::Hash => "report this with the log",
            Self::Busy => "try again in some seconds",
        }
    }
}

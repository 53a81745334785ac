//! What can go wrong with the store, and what to do about it.
use std::{io, path::PathBuf};

use super::codec::Corrupt;

/// The store cannot do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The directory or its lock file cannot be made or opened.
    #[error("the data directory {path} cannot be used: {source}")]
    Directory {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another server has the directory.
    #[error("another wattkampen has the data directory {0} open")]
    InUse(PathBuf),
    /// The file is of a later version than this program.
    #[error("the store has schema version {found}, this program knows up to {known}")]
    Newer {
        /// In the file.
        found: i64,
        /// Of this program.
        known: i64,
    },
    /// The file is SQLite but not ours.
    #[error("{0} is a database of another program")]
    Foreign(PathBuf),
    /// A blob does not hold what was written.
    #[error("the store is damaged at {place}: {source}")]
    Damaged {
        /// Table and key.
        place: String,
        /// How.
        source: Corrupt,
    },
    /// SQLite's own.
    #[error("the store refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// How to mend it, one line.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Directory { .. } => "give a directory that this user may write to",
            Self::InUse(_) => "stop the other one, or give each its own data directory",
            Self::Newer { .. } => "use the program version that wrote it, or a later one",
            Self::Foreign(_) => "give another data directory",
            Self::Damaged { .. } => "restore the data directory from a backup",
            Self::Sqlite(_) => "see that the disk has room and is writable",
        }
    }

    pub(super) fn damaged(place: impl Into<String>) -> impl FnOnce(Corrupt) -> Self {
        let place = place.into();
        move |source| Self::Damaged { place, source }
    }
}

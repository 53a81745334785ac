//! Errors of the store, each with a hint how to fix it.
use std::{
    io,
    path::{Path, PathBuf},
};

use rusqlite::ErrorCode;

use super::codec::Corrupt;

/// What remains where the file itself is broken.
const RESTORE: &str = "restore the data directory from a backup: move it away, and run `wattkampen restore` (deploy/README.md)";

/// An operation of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The data directory or its lock file cannot be created or opened.
    #[error("the data directory {path} cannot be used: {source}")]
    Directory {
        /// The directory.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// Another process has locked the directory.
    #[error("another wattkampen has the data directory {0} open")]
    InUse(PathBuf),
    /// A later version of the program wrote the file.
    #[error("the store has schema version {found}, this program knows up to {known}")]
    Newer {
        /// Version of the file.
        found: i64,
        /// Newest version that this program reads.
        known: i64,
    },
    /// The file is there and has nothing in it, as after a kill while it was created.
    #[error("the store {0} is empty")]
    Empty(PathBuf),
    /// There is no file.
    #[error("there is no store {0}")]
    Absent(PathBuf),
    /// The file is not a database, or its pages contradict each other.
    #[error("the store {path} is malformed: {what}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What SQLite finds.
        what: String,
    },
    /// A backup cannot be read or written.
    #[error("the backup {path} cannot be made or used: {source}")]
    Backup {
        /// The file or folder.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A restore would overwrite a store.
    #[error("{0} exists, and a restore overwrites nothing")]
    Occupied(PathBuf),
    /// The file has an older schema and is open for reading only.
    #[error("the store has schema version {found}, and version {known} is needed to read it")]
    Older {
        /// Version of the file.
        found: i64,
        /// Version that this program reads.
        known: i64,
        /// A running service keeps this program from migrating it.
        in_use: bool,
    },
    /// The file is an SQLite database of another program.
    #[error("{0} is a database of another program")]
    Foreign(PathBuf),
    /// A blob does not decode to what was written.
    #[error("the store is damaged at {place}: {source}")]
    Damaged {
        /// Table and key.
        place: String,
        /// What is wrong with the bytes.
        source: Corrupt,
    },
    /// The result is locked.
    #[error("the result is locked, and imported rows stay as they are")]
    Locked,
    /// A file of the open store was deleted or replaced.
    #[error(
        "{0} was deleted or replaced while the service has it open; readings are no longer acknowledged"
    )]
    Replaced(PathBuf),
    /// SQLite failed, for example because the disk is full.
    #[error("the store refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Directory { .. } => "give a directory that this user may write to",
            Self::InUse(_) => "stop the other one, or give each its own data directory",
            Self::Newer { .. } => "use the program version that wrote it, or a later one",
            Self::Older { in_use: true, .. } => {
                "an older version of the service is running; restart it with this program"
            }
            Self::Older { .. } => RESTORE,
            Self::Empty(_) => {
                "import history or start the service, which create it; or restore a backup"
            }
            Self::Absent(_) => "correct `data` in [server], or give the folder of one backup",
            Self::Malformed { .. } => RESTORE,
            Self::Backup { .. } => {
                "give a folder that this user may write to, on a disk with room for the store"
            }
            Self::Occupied(_) => {
                "stop the service, move the store away in its folder (mkdir before && mv wattkampen.sqlite* before), and repeat"
            }
            Self::Foreign(_) => "give another data directory",
            Self::Damaged { .. } => RESTORE,
            Self::Locked => "an amendment changes a locked result: wattkampen amend",
            Self::Replaced(_) => {
                "stop the service, put the file back or restore a backup, and start again"
            }
            Self::Sqlite(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "another program is writing to the store; try again in some seconds"
                }
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => RESTORE,
                _ => "see that the disk has room and is writable",
            },
        }
    }

    /// Names the file, where SQLite finds that it is none of its own or is broken.
    pub(super) fn of_file(self, path: &Path) -> Self {
        match self {
            Self::Sqlite(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)
                ) =>
            {
                Self::Malformed { path: path.to_owned(), what: error.to_string() }
            }
            other => other,
        }
    }

    pub(super) fn damaged(place: impl Into<String>) -> impl FnOnce(Corrupt) -> Self {
        let place = place.into();
        move |source| Self::Damaged { place, source }
    }
}

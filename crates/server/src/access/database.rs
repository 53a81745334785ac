//! `access.sqlite` in the data directory: accounts, invitations, sessions and API tokens.
//!
//! It is a file of its own, readable by its user alone: the store is evidence, which is
//! copied and handed to a jury, and hashes of passwords are not. Commands write to it while
//! the service runs, which sees a change with its next request.
use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use rusqlite::{Connection, TransactionBehavior};

use super::error::AccessError;
use crate::{audit::AuditEvent, store};

/// File name in the data directory.
const FILE: &str = "access.sqlite";

/// One migration a version. The SQL of a released migration is never edited.
const MIGRATIONS: [&str; 1] = ["
    CREATE TABLE account (
        name         TEXT PRIMARY KEY,      -- lower case
        role         TEXT NOT NULL,         -- organiser, town or reader
        participants TEXT NOT NULL,         -- ids of a town, separated by spaces
        password     TEXT,                  -- argon2id in PHC form; NULL until the invitation is used
        created      INTEGER NOT NULL,      -- Unix seconds of the machine's clock, as all times here
        signed_in    INTEGER                -- the last time
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE invitation (               -- at most one an account
        account TEXT PRIMARY KEY REFERENCES account (name) ON DELETE CASCADE,
        digest  BLOB NOT NULL UNIQUE,       -- SHA-256 of the link's secret
        expires INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE session (
        digest  BLOB PRIMARY KEY,           -- SHA-256 of the cookie
        account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
        seen    INTEGER NOT NULL,           -- to the minute
        expires INTEGER NOT NULL            -- however often it is used
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX session_account ON session (account);
    CREATE TABLE token (
        id           INTEGER PRIMARY KEY AUTOINCREMENT,
        digest       BLOB NOT NULL UNIQUE,  -- SHA-256 of the token
        role         TEXT NOT NULL,
        participants TEXT NOT NULL,
        created      INTEGER NOT NULL,
        expires      INTEGER NOT NULL
    ) STRICT;
"];

/// Version of the file that this program writes.
const VERSION: i64 = MIGRATIONS.len() as i64;

/// The file, or one in memory for a demonstration.
#[derive(Debug)]
pub(super) struct Database {
    connection: Mutex<Connection>,
    /// Directory of the store whose audit trail records changes.
    store: Option<PathBuf>,
}

impl Database {
    /// Opens the file, creating it where it is absent.
    pub(super) fn open(dir: &Path) -> Result<Self, AccessError> {
        let path = dir.join(FILE);
        create(dir, &path).map_err(|source| AccessError::File { path: path.clone(), source })?;
        let connection = Connection::open(&path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        Self::new(connection, Some(dir.to_owned()))
    }

    /// One that ends with the process.
    pub(super) fn in_memory() -> Result<Self, AccessError> {
        Self::new(Connection::open_in_memory()?, None)
    }

    fn new(mut connection: Connection, store: Option<PathBuf>) -> Result<Self, AccessError> {
        connection.pragma_update(None, "foreign_keys", true)?;
        migrate(&mut connection)?;
        Ok(Self { connection: Mutex::new(connection), store })
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a change that the audit trail records, where there is a store: both or none.
    pub(super) fn change<T>(
        &self,
        change: impl FnOnce(&Connection) -> Result<(T, AuditEvent), AccessError>,
    ) -> Result<T, AccessError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (result, event) = change(&transaction)?;
        if let Some(dir) = self.store.as_deref().filter(|dir| store::exists(dir)) {
            store::append_audit_to(dir, &event)?;
        }
        transaction.commit()?;
        Ok(result)
    }
}

/// Creates the file before SQLite does, so that no other user can read it at any time. The
/// files that SQLite puts beside it get the same mode.
fn create(dir: &Path, path: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn migrate(connection: &mut Connection) -> Result<(), AccessError> {
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if found > VERSION {
        return Err(AccessError::Newer { found, known: VERSION });
    }
    for sql in MIGRATIONS.iter().skip(found.max(0) as usize) {
        change.execute_batch(sql)?;
    }
    change.pragma_update(None, "user_version", VERSION)?;
    Ok(change.commit()?)
}

/// Unix seconds of the machine's clock.
pub(super) fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_its_user_can_read_the_file_and_a_later_version_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let database = Database::open(dir.path()).expect("a file");
        for entry in fs::read_dir(dir.path()).expect("the folder") {
            let entry = entry.expect("an entry");
            let mode = entry.metadata().expect("a file").permissions().mode();
            assert_eq!(mode & 0o077, 0, "{:?}", entry.file_name());
        }
        database.connection().pragma_update(None, "user_version", 99).expect("written");
        drop(database);
        let refused = Database::open(dir.path());
        assert!(matches!(refused, Err(AccessError::Newer { found: 99, .. })), "{refused:?}");
    }
}

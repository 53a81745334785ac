//! Tables, their version, and how an older file becomes a newer one.
use std::{path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags};

use super::{Durability, StoreError};

/// File name in the data directory.
pub(super) const FILE: &str = "wattkampen.sqlite";

/// "WATT": tells our files from other SQLite files.
const APPLICATION: i64 = 0x5741_5454;

/// Bits of a block's or day's key that hold the moment; the rest is the meter.
pub(super) const MOMENT_BITS: u32 = 38;

/// One step a version; a step that has been released is never edited.
const STEPS: [&str; 3] = [
    "
    CREATE TABLE meter (
        key      INTEGER PRIMARY KEY,       -- 1, 2, …
        name     TEXT    NOT NULL UNIQUE,   -- as in messages
        readings INTEGER NOT NULL DEFAULT 0,-- in blocks
        newest   BLOB                       -- a block of one: the newest in blocks
    ) STRICT;
    CREATE TABLE journal (
        seq  INTEGER PRIMARY KEY,
        data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE block (
        key   INTEGER PRIMARY KEY,          -- meter << 38 | first moment
        count INTEGER NOT NULL,
        data  BLOB NOT NULL
    ) STRICT;
    CREATE TABLE day (
        key  INTEGER PRIMARY KEY,           -- meter << 38 | midnight UTC
        data BLOB NOT NULL
    ) STRICT;
    CREATE TABLE conflict (
        meter INTEGER NOT NULL,
        at    INTEGER NOT NULL,
        data  BLOB NOT NULL,                -- a block of one: the value that does not stand
        PRIMARY KEY (meter, at, data)
    ) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE interval (
        key     INTEGER PRIMARY KEY,        -- meter << 38 | beginning
        seconds INTEGER NOT NULL,           -- 900, 1800 or 3600
        energy  INTEGER NOT NULL            -- mWh
    ) STRICT;
    CREATE TABLE temperature (
        participant TEXT    NOT NULL,
        hour        INTEGER NOT NULL,       -- its beginning
        hundredths  INTEGER NOT NULL,       -- of a degree Celsius
        PRIMARY KEY (participant, hour)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE imported (                 -- what of the two changed, in order
        seq   INTEGER PRIMARY KEY,
        kind  INTEGER NOT NULL,             -- 0 interval, 1 temperature
        name  TEXT    NOT NULL,             -- meter or participant
        first INTEGER NOT NULL,             -- beginning of the first row
        last  INTEGER NOT NULL              -- and of the last
    ) STRICT;
",
    "
    CREATE TABLE audit (                    -- append-only; see audit.rs
        seq  INTEGER PRIMARY KEY AUTOINCREMENT, -- so that the file knows how many there were
        at   INTEGER NOT NULL,              -- by the service's clock
        body TEXT    NOT NULL,              -- what happened, JSON
        hash BLOB    NOT NULL               -- of the entry before, and of this one
    ) STRICT;
    CREATE TABLE seal (                     -- of a meter's day, each time it was sealed
        key    INTEGER NOT NULL,            -- meter << 38 | midnight UTC
        entry  INTEGER NOT NULL,            -- of audit, whose root covers it
        count  INTEGER NOT NULL,
        digest BLOB    NOT NULL,
        PRIMARY KEY (key, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sealed ON seal (entry);
    CREATE TABLE unsealed (                 -- days whose readings changed since they were sealed
        key INTEGER PRIMARY KEY
    ) STRICT;
    INSERT INTO unsealed SELECT key FROM day;
    ALTER TABLE imported ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE imported ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE row_seal (                 -- of a day of imported rows, each time it was noted
        entry  INTEGER NOT NULL,            -- of audit, whose root covers it
        kind   INTEGER NOT NULL,            -- as of imported
        name   TEXT    NOT NULL,
        day    INTEGER NOT NULL,            -- midnight UTC
        count  INTEGER NOT NULL,
        digest BLOB    NOT NULL,
        PRIMARY KEY (entry, kind, name, day)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE aside (                    -- what came after the lock, see aside.rs
        kind INTEGER NOT NULL,              -- 0 interval, 1 temperature, 2 reading
        name TEXT    NOT NULL,              -- meter or participant
        at   INTEGER NOT NULL,
        data BLOB    NOT NULL,
        PRIMARY KEY (kind, name, at, data)
    ) STRICT, WITHOUT ROWID;
",
];

/// Opens the file for the one writer and brings it up to date.
pub(super) fn open(dir: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    let mut connection = Connection::open(&path)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    // Larger pages hold several blocks; only a new file takes the size.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(
        None,
        "synchronous",
        match durability {
            Durability::Full => "FULL",
            Durability::Normal => "NORMAL",
        },
    )?;
    // 32 MB: fewer copies into the main file while readings pour in.
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate(&mut connection, &path)?;
    Ok(connection)
}

/// Opens the file for reading, while a server runs or after it.
pub(super) fn open_read_only(dir: &Path) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    let connection = Connection::open_with_flags(
        &path,
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    connection.busy_timeout(Duration::from_secs(5))?;
    let found = version(&connection, &path)?;
    if found != STEPS.len() as i64 {
        return Err(StoreError::Newer { found, known: STEPS.len() as i64 });
    }
    Ok(connection)
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION && (application, version) != (0, 0) {
        return Err(StoreError::Foreign(path.to_owned()));
    }
    Ok(version)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection, path)?;
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (step, sql) in STEPS.iter().enumerate().skip(found.max(0) as usize) {
        let change = connection.transaction()?;
        change.execute_batch(sql)?;
        change.pragma_update(None, "application_id", APPLICATION)?;
        change.pragma_update(None, "user_version", step as i64 + 1)?;
        change.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_programs_file_and_a_later_version_are_refused() {
        let dir = tempfile::tempdir().unwrap();
        let foreign = Connection::open(dir.path().join(FILE)).unwrap();
        foreign.pragma_update(None, "application_id", 77).unwrap();
        foreign.pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(open(dir.path(), Durability::Full), Err(StoreError::Foreign(_))));
        foreign.pragma_update(None, "application_id", APPLICATION).unwrap();
        foreign.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            open(dir.path(), Durability::Full),
            Err(StoreError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn opening_twice_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path(), Durability::Full).unwrap());
        let again = open(dir.path(), Durability::Full).unwrap();
        let mode: String = again.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        assert_eq!(mode, "wal");
        assert_eq!(version(&again, dir.path()).unwrap(), STEPS.len() as i64);
    }
}

//! Tables of the store, their version, and the migrations from older versions.
//!
//! `user_version` counts the migrations that a file has had; each runs once, in a
//! transaction, when a writer opens the file. A file of a later version is refused.
//! Version 4 gives each entry of the audit log its kind as a column; bodies and hashes
//! stay as they are, so the chain of an older file still verifies.
//!
//! It also renames `aside` to `post_lock`. Other tables and columns keep the names of the
//! version that created them: `unsealed` lists the days that wait for a seal, `taken`
//! counts the rows that an import inserted. Version 5 counts those that were taken back.
use std::{
    fs::{self, File, TryLockError},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::error::StoreError;

/// Which acknowledged readings survive which failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every acknowledged reading survives a power cut.
    #[default]
    Full,
    /// Every acknowledged reading survives a kill of the process; a power cut
    /// may lose the last seconds.
    Normal,
}

/// File name in the data directory.
pub(super) const FILE: &str = "wattkampen.sqlite";

/// "WATT": distinguishes our files from other SQLite files.
const APPLICATION_ID: i64 = 0x5741_5454;

/// Bits of a block's or day's key that hold the time; the rest is the meter.
pub(super) const TIME_BITS: u32 = 38;

/// Version of the schema that this program writes.
const VERSION: i64 = MIGRATIONS.len() as i64;

/// One migration a version. The SQL of a released migration is never edited.
const MIGRATIONS: [&str; 5] = [
    "
    CREATE TABLE meter (
        key      INTEGER PRIMARY KEY,       -- 1, 2, …
        name     TEXT    NOT NULL UNIQUE,   -- as in messages
        readings INTEGER NOT NULL DEFAULT 0,-- in blocks
        newest   BLOB                       -- a block of one reading: the newest one in blocks
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
        data  BLOB NOT NULL,                -- a block of one reading: the value that lost
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
    CREATE TABLE imported (                 -- ranges of the two that changed, in order
        seq   INTEGER PRIMARY KEY,
        kind  INTEGER NOT NULL,             -- RowKind
        name  TEXT    NOT NULL,             -- meter or participant
        first INTEGER NOT NULL,             -- beginning of the first row
        last  INTEGER NOT NULL              -- and of the last
    ) STRICT;
",
    "
    CREATE TABLE audit (                    -- append-only, hash-chained; see chain.rs
        seq  INTEGER PRIMARY KEY AUTOINCREMENT, -- sqlite_sequence keeps the count
        at   INTEGER NOT NULL,              -- Unix seconds by the service's clock
        body TEXT    NOT NULL,              -- the event, JSON
        hash BLOB    NOT NULL               -- SHA-256 over the hash before and this entry
    ) STRICT;
    CREATE TABLE seal (                     -- digest of a meter's day, one a sealing
        key    INTEGER NOT NULL,            -- meter << 38 | midnight UTC
        entry  INTEGER NOT NULL,            -- seq of the entry whose root covers it
        count  INTEGER NOT NULL,
        digest BLOB    NOT NULL,
        PRIMARY KEY (key, entry)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sealed ON seal (entry);
    CREATE TABLE unsealed (                 -- days whose readings changed since their seal
        key INTEGER PRIMARY KEY
    ) STRICT;
    INSERT INTO unsealed SELECT key FROM day;
    ALTER TABLE imported ADD COLUMN taken INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE imported ADD COLUMN replaced INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE row_seal (                 -- digest of a day of imported rows, one an import
        entry  INTEGER NOT NULL,            -- seq of the entry whose root covers it
        kind   INTEGER NOT NULL,            -- RowKind
        name   TEXT    NOT NULL,
        day    INTEGER NOT NULL,            -- midnight UTC
        count  INTEGER NOT NULL,
        digest BLOB    NOT NULL,
        PRIMARY KEY (entry, kind, name, day)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE aside (                    -- rows that arrived after the lock; see post_lock.rs
        kind INTEGER NOT NULL,              -- RowKind
        name TEXT    NOT NULL,              -- meter or participant
        at   INTEGER NOT NULL,
        data BLOB    NOT NULL,
        PRIMARY KEY (kind, name, at, data)
    ) STRICT, WITHOUT ROWID;
",
    "
    ALTER TABLE audit ADD COLUMN kind TEXT NOT NULL DEFAULT ''; -- AuditEventKind
    UPDATE audit SET kind = substr(body, 11, instr(substr(body, 11), '\"') - 1)
        WHERE body GLOB '{\"event\":\"*\"*';
    CREATE INDEX audit_kind ON audit (kind, seq);
    ALTER TABLE aside RENAME TO post_lock;
    CREATE TABLE service_clock (            -- at most one row: a simulated clock
        id         INTEGER PRIMARY KEY CHECK (id = 1),
        machine_ms INTEGER NOT NULL,        -- Unix milliseconds of the machine's clock
        service    INTEGER NOT NULL,        -- Unix seconds of the service's clock then
        speed      REAL    NOT NULL,        -- seconds of the service in one
        stop       INTEGER                  -- the service's clock stops then, if at all
    ) STRICT;
",
    "
    ALTER TABLE imported ADD COLUMN removed INTEGER NOT NULL DEFAULT 0; -- rows taken back
",
];

/// Opens the file for writing and migrates it to this program's version.
pub(super) fn open(dir: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    open_file(&path, durability).map_err(|error| error.of_file(&path))
}

fn open_file(path: &Path, durability: Durability) -> Result<Connection, StoreError> {
    let mut connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(1))?;
    // Larger pages hold several blocks; only a new file takes the size.
    connection.pragma_update(None, "page_size", 8192)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Normal => "NORMAL",
    };
    connection.pragma_update(None, "synchronous", synchronous)?;
    // 32 MB: fewer copies into the main file while readings pour in.
    connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
    connection.pragma_update(None, "cache_size", -16_384)?;
    connection.set_prepared_statement_cache_capacity(32);
    migrate(&mut connection, path)?;
    Ok(connection)
}

/// Opens the file for reading, also while a service writes to it. A file of an older
/// version is migrated first, unless a service has the directory locked.
pub(super) fn open_read_only(dir: &Path) -> Result<Connection, StoreError> {
    let path = dir.join(FILE);
    let deadline = Instant::now() + SHORT_TASK;
    if is_new(dir) {
        return Err(StoreError::Empty(path));
    }
    loop {
        let connection = Connection::open_with_flags(
            &path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(Duration::from_secs(5))?;
        let found = version(&connection, &path).map_err(|error| error.of_file(&path))?;
        match found {
            VERSION => return Ok(connection),
            found if found > VERSION => return Err(StoreError::Newer { found, known: VERSION }),
            1.. => {}
            0 => return Err(StoreError::Empty(path)),
            found => return Err(StoreError::Older { found, known: VERSION, in_use: false }),
        }
        drop(connection);
        match lock_shared(dir) {
            Ok(_lock) => drop(open(dir, Durability::Full)?),
            // The holder may be a service of this version that migrates the file as it starts.
            Err(StoreError::InUse(_)) if Instant::now() < deadline => thread::sleep(RETRY_EVERY),
            Err(StoreError::InUse(_)) => {
                return Err(StoreError::Older { found, known: VERSION, in_use: true });
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether the file has no byte and no log of changes to it: it was about to be created.
/// SQLite may have left a rollback journal, which only a writer can clear away.
fn is_new(dir: &Path) -> bool {
    let length = |name: &str| fs::metadata(dir.join(name)).map(|file| file.len()).ok();
    length(FILE) == Some(0) && length(&format!("{FILE}-wal")).unwrap_or(0) == 0
}

/// How long a writer waits for commands that hold the lock for a migration.
const SHORT_TASK: Duration = Duration::from_secs(2);
const RETRY_EVERY: Duration = Duration::from_millis(20);

/// Locks the data directory for one writer, creating it where it is absent; the lock
/// lasts as long as the file is open. Another writer is an error at once; commands that
/// read the store hold a shared lock for a moment, which this waits for.
pub(super) fn lock(dir: &Path) -> Result<File, StoreError> {
    let file = lock_file(dir)?;
    let deadline = Instant::now() + SHORT_TASK;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::Error(source)) => return Err(unusable(dir)(source)),
            Err(TryLockError::WouldBlock) if Instant::now() >= deadline => {
                return Err(StoreError::InUse(dir.to_owned()));
            }
            Err(TryLockError::WouldBlock) => {}
        }
        // A shared lock is refused where a writer holds the directory.
        drop(lock_shared(dir)?);
        thread::sleep(RETRY_EVERY);
    }
}

/// Locks the data directory against writers, for a task of a moment; several processes
/// may hold this lock.
pub(super) fn lock_shared(dir: &Path) -> Result<File, StoreError> {
    let file = lock_file(dir)?;
    match file.try_lock_shared() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(unusable(dir)(source)),
    }
}

fn lock_file(dir: &Path) -> Result<File, StoreError> {
    fs::create_dir_all(dir).map_err(unusable(dir))?;
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    options.open(dir.join("lock")).map_err(unusable(dir))
}

fn unusable(dir: &Path) -> impl Fn(io::Error) -> StoreError {
    |source| StoreError::Directory { path: dir.to_owned(), source }
}

/// Begins a transaction that holds SQLite's write lock from its start, so that what it
/// reads stays true until it commits.
pub(super) fn begin_write(connection: &Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(Transaction::new_unchecked(connection, TransactionBehavior::Immediate)?)
}

/// A write transaction that changes nothing.
pub(super) fn rewrite_version(connection: &Connection) -> Result<(), StoreError> {
    let change = begin_write(connection)?;
    change.pragma_update(None, "user_version", VERSION)?;
    Ok(change.commit()?)
}

fn version(connection: &Connection, path: &Path) -> Result<i64, StoreError> {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    if application != APPLICATION_ID {
        let tables = "SELECT COUNT(*) FROM sqlite_schema";
        let tables: i64 = connection.query_row(tables, [], |row| row.get(0))?;
        if (application, version, tables) != (0, 0, 0) {
            return Err(StoreError::Foreign(path.to_owned()));
        }
    }
    Ok(version)
}

fn migrate(connection: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let found = version(connection, path)?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    for (migration, sql) in (0..).zip(MIGRATIONS) {
        if migration < found {
            continue;
        }
        let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        // Another process may have migrated the file since.
        if version(&change, path)? != migration {
            continue;
        }
        change.execute_batch(sql)?;
        change.pragma_update(None, "application_id", APPLICATION_ID)?;
        change.pragma_update(None, "user_version", migration + 1)?;
        change.commit()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_of_another_program_or_a_later_version_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let foreign = Connection::open(dir.path().join(FILE)).unwrap();
        foreign.pragma_update(None, "application_id", 77).unwrap();
        foreign.pragma_update(None, "user_version", 1).unwrap();
        assert!(matches!(open(dir.path(), Durability::Full), Err(StoreError::Foreign(_))));
        foreign.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        foreign.pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(
            open(dir.path(), Durability::Full),
            Err(StoreError::Newer { found: 99, .. })
        ));
    }

    #[test]
    fn migration_to_version_4_gives_each_entry_its_kind() {
        let dir = tempfile::tempdir().unwrap();
        let old = Connection::open(dir.path().join(FILE)).unwrap();
        for sql in &MIGRATIONS[..3] {
            old.execute_batch(sql).unwrap();
        }
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 3).unwrap();
        let bodies = [
            r#"{"event":"start","version":"0.1.0"}"#,
            r#"{"event":"lock","by":"jury","reason":"\"event\":\"start\""}"#,
            r#"{"event":"of-a-later-version"}"#,
            // Damaged after the tag, and within it.
            r#"{"event":"lock","by":"#,
            r#"{"evEnt":"lock","by":"jury"}"#,
        ];
        for body in bodies {
            old.execute("INSERT INTO audit (at, body, hash) VALUES (5, ?, x'00')", [body]).unwrap();
        }
        drop(old);
        let new = open(dir.path(), Durability::Full).unwrap();
        let mut rows = new.prepare("SELECT kind, body FROM audit ORDER BY seq").unwrap();
        let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let rows: Vec<(String, String)> = rows.collect::<Result<_, _>>().unwrap();
        let kinds: Vec<&str> = rows.iter().map(|(kind, _)| kind.as_str()).collect();
        assert_eq!(kinds, ["start", "lock", "of-a-later-version", "lock", ""]);
        assert!(rows.iter().zip(bodies).all(|((_, after), before)| after == before));
        for (kind, body) in &rows {
            assert_eq!(crate::audit::AuditEventKind::tag_of(body), kind);
        }
    }

    #[test]
    fn opening_twice_changes_nothing() {
        let dir = tempfile::tempdir().unwrap();
        drop(open(dir.path(), Durability::Full).unwrap());
        let again = open(dir.path(), Durability::Full).unwrap();
        let mode: String = again.pragma_query_value(None, "journal_mode", |r| r.get(0)).unwrap();
        assert_eq!(mode, "wal");
        assert_eq!(version(&again, dir.path()).unwrap(), VERSION);
    }
}

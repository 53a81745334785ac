//! The audit log in the file: adding to it, reading it, checking its chain. Anybody
//! who may write the file may add, also beside a running server: an entry takes the
//! newest hash within its own transaction.
use std::path::Path;

use competition::Time;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{Durability, Reader, Store, StoreError, schema};
use crate::audit::{AuditEntry, AuditEvent};

/// What stands before the first entry.
const GENESIS: [u8; 32] = [0; 32];

pub(super) type Hash = [u8; 32];

/// The hash of an entry: of a label, the hash before, number, moment and body.
pub(super) fn link(before: &Hash, seq: i64, at: Time, body: &str) -> Hash {
    Sha256::new()
        .chain_update(b"wattkampen audit 1\n")
        .chain_update(before)
        .chain_update(seq.to_be_bytes())
        .chain_update(at.0.to_be_bytes())
        .chain_update(body.as_bytes())
        .finalize()
        .into()
}

/// Whether the result is locked.
pub(super) fn locked(connection: &Connection) -> Result<bool, StoreError> {
    let mut lock = connection.prepare_cached("SELECT 1 FROM audit WHERE body GLOB ? LIMIT 1")?;
    Ok(lock.exists([pattern(Some("lock"))])?)
}

/// Adds an entry; within a transaction that began with a write lock.
pub(super) fn add(
    change: &Connection,
    at: Time,
    event: &AuditEvent,
) -> Result<(i64, Hash), StoreError> {
    let newest: Option<(i64, Vec<u8>)> = change
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last, before) = newest.unwrap_or((0, GENESIS.to_vec()));
    let before = Hash::try_from(before.as_slice()).unwrap_or(GENESIS);
    // An event is made of strings and numbers: it always has a JSON.
    let body = serde_json::to_string(event).unwrap_or_default();
    let hash = link(&before, last + 1, at, &body);
    change
        .prepare_cached("INSERT INTO audit (seq, at, body, hash) VALUES (?, ?, ?, ?)")?
        .execute((last + 1, at.0, body, hash.as_slice()))?;
    Ok((last + 1, hash))
}

/// Bodies of a kind: the tag stands first in each.
fn pattern(kind: Option<&str>) -> String {
    kind.map_or_else(|| "*".to_owned(), |kind| format!("{{\"event\":\"{kind}\"*"))
}

fn read(
    connection: &Connection,
    after: i64,
    kind: Option<&str>,
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, body, hash FROM audit WHERE seq > ? AND body GLOB ? ORDER BY seq",
    )?;
    let entries = statement.query_map((after, pattern(kind)), |row| {
        let hash: Vec<u8> = row.get(3)?;
        Ok(AuditEntry {
            seq: row.get(0)?,
            at: Time(row.get(1)?),
            body: String::from_utf8_lossy(row.get_ref(2)?.as_bytes()?).into_owned(),
            // One of another length cannot be right, and neither is this.
            hash: hash.try_into().unwrap_or(GENESIS),
        })
    })?;
    Ok(entries.collect::<Result<_, _>>()?)
}

impl Store {
    /// Adds entries to the audit log, all or none; the number of the last.
    ///
    /// # Errors
    /// SQLite's.
    pub fn append_audit(&mut self, at: Time, events: &[AuditEvent]) -> Result<i64, StoreError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut head = self.head;
        if let Some((entry, hash)) = broken(&change, head)? {
            let hash = crate::audit::hex(&hash);
            tracing::error!(entry, hash, "the audit log was changed from outside");
            head = Some(add(&change, at, &AuditEvent::Tampered { entry, hash })?);
        }
        for event in events {
            head = Some(add(&change, at, event)?);
        }
        change.commit()?;
        self.head = head;
        Ok(head.map_or(0, |(entry, _)| entry))
    }

    /// Entries of the audit log after one, in order.
    ///
    /// # Errors
    /// SQLite's.
    pub fn audit_entries(&self, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
        read(&self.connection, after, None)
    }

    /// Those of some kinds, such as `lock`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn audit_entries_of(
        &self,
        after: i64,
        kinds: &[&str],
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut entries = Vec::new();
        for kind in kinds {
            entries.extend(read(&self.connection, after, Some(kind))?);
        }
        entries.sort_unstable_by_key(|entry| entry.seq);
        Ok(entries)
    }

    /// The newest entry of a kind, or of all.
    ///
    /// # Errors
    /// SQLite's.
    pub fn last_audit_entry(&self, kind: Option<&str>) -> Result<Option<AuditEntry>, StoreError> {
        let found: Option<i64> = self
            .connection
            .prepare_cached("SELECT seq FROM audit WHERE body GLOB ? ORDER BY seq DESC LIMIT 1")?
            .query_row([pattern(kind)], |row| row.get(0))
            .optional()?;
        let Some(seq) = found else { return Ok(None) };
        Ok(read(&self.connection, seq - 1, kind)?.into_iter().next())
    }
}

/// The newest entry that was known, where the file does not have it any more.
fn broken(
    connection: &Connection,
    head: Option<(i64, Hash)>,
) -> Result<Option<(i64, Hash)>, StoreError> {
    let Some((seq, hash)) = head else { return Ok(None) };
    let found: Option<Vec<u8>> = connection
        .prepare_cached("SELECT hash FROM audit WHERE seq = ?")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok((found.as_deref() != Some(&hash)).then_some((seq, hash)))
}

/// Adds an entry to the log of a store that a server may have open.
///
/// # Errors
/// Where there is no store, or it cannot be written.
pub fn append_audit_to(dir: &Path, at: Time, event: &AuditEvent) -> Result<AuditEntry, StoreError> {
    let mut connection = schema::open(dir, Durability::Full)?;
    let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let (seq, hash) = add(&change, at, event)?;
    change.commit()?;
    Ok(AuditEntry { seq, at, body: serde_json::to_string(event).unwrap_or_default(), hash })
}

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finding {
    /// An entry of the log does not fit its hash, or the hash before it.
    Entry(i64),
    /// Entries are missing, both ends included.
    Missing(i64, i64),
    /// The seals of an entry are not those that it covered.
    Seals(i64),
    /// Stored readings are not those that were sealed.
    Readings {
        /// Their meter.
        meter: String,
        /// UTC day, as midnight.
        day: Time,
        /// The entry that sealed them.
        entry: i64,
    },
    /// A block of stored readings does not fit its checksum.
    Damaged {
        /// Their meter.
        meter: String,
        /// The first UTC day that is not as it was sealed, and the last one of the
        /// block, as midnights.
        days: [Time; 2],
    },
    /// Imported rows are not those that were imported.
    Imported {
        /// `interval` or `temperature`.
        what: &'static str,
        /// Meter or participant.
        name: String,
        /// UTC day, as midnight.
        day: Time,
        /// The entry of their import; `None` where none has such a day.
        entry: Option<i64>,
    },
    /// A batch of readings that is in no block yet does not fit its checksum.
    Batch(i64),
    /// The log itself says that it was changed while the service ran.
    Tampered(i64),
}

impl Reader {
    /// The audit log, and what is wrong with its chain.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn log(&self) -> Result<(Vec<AuditEntry>, Vec<Finding>), StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let entries = read(&view, 0, None)?;
        let (mut faults, mut last, mut before) = (Vec::new(), 0, GENESIS);
        for entry in &entries {
            if entry.seq != last + 1 {
                faults.push(Finding::Missing(last + 1, entry.seq - 1));
            } else if link(&before, entry.seq, entry.at, &entry.body) != entry.hash {
                faults.push(Finding::Entry(entry.seq));
            } else if matches!(entry.event(), AuditEvent::Tampered { .. }) {
                faults.push(Finding::Tampered(entry.seq));
            }
            (last, before) = (entry.seq, entry.hash);
        }
        // The file counts what was ever added; so do seals.
        let counted: i64 = view.query_row(
            "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0),
                        coalesce((SELECT max(entry) FROM seal), 0))",
            [],
            |row| row.get(0),
        )?;
        if counted > last {
            faults.push(Finding::Missing(last + 1, counted));
        }
        Ok((entries, faults))
    }
}

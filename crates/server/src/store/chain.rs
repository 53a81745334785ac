//! Table `audit`: the append-only log, each entry chained to the one before by SHA-256.
//!
//! Any process that may write the file may append, also beside a running service: an
//! entry takes the newest hash within its own transaction. The column `kind` repeats the
//! tag of the body, so that entries are found by an index; the hash covers the body, and
//! [`verify`] compares the two.
use competition::Time;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, params_from_iter};
use sha2::{Digest, Sha256};

use super::{error::StoreError, finding::Finding};
use crate::audit::{AuditEntry, AuditEvent, AuditEventKind};

/// Stands for the hash before the first entry.
const GENESIS: Hash = [0; 32];

/// SHA-256.
pub(super) type Hash = [u8; 32];

/// Number and hash of an entry.
pub(super) type ChainHead = (i64, Hash);

/// SHA-256 over a label, the hash before, the number (big-endian), the time in Unix
/// seconds (big-endian) and the body.
fn entry_hash(before: &Hash, seq: i64, at: Time, body: &str) -> Hash {
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
pub(super) fn is_locked(connection: &Connection) -> Result<bool, StoreError> {
    let mut lock = connection.prepare_cached("SELECT 1 FROM audit WHERE kind = ? LIMIT 1")?;
    Ok(lock.exists([AuditEventKind::Lock.as_str()])?)
}

/// Appends an event; `change` holds the write lock since its beginning.
pub(super) fn append(
    change: &Transaction<'_>,
    at: Time,
    event: &AuditEvent,
) -> Result<ChainHead, StoreError> {
    let newest: Option<(i64, Vec<u8>)> = change
        .prepare_cached("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (last, before) = newest.unwrap_or((0, GENESIS.to_vec()));
    let before = Hash::try_from(before.as_slice()).unwrap_or(GENESIS);
    // An event consists of strings and numbers, so it always serializes.
    let body = serde_json::to_string(event).unwrap_or_default();
    debug_assert_eq!(AuditEventKind::tag_of(&body), event.kind().as_str());
    let seq = last + 1;
    let hash = entry_hash(&before, seq, at, &body);
    change
        .prepare_cached("INSERT INTO audit (seq, at, body, hash, kind) VALUES (?, ?, ?, ?, ?)")?
        .execute((seq, at.0, body, hash.as_slice(), event.kind().as_str()))?;
    Ok((seq, hash))
}

fn entry(row: &Row<'_>) -> rusqlite::Result<AuditEntry> {
    let hash: Vec<u8> = row.get(3)?;
    Ok(AuditEntry {
        seq: row.get(0)?,
        at: Time(row.get(1)?),
        // A body that was changed to bytes beyond UTF-8 is still shown.
        body: String::from_utf8_lossy(row.get_ref(2)?.as_bytes()?).into_owned(),
        // A hash of another length cannot match; neither can this one.
        hash: hash.try_into().unwrap_or(GENESIS),
    })
}

/// Entries after number `after`, in order.
pub(super) fn entries(connection: &Connection, after: i64) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT seq, at, body, hash FROM audit WHERE seq > ? ORDER BY seq")?;
    let entries = statement.query_map([after], entry)?;
    Ok(entries.collect::<Result<_, _>>()?)
}

/// Entries of some kinds after number `after`, in order.
pub(super) fn entries_of(
    connection: &Connection,
    after: i64,
    kinds: &[AuditEventKind],
) -> Result<Vec<AuditEntry>, StoreError> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, at, body, hash FROM audit WHERE kind = ? AND seq > ? ORDER BY seq",
    )?;
    let mut found = Vec::new();
    for kind in kinds {
        let entries = statement.query_map((kind.as_str(), after), entry)?;
        found.extend(entries.collect::<Result<Vec<_>, _>>()?);
    }
    found.sort_unstable_by_key(|entry| entry.seq);
    Ok(found)
}

/// The newest entry of a kind, or of all.
pub(super) fn last_entry(
    connection: &Connection,
    kind: Option<AuditEventKind>,
) -> Result<Option<AuditEntry>, StoreError> {
    let sql = match kind {
        Some(_) => "SELECT seq, at, body, hash FROM audit WHERE kind = ? ORDER BY seq DESC LIMIT 1",
        None => "SELECT seq, at, body, hash FROM audit ORDER BY seq DESC LIMIT 1",
    };
    let parameters = params_from_iter(kind.map(AuditEventKind::as_str));
    Ok(connection.prepare_cached(sql)?.query_row(parameters, entry).optional()?)
}

/// `head`, where the file does not have this entry any more.
pub(super) fn missing_head(
    connection: &Connection,
    head: Option<ChainHead>,
) -> Result<Option<ChainHead>, StoreError> {
    let Some((seq, hash)) = head else { return Ok(None) };
    let found: Option<Vec<u8>> = connection
        .prepare_cached("SELECT hash FROM audit WHERE seq = ?")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    Ok((found.as_deref() != Some(&hash)).then_some((seq, hash)))
}

/// All entries, and the findings about their chain.
pub(super) fn verify(view: &Connection) -> Result<(Vec<AuditEntry>, Vec<Finding>), StoreError> {
    let entries = entries(view, 0)?;
    let kinds: Vec<String> = view
        .prepare("SELECT kind FROM audit ORDER BY seq")?
        .query_map([], |row| Ok(String::from_utf8_lossy(row.get_ref(0)?.as_bytes()?).into_owned()))?
        .collect::<Result<_, _>>()?;
    let (mut findings, mut last, mut before) = (Vec::new(), 0, GENESIS);
    for (entry, kind) in entries.iter().zip(&kinds) {
        let hash = entry_hash(&before, entry.seq, entry.at, &entry.body);
        if entry.seq != last + 1 {
            findings.push(Finding::Missing(last + 1, entry.seq - 1));
        } else if hash != entry.hash || kind != AuditEventKind::tag_of(&entry.body) {
            findings.push(Finding::Entry(entry.seq));
        } else if matches!(entry.event(), AuditEvent::Tampered { .. }) {
            findings.push(Finding::Tampered(entry.seq));
        }
        (last, before) = (entry.seq, entry.hash);
    }
    // The file counts the entries that were ever appended, and seals name theirs.
    let counted: i64 = view.query_row(
        "SELECT max(coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'audit'), 0),
                    coalesce((SELECT max(entry) FROM seal), 0))",
        [],
        |row| row.get(0),
    )?;
    if counted > last {
        findings.push(Finding::Missing(last + 1, counted));
    }
    Ok((entries, findings))
}

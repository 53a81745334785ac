//! Imported rows in the audit log: digests of the days that an import changed, noted
//! in its own transaction, and the comparison with them.
use std::collections::BTreeMap;

use competition::Time;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{
    Reader, Store, StoreError,
    block::{DAY, END, key, moment},
    importer::{INTERVAL, TEMPERATURE},
    log::{self, Finding, Hash},
    seal::midnight,
};
use crate::audit::{AuditEntry, AuditEvent, hex, moment as written};

const KINDS: [(i64, &str); 2] = [(INTERVAL, "interval"), (TEMPERATURE, "temperature")];

pub(super) fn kind_name(kind: i64) -> &'static str {
    KINDS.iter().find(|(known, _)| *known == kind).map_or("reading", |(_, what)| what)
}

/// A day of a meter's intervals or a participant's temperatures.
struct DaySeal {
    /// Midnight UTC.
    day: i64,
    count: i64,
    digest: Hash,
}

fn root(kind: i64, name: &str, seals: &[DaySeal]) -> String {
    let mut hash = Sha256::new()
        .chain_update(b"wattkampen imports 1\n")
        .chain_update(kind.to_be_bytes())
        .chain_update(name);
    for seal in seals {
        hash.update(seal.day.to_be_bytes());
        hash.update(seal.count.to_be_bytes());
        hash.update(seal.digest);
    }
    hex(&hash.finalize())
}

/// Notes what was imported since the last such note; within a transaction that began
/// with a write lock. The newest entry, where there is one.
pub(super) fn note(change: &Connection, at: Time) -> Result<Option<(i64, Hash)>, StoreError> {
    let last: Option<String> = change
        .prepare_cached(
            "SELECT body FROM audit WHERE body GLOB '{\"event\":\"import\"*'
             ORDER BY seq DESC LIMIT 1",
        )?
        .query_row([], |row| row.get(0))
        .optional()?;
    let since = match last.map(|body| serde_json::from_str(&body)) {
        Some(Ok(AuditEvent::Import { upto, .. })) => upto,
        _ => 0,
    };
    let upto: i64 =
        change.query_row("SELECT coalesce(max(seq), 0) FROM imported", [], |row| row.get(0))?;
    let mut ranges = change.prepare_cached(
        "SELECT kind, name, min(first), max(last), sum(taken), sum(replaced) FROM imported
         WHERE seq > ? AND seq <= ? GROUP BY kind, name",
    )?;
    let ranges: Vec<(i64, String, [i64; 4])> = ranges
        .query_map((since, upto), |r| {
            Ok((r.get(0)?, r.get(1)?, [r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?]))
        })?
        .collect::<Result<_, _>>()?;
    let mut head = None;
    for (kind, name, [first, last, taken, replaced]) in ranges {
        let end = midnight(Time(last)).0 + DAY;
        let seals = digests(change, kind, &name, midnight(Time(first)).0, end)?;
        let event = AuditEvent::Import {
            what: kind_name(kind).to_owned(),
            first: written(Time(first)),
            last: written(Time(last)),
            taken,
            replaced,
            root: root(kind, &name, &seals),
            upto,
            name: name.clone(),
        };
        let (entry, hash) = log::add(change, at, &event)?;
        head = Some((entry, hash));
        let mut put = change.prepare_cached(
            "INSERT INTO row_seal (entry, kind, name, day, count, digest)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?;
        for DaySeal { day, count, digest } in seals {
            put.execute((entry, kind, &name, day, count, digest.as_slice()))?;
        }
    }
    Ok(head)
}

impl Store {
    /// Notes imports that have no entry in the audit log yet.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn append_imports(&mut self, at: Time) -> Result<(), StoreError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let head = note(&change, at)?;
        change.commit()?;
        self.head = head.or(self.head);
        Ok(())
    }
}

/// Of all days in a range that have rows.
fn digests(
    connection: &Connection,
    kind: i64,
    name: &str,
    from: i64,
    until: i64,
) -> Result<Vec<DaySeal>, StoreError> {
    let mut seals: Vec<DaySeal> = Vec::new();
    let mut open: Option<(i64, i64, Sha256)> = None;
    let close = |day: Option<(i64, i64, Sha256)>, seals: &mut Vec<DaySeal>| {
        seals.extend(day.map(|(day, count, hash)| DaySeal {
            day,
            count,
            digest: hash.finalize().into(),
        }));
    };
    let mut add = |row: [i64; 3]| {
        let day = midnight(Time(row[0])).0;
        if open.as_ref().is_none_or(|(known, ..)| *known != day) {
            close(open.take(), &mut seals);
        }
        let (_, count, hash) = open.get_or_insert_with(|| (day, 0, Sha256::new()));
        let mut bytes = [0; 24];
        for (to, value) in bytes.chunks_exact_mut(8).zip(row) {
            to.copy_from_slice(&value.to_be_bytes());
        }
        hash.update(bytes);
        *count += 1;
    };
    if kind == INTERVAL {
        let meter: Option<u32> = connection
            .prepare_cached("SELECT key FROM meter WHERE name = ?")?
            .query_row([name], |row| row.get(0))
            .optional()?;
        let mut rows = connection.prepare_cached(
            "SELECT key, seconds, energy FROM interval WHERE key >= ? AND key < ? ORDER BY key",
        )?;
        let at = |time| key(meter.unwrap_or(0), Time(time));
        let mut rows = rows.query((at(from), at(until)))?;
        while let Some(row) = rows.next()? {
            add([moment(row.get(0)?).0, row.get(1)?, row.get(2)?]);
        }
    } else {
        let mut rows = connection.prepare_cached(
            "SELECT hour, hundredths FROM temperature
             WHERE participant = ? AND hour >= ? AND hour < ? ORDER BY hour",
        )?;
        let mut rows = rows.query((name, from, until))?;
        while let Some(row) = rows.next()? {
            add([row.get(0)?, row.get(1)?, 0]);
        }
    }
    close(open, &mut seals);
    Ok(seals)
}

/// Of a kind and name: the newest seal of each day, with its entry.
type Newest = BTreeMap<(i64, String), BTreeMap<i64, (i64, i64, Hash)>>;

impl Reader {
    /// Imported rows against the entries that cover them: how many days of them agree,
    /// and those that do not.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn imports(&self, entries: &[AuditEntry]) -> Result<(u64, Vec<Finding>), StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let (mut newest, mut noted, mut faults) = (Newest::new(), 0, Vec::new());
        for entry in entries {
            let AuditEvent::Import { what, name, root: covered, upto, .. } = entry.event() else {
                continue;
            };
            noted = upto.max(noted);
            let kind = KINDS.iter().find(|(_, known)| *known == what).map_or(-1, |(kind, _)| *kind);
            let mut seals = view.prepare_cached(
                "SELECT day, count, digest FROM row_seal WHERE entry = ? ORDER BY day",
            )?;
            let seals: Vec<DaySeal> = seals
                .query_map([entry.seq], |row| {
                    let digest: Vec<u8> = row.get(2)?;
                    let digest = Hash::try_from(digest).unwrap_or_default();
                    Ok(DaySeal { day: row.get(0)?, count: row.get(1)?, digest })
                })?
                .collect::<Result<_, _>>()?;
            if root(kind, &name, &seals) != covered {
                faults.push(Finding::Seals(entry.seq));
            }
            let of = newest.entry((kind, name)).or_default();
            of.extend(seals.into_iter().map(|it| (it.day, (entry.seq, it.count, it.digest))));
        }
        // Rows of somebody of whom nothing was ever imported are as wrong as others.
        let mut known = view.prepare(
            "SELECT DISTINCT ?, participant FROM temperature UNION
             SELECT ?, name FROM meter WHERE EXISTS (SELECT 1 FROM interval
                WHERE interval.key >= meter.key << 38 AND interval.key < (meter.key + 1) << 38)",
        )?;
        let known = known
            .query_map([TEMPERATURE, INTERVAL], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<Vec<(i64, String)>, _>>()?;
        for of in known {
            newest.entry(of).or_default();
        }
        let mut agree = 0;
        for ((kind, name), mut expected) in newest {
            // An older file may have imports that no start has noted.
            let open = unnoted(&view, kind, &name, noted)?;
            let is_open = |day: i64| open.iter().any(|days| days.contains(&day));
            let mut wrong = BTreeMap::new();
            for found in digests(&view, kind, &name, 0, END.0)? {
                match expected.remove(&found.day) {
                    Some((_, count, digest)) if (count, digest) == (found.count, found.digest) => {
                        agree += 1;
                    }
                    other => {
                        wrong.insert(found.day, other.map(|(entry, ..)| entry));
                    }
                }
            }
            wrong.extend(expected.into_iter().map(|(day, (entry, ..))| (day, Some(entry))));
            let wrong = wrong.into_iter().filter(|(day, _)| !is_open(*day));
            faults.extend(wrong.map(|(day, entry)| Finding::Imported {
                what: kind_name(kind),
                name: name.clone(),
                day: Time(day),
                entry,
            }));
        }
        Ok((agree, faults))
    }
}

fn unnoted(
    view: &Connection,
    kind: i64,
    name: &str,
    noted: i64,
) -> Result<Vec<std::ops::RangeInclusive<i64>>, StoreError> {
    let mut later = view.prepare_cached(
        "SELECT first, last FROM imported WHERE kind = ? AND name = ? AND seq > ?",
    )?;
    let ranges = later.query_map((kind, name, noted), |row| {
        Ok(midnight(Time(row.get(0)?)).0..=midnight(Time(row.get(1)?)).0)
    })?;
    Ok(ranges.collect::<Result<_, _>>()?)
}

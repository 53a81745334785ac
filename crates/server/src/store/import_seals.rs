//! Table `row_seal`: digests of the days of imported rows, each under the entry of the
//! audit log that covers it, and the verification of the rows against them.
use std::{
    collections::BTreeMap,
    ops::{Range, RangeInclusive},
};

use competition::Time;
use data_encoding::HEXLOWER;
use rusqlite::{Connection, OptionalExtension, Transaction};
use sha2::{Digest, Sha256};

use super::{
    block::{DAY, END, key, time_of},
    chain::{self, ChainHead, Hash},
    error::StoreError,
    finding::Finding,
    row_kind::RowKind,
    rows,
    seal::midnight,
};
use crate::audit::{AuditEntry, AuditEvent, AuditEventKind, moment};

/// A day of a meter's intervals or a participant's temperatures.
struct DaySeal {
    /// Midnight UTC, Unix seconds.
    day: i64,
    /// Rows.
    count: i64,
    /// SHA-256 over 24 bytes a row.
    digest: Hash,
}

/// SHA-256 over a label, kind, name and seals, hexadecimal.
fn root(kind: RowKind, name: &str, seals: &[DaySeal]) -> String {
    let mut hash = Sha256::new()
        .chain_update(b"wattkampen imports 1\n")
        .chain_update((kind as i64).to_be_bytes())
        .chain_update(name);
    for seal in seals {
        hash.update(seal.day.to_be_bytes());
        hash.update(seal.count.to_be_bytes());
        hash.update(seal.digest);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// What imports of one kind and name changed since the last entry about imports.
struct Changes {
    kind: RowKind,
    name: String,
    /// Beginnings of the first and the last row.
    range: [Time; 2],
    inserted: i64,
    replaced: i64,
    removed: i64,
}

fn changes(connection: &Connection, since: i64, upto: i64) -> Result<Vec<Changes>, StoreError> {
    let mut ranges = connection.prepare_cached(
        "SELECT kind, name, min(first), max(last), sum(taken), sum(replaced),
                sum(removed) FROM imported
         WHERE seq > ? AND seq <= ? GROUP BY kind, name",
    )?;
    let changes = ranges.query_map((since, upto), |row| {
        Ok(Changes {
            kind: row.get(0)?,
            name: row.get(1)?,
            range: [Time(row.get(2)?), Time(row.get(3)?)],
            inserted: row.get(4)?,
            replaced: row.get(5)?,
            removed: row.get(6)?,
        })
    })?;
    Ok(changes.collect::<Result<_, _>>()?)
}

/// Appends entries about the rows that were imported since the last such entry, and
/// seals their days. Returns the newest entry, where there is one.
pub(super) fn append_entries(
    change: &Transaction<'_>,
    now: Time,
) -> Result<Option<ChainHead>, StoreError> {
    let since = match chain::last_entry(change, Some(AuditEventKind::Import))?.map(|it| it.event())
    {
        Some(AuditEvent::Import { upto, .. }) => upto,
        _ => 0,
    };
    let upto = rows::last_listed(change)?;
    let mut head = None;
    for Changes { kind, name, range: [first, last], inserted, replaced, removed } in
        changes(change, since, upto)?
    {
        let end = midnight(last).0 + DAY;
        let mut seals = digests(change, kind, &name, midnight(first).0, end)?;
        if removed > 0 {
            seal_emptied_days(change, kind, &name, midnight(first).0..end, &mut seals)?;
        }
        let event = AuditEvent::Import {
            what: kind.name().to_owned(),
            first: moment(first),
            last: moment(last),
            taken: inserted,
            replaced,
            removed,
            root: root(kind, &name, &seals),
            upto,
            name: name.clone(),
        };
        let (entry, hash) = chain::append(change, now, &event)?;
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

/// Adds seals of days that had rows and have none any more.
fn seal_emptied_days(
    change: &Transaction<'_>,
    kind: RowKind,
    name: &str,
    days: Range<i64>,
    seals: &mut Vec<DaySeal>,
) -> Result<(), StoreError> {
    let mut sealed = change.prepare_cached(
        "SELECT DISTINCT day FROM row_seal WHERE kind = ? AND name = ? AND day >= ? AND day < ?",
    )?;
    let sealed = sealed.query_map((kind, name, days.start, days.end), |row| row.get(0))?;
    for day in sealed.collect::<Result<Vec<i64>, _>>()? {
        if !seals.iter().any(|seal| seal.day == day) {
            seals.push(DaySeal { day, count: 0, digest: Sha256::new().finalize().into() });
        }
    }
    seals.sort_unstable_by_key(|seal| seal.day);
    Ok(())
}

/// Gathers rows, which are sorted by time, into days.
#[derive(Default)]
struct DayDigests {
    seals: Vec<DaySeal>,
    /// Midnight, rows so far and their hash.
    open: Option<(i64, i64, Sha256)>,
}

impl DayDigests {
    /// Adds a row: its time, and two numbers of its kind.
    fn add(&mut self, row: [i64; 3]) {
        let day = midnight(Time(row[0])).0;
        if self.open.as_ref().is_some_and(|(open, ..)| *open != day) {
            self.close();
        }
        let (_, count, hash) = self.open.get_or_insert_with(|| (day, 0, Sha256::new()));
        for value in row {
            hash.update(value.to_be_bytes());
        }
        *count += 1;
    }

    fn close(&mut self) {
        self.seals.extend(self.open.take().map(|(day, count, hash)| DaySeal {
            day,
            count,
            digest: hash.finalize().into(),
        }));
    }

    fn finish(mut self) -> Vec<DaySeal> {
        self.close();
        self.seals
    }
}

/// Digests of the days from `from` until before `until` that have rows.
fn digests(
    connection: &Connection,
    kind: RowKind,
    name: &str,
    from: i64,
    until: i64,
) -> Result<Vec<DaySeal>, StoreError> {
    let mut days = DayDigests::default();
    match kind {
        RowKind::Interval => {
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
                days.add([time_of(row.get(0)?).0, row.get(1)?, row.get(2)?]);
            }
        }
        RowKind::Temperature => {
            let mut rows = connection.prepare_cached(
                "SELECT hour, hundredths FROM temperature
                 WHERE participant = ? AND hour >= ? AND hour < ? ORDER BY hour",
            )?;
            let mut rows = rows.query((name, from, until))?;
            while let Some(row) = rows.next()? {
                days.add([row.get(0)?, row.get(1)?, 0]);
            }
        }
        // Days of readings have seals of their own, see `seal.rs`.
        RowKind::Reading => {}
    }
    Ok(days.finish())
}

/// The newest seal of each day, with its entry, by kind and name.
type Newest = BTreeMap<(RowKind, String), BTreeMap<i64, (i64, DaySeal)>>;

/// Compares imported rows with the entries that cover them: how many days agree, and a
/// finding for each that does not.
pub(super) fn verify(
    view: &Connection,
    entries: &[AuditEntry],
) -> Result<(u64, Vec<Finding>), StoreError> {
    let (mut newest, mut covered_upto, mut findings) = (Newest::new(), 0, Vec::new());
    for entry in entries {
        let AuditEvent::Import { what, name, root: covered, upto, .. } = entry.event() else {
            continue;
        };
        covered_upto = upto.max(covered_upto);
        let Some(kind) = RowKind::from_name(&what) else {
            findings.push(Finding::Seals(entry.seq));
            continue;
        };
        let seals = seals_of(view, entry.seq)?;
        if root(kind, &name, &seals) != covered {
            findings.push(Finding::Seals(entry.seq));
        }
        let days = newest.entry((kind, name)).or_default();
        days.extend(seals.into_iter().map(|seal| (seal.day, (entry.seq, seal))));
    }
    // Rows under a name of which no entry says anything are as wrong as others.
    for known in names(view)? {
        newest.entry(known).or_default();
    }
    let mut agree = 0;
    for ((kind, name), mut expected) in newest {
        // An older file may have imports for which no start has appended an entry.
        let uncovered = uncovered(view, kind, &name, covered_upto)?;
        let is_uncovered = |day: i64| uncovered.iter().any(|days| days.contains(&day));
        let mut wrong = BTreeMap::new();
        for found in digests(view, kind, &name, 0, END.0)? {
            match expected.remove(&found.day) {
                Some((_, seal)) if (seal.count, seal.digest) == (found.count, found.digest) => {
                    agree += 1;
                }
                other => {
                    wrong.insert(found.day, other.map(|(entry, _)| entry));
                }
            }
        }
        // A day whose rows were all taken back has none.
        expected.retain(|_, (_, seal)| seal.count > 0);
        wrong.extend(expected.into_iter().map(|(day, (entry, _))| (day, Some(entry))));
        let wrong = wrong.into_iter().filter(|(day, _)| !is_uncovered(*day));
        findings.extend(wrong.map(|(day, entry)| Finding::Imported {
            kind,
            name: name.clone(),
            day: Time(day),
            entry,
        }));
    }
    Ok((agree, findings))
}

fn seals_of(view: &Connection, entry: i64) -> Result<Vec<DaySeal>, StoreError> {
    let mut seals = view
        .prepare_cached("SELECT day, count, digest FROM row_seal WHERE entry = ? ORDER BY day")?;
    let seals = seals.query_map([entry], |row| {
        let digest: Vec<u8> = row.get(2)?;
        let digest = Hash::try_from(digest).unwrap_or_default();
        Ok(DaySeal { day: row.get(0)?, count: row.get(1)?, digest })
    })?;
    Ok(seals.collect::<Result<_, _>>()?)
}

/// Kinds and names that have rows.
fn names(view: &Connection) -> Result<Vec<(RowKind, String)>, StoreError> {
    let mut names = view.prepare(
        "SELECT DISTINCT ?, participant FROM temperature UNION
         SELECT ?, name FROM meter WHERE EXISTS (SELECT 1 FROM interval
            WHERE interval.key >= meter.key << 38 AND interval.key < (meter.key + 1) << 38)",
    )?;
    let names = names.query_map([RowKind::Temperature, RowKind::Interval], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    Ok(names.collect::<Result<_, _>>()?)
}

/// Days of imports that are listed after number `upto`, which entries cover so far.
fn uncovered(
    view: &Connection,
    kind: RowKind,
    name: &str,
    upto: i64,
) -> Result<Vec<RangeInclusive<i64>>, StoreError> {
    let mut later = view.prepare_cached(
        "SELECT first, last FROM imported WHERE kind = ? AND name = ? AND seq > ?",
    )?;
    let ranges = later.query_map((kind, name, upto), |row| {
        Ok(midnight(Time(row.get(0)?)).0..=midnight(Time(row.get(1)?)).0)
    })?;
    Ok(ranges.collect::<Result<_, _>>()?)
}

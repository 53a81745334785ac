//! Verification of stored readings against their seals: reads every block and computes
//! every sealed day's digest again.
use std::collections::BTreeMap;

use competition::Time;
use rusqlite::Connection;

use super::{
    block::{END, key, meter_of, time_of},
    chain::Hash,
    codec,
    error::StoreError,
    finding::Finding,
    seal::{self, DayDigest, Seal},
};
use crate::audit::{AuditEntry, AuditEvent};

/// What a verification of the seals compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealReport {
    /// Days of meters whose readings match their seal.
    pub days: u64,
    /// Readings of these days.
    pub readings: u64,
    /// Days that wait for their seal, or for a new one after late readings.
    pub waiting: u64,
    /// Those of the waiting days that had a seal; their changes are not covered yet.
    pub changed: Vec<ChangedDay>,
    /// Batches of the journal, whose readings are in no block yet.
    pub batches: u64,
}

/// A day that is marked as changed since it was sealed. A service seals it again within
/// minutes; until then the mark could hide a manipulation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDay {
    /// Name of the meter.
    pub meter: String,
    /// Midnight UTC.
    pub day: Time,
    /// The entry that sealed the day before.
    pub entry: i64,
}

/// The seal of each day that holds, with its entry, by key.
type Newest = BTreeMap<i64, (i64, Seal)>;

/// Compares seals with the entries that cover them, and readings with seals.
pub(super) fn verify(
    view: &Connection,
    entries: &[AuditEntry],
) -> Result<(SealReport, Vec<Finding>), StoreError> {
    let mut findings = Vec::new();
    let mut expected = newest_seals(view, entries, &mut findings)?;
    let waiting: Vec<i64> = view
        .prepare("SELECT key FROM unsealed")?
        .query_map([], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    let batches: i64 = view.query_row("SELECT count(*) FROM journal", [], |row| row.get(0))?;
    let mut report = SealReport {
        waiting: waiting.len() as u64,
        batches: batches.max(0) as u64,
        ..SealReport::default()
    };
    let names: BTreeMap<u32, String> = view
        .prepare("SELECT key, name FROM meter")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let name = |key: i64| {
        let meter = names.get(&meter_of(key)).cloned();
        meter.unwrap_or_else(|| format!("number {}", meter_of(key)))
    };
    for key in waiting {
        if let Some((entry, _)) = expected.remove(&key) {
            report.changed.push(ChangedDay { meter: name(key), day: time_of(key), entry });
        }
    }
    let mut batches = view.prepare("SELECT seq, data FROM journal ORDER BY seq")?;
    let mut batches = batches.query([])?;
    while let Some(row) = batches.next()? {
        let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
        if codec::decode_batch(data, |_, _| ()).is_err() {
            findings.push(Finding::Batch(row.get(0)?));
        }
    }
    for (&meter, name) in &names {
        compare(view, meter, name, &mut expected, &mut report, &mut findings)?;
    }
    // Seals of a meter that the dictionary does not have any more.
    for (key, (entry, _)) in expected {
        findings.push(Finding::Readings { meter: name(key), day: time_of(key), entry });
    }
    Ok((report, findings))
}

/// The newest seal of each day; adds a finding for each entry that does not cover its
/// seals.
fn newest_seals(
    view: &Connection,
    entries: &[AuditEntry],
    findings: &mut Vec<Finding>,
) -> Result<Newest, StoreError> {
    let mut newest = Newest::new();
    let mut of =
        view.prepare("SELECT key, count, digest FROM seal WHERE entry = ? ORDER BY key")?;
    for entry in entries {
        let AuditEvent::Sealed { root, .. } = entry.event() else { continue };
        let seals: Vec<Seal> = of
            .query_map([entry.seq], |row| {
                let digest: Vec<u8> = row.get(2)?;
                let digest = Hash::try_from(digest).unwrap_or_default();
                Ok(Seal { key: row.get(0)?, count: row.get(1)?, digest })
            })?
            .collect::<Result<_, _>>()?;
        if seal::root(&seals) != root {
            findings.push(Finding::Seals(entry.seq));
        }
        newest.extend(seals.into_iter().map(|seal| (seal.key, (entry.seq, seal))));
    }
    Ok(newest)
}

/// Compares one meter's blocks, oldest first; each compared day is removed from
/// `expected`.
fn compare(
    view: &Connection,
    meter: u32,
    name: &str,
    expected: &mut Newest,
    report: &mut SealReport,
    findings: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let blocks: Vec<(i64, Vec<u8>)> = view
        .prepare_cached("SELECT key, data FROM block WHERE key >= ? AND key < ? ORDER BY key")?
        .query_map((key(meter, Time(0)), key(meter + 1, Time(0))), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    let (mut wrong, mut torn) = (Vec::new(), Vec::new());
    let mut finish = |day: Option<(Time, DayDigest)>, expected: &mut Newest| {
        let Some((midnight, digest)) = day else { return };
        let Some((entry, seal)) = expected.remove(&key(meter, midnight)) else { return };
        let count = digest.count;
        if count == seal.count && digest.finish() == seal.digest {
            report.days += 1;
            report.readings += count.max(0) as u64;
        } else {
            wrong.push((midnight, entry));
        }
    };
    let mut day: Option<(Time, DayDigest)> = None;
    for (index, (at, data)) in blocks.iter().enumerate() {
        let end = blocks.get(index + 1).map_or(END, |(next, _)| time_of(*next));
        let samples = codec::decode_block(data).unwrap_or_else(|_| {
            torn.push(time_of(*at)..end);
            codec::decode_prefix(data, time_of(*at)..end)
        });
        for sample in &samples {
            let midnight = seal::midnight(sample.at);
            if day.as_ref().is_none_or(|(known, _)| *known != midnight) {
                finish(day.take(), expected);
                day = Some((midnight, DayDigest::new(name, midnight)));
            }
            if let Some((_, digest)) = &mut day {
                digest.add(sample);
            }
        }
    }
    finish(day, expected);
    let of_meter = key(meter, Time(0))..=key(meter, Time(END.0 - 1));
    let gone: Vec<i64> = expected.range(of_meter).map(|(key, _)| *key).collect();
    for key in gone {
        wrong.extend(expected.remove(&key).map(|(entry, _)| (time_of(key), entry)));
    }
    wrong.sort_unstable();
    // After a changed byte the rest of a block does not decode: the first day that differs
    // has the change.
    for span in torn {
        let within = |day: &Time| *day >= seal::midnight(span.start) && *day < span.end;
        let first = wrong.iter().map(|(day, _)| *day).find(within);
        let last = wrong.iter().map(|(day, _)| *day).rfind(within);
        let first = first.unwrap_or(seal::midnight(span.start));
        wrong.retain(|(day, _)| !within(day));
        let days = [first, last.unwrap_or(first)];
        findings.push(Finding::Damaged { meter: name.to_owned(), days });
    }
    let wrong = wrong.into_iter();
    findings.extend(wrong.map(|(day, entry)| Finding::Readings {
        meter: name.to_owned(),
        day,
        entry,
    }));
    Ok(())
}

//! The stored readings against their seals: every block is read, every sealed day's
//! digest is made again.
use std::collections::BTreeMap;

use competition::Time;
use rusqlite::Connection;

use super::{
    Reader, StoreError,
    block::{END, key, meter_of, moment},
    codec,
    log::{Finding, Hash},
    seal::{self, Digester, Seal},
};
use crate::audit::{AuditEntry, AuditEvent};

/// What was compared.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SealReport {
    /// Days of meters whose readings are those that were sealed.
    pub days: u64,
    /// Readings in them.
    pub readings: u64,
    /// Days that wait for their seal, or for a new one after late readings.
    pub waiting: u64,
    /// Of these, sealed before: what changed since is not covered yet.
    pub changed: Vec<ChangedDay>,
    /// Batches of readings that are in no block yet.
    pub batches: u64,
}

/// A day whose readings are said to have changed since they were sealed. A service
/// seals it anew within minutes; somebody's hand could hide behind the mark until then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangedDay {
    /// The meter.
    pub meter: String,
    /// Midnight UTC.
    pub day: Time,
    /// The entry that sealed the day before.
    pub entry: i64,
}

/// The seal of a day that holds, with its entry.
type Newest = BTreeMap<i64, (i64, Seal)>;

impl Reader {
    /// Compares seals with the entries that cover them, and readings with seals.
    ///
    /// # Errors
    /// Where the file cannot be read at all.
    pub fn sealed(&self, entries: &[AuditEntry]) -> Result<(SealReport, Vec<Finding>), StoreError> {
        let view = self.connection.unchecked_transaction()?;
        let mut faults = Vec::new();
        let newest = seals(&view, entries, &mut faults)?;
        let waiting: Vec<i64> = view
            .prepare("SELECT key FROM unsealed")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        let mut sealed = SealReport {
            waiting: waiting.len() as u64,
            batches: view.query_row("SELECT count(*) FROM journal", [], |row| {
                row.get::<_, i64>(0).map(|count| count.max(0) as u64)
            })?,
            ..SealReport::default()
        };
        let mut expected = newest;
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
                sealed.changed.push(ChangedDay { meter: name(key), day: moment(key), entry });
            }
        }
        let mut batches = view.prepare("SELECT seq, data FROM journal ORDER BY seq")?;
        let mut batches = batches.query([])?;
        while let Some(row) = batches.next()? {
            let data = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            if codec::decode_batch(data, |_, _| ()).is_err() {
                faults.push(Finding::Batch(row.get(0)?));
            }
        }
        for (&meter, name) in &names {
            compare(&view, meter, name, &mut expected, &mut sealed, &mut faults)?;
        }
        // Seals of a meter that the dictionary does not have any more.
        for (key, (entry, _)) in expected {
            faults.push(Finding::Readings { meter: name(key), day: moment(key), entry });
        }
        Ok((sealed, faults))
    }
}

/// The newest seal of each day; entries whose seals are not what they covered.
fn seals(
    view: &Connection,
    entries: &[AuditEntry],
    faults: &mut Vec<Finding>,
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
            faults.push(Finding::Seals(entry.seq));
        }
        newest.extend(seals.into_iter().map(|seal| (seal.key, (entry.seq, seal))));
    }
    Ok(newest)
}

/// One meter's blocks, oldest first; what is compared leaves `expected`.
fn compare(
    view: &Connection,
    meter: u32,
    name: &str,
    expected: &mut Newest,
    sealed: &mut SealReport,
    faults: &mut Vec<Finding>,
) -> Result<(), StoreError> {
    let blocks: Vec<(i64, Vec<u8>)> = view
        .prepare_cached("SELECT key, data FROM block WHERE key >= ? AND key < ? ORDER BY key")?
        .query_map((key(meter, Time(0)), key(meter + 1, Time(0))), |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?
        .collect::<Result<_, _>>()?;
    let (mut wrong, mut torn) = (Vec::new(), Vec::new());
    let mut finish = |day: Option<(Time, Digester)>, expected: &mut Newest| {
        let Some((midnight, digester)) = day else { return };
        let Some((entry, seal)) = expected.remove(&key(meter, midnight)) else { return };
        let count = digester.count;
        if count == seal.count && digester.done() == seal.digest {
            sealed.days += 1;
            sealed.readings += count.max(0) as u64;
        } else {
            wrong.push((midnight, entry));
        }
    };
    let mut day: Option<(Time, Digester)> = None;
    for (index, (at, data)) in blocks.iter().enumerate() {
        let end = blocks.get(index + 1).map_or(END, |(next, _)| moment(*next));
        let samples = codec::decode_block(data).unwrap_or_else(|_| {
            torn.push(moment(*at)..end);
            codec::decode_prefix(data, moment(*at)..end)
        });
        for sample in &samples {
            let midnight = seal::midnight(sample.at);
            if day.as_ref().is_none_or(|(known, _)| *known != midnight) {
                finish(day.take(), expected);
                day = Some((midnight, Digester::new(name, midnight)));
            }
            if let Some((_, digester)) = &mut day {
                digester.add(sample);
            }
        }
    }
    finish(day, expected);
    let of_meter = key(meter, Time(0))..=key(meter, Time(END.0 - 1));
    let gone: Vec<i64> = expected.range(of_meter).map(|(key, _)| *key).collect();
    for key in gone {
        wrong.extend(expected.remove(&key).map(|(entry, _)| (moment(key), entry)));
    }
    wrong.sort_unstable();
    // A changed byte of a block carries away what follows it: the first day has it.
    for span in torn {
        let within = |day: &Time| *day >= seal::midnight(span.start) && *day < span.end;
        let first = wrong.iter().map(|(day, _)| *day).find(within);
        let last = wrong.iter().map(|(day, _)| *day).rfind(within);
        let first = first.unwrap_or(seal::midnight(span.start));
        wrong.retain(|(day, _)| !within(day));
        let days = [first, last.unwrap_or(first)];
        faults.push(Finding::Damaged { meter: name.to_owned(), days });
    }
    let wrong = wrong.into_iter();
    faults.extend(wrong.map(|(day, entry)| Finding::Readings {
        meter: name.to_owned(),
        day,
        entry,
    }));
    Ok(())
}

//! What comes after the lock: kept, and no part of the result until an amendment
//! takes it in.
use std::collections::BTreeMap;

use competition::{Celsius, IntervalReading, MilliWattHours, Sample, Time};
use rusqlite::{Connection, TransactionBehavior};

use super::{
    Store, StoreError,
    bulk_writer::BulkWriter,
    codec,
    importer::{INTERVAL, TEMPERATURE, put_intervals, put_temperatures},
    imports,
    log::{self, Hash},
};
use crate::audit::{AuditEvent, moment};

const READING: i64 = 2;
const HUNDREDTHS: f64 = 100.0;

fn put(
    change: &Connection,
    kind: i64,
    name: &str,
    at: Time,
    data: &[u8],
) -> Result<bool, StoreError> {
    let mut put = change
        .prepare_cached("INSERT OR IGNORE INTO aside (kind, name, at, data) VALUES (?, ?, ?, ?)")?;
    Ok(put.execute((kind, name, at.0, data))? > 0)
}

/// Keeps an interval; whether it is new.
pub(super) fn interval(
    change: &Connection,
    name: &str,
    row: &IntervalReading,
) -> Result<bool, StoreError> {
    let data = [row.seconds.to_be_bytes(), row.energy.0.to_be_bytes()].concat();
    put(change, INTERVAL, name, row.start, &data)
}

/// Keeps a temperature; whether it is new.
pub(super) fn temperature(
    change: &Connection,
    name: &str,
    (at, outdoor): (Time, Celsius),
) -> Result<bool, StoreError> {
    let hundredths = (outdoor.0 * HUNDREDTHS).round() as i64;
    put(change, TEMPERATURE, name, at, &hundredths.to_be_bytes())
}

/// Notes rows that were kept.
pub(super) fn note(
    change: &Connection,
    now: Time,
    kind: i64,
    name: &str,
    [first, last]: [Time; 2],
    rows: u64,
) -> Result<(i64, Hash), StoreError> {
    let event = AuditEvent::Aside {
        what: imports::kind_name(kind).to_owned(),
        name: name.to_owned(),
        first: moment(first),
        last: moment(last),
        rows,
    };
    log::add(change, now, &event)
}

impl Store {
    /// Keeps readings of meters, by their names; how many of them are new.
    ///
    /// # Errors
    /// SQLite's; none is kept then.
    pub fn keep_post_lock(&mut self, readings: &[(String, Sample)]) -> Result<u64, StoreError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut kept = 0;
        for (name, sample) in readings {
            let data = codec::encode_block(&[*sample]);
            kept += u64::from(put(&change, READING, name, sample.at, &data)?);
        }
        change.commit()?;
        Ok(kept)
    }

    /// Takes imported rows that were kept into their tables, where they replace others;
    /// gives the readings that were, for [`Store::insert`].
    ///
    /// # Errors
    /// SQLite's; the call may be repeated.
    pub(crate) fn release(
        &mut self,
        participant: &str,
        meters: &[String],
        now: Time,
    ) -> Result<Vec<(String, Sample)>, StoreError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let rows: Vec<(Time, Celsius)> = kept(&change, TEMPERATURE, participant)?
            .into_iter()
            .filter_map(|(at, data)| {
                let hundredths = i64::from_be_bytes(data.try_into().ok()?);
                Some((at, Celsius(hundredths as f64 / HUNDREDTHS)))
            })
            .collect();
        put_temperatures(&change, true, participant, &rows)?;
        forget(&change, TEMPERATURE, participant)?;
        let mut readings = Vec::new();
        for meter in meters {
            let rows: Vec<IntervalReading> = kept(&change, INTERVAL, meter)?
                .into_iter()
                .filter_map(|(start, data)| {
                    let (seconds, energy) = data.split_first_chunk::<8>()?;
                    let energy = MilliWattHours(i64::from_be_bytes(energy.try_into().ok()?));
                    Some(IntervalReading { start, seconds: i64::from_be_bytes(*seconds), energy })
                })
                .collect();
            put_intervals(&change, true, meter, &rows)?;
            forget(&change, INTERVAL, meter)?;
            for (at, data) in kept(&change, READING, meter)? {
                let place = || format!("reading of {meter} at {}, kept aside", at.0);
                let samples = codec::decode_block(&data).map_err(StoreError::damaged(place()))?;
                readings.extend(samples.into_iter().map(|sample| (meter.clone(), sample)));
            }
        }
        let head = imports::note(&change, now)?;
        change.commit()?;
        self.head = head.or(self.head);
        Ok(readings)
    }

    /// Forgets readings that were taken in.
    ///
    /// # Errors
    /// SQLite's.
    pub(crate) fn released(&mut self, meters: &[String]) -> Result<(), StoreError> {
        for meter in meters {
            forget(&self.connection, READING, meter)?;
        }
        Ok(())
    }

    /// How many rows are kept, by `reading`, `interval` or `temperature`.
    ///
    /// # Errors
    /// SQLite's.
    pub fn post_lock_counts(&self) -> Result<BTreeMap<&'static str, u64>, StoreError> {
        let mut counts =
            self.connection.prepare_cached("SELECT kind, count(*) FROM aside GROUP BY kind")?;
        let counts = counts.query_map([], |row| {
            let count: i64 = row.get(1)?;
            Ok((imports::kind_name(row.get(0)?), count.max(0) as u64))
        })?;
        Ok(counts.collect::<Result<_, _>>()?)
    }
}

impl BulkWriter {
    /// Whether the result is locked: readings are then kept aside.
    ///
    /// # Errors
    /// SQLite's.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        log::locked(&self.store.connection)
    }

    /// As [`Store::keep_post_lock`], and notes it.
    ///
    /// # Errors
    /// SQLite's; none is kept then.
    pub fn keep_post_lock(
        &mut self,
        meter: &str,
        samples: &[Sample],
        now: Time,
    ) -> Result<u64, StoreError> {
        let times = || samples.iter().map(|sample| sample.at);
        let Some((first, last)) = times().min().zip(times().max()) else { return Ok(0) };
        let named: Vec<_> = samples.iter().map(|sample| (meter.to_owned(), *sample)).collect();
        let rows = self.store.keep_post_lock(&named)?;
        if rows > 0 {
            let connection = &mut self.store.connection;
            let change = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            note(&change, now, READING, meter, [first, last], rows)?;
            change.commit()?;
        }
        Ok(rows)
    }
}

fn kept(change: &Connection, kind: i64, name: &str) -> Result<Vec<(Time, Vec<u8>)>, StoreError> {
    let mut kept = change
        .prepare_cached("SELECT at, data FROM aside WHERE kind = ? AND name = ? ORDER BY at")?;
    let kept = kept.query_map((kind, name), |row| Ok((Time(row.get(0)?), row.get(1)?)))?;
    Ok(kept.collect::<Result<_, _>>()?)
}

fn forget(change: &Connection, kind: i64, name: &str) -> Result<(), StoreError> {
    change
        .prepare_cached("DELETE FROM aside WHERE kind = ? AND name = ?")?
        .execute((kind, name))?;
    Ok(())
}

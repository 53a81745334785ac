//! Table `post_lock`: rows that arrive after the lock. They are kept, and are no part of the
//! result until an amendment takes them in.
//!
//! A row's data is a block of one reading (`codec.rs`), an interval's seconds and mWh, or
//! a temperature in hundredths of a degree Celsius; numbers are eight bytes, big-endian.
//! A row leaves the table only in or after the transaction that stores its value
//! elsewhere. A row that does not decode stays, and is reported at each attempt.
use std::collections::BTreeMap;

use competition::{Celsius, IntervalReading, MilliWattHours, Sample, Time};
use rusqlite::{Connection, Transaction};

use super::{
    block::END,
    chain::{self, ChainHead},
    codec,
    error::StoreError,
    row_kind::RowKind,
    rows,
};
use crate::audit::{AuditEvent, moment};

fn put(
    change: &Transaction<'_>,
    kind: RowKind,
    name: &str,
    at: Time,
    data: &[u8],
) -> Result<bool, StoreError> {
    let mut put = change.prepare_cached(
        "INSERT OR IGNORE INTO post_lock (kind, name, at, data) VALUES (?, ?, ?, ?)",
    )?;
    Ok(put.execute((kind, name, at.0, data))? > 0)
}

/// Keeps a reading of a meter; true where it is new.
pub(super) fn put_reading(
    change: &Transaction<'_>,
    meter: &str,
    sample: &Sample,
) -> Result<bool, StoreError> {
    put(change, RowKind::Reading, meter, sample.at, &codec::encode_block(&[*sample]))
}

/// Keeps an interval of a meter; true where it is new.
pub(super) fn put_interval(
    change: &Transaction<'_>,
    meter: &str,
    row: &IntervalReading,
) -> Result<bool, StoreError> {
    let &IntervalReading { start, seconds, energy } = row;
    let data = [seconds.to_be_bytes(), energy.0.to_be_bytes()].concat();
    put(change, RowKind::Interval, meter, start, &data)
}

/// Keeps a temperature of a participant; true where it is new.
pub(super) fn put_temperature(
    change: &Transaction<'_>,
    participant: &str,
    at: Time,
    outdoor: Celsius,
) -> Result<bool, StoreError> {
    let data = rows::hundredths(outdoor).to_be_bytes();
    put(change, RowKind::Temperature, participant, at, &data)
}

/// Appends the entry about rows that were kept.
pub(super) fn append_entry(
    change: &Transaction<'_>,
    now: Time,
    kind: RowKind,
    name: &str,
    [first, last]: [Time; 2],
    rows: u64,
) -> Result<ChainHead, StoreError> {
    let event = AuditEvent::PostLock {
        what: kind.name().to_owned(),
        name: name.to_owned(),
        first: moment(first),
        last: moment(last),
        rows,
    };
    chain::append(change, now, &event)
}

/// Moves the intervals of `meters` and the temperatures of `participant` into their
/// tables, where they replace other values.
pub(super) fn take_in_imports(
    change: &Transaction<'_>,
    participant: &str,
    meters: &[String],
) -> Result<(), StoreError> {
    let temperatures = decoded(change, RowKind::Temperature, participant, temperature)?;
    let values: Vec<_> = temperatures.iter().map(|row| row.value).collect();
    rows::put_temperatures(change, true, participant, &values)?;
    delete(change, RowKind::Temperature, participant, &temperatures)?;
    for meter in meters {
        let intervals = decoded(change, RowKind::Interval, meter, interval)?;
        let values: Vec<_> = intervals.iter().map(|row| row.value).collect();
        rows::put_intervals(change, true, meter, &values)?;
        delete(change, RowKind::Interval, meter, &intervals)?;
    }
    Ok(())
}

/// The readings of a meter that wait and decode.
pub(super) fn readings(connection: &Connection, meter: &str) -> Result<Vec<Sample>, StoreError> {
    let rows = decoded(connection, RowKind::Reading, meter, reading)?;
    Ok(rows.into_iter().map(|row| row.value).collect())
}

/// Deletes those readings of a meter that decode; they are stored elsewhere now.
pub(super) fn delete_readings(change: &Transaction<'_>, meter: &str) -> Result<(), StoreError> {
    let rows = decoded(change, RowKind::Reading, meter, reading)?;
    delete(change, RowKind::Reading, meter, &rows)
}

/// How many rows wait, by kind.
pub(super) fn counts(connection: &Connection) -> Result<BTreeMap<RowKind, u64>, StoreError> {
    let mut counts =
        connection.prepare_cached("SELECT kind, count(*) FROM post_lock GROUP BY kind")?;
    let counts =
        counts.query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.max(0) as u64)))?;
    Ok(counts.collect::<Result<_, _>>()?)
}

/// A row of the table and its value.
struct Row<T> {
    at: Time,
    data: Vec<u8>,
    value: T,
}

fn reading(_: Time, data: &[u8]) -> Option<Sample> {
    match codec::decode_block(data).ok()?[..] {
        [sample] if (0..END.0).contains(&sample.at.0) => Some(sample),
        _ => None,
    }
}

fn interval(start: Time, data: &[u8]) -> Option<IntervalReading> {
    let (seconds, energy) = data.split_first_chunk::<8>()?;
    let energy = MilliWattHours(i64::from_be_bytes(energy.try_into().ok()?));
    let seconds = i64::from_be_bytes(*seconds);
    let possible = rows::is_storable(start) && matches!(seconds, 900 | 1800 | 3600);
    possible.then_some(IntervalReading { start, seconds, energy })
}

fn temperature(at: Time, data: &[u8]) -> Option<(Time, Celsius)> {
    let hundredths = i64::from_be_bytes(data.try_into().ok()?);
    Some((at, rows::celsius(hundredths)))
}

/// Rows of a kind and name, oldest first, that `decode` understands. The others are
/// logged and stay in the table.
fn decoded<T>(
    connection: &Connection,
    kind: RowKind,
    name: &str,
    decode: impl Fn(Time, &[u8]) -> Option<T>,
) -> Result<Vec<Row<T>>, StoreError> {
    let mut select = connection
        .prepare_cached("SELECT at, data FROM post_lock WHERE kind = ? AND name = ? ORDER BY at")?;
    let mut found = select.query((kind, name))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let (at, data): (Time, Vec<u8>) = (Time(row.get(0)?), row.get(1)?);
        match decode(at, &data) {
            Some(value) => rows.push(Row { at, data, value }),
            None => tracing::error!(
                name,
                %kind,
                at = moment(at),
                "a row that arrived after the lock does not decode; it stays in the store and \
                 is not taken in"
            ),
        }
    }
    Ok(rows)
}

fn delete<T>(
    change: &Transaction<'_>,
    kind: RowKind,
    name: &str,
    rows: &[Row<T>],
) -> Result<(), StoreError> {
    let mut delete = change.prepare_cached(
        "DELETE FROM post_lock WHERE kind = ? AND name = ? AND at = ? AND data = ?",
    )?;
    for Row { at, data, .. } in rows {
        delete.execute((kind, name, at.0, data))?;
    }
    Ok(())
}

//! Tables `interval`, `temperature` and `imported`: imported rows, and the list of the
//! ranges that imports changed.
use core::ops::Range;
use std::collections::BTreeMap;

use competition::{Celsius, IntervalReading, MilliWattHours, Time};
use rusqlite::{Connection, OptionalExtension, Row, Transaction};

use super::{
    block::{END, key, time_of},
    error::StoreError,
    row_kind::RowKind,
};

const HOUR: i64 = 3600;
/// Stored units of a degree Celsius.
const HUNDREDTHS: f64 = 100.0;

/// What a batch of rows changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// Rows whose beginning had no value.
    pub inserted: u64,
    /// Rows that were stored already, with this value.
    pub unchanged: u64,
    /// Rows that replaced another value.
    pub replaced: u64,
    /// Stored rows of other lengths that made room for replacing ones.
    pub removed: u64,
    /// New rows that are kept apart because the result is locked.
    pub post_lock: u64,
    /// Positions of rows whose beginning has another value, which stays.
    pub conflicts: Vec<usize>,
    /// Positions of intervals that overlap another one.
    pub overlaps: Vec<usize>,
}

impl ImportOutcome {
    /// Counts a row against the stored value; true where it is to be written.
    fn count<T: PartialEq>(
        &mut self,
        index: usize,
        stored: Option<&T>,
        new: &T,
        replace: bool,
    ) -> bool {
        match stored {
            Some(stored) if stored == new => self.unchanged += 1,
            Some(_) if !replace => self.conflicts.push(index),
            Some(_) => {
                self.replaced += 1;
                return true;
            }
            None => {
                self.inserted += 1;
                return true;
            }
        }
        false
    }

    const fn changed(&self) -> bool {
        self.inserted + self.replaced + self.removed > 0
    }
}

/// Imported intervals that were taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RemovedRows {
    /// How many.
    pub rows: u64,
    /// Their energy.
    pub energy: MilliWattHours,
    /// Beginning of the first and of the last, where there are some.
    pub range: Option<[Time; 2]>,
}

/// An imported row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ImportedRow<'a> {
    /// Rows of a meter that begin between these times, both included, may have been taken
    /// back; those that are stored follow.
    Removed {
        /// Name of the meter.
        meter: &'a str,
        first: Time,
        last: Time,
    },
    /// Energy of an interval.
    Interval {
        /// Name of the meter.
        meter: &'a str,
        interval: IntervalReading,
    },
    /// Mean outdoor temperature of an hour.
    Temperature {
        /// Id of the participant.
        participant: &'a str,
        /// Beginning of the hour.
        at: Time,
        outdoor: Celsius,
    },
}

/// A temperature as it is stored.
pub(super) fn hundredths(Celsius(degrees): Celsius) -> i64 {
    (degrees * HUNDREDTHS).round() as i64
}

/// The temperature of a stored value.
pub(super) fn celsius(hundredths: i64) -> Celsius {
    Celsius(hundredths as f64 / HUNDREDTHS)
}

/// The beginning of the hour.
pub(super) fn hour(at: Time) -> Time {
    Time(at.0.div_euclid(HOUR) * HOUR)
}

/// The first and the last of some times.
pub(super) fn span(times: impl Iterator<Item = Time> + Clone) -> Option<[Time; 2]> {
    Some([times.clone().min()?, times.max()?])
}

/// Whether the key of an interval can hold this beginning.
pub(super) fn is_storable(start: Time) -> bool {
    start.0 >= 0 && start.0 < END.0 - HOUR
}

/// Writes intervals of a meter, whose beginnings are storable; `replace`: over another
/// value for the same interval, and in place of all stored intervals that they overlap.
/// Rows of one batch do not replace each other.
pub(super) fn put_intervals(
    change: &Transaction<'_>,
    replace: bool,
    meter: &str,
    rows: &[IntervalReading],
) -> Result<ImportOutcome, StoreError> {
    let Some([first, last]) = span(rows.iter().map(|row| row.start)) else {
        return Ok(ImportOutcome::default());
    };
    let meter_key: u32 =
        change.query_row("SELECT key FROM meter WHERE name = ?", [meter], |row| row.get(0))?;
    let at = |time: i64| key(meter_key, Time(time));
    let mut outcome = ImportOutcome::default();
    let mut near = change
        .prepare_cached("SELECT key, seconds, energy FROM interval WHERE key > ? AND key < ?")?;
    let mut put = change.prepare_cached(
        "INSERT OR REPLACE INTO interval (key, seconds, energy) VALUES (?, ?, ?)",
    )?;
    let mut remove = change.prepare_cached("DELETE FROM interval WHERE key = ?")?;
    // Most batches are in order and go where nothing is stored yet: they need no look-ups.
    let empty = !near.exists((at(first.0 - HOUR), at(last.0 + HOUR)))?;
    let mut free_from = first.0;
    // Ends of the rows of this batch, by their beginnings, and the rows that made room.
    let mut written: BTreeMap<i64, i64> = BTreeMap::new();
    let mut made_room: Vec<Time> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let &IntervalReading { start, seconds, energy } = row;
        let end = start.0 + seconds;
        if empty && start.0 >= free_from {
            outcome.inserted += 1;
        } else {
            let mut same = None;
            let (mut overlaps, mut in_the_way) = (false, Vec::new());
            let mut found = near.query((at(start.0 - HOUR), at(end)))?;
            while let Some(stored) = found.next()? {
                let stored = interval(stored)?;
                if stored.start == start && stored.seconds == seconds {
                    same = Some(stored.energy);
                } else if stored.start.0 + stored.seconds > start.0 {
                    overlaps |= !replace || written.contains_key(&stored.start.0);
                    in_the_way.push(stored.start);
                }
            }
            if overlaps {
                outcome.overlaps.push(index);
                continue;
            }
            for other in in_the_way {
                remove.execute([at(other.0)])?;
                made_room.push(other);
            }
            if !outcome.count(index, same.as_ref(), &energy, replace) {
                continue;
            }
        }
        free_from = free_from.max(end);
        if replace {
            written.insert(start.0, end);
        }
        put.execute((at(start.0), seconds, energy.0))?;
    }
    outcome.removed = made_room.len() as u64;
    if let Some(range) = span([first, last].into_iter().chain(made_room))
        && outcome.changed()
    {
        list_range(change, RowKind::Interval, meter, range, &outcome)?;
    }
    Ok(outcome)
}

/// Intervals of a meter that begin in a range.
pub(super) fn intervals_in(
    connection: &Connection,
    meter: &str,
    range: &Range<Time>,
) -> Result<RemovedRows, StoreError> {
    let (rows, energy, first, last): (i64, i64, Option<i64>, Option<i64>) = connection
        .prepare_cached(
            "SELECT count(*), coalesce(sum(energy), 0), min(interval.key), max(interval.key)
             FROM meter JOIN interval
             ON interval.key >= (meter.key << 38) + ? AND interval.key < (meter.key << 38) + ?
             WHERE name = ?",
        )?
        .query_row((key(0, range.start), key(0, range.end), meter), |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })?;
    let range = first.zip(last).map(|(first, last)| [time_of(first), time_of(last)]);
    Ok(RemovedRows { rows: rows.unsigned_abs(), energy: MilliWattHours(energy), range })
}

/// Takes intervals of a meter back that begin in a range.
pub(super) fn remove_intervals(
    change: &Transaction<'_>,
    meter: &str,
    range: &Range<Time>,
) -> Result<RemovedRows, StoreError> {
    let removed = intervals_in(change, meter, range)?;
    let Some(listed) = removed.range else { return Ok(removed) };
    change
        .prepare_cached(
            "DELETE FROM interval WHERE key >= ((SELECT key FROM meter WHERE name = ?1) << 38) + ?2
             AND key < ((SELECT key FROM meter WHERE name = ?1) << 38) + ?3",
        )?
        .execute((meter, key(0, range.start), key(0, range.end)))?;
    let outcome = ImportOutcome { removed: removed.rows, ..ImportOutcome::default() };
    list_range(change, RowKind::Interval, meter, listed, &outcome)?;
    Ok(removed)
}

/// Writes outdoor temperatures of a participant; a time stands for its hour.
pub(super) fn put_temperatures(
    change: &Transaction<'_>,
    replace: bool,
    participant: &str,
    rows: &[(Time, Celsius)],
) -> Result<ImportOutcome, StoreError> {
    let Some(range) = span(rows.iter().map(|row| hour(row.0))) else {
        return Ok(ImportOutcome::default());
    };
    let mut outcome = ImportOutcome::default();
    let mut find = change
        .prepare_cached("SELECT hundredths FROM temperature WHERE participant = ? AND hour = ?")?;
    let mut put = change.prepare_cached(
        "INSERT INTO temperature (participant, hour, hundredths) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET hundredths = ?3",
    )?;
    for (index, (at, outdoor)) in rows.iter().enumerate() {
        let (hour, value) = (hour(*at).0, hundredths(*outdoor));
        let stored: Option<i64> =
            find.query_row((participant, hour), |row| row.get(0)).optional()?;
        if outcome.count(index, stored.as_ref(), &value, replace) {
            put.execute((participant, hour, value))?;
        }
    }
    if outcome.changed() {
        list_range(change, RowKind::Temperature, participant, range, &outcome)?;
    }
    Ok(outcome)
}

fn list_range(
    change: &Transaction<'_>,
    kind: RowKind,
    name: &str,
    [first, last]: [Time; 2],
    outcome: &ImportOutcome,
) -> Result<(), StoreError> {
    let counts = [outcome.inserted, outcome.replaced, outcome.removed];
    let [inserted, replaced, removed] = counts.map(u64::cast_signed);
    change
        .prepare_cached(
            "INSERT INTO imported (kind, name, first, last, taken, replaced, removed)
             VALUES (?, ?, ?, ?, ?, ?, ?)",
        )?
        .execute((kind, name, first.0, last.0, inserted, replaced, removed))?;
    Ok(())
}

fn interval(row: &Row<'_>) -> rusqlite::Result<IntervalReading> {
    Ok(IntervalReading {
        start: time_of(row.get(0)?),
        seconds: row.get(1)?,
        energy: MilliWattHours(row.get(2)?),
    })
}

/// Calls `each` with the rows in the ranges that were listed after number `since`, with
/// all rows where that is 0; a row may come more than once. Returns the last number of
/// the list.
pub(super) fn rows_since(
    connection: &Connection,
    since: i64,
    each: &mut dyn FnMut(ImportedRow<'_>),
) -> Result<i64, StoreError> {
    // Read first: rows that are committed meanwhile are then read twice and not missed.
    let newest = last_listed(connection)?;
    if newest == since {
        return Ok(newest);
    }
    let mut ranges = connection.prepare_cached(
        "SELECT kind, name, min(first), max(last), sum(removed) FROM imported
         WHERE seq > ? AND seq <= ? GROUP BY kind, name",
    )?;
    let mut ranges = ranges.query((since, newest))?;
    while let Some(range) = ranges.next()? {
        let (kind, name): (RowKind, String) = (range.get(0)?, range.get(1)?);
        let (first, last): (i64, i64) = (range.get(2)?, range.get(3)?);
        match kind {
            RowKind::Interval => {
                if range.get::<_, i64>(4)? > 0 {
                    let (first, last) = (Time(first), Time(last));
                    each(ImportedRow::Removed { meter: &name, first, last });
                }
                let mut rows = connection.prepare_cached(
                    "SELECT interval.key, seconds, energy FROM meter JOIN interval
                     ON interval.key BETWEEN (meter.key << 38) + ? AND (meter.key << 38) + ?
                     WHERE name = ?",
                )?;
                let mut rows = rows.query((first, last, &name))?;
                while let Some(row) = rows.next()? {
                    each(ImportedRow::Interval { meter: &name, interval: interval(row)? });
                }
            }
            RowKind::Temperature => {
                let mut rows = connection.prepare_cached(
                    "SELECT hour, hundredths FROM temperature
                     WHERE participant = ? AND hour BETWEEN ? AND ?",
                )?;
                let mut rows = rows.query((&name, first, last))?;
                while let Some(row) = rows.next()? {
                    let at = Time(row.get(0)?);
                    let outdoor = celsius(row.get(1)?);
                    each(ImportedRow::Temperature { participant: &name, at, outdoor });
                }
            }
            // Readings of registers are in the journal and in blocks.
            RowKind::Reading => {}
        }
    }
    Ok(newest)
}

/// The last number of the list of imports; 0 where it is empty.
pub(super) fn last_listed(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection
        .prepare_cached("SELECT coalesce(max(seq), 0) FROM imported")?
        .query_row([], |row| row.get(0))?)
}

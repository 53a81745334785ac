//! Imported rows: intervals of energy and hours of temperature.
//!
//! **Beside a running server.** These rows have tables of their own that the server
//! only reads, so an import writes them into the same file while a server runs, and
//! needs neither its address nor a password: SQLite keeps the two apart, each batch
//! is one transaction, and the server looks at SQLite's own count of foreign commits
//! before each board and takes what `imported` lists. An import that is killed has
//! its committed batches in the store; repeated, it finds them there.
//!
//! A beginning that is stored already keeps its value; another value for it is a
//! conflict, told and not taken, unless the organiser says that it replaces. Neither
//! is an interval taken that overlaps another one of its meter.
//!
//! **In the audit log.** A batch notes itself in its own transaction, with digests of
//! the days that it changed (`imports.rs`). Once the result is locked, rows are kept
//! aside (`aside.rs`).
use std::{path::Path, time::Duration};

use competition::{Celsius, IntervalReading, MilliWattHours, Time};
use rusqlite::{Connection, OptionalExtension, Row, TransactionBehavior};

use super::{
    Durability, Store, StoreError, aside,
    block::{END, key, moment},
    imports, log,
    recover::add,
    schema,
};
use crate::clock::Clock;

pub(super) const INTERVAL: i64 = 0;
pub(super) const TEMPERATURE: i64 = 1;
const HOUR: i64 = 3600;

/// What became of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOutcome {
    /// New.
    pub taken: u64,
    /// There already, with this value.
    pub repeated: u64,
    /// Had another value, which this one replaced.
    pub replaced: u64,
    /// New, and kept aside: the result is locked.
    pub aside: u64,
    /// Positions of rows that had another value, which stays.
    pub conflicts: Vec<usize>,
    /// Positions of intervals that overlap another one.
    pub overlaps: Vec<usize>,
}

impl ImportOutcome {
    /// Counts a row beside the value that is stored for it; whether it is to be written.
    fn weigh<T: PartialEq>(
        &mut self,
        index: usize,
        known: Option<&T>,
        new: &T,
        replace: bool,
    ) -> bool {
        match known {
            Some(known) if known == new => self.repeated += 1,
            Some(_) if !replace => self.conflicts.push(index),
            Some(_) => {
                self.replaced += 1;
                return true;
            }
            None => {
                self.taken += 1;
                return true;
            }
        }
        false
    }

    /// Counts a row that comes after the lock.
    const fn kept_aside(&mut self, new: bool) {
        *(if new { &mut self.aside } else { &mut self.repeated }) += 1;
    }
}

/// Writes imported rows.
#[derive(Debug)]
pub struct Importer {
    connection: Connection,
    replace: bool,
}

impl Importer {
    /// Opens the store in `dir`, making it where it is absent, with these meters in
    /// its dictionary; also while a server has it open. `replace`: another value for
    /// a beginning replaces the one that is stored.
    ///
    /// # Errors
    /// Where the directory or the file cannot be used.
    pub fn open(dir: &Path, meters: &[&str], replace: bool) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir)
            .map_err(|source| StoreError::Directory { path: dir.to_owned(), source })?;
        let mut connection = schema::open(dir, Durability::Full)?;
        // A server's checkpoint may take its time.
        connection.busy_timeout(Duration::from_secs(30))?;
        add(&mut connection, meters)?;
        Ok(Self { connection, replace })
    }

    /// Takes intervals of a meter in one transaction.
    ///
    /// # Errors
    /// SQLite's; nothing of the batch is stored then.
    ///
    /// # Panics
    /// With a moment before 1970 or after the year 9999, as [`Store::insert`].
    pub fn intervals(
        &mut self,
        meter: &str,
        rows: &[IntervalReading],
    ) -> Result<ImportOutcome, StoreError> {
        let Some((first, last)) = span(rows.iter().map(|row| row.start)) else {
            return Ok(ImportOutcome::default());
        };
        assert!(first.0 >= 0 && last.0 < END.0 - HOUR, "a moment is beyond a key");
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = Clock::real().now();
        let mut taken = ImportOutcome::default();
        if log::locked(&change)? {
            for row in rows {
                taken.kept_aside(aside::interval(&change, meter, row)?);
            }
            if taken.aside > 0 {
                aside::note(&change, now, INTERVAL, meter, [first, last], taken.aside)?;
            }
        } else {
            taken = put_intervals(&change, self.replace, meter, rows)?;
            imports::note(&change, now)?;
        }
        change.commit()?;
        Ok(taken)
    }

    /// Takes outdoor temperatures of a participant in one transaction; a moment
    /// stands for its hour.
    ///
    /// # Errors
    /// SQLite's; nothing of the batch is stored then.
    pub fn temperatures(
        &mut self,
        participant: &str,
        rows: &[(Time, Celsius)],
    ) -> Result<ImportOutcome, StoreError> {
        let Some((first, last)) = span(rows.iter().map(|row| hour(row.0))) else {
            return Ok(ImportOutcome::default());
        };
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let now = Clock::real().now();
        let mut taken = ImportOutcome::default();
        if log::locked(&change)? {
            for row in rows {
                taken.kept_aside(aside::temperature(&change, participant, *row)?);
            }
            if taken.aside > 0 {
                aside::note(&change, now, TEMPERATURE, participant, [first, last], taken.aside)?;
            }
        } else {
            taken = put_temperatures(&change, self.replace, participant, rows)?;
            imports::note(&change, now)?;
        }
        change.commit()?;
        Ok(taken)
    }
}

/// Intervals into their table, within a transaction; `replace` as of [`Importer::open`].
pub(super) fn put_intervals(
    change: &Connection,
    replace: bool,
    meter: &str,
    rows: &[IntervalReading],
) -> Result<ImportOutcome, StoreError> {
    let Some((first, last)) = span(rows.iter().map(|row| row.start)) else {
        return Ok(ImportOutcome::default());
    };
    let meter_key: u32 =
        change.query_row("SELECT key FROM meter WHERE name = ?", [meter], |row| row.get(0))?;
    let mut taken = ImportOutcome::default();
    {
        let mut near = change.prepare_cached(
            "SELECT key, seconds, energy FROM interval WHERE key > ? AND key < ?",
        )?;
        let mut put = change.prepare_cached(
            "INSERT OR REPLACE INTO interval (key, seconds, energy) VALUES (?, ?, ?)",
        )?;
        let at = |time: i64| key(meter_key, Time(time));
        // Most batches go where nothing is yet, in order: they need no look-ups.
        let empty = !near.exists((at(first.0 - HOUR), at(last.0 + HOUR)))?;
        let mut free = first.0;
        for (index, row) in rows.iter().enumerate() {
            let &IntervalReading { start, seconds, energy } = row;
            let end = start.0 + seconds;
            if !(empty && start.0 >= free) {
                let mut same = None;
                let mut overlaps = false;
                let mut found = near.query((at(start.0 - HOUR), at(end)))?;
                while let Some(known) = found.next()? {
                    let known = interval(known)?;
                    if known.start == start && known.seconds == seconds {
                        same = Some(known.energy);
                    } else {
                        overlaps |= known.start.0 + known.seconds > start.0;
                    }
                }
                if overlaps {
                    taken.overlaps.push(index);
                    continue;
                }
                if !taken.weigh(index, same.as_ref(), &energy, replace) {
                    continue;
                }
            } else {
                taken.taken += 1;
            }
            free = free.max(end);
            put.execute((at(start.0), seconds, energy.0))?;
        }
        if taken.taken + taken.replaced > 0 {
            note(change, INTERVAL, meter, [first, last], &taken)?;
        }
    }
    Ok(taken)
}

/// Temperatures into their table, likewise.
pub(super) fn put_temperatures(
    change: &Connection,
    replace: bool,
    participant: &str,
    rows: &[(Time, Celsius)],
) -> Result<ImportOutcome, StoreError> {
    let Some((first, last)) = span(rows.iter().map(|row| hour(row.0))) else {
        return Ok(ImportOutcome::default());
    };
    let mut taken = ImportOutcome::default();
    {
        let mut find = change.prepare_cached(
            "SELECT hundredths FROM temperature WHERE participant = ? AND hour = ?",
        )?;
        let mut put = change.prepare_cached(
            "INSERT INTO temperature (participant, hour, hundredths) VALUES (?1, ?2, ?3)
             ON CONFLICT DO UPDATE SET hundredths = ?3",
        )?;
        for (index, (at, Celsius(outdoor))) in rows.iter().enumerate() {
            let hundredths = (outdoor * 100.0).round() as i64;
            let known: Option<i64> =
                find.query_row((participant, hour(*at).0), |row| row.get(0)).optional()?;
            if taken.weigh(index, known.as_ref(), &hundredths, replace) {
                put.execute((participant, hour(*at).0, hundredths))?;
            }
        }
        if taken.taken + taken.replaced > 0 {
            note(change, TEMPERATURE, participant, [first, last], &taken)?;
        }
    }
    Ok(taken)
}

fn hour(at: Time) -> Time {
    Time(at.0.div_euclid(HOUR) * HOUR)
}

fn span(times: impl Iterator<Item = Time> + Clone) -> Option<(Time, Time)> {
    times.clone().min().zip(times.max())
}

fn note(
    change: &Connection,
    kind: i64,
    name: &str,
    [first, last]: [Time; 2],
    taken: &ImportOutcome,
) -> Result<(), StoreError> {
    let counts = [taken.taken, taken.replaced].map(u64::cast_signed);
    change
        .prepare_cached(
            "INSERT INTO imported (kind, name, first, last, taken, replaced)
             VALUES (?, ?, ?, ?, ?, ?)",
        )?
        .execute((kind, name, first.0, last.0, counts[0], counts[1]))?;
    Ok(())
}

fn interval(row: &Row<'_>) -> Result<IntervalReading, rusqlite::Error> {
    Ok(IntervalReading {
        start: moment(row.get(0)?),
        seconds: row.get(1)?,
        energy: MilliWattHours(row.get(2)?),
    })
}

/// An imported row.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ImportedRow<'a> {
    /// Energy of a meter.
    Interval {
        /// Its name.
        meter: &'a str,
        interval: IntervalReading,
    },
    /// Temperature at a participant.
    Temperature {
        /// Its id.
        participant: &'a str,
        at: Time,
        outdoor: Celsius,
    },
}

impl Store {
    /// Whether another connection has committed since the last call.
    pub(crate) fn changed_by_others(&mut self) -> Result<bool, StoreError> {
        let version =
            self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |r| r.get(0))?;
        Ok(std::mem::replace(&mut self.version, version) != version)
    }

    /// Gives `each` the rows that were imported after `since`, or all where that is
    /// 0, some of them more than once; up to where that is.
    pub(crate) fn imported(
        &self,
        since: i64,
        each: &mut dyn FnMut(ImportedRow<'_>),
    ) -> Result<i64, StoreError> {
        let connection = &self.connection;
        // First: what is committed meanwhile is then read twice, and not missed.
        let now: i64 =
            connection.query_row("SELECT coalesce(max(seq), 0) FROM imported", [], |r| r.get(0))?;
        if now == since {
            return Ok(now);
        }
        let mut ranges = connection.prepare_cached(
            "SELECT kind, name, min(first), max(last) FROM imported
             WHERE seq > ? AND seq <= ? GROUP BY kind, name",
        )?;
        let mut ranges = ranges.query((since, now))?;
        while let Some(range) = ranges.next()? {
            let (kind, name): (i64, String) = (range.get(0)?, range.get(1)?);
            let (first, last): (i64, i64) = (range.get(2)?, range.get(3)?);
            if kind == INTERVAL {
                let mut rows = connection.prepare_cached(
                    "SELECT interval.key, seconds, energy FROM meter JOIN interval
                     ON interval.key BETWEEN (meter.key << 38) + ? AND (meter.key << 38) + ?
                     WHERE name = ?",
                )?;
                let mut rows = rows.query((first, last, &name))?;
                while let Some(row) = rows.next()? {
                    each(ImportedRow::Interval { meter: &name, interval: interval(row)? });
                }
            } else {
                let mut rows = connection.prepare_cached(
                    "SELECT hour, hundredths FROM temperature
                     WHERE participant = ? AND hour BETWEEN ? AND ?",
                )?;
                let mut rows = rows.query((&name, first, last))?;
                while let Some(row) = rows.next()? {
                    let (at, hundredths): (i64, i64) = (row.get(0)?, row.get(1)?);
                    let outdoor = Celsius(hundredths as f64 / 100.0);
                    each(ImportedRow::Temperature { participant: &name, at: Time(at), outdoor });
                }
            }
        }
        Ok(now)
    }
}

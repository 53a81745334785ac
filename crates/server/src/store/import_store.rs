//! Imported rows of a store, and the rows that wait after the lock.
use core::ops::Range;
use std::{collections::BTreeMap, rc::Rc};

use competition::{Celsius, IntervalReading, Sample, Time};
use rusqlite::Connection;

use super::{
    chain::{self, ChainHead},
    error::StoreError,
    import_seals, post_lock,
    row_kind::RowKind,
    rows::{self, ImportOutcome, ImportedRow, RemovedRows},
    schema::begin_write,
    service_clock,
};
use crate::clock::Clock;

/// Readings with the ids of their meters.
type MeterSamples = Vec<(String, Sample)>;

/// Imported rows: owns the tables `interval`, `temperature`, `imported`, `row_seal` and
/// `post_lock`.
///
/// **Invariants.** A batch of rows, its digests and its entry in the audit log are one
/// transaction. Once the result is locked no row reaches `interval` or `temperature`
/// except by an amendment; it waits in `post_lock`. A row in `post_lock` is deleted only when its
/// value is stored elsewhere.
#[derive(Debug)]
pub struct ImportStore {
    connection: Rc<Connection>,
    /// SQLite's count of what other connections committed, at the last look.
    data_version: i64,
}

impl ImportStore {
    pub(super) fn new(connection: Rc<Connection>) -> Self {
        Self { connection, data_version: 0 }
    }

    /// Whether another connection has committed since the last call.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn changed_by_others(&mut self) -> Result<bool, StoreError> {
        let version = self
            .connection
            .prepare_cached("PRAGMA data_version")?
            .query_row([], |row| row.get(0))?;
        Ok(std::mem::replace(&mut self.data_version, version) != version)
    }

    /// Calls `each` with the rows that were imported after number `since` of the list of
    /// imports, with all rows where that is 0; a row may come more than once. Returns the
    /// last number of the list.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub(crate) fn rows_since(
        &self,
        since: i64,
        each: &mut dyn FnMut(ImportedRow<'_>),
    ) -> Result<i64, StoreError> {
        rows::rows_since(&self.connection, since, each)
    }

    /// Writes intervals of a meter in one transaction, or keeps them apart where the
    /// result is locked.
    ///
    /// # Errors
    /// Where the file cannot be written; nothing of the batch is stored then.
    ///
    /// # Panics
    /// With a time before 1970 or after the year 9999.
    pub(super) fn put_intervals(
        &self,
        meter: &str,
        intervals: &[IntervalReading],
        replace: bool,
        clock: &Clock,
    ) -> Result<ImportOutcome, StoreError> {
        let storable = intervals.iter().all(|row| rows::is_storable(row.start));
        assert!(storable, "a time is beyond a key");
        let Some(range) = rows::span(intervals.iter().map(|row| row.start)) else {
            return Ok(ImportOutcome::default());
        };
        let change = begin_write(&self.connection)?;
        let now = service_clock::entry_time(&change, clock)?;
        let outcome = if chain::is_locked(&change)? {
            let mut outcome = ImportOutcome::default();
            for row in intervals {
                count_post_lock(&mut outcome, post_lock::put_interval(&change, meter, row)?);
            }
            if outcome.post_lock > 0 {
                let rows = outcome.post_lock;
                post_lock::append_entry(&change, now, RowKind::Interval, meter, range, rows)?;
            }
            outcome
        } else {
            let outcome = rows::put_intervals(&change, replace, meter, intervals)?;
            import_seals::append_entries(&change, now)?;
            outcome
        };
        change.commit()?;
        Ok(outcome)
    }

    /// Imported intervals of a meter that begin in a range.
    pub(super) fn intervals_in(
        &self,
        meter: &str,
        range: &Range<Time>,
    ) -> Result<RemovedRows, StoreError> {
        rows::intervals_in(&self.connection, meter, range)
    }

    /// Takes intervals of a meter back that begin in a range, in one transaction with their
    /// entry.
    ///
    /// # Errors
    /// [`StoreError::Locked`] once the result is locked, and where the file cannot be
    /// written; nothing is taken back then.
    pub(super) fn remove_intervals(
        &self,
        meter: &str,
        range: &Range<Time>,
        clock: &Clock,
    ) -> Result<RemovedRows, StoreError> {
        let change = begin_write(&self.connection)?;
        if chain::is_locked(&change)? {
            return Err(StoreError::Locked);
        }
        let now = service_clock::entry_time(&change, clock)?;
        // Earlier imports get their own entries, so that this one is about removed rows.
        import_seals::append_entries(&change, now)?;
        let removed = rows::remove_intervals(&change, meter, range)?;
        import_seals::append_entries(&change, now)?;
        change.commit()?;
        Ok(removed)
    }

    /// Whether the result is locked.
    pub(super) fn is_locked(&self) -> Result<bool, StoreError> {
        chain::is_locked(&self.connection)
    }

    /// Writes outdoor temperatures of a participant in one transaction, or keeps them
    /// apart where the result is locked; a time stands for its hour.
    ///
    /// # Errors
    /// Where the file cannot be written; nothing of the batch is stored then.
    pub(super) fn put_temperatures(
        &self,
        participant: &str,
        temperatures: &[(Time, Celsius)],
        replace: bool,
        clock: &Clock,
    ) -> Result<ImportOutcome, StoreError> {
        let Some(range) = rows::span(temperatures.iter().map(|row| rows::hour(row.0))) else {
            return Ok(ImportOutcome::default());
        };
        let change = begin_write(&self.connection)?;
        let now = service_clock::entry_time(&change, clock)?;
        let outcome = if chain::is_locked(&change)? {
            let mut outcome = ImportOutcome::default();
            for &(at, outdoor) in temperatures {
                let new = post_lock::put_temperature(&change, participant, at, outdoor)?;
                count_post_lock(&mut outcome, new);
            }
            if outcome.post_lock > 0 {
                let (kind, rows) = (RowKind::Temperature, outcome.post_lock);
                post_lock::append_entry(&change, now, kind, participant, range, rows)?;
            }
            outcome
        } else {
            let outcome = rows::put_temperatures(&change, replace, participant, temperatures)?;
            import_seals::append_entries(&change, now)?;
            outcome
        };
        change.commit()?;
        Ok(outcome)
    }

    /// Appends entries about imports that the audit log does not mention yet.
    pub(super) fn append_entries(&self, now: Time) -> Result<Option<ChainHead>, StoreError> {
        let change = begin_write(&self.connection)?;
        let head = import_seals::append_entries(&change, now)?;
        change.commit()?;
        Ok(head)
    }

    /// Keeps readings that arrived after the lock, by the names of their meters; returns
    /// how many of them are new.
    ///
    /// # Errors
    /// Where the file cannot be written; none is kept then.
    pub fn keep_post_lock(&self, readings: &[(String, Sample)]) -> Result<u64, StoreError> {
        let change = begin_write(&self.connection)?;
        let mut kept = 0;
        for (meter, sample) in readings {
            kept += u64::from(post_lock::put_reading(&change, meter, sample)?);
        }
        change.commit()?;
        Ok(kept)
    }

    /// Keeps readings of one meter that arrived after the lock, with an entry about them.
    pub(super) fn keep_post_lock_with_entry(
        &self,
        meter: &str,
        samples: &[Sample],
        clock: &Clock,
    ) -> Result<u64, StoreError> {
        let Some(range) = rows::span(samples.iter().map(|sample| sample.at)) else {
            return Ok(0);
        };
        let change = begin_write(&self.connection)?;
        let mut kept = 0;
        for sample in samples {
            kept += u64::from(post_lock::put_reading(&change, meter, sample)?);
        }
        if kept > 0 {
            let now = service_clock::entry_time(&change, clock)?;
            post_lock::append_entry(&change, now, RowKind::Reading, meter, range, kept)?;
        }
        change.commit()?;
        Ok(kept)
    }

    /// Moves waiting intervals and temperatures into their tables, where they replace
    /// other values. Returns the waiting readings, which stay until
    /// [`ImportStore::delete_post_lock_readings`], and the newest entry.
    pub(super) fn take_in_post_lock(
        &self,
        participant: &str,
        meters: &[String],
        now: Time,
    ) -> Result<(MeterSamples, Option<ChainHead>), StoreError> {
        let change = begin_write(&self.connection)?;
        post_lock::take_in_imports(&change, participant, meters)?;
        let mut readings = Vec::new();
        for meter in meters {
            let waiting = post_lock::readings(&change, meter)?;
            readings.extend(waiting.into_iter().map(|sample| (meter.clone(), sample)));
        }
        let head = import_seals::append_entries(&change, now)?;
        change.commit()?;
        Ok((readings, head))
    }

    /// Deletes the waiting readings of these meters after they are committed to the
    /// journal; rows that do not decode stay.
    ///
    /// # Errors
    /// Where the file cannot be written; the call may be repeated.
    pub(crate) fn delete_post_lock_readings(&self, meters: &[String]) -> Result<(), StoreError> {
        let change = begin_write(&self.connection)?;
        for meter in meters {
            post_lock::delete_readings(&change, meter)?;
        }
        change.commit()?;
        Ok(())
    }

    /// How many rows wait after the lock, by kind.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn post_lock_counts(&self) -> Result<BTreeMap<RowKind, u64>, StoreError> {
        post_lock::counts(&self.connection)
    }
}

/// Counts a row that is kept apart, or was kept before.
const fn count_post_lock(outcome: &mut ImportOutcome, new: bool) {
    *(if new { &mut outcome.post_lock } else { &mut outcome.unchanged }) += 1;
}

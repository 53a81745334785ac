//! Writes imported rows: intervals of energy and hours of temperature.
//!
//! **Beside a running service.** These rows have tables of their own that the service
//! only reads, so an import writes them into the same file while a service runs, and
//! needs neither its address nor a password. SQLite keeps the two apart, and each batch
//! is one transaction. Before each new leaderboard the service compares SQLite's count of foreign
//! commits and reads the ranges that `imported` lists. A killed import has left its
//! committed batches in the store; repeated, it finds them there.
//!
//! A beginning that is stored already keeps its value: another value for it is reported
//! as a conflict and not stored, unless the organiser asks for replacement. An interval
//! that overlaps another one of its meter is not stored either; with replacement it takes
//! the place of all that it overlaps. Rows are taken back by their meter and time. A
//! locked result permits neither.
use core::ops::Range;
use std::{path::Path, rc::Rc, time::Duration};

use competition::{Celsius, IntervalReading, Time};

use super::{
    error::StoreError,
    import_store::ImportStore,
    recover::add_meters,
    rows::{ImportOutcome, RemovedRows},
    schema::{self, Durability},
    service_clock,
};
use crate::clock::Clock;

/// Writes imported rows, also beside a running service.
#[derive(Debug)]
pub struct Importer {
    imports: ImportStore,
    replace: bool,
    clock: Clock,
}

impl Importer {
    /// Opens the store in `dir`, creating it where it is absent, with these meters in
    /// its dictionary. `replace`: another value for a beginning replaces the stored one.
    /// Entries in the audit log are dated by the service's clock, see
    /// [`service_clock`](super::service_clock()).
    ///
    /// # Errors
    /// Where the directory or the file cannot be used.
    pub fn open(dir: &Path, meters: &[&str], replace: bool) -> Result<Self, StoreError> {
        std::fs::create_dir_all(dir)
            .map_err(|source| StoreError::Directory { path: dir.to_owned(), source })?;
        let mut connection = schema::open(dir, Durability::Full)?;
        // A checkpoint of the service may take its time.
        connection.busy_timeout(Duration::from_secs(30))?;
        add_meters(&mut connection, meters)?;
        let clock = service_clock::service_clock(dir)?;
        Ok(Self { imports: ImportStore::new(Rc::new(connection)), replace, clock })
    }

    /// The same with the clock of a service that is about to start.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Writes intervals of a meter in one transaction.
    ///
    /// # Errors
    /// Where the file cannot be written; nothing of the batch is stored then.
    ///
    /// # Panics
    /// With a time before 1970 or after the year 9999.
    pub fn intervals(
        &mut self,
        meter: &str,
        rows: &[IntervalReading],
    ) -> Result<ImportOutcome, StoreError> {
        self.imports.put_intervals(meter, rows, self.replace, &self.clock)
    }

    /// Imported intervals of a meter that begin in a range.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn intervals_in(
        &self,
        meter: &str,
        range: &Range<Time>,
    ) -> Result<RemovedRows, StoreError> {
        self.imports.intervals_in(meter, range)
    }

    /// Takes imported intervals of a meter back that begin in a range.
    ///
    /// # Errors
    /// [`StoreError::Locked`] once the result is locked, and where the file cannot be
    /// written; nothing is taken back then.
    pub fn remove_intervals(
        &mut self,
        meter: &str,
        range: &Range<Time>,
    ) -> Result<RemovedRows, StoreError> {
        self.imports.remove_intervals(meter, range, &self.clock)
    }

    /// Whether the result is locked: rows are then kept apart, and none is replaced.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        self.imports.is_locked()
    }

    /// Writes outdoor temperatures of a participant in one transaction; a time stands
    /// for its hour.
    ///
    /// # Errors
    /// Where the file cannot be written; nothing of the batch is stored then.
    pub fn temperatures(
        &mut self,
        participant: &str,
        rows: &[(Time, Celsius)],
    ) -> Result<ImportOutcome, StoreError> {
        self.imports.put_temperatures(participant, rows, self.replace, &self.clock)
    }
}

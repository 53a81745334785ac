//! A writer without standings: for an import of registers while no service runs.
//! Memory stays flat, because nothing is computed. The days of meters that it writes to
//! are deleted with the transaction that writes their blocks; the next start computes
//! them again.
use std::{collections::HashMap, path::Path};

use competition::Sample;

use super::{
    block::END,
    error::StoreError,
    readings::Inserted,
    recover::{Recovering, add_meters},
    schema::{self, Durability},
    service_clock,
    writer::Store,
};
use crate::{audit::AuditEventKind, clock::Clock};

/// A store, open for writing many readings for which no standings are computed.
#[derive(Debug)]
pub struct BulkWriter {
    store: Store,
    /// Keys of meters by name.
    keys: HashMap<String, u32>,
    clock: Clock,
}

impl BulkWriter {
    /// Opens the store in `dir`, creating it where it is absent, with these meters.
    ///
    /// # Errors
    /// As [`Recovering::open`]: [`StoreError::InUse`] while a service runs.
    pub fn open(dir: &Path, meters: &[&str]) -> Result<Self, StoreError> {
        let lock = schema::lock(dir)?;
        let mut connection = schema::open(dir, Durability::Full)?;
        add_meters(&mut connection, meters)?;
        let clock = service_clock::read(&connection, false)?;
        let keys = connection
            .prepare("SELECT name, key FROM meter")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        // Without an index no meter belongs to a participant, so a checkpoint deletes its days.
        let store = Recovering::load(connection, Some(lock), &[])?.replay(|_, _, _| {})?;
        Ok(Self { store, keys, clock })
    }

    /// Inserts a reading as [`super::ReadingStore::insert`]; `None` where `open` did not
    /// get the meter, or the time cannot be stored.
    ///
    /// # Errors
    /// As [`super::ReadingStore::insert`].
    pub fn insert(&mut self, meter: &str, sample: Sample) -> Result<Option<Inserted>, StoreError> {
        let Some(&key) = self.keys.get(meter).filter(|_| (0..END.0).contains(&sample.at.0)) else {
            return Ok(None);
        };
        self.store.readings.insert_by_key(key, sample).map(Some)
    }

    /// Commits what was inserted, and merges it into blocks where much waits.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.store.readings.commit()?;
        if self.store.readings.checkpoint_due() {
            self.store.checkpoint(&mut |_| Vec::new())?;
        }
        Ok(())
    }

    /// Commits, and merges everything into blocks.
    ///
    /// # Errors
    /// Where the file cannot be written.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.store.readings.commit()?;
        self.store.checkpoint(&mut |_| Vec::new())
    }

    /// Whether the result is locked: readings are then kept apart.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn is_locked(&self) -> Result<bool, StoreError> {
        Ok(self.store.audit.last_entry(Some(AuditEventKind::Lock))?.is_some())
    }

    /// Keeps readings of one meter that arrived after the lock, with an entry in the
    /// audit log; returns how many of them are new.
    ///
    /// # Errors
    /// Where the file cannot be written; none is kept then.
    pub fn keep_post_lock(&mut self, meter: &str, samples: &[Sample]) -> Result<u64, StoreError> {
        self.store.imports.keep_post_lock_with_entry(meter, samples, &self.clock)
    }
}

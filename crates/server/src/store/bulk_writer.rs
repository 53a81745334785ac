//! The writer without standings: for an import of registers while no server runs.
//! Memory stays flat, for nothing is computed. The days of meters that it writes to
//! are deleted with the transaction that writes their blocks; the next start makes
//! them again.
use std::{collections::HashMap, path::Path};

use competition::Sample;

use super::{
    Durability, Inserted, Recovering, Store, StoreError,
    block::END,
    recover::{add, lock},
    schema,
};

/// A store, open for writing readings that nobody judges now.
#[derive(Debug)]
pub struct BulkWriter {
    pub(super) store: Store,
    keys: HashMap<String, u32>,
}

impl BulkWriter {
    /// Opens the store in `dir`, making it where it is absent, with these meters.
    ///
    /// # Errors
    /// As [`Store::open`]: [`StoreError::InUse`] where a server has it.
    pub fn open(dir: &Path, meters: &[&str]) -> Result<Self, StoreError> {
        let lock = lock(dir)?;
        let mut connection = schema::open(dir, Durability::Full)?;
        add(&mut connection, meters)?;
        let keys = connection
            .prepare("SELECT name, key FROM meter")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        // Without an index no meter is judged: a checkpoint then deletes its days.
        let store = Recovering::load(connection, Some(lock), &[])?.replay(|_, _, _| {})?;
        Ok(Self { store, keys })
    }

    /// As [`Store::insert`]; `None` where the meter was not given to `open`.
    ///
    /// # Errors
    /// As [`Store::insert`].
    pub fn insert(&mut self, meter: &str, sample: Sample) -> Result<Option<Inserted>, StoreError> {
        let Some(&key) = self.keys.get(meter).filter(|_| (0..END.0).contains(&sample.at.0)) else {
            return Ok(None);
        };
        self.store.insert_by_key(key, sample).map(Some)
    }

    /// Makes what was inserted last; merges it into blocks where much waits.
    ///
    /// # Errors
    /// SQLite's.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        self.store.commit()?;
        if self.store.checkpoint_due() {
            self.store.checkpoint(&mut |_| Vec::new())?;
        }
        Ok(())
    }

    /// Commits, and merges everything into blocks.
    ///
    /// # Errors
    /// SQLite's.
    pub fn close(mut self) -> Result<(), StoreError> {
        self.store.commit()?;
        self.store.checkpoint(&mut |_| Vec::new())
    }
}

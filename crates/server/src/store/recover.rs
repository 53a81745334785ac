//! Opens a store: the dictionary, the days, then the journal through the same insertion
//! as live readings.
use std::{collections::HashMap, fs::File, path::Path, rc::Rc};

use competition::{DayRecord, MeterIndex, Sample};
use rusqlite::Connection;

use super::{
    checkpoint::MeterState,
    codec::{self, Corrupt},
    error::StoreError,
    files::StoreFiles,
    pending::Pending,
    readings::{Inserted, ReadingStore},
    schema::{self, Durability},
    writer::Store,
};

/// A store whose journal is not read yet.
#[derive(Debug)]
pub struct Recovering {
    store: Store,
}

impl Recovering {
    /// Opens the store in `dir`, creating it where it is absent, for the meters of the
    /// configuration in the order of their [`MeterIndex`]. Readings of other meters that
    /// are in the file stay in it.
    ///
    /// # Errors
    /// Where the directory, its lock or the file cannot be used.
    pub fn open(dir: &Path, durability: Durability, meters: &[&str]) -> Result<Self, StoreError> {
        let lock = schema::lock(dir)?;
        let mut connection = schema::open(dir, durability)?;
        add_meters(&mut connection, meters)?;
        let mut recovering = Self::load(connection, Some(lock), meters)?;
        recovering.store.watch(StoreFiles::of(dir)?);
        Ok(recovering)
    }

    /// Opens a view of what is committed until now, also while a service runs. Nothing
    /// may be inserted.
    ///
    /// # Errors
    /// Where there is no store, or one of another version that cannot be migrated.
    pub(crate) fn open_read_only(dir: &Path, meters: &[&str]) -> Result<Self, StoreError> {
        let connection = schema::open_read_only(dir)?;
        // Never committed: everything that is read is of one moment.
        connection.execute_batch("BEGIN")?;
        Self::load(connection, None, meters)
    }

    pub(super) fn load(
        connection: Connection,
        lock: Option<File>,
        meters: &[&str],
    ) -> Result<Self, StoreError> {
        let indices: HashMap<&str, u32> = meters.iter().copied().zip(0..).collect();
        let mut keys = vec![0; meters.len()];
        let (mut states, mut count) = (Vec::new(), 0);
        {
            let mut statement =
                connection.prepare("SELECT key, name, readings, newest FROM meter ORDER BY key")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (key, name): (u32, String) = (row.get(0)?, row.get(1)?);
                let readings: i64 = row.get(2)?;
                let newest: Option<Vec<u8>> = row.get(3)?;
                let newest = newest
                    .map(|bytes| codec::decode_block(&bytes))
                    .transpose()
                    .map_err(StoreError::damaged(format!("meter {name}")))?
                    .and_then(|samples| samples.first().copied());
                let index = indices.get(name.as_str()).copied();
                if let Some(index) = index {
                    keys[index as usize] = key;
                }
                count += readings.max(0) as u64;
                states.push(MeterState {
                    index: index.map(MeterIndex),
                    newest,
                    pending: Pending::default(),
                    unsaved: Vec::new(),
                });
            }
        }
        // Only in a view: meters that the file does not know, and has no readings of.
        for (key, index) in keys.iter_mut().zip(0..).filter(|(key, _)| **key == 0) {
            states.push(MeterState { index: Some(MeterIndex(index)), ..MeterState::default() });
            *key = states.len() as u32;
        }
        let connection = Rc::new(connection);
        let readings = ReadingStore::new(connection.clone(), lock.is_some(), states, keys, count);
        Ok(Self { store: Store::new(connection, lock, readings) })
    }

    /// See [`ReadingStore::days`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn days(
        &mut self,
        each: impl FnMut(MeterIndex, &DayRecord) -> bool,
    ) -> Result<(), StoreError> {
        self.store.readings.days(each)
    }

    /// The store with what blocks have, before the journal.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Reads the journal, calls `each` with what became of every reading in it, and
    /// returns the store.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged.
    pub fn replay(
        self,
        mut each: impl FnMut(MeterIndex, Sample, Inserted),
    ) -> Result<Store, StoreError> {
        let mut store = self.store;
        let mut last = 0;
        while let Some((seq, bytes)) = store.readings.next_batch(last)? {
            last = seq;
            let place = || format!("journal row {seq}");
            let mut batch = Vec::new();
            codec::decode_batch(&bytes, |key, sample| batch.push((key, sample)))
                .map_err(StoreError::damaged(place()))?;
            for (key, sample) in batch {
                if !store.readings.has_key(key) {
                    return Err(StoreError::damaged(place())(Corrupt::Range));
                }
                let (inserted, index) = store.readings.replay(key, sample)?;
                if let Some(index) = index {
                    each(index, sample, inserted);
                }
            }
        }
        Ok(store)
    }
}

/// Adds meters to the dictionary.
pub(super) fn add_meters(connection: &mut Connection, meters: &[&str]) -> Result<(), StoreError> {
    let change = schema::begin_write(connection)?;
    {
        let mut put = change.prepare("INSERT OR IGNORE INTO meter (name) VALUES (?)")?;
        for meter in meters {
            put.execute([meter])?;
        }
    }
    change.commit()?;
    Ok(())
}

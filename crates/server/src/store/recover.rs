//! Opening: from a file, whatever happened to its last writer, to a store.
use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    path::Path,
};

use competition::{DayRecord, MeterIndex, Sample, Time};
use rusqlite::Connection;

use super::{
    Durability, Inserted, Store, StoreError,
    block::{DAY, meter_of, moment},
    checkpoint::forget_days,
    codec,
    pending::Pending,
    schema,
    writer::Meter,
};

/// A store whose journal has not been read yet.
#[derive(Debug)]
pub struct Recovering {
    store: Store,
}

impl Store {
    /// Opens the store in `dir`, making it where it is absent, for the meters of
    /// the configuration in the order of their [`MeterIndex`]. Readings of other
    /// meters that are in the file stay in it.
    ///
    /// # Errors
    /// Where the directory, its lock or the file cannot be used.
    pub fn open(
        dir: &Path,
        durability: Durability,
        meters: &[&str],
    ) -> Result<Recovering, StoreError> {
        let lock = lock(dir)?;
        let mut connection = schema::open(dir, durability)?;
        add(&mut connection, meters)?;
        Recovering::load(connection, Some(lock), meters)
    }

    /// A view of a store that a server may have open: what was committed until now.
    /// Nothing may be inserted.
    ///
    /// # Errors
    /// Where there is none, or it is of another version.
    pub(crate) fn open_read_only(dir: &Path, meters: &[&str]) -> Result<Recovering, StoreError> {
        let connection = schema::open_read_only(dir)?;
        // Until the end: all that is read is of one moment.
        connection.execute_batch("BEGIN")?;
        Recovering::load(connection, None, meters)
    }
}

impl Store {
    /// Gives `each` the days of all meters, by meter, oldest first. With the first
    /// one that is damaged or that `each` cannot use (it returns false) a meter's
    /// days end: that one and the later ones are deleted.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn days(
        &mut self,
        mut each: impl FnMut(MeterIndex, &DayRecord) -> bool,
    ) -> Result<(), StoreError> {
        let mut ended: Vec<(u32, Time)> = Vec::new();
        let connection = &self.connection;
        {
            let mut statement = connection.prepare("SELECT key, data FROM day ORDER BY key")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let at: i64 = row.get(0)?;
                let meter = meter_of(at);
                let held = self.meters.get((meter as usize).wrapping_sub(1));
                let Some(index) = held.and_then(|held| held.index) else { continue };
                if ended.last().is_some_and(|(last, _)| *last == meter) {
                    continue;
                }
                let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
                let record = |bytes: &[u8]| DayRecord {
                    day: (moment(at).0 / DAY) as i32,
                    bytes: bytes.to_vec(),
                };
                if !codec::unsealed(blob).is_ok_and(|bytes| each(index, &record(bytes))) {
                    ended.push((meter, moment(at)));
                }
            }
        }
        if self.lock.is_some() {
            for (meter, day) in ended {
                forget_days(connection, meter, day)?;
            }
        }
        Ok(())
    }
}

impl Recovering {
    pub(super) fn load(
        connection: Connection,
        lock: Option<File>,
        meters: &[&str],
    ) -> Result<Self, StoreError> {
        let indices: HashMap<&str, u32> = meters.iter().copied().zip(0..).collect();
        let mut keys = vec![0; meters.len()];
        let (mut held, mut readings) = (Vec::new(), 0);
        {
            let mut statement =
                connection.prepare("SELECT key, name, readings, newest FROM meter ORDER BY key")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (key, name): (u32, String) = (row.get(0)?, row.get(1)?);
                let count: i64 = row.get(2)?;
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
                readings += count.max(0) as u64;
                held.push(Meter {
                    index: index.map(MeterIndex),
                    newest,
                    pending: Pending::default(),
                    unsaved: Vec::new(),
                });
            }
        }
        // Only in a view: meters that the file does not know, and has nothing of.
        for (key, index) in keys.iter_mut().zip(0..).filter(|(key, _)| **key == 0) {
            held.push(Meter { index: Some(MeterIndex(index)), ..Meter::default() });
            *key = held.len() as u32;
        }
        Ok(Self { store: Store::new(connection, lock, held, keys, readings) })
    }

    /// As [`Store::days`].
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn days(
        &mut self,
        each: impl FnMut(MeterIndex, &DayRecord) -> bool,
    ) -> Result<(), StoreError> {
        self.store.days(each)
    }

    /// What the blocks hold, before the journal.
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// Reads the journal, giving `each` what became of every reading in it, and
    /// opens the store for writing.
    ///
    /// # Errors
    /// Where the file cannot be read or is damaged.
    pub fn replay(
        self,
        mut each: impl FnMut(MeterIndex, Sample, Inserted),
    ) -> Result<Store, StoreError> {
        let mut store = self.store;
        let mut from = 0;
        loop {
            // One row at a time: the statement must not borrow what is written to.
            let row: Option<(i64, Vec<u8>)> = {
                let mut next = store.connection.prepare_cached(
                    "SELECT seq, data FROM journal WHERE seq > ? ORDER BY seq LIMIT 1",
                )?;
                let mut rows = next.query([from])?;
                rows.next()?
                    .map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?)))
                    .transpose()?
            };
            let Some((seq, bytes)) = row else { break };
            from = seq;
            let mut batch = Vec::new();
            codec::decode_batch(&bytes, |key, sample| batch.push((key, sample)))
                .map_err(StoreError::damaged(format!("journal row {seq}")))?;
            for (key, sample) in batch {
                if key == 0 || key as usize > store.meters.len() {
                    let place = format!("journal row {seq}");
                    return Err(StoreError::Damaged { place, source: codec::Corrupt::Range });
                }
                let inserted = store.place(key, sample)?;
                if let Some(index) = store.meters[key as usize - 1].index {
                    each(index, sample, inserted);
                }
            }
        }
        Ok(store)
    }
}

pub(super) fn lock(dir: &Path) -> Result<File, StoreError> {
    let failed = |source| StoreError::Directory { path: dir.to_owned(), source };
    fs::create_dir_all(dir).map_err(failed)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(dir.join("lock"))
        .map_err(failed)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(StoreError::InUse(dir.to_owned())),
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

pub(super) fn add(connection: &mut Connection, meters: &[&str]) -> Result<(), StoreError> {
    let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    {
        let mut put = change.prepare("INSERT OR IGNORE INTO meter (name) VALUES (?)")?;
        for meter in meters {
            put.execute([meter])?;
        }
    }
    change.commit()?;
    Ok(())
}

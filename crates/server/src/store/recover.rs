//! Opening: from a file, whatever happened to its last writer, to a store.
use std::{
    collections::HashMap,
    fs::{self, File, TryLockError},
    path::Path,
};

use competition::{MeterIndex, Sample, Time};
use rusqlite::Connection;

use super::{
    Durability, Inserted, Store, StoreError,
    block::{key, meter_of, moment},
    codec,
    pending::Pending,
    schema,
    writer::Meter,
};

/// A meter of the configuration.
#[derive(Debug, Clone, Copy)]
pub struct MeterRules<'a> {
    /// Its name in messages.
    pub name: &'a str,
    /// Of all that decides what its days look like. Days made under another
    /// fingerprint are thrown away.
    pub fingerprint: i64,
}

/// A store whose journal has not been read yet.
#[derive(Debug)]
pub struct Recovering {
    store: Store,
    stale: Vec<MeterIndex>,
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
        meters: &[MeterRules<'_>],
    ) -> Result<Recovering, StoreError> {
        let lock = lock(dir)?;
        let mut connection = schema::open(dir, durability)?;
        add(&mut connection, meters)?;
        let indices: HashMap<&str, u32> = meters.iter().map(|m| m.name).zip(0..).collect();
        let mut keys = vec![0; meters.len()];
        let (mut held, mut stale, mut readings) = (Vec::new(), Vec::new(), 0);
        {
            let mut statement = connection
                .prepare("SELECT key, name, rules, readings, newest FROM meter ORDER BY key")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (key, name): (u32, String) = (row.get(0)?, row.get(1)?);
                let rules: Option<i64> = row.get(2)?;
                let count: i64 = row.get(3)?;
                let newest: Option<Vec<u8>> = row.get(4)?;
                let newest = newest
                    .map(|bytes| codec::decode_block(&bytes))
                    .transpose()
                    .map_err(StoreError::damaged(format!("meter {name}")))?
                    .and_then(|samples| samples.first().copied());
                let index = indices.get(name.as_str()).copied();
                let fingerprint = index.map_or(0, |i| meters[i as usize].fingerprint);
                if let Some(index) = index {
                    keys[index as usize] = key;
                    if rules != Some(fingerprint) {
                        stale.push(MeterIndex(index));
                    }
                }
                readings += count.max(0) as u64;
                held.push(Meter {
                    index: index.map(MeterIndex),
                    fingerprint,
                    newest,
                    pending: Pending::default(),
                    unsaved: Vec::new(),
                });
            }
        }
        for &MeterIndex(index) in &stale {
            forget_days(&connection, keys[index as usize])?;
        }
        Ok(Recovering { store: Store::new(connection, lock, held, keys, readings), stale })
    }
}

impl Recovering {
    /// Gives `each` the days of all meters, by meter, oldest first; it tells
    /// whether it can use the record.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn days(
        &mut self,
        mut each: impl FnMut(MeterIndex, Time, &[u8]) -> bool,
    ) -> Result<(), StoreError> {
        let mut damaged = Vec::new();
        {
            let mut statement =
                self.store.connection.prepare("SELECT key, data FROM day ORDER BY key")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let at: i64 = row.get(0)?;
                let Some(index) = self.store.meters[meter_of(at) as usize - 1].index else {
                    continue;
                };
                let record =
                    codec::unsealed(row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?);
                if !record.is_ok_and(|record| each(index, moment(at), record)) {
                    damaged.push(index);
                }
            }
        }
        damaged.dedup();
        for index in damaged {
            forget_days(&self.store.connection, self.store.keys[index.0 as usize])?;
            self.stale.push(index);
        }
        Ok(())
    }

    /// Meters whose days must be made again from their readings: new ones, those
    /// with other rules than before, and those with a damaged record.
    pub fn stale(&self) -> &[MeterIndex] {
        &self.stale
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
        for index in self.stale {
            store.touch(index);
        }
        Ok(store)
    }
}

fn lock(dir: &Path) -> Result<File, StoreError> {
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

fn add(connection: &mut Connection, meters: &[MeterRules<'_>]) -> Result<(), StoreError> {
    let change = connection.transaction()?;
    {
        let mut put = change.prepare("INSERT OR IGNORE INTO meter (name) VALUES (?)")?;
        for meter in meters {
            put.execute([meter.name])?;
        }
    }
    change.commit()?;
    Ok(())
}

fn forget_days(connection: &Connection, meter: u32) -> Result<(), StoreError> {
    connection.prepare_cached("UPDATE meter SET rules = NULL WHERE key = ?")?.execute([meter])?;
    connection
        .prepare_cached("DELETE FROM day WHERE key >= ? AND key < ?")?
        .execute((key(meter, Time(0)), key(meter + 1, Time(0))))?;
    Ok(())
}

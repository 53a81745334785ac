//! The one writer: readings go in, a commit makes them last.
use std::{collections::HashMap, fs::File, time::Instant};

use competition::{DayRecord, MeterIndex, Sample, Time};
use rusqlite::Connection;

use super::{
    StoreError,
    block::{Cache, END},
    checkpoint::Progress,
    codec::Batch,
    log::Hash,
    pending::{Pending, stands},
    seal::Sealing,
};

/// What became of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The youngest of its meter so far.
    Newest,
    /// New, and older than another.
    Late,
    /// It was there.
    Repeated,
    /// Its moment had other values. Both are kept; `moved` where the new one is
    /// the one that stands.
    Conflict {
        /// The set of standing readings changed.
        moved: bool,
    },
}

#[derive(Debug, Default)]
pub(super) struct Meter {
    /// `None` while no participant has it.
    pub(super) index: Option<MeterIndex>,
    pub(super) newest: Option<Sample>,
    pub(super) pending: Pending,
    /// Days that wait for a transaction that succeeds.
    pub(super) unsaved: Vec<DayRecord>,
}

/// The store, open for writing. See the module's head for what it promises.
#[derive(Debug)]
pub struct Store {
    pub(super) connection: Connection,
    /// `None`: a view of somebody else's store, only to be read.
    pub(super) lock: Option<File>,
    /// By key − 1.
    pub(super) meters: Vec<Meter>,
    /// [`MeterIndex`] to key.
    pub(super) keys: Vec<u32>,
    pub(super) cache: Cache,
    batch: Batch,
    pub(super) readings: u64,
    pub(super) pending: usize,
    pub(super) pending_since: Option<Instant>,
    pub(super) progress: Option<Progress>,
    /// Meters whose days changed though no reading of theirs is pending.
    pub(super) touched: Vec<u32>,
    /// SQLite's count of what other connections committed.
    pub(super) version: i64,
    /// The newest entry of the audit log that this one wrote.
    pub(super) head: Option<(i64, Hash)>,
    pub(super) sealing: Option<Sealing>,
    /// Days before this one have been looked through for a missing seal.
    pub(super) sealed_until: Time,
    /// When the sealing that is under way began.
    pub(super) sealing_at: Time,
}

/// No day at all.
pub(super) const NEVER: Time = Time(i64::MIN);

impl Store {
    pub(super) fn new(
        connection: Connection,
        lock: Option<File>,
        meters: Vec<Meter>,
        keys: Vec<u32>,
        readings: u64,
    ) -> Self {
        Self {
            connection,
            lock,
            meters,
            keys,
            cache: Cache::default(),
            batch: Batch::new(),
            readings,
            pending: 0,
            pending_since: None,
            progress: None,
            touched: Vec::new(),
            version: 0,
            head: None,
            sealing: None,
            sealed_until: NEVER,
            sealing_at: Time(0),
        }
    }

    /// How many readings there are, each moment of a meter counted once.
    pub const fn readings(&self) -> u64 {
        self.readings
    }

    /// Takes a reading into the batch that the next [`Store::commit`] makes last.
    /// Nothing is durable before.
    ///
    /// # Errors
    /// Where an older reading must be looked up and cannot be read.
    ///
    /// # Panics
    /// With a meter that was not given to [`Store::open`], or a moment before 1970
    /// or after the year 9999: the edge lets neither in.
    pub fn insert(&mut self, meter: MeterIndex, sample: Sample) -> Result<Inserted, StoreError> {
        assert!((0..END.0).contains(&sample.at.0), "moment {} is beyond a key", sample.at.0);
        self.insert_by_key(self.keys[meter.0 as usize], sample)
    }

    pub(super) fn insert_by_key(
        &mut self,
        key: u32,
        sample: Sample,
    ) -> Result<Inserted, StoreError> {
        let inserted = self.place(key, sample)?;
        if inserted != Inserted::Repeated {
            self.batch.push(key, &sample);
        }
        Ok(inserted)
    }

    /// Makes what was inserted since the last commit last.
    ///
    /// # Errors
    /// SQLite's, such as a full disk. The batch stays, and the call may be repeated.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.connection
            .prepare_cached("INSERT INTO journal (data) VALUES (?)")?
            .execute([self.batch.sealed()])?;
        self.batch.clear();
        Ok(())
    }

    /// Puts a reading into memory, as itself or from the journal.
    pub(super) fn place(&mut self, key: u32, sample: Sample) -> Result<Inserted, StoreError> {
        let meter = &mut self.meters[key as usize - 1];
        if meter.newest.is_none_or(|newest| newest.at < sample.at) {
            meter.newest = Some(sample);
            meter.pending.append(sample);
            self.grown();
            return Ok(Inserted::Newest);
        }
        let known = match meter.pending.get(sample.at) {
            Some(known) => Some(known),
            None => self.cache.find(&self.connection, key, sample.at)?,
        };
        let Some(known) = known else {
            meter.pending.put(sample);
            self.grown();
            return Ok(Inserted::Late);
        };
        if known == sample {
            return Ok(Inserted::Repeated);
        }
        let standing = stands(known, sample);
        let moved = standing == sample;
        meter.pending.conflicts.push(if moved { known } else { sample });
        if moved {
            meter.pending.put(sample);
            if meter.newest.is_some_and(|newest| newest.at == sample.at) {
                meter.newest = Some(sample);
            }
        }
        // It may be the only change of its meter: a checkpoint is due for it too.
        self.pending_since.get_or_insert_with(Instant::now);
        Ok(Inserted::Conflict { moved })
    }

    fn grown(&mut self) {
        self.readings += 1;
        self.pending += 1;
        self.pending_since.get_or_insert_with(Instant::now);
    }

    /// Keeps days of a meter until a checkpoint writes them.
    pub(super) fn keep_days(&mut self, key: u32, days: Vec<DayRecord>) {
        let unsaved = &mut self.meters[key as usize - 1].unsaved;
        if unsaved.is_empty() {
            *unsaved = days;
            return;
        }
        let mut all: HashMap<i32, DayRecord> = unsaved.drain(..).map(|d| (d.day, d)).collect();
        all.extend(days.into_iter().map(|d| (d.day, d)));
        *unsaved = all.into_values().collect();
    }
}

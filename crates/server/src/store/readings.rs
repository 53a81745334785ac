//! The readings of a store: journal, blocks and days.
use std::{
    collections::HashMap,
    ops::Range,
    rc::Rc,
    time::{Duration, Instant},
};

use competition::{DayRecord, MeterIndex, Sample, Time};
use rusqlite::Connection;

use super::{
    block::{Cache, DAY, END, meter_of, time_of},
    checkpoint::{self, MeterState},
    codec::{self, Batch},
    error::StoreError,
    pending::{Pending, resolve_conflict},
    query,
};

/// A checkpoint begins when this many readings wait for it …
const MAX_PENDING: usize = 100_000;
/// … or the first of them has waited for this long.
const MAX_PENDING_AGE: Duration = Duration::from_secs(300);
/// Readings merged in one transaction, unless one meter alone has more. Small in tests,
/// so that their checkpoints have several.
const CHUNK: usize = if cfg!(test) { 256 } else { 16_384 };
/// Pending readings that a meter's own rows weigh in a chunk.
const METER_WEIGHT: usize = 64;

/// What became of a reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// The newest of its meter so far.
    Newest,
    /// New, and older than another.
    Late,
    /// The same reading was stored already.
    Repeated,
    /// Its time had another value. Both are kept, and one of them counts.
    Conflict {
        /// The new value is the one that counts.
        moved: bool,
    },
}

/// Readings as a set by meter and time: owns the tables `meter`, `journal`, `block`,
/// `day` and `conflict`.
///
/// **Invariants.** A reading is in the journal, in a block, or in both; found twice, it
/// is one reading. Memory has all readings of the journal. Where one time has two values
/// the lower register counts, whichever arrived first; the other is in `conflict`. A
/// meter's blocks do not overlap, and its days are those of its blocks, from the first
/// day on without a gap.
#[derive(Debug)]
pub struct ReadingStore {
    connection: Rc<Connection>,
    /// False in a view of a store that another process may write.
    writable: bool,
    /// By key − 1.
    meters: Vec<MeterState>,
    /// Keys by [`MeterIndex`].
    keys: Vec<u32>,
    cache: Cache,
    batch: Batch,
    /// Readings in blocks and in memory, each time of a meter counted once.
    count: u64,
    /// Readings in memory.
    pending: usize,
    pending_since: Option<Instant>,
    progress: Option<Progress>,
    /// Meters whose days changed though none of their readings is pending.
    touched: Vec<u32>,
}

/// A checkpoint between two of its transactions.
#[derive(Debug)]
struct Progress {
    /// Last row of the journal that it covers.
    journal_upto: i64,
    /// Keys of meters yet to merge, the last one first.
    waiting: Vec<u32>,
}

impl ReadingStore {
    pub(super) fn new(
        connection: Rc<Connection>,
        writable: bool,
        meters: Vec<MeterState>,
        keys: Vec<u32>,
        count: u64,
    ) -> Self {
        Self {
            connection,
            writable,
            meters,
            keys,
            cache: Cache::default(),
            batch: Batch::new(),
            count,
            pending: 0,
            pending_since: None,
            progress: None,
            touched: Vec::new(),
        }
    }

    /// How many readings there are, each time of a meter counted once.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// Adds a reading to the batch that the next [`ReadingStore::commit`] makes durable.
    ///
    /// # Errors
    /// Where an older reading must be looked up and cannot be read.
    ///
    /// # Panics
    /// With a meter that was not given to [`super::Recovering::open`], or a time before 1970
    /// or after the year 9999: ingest accepts neither.
    pub fn insert(&mut self, meter: MeterIndex, sample: Sample) -> Result<Inserted, StoreError> {
        assert!((0..END.0).contains(&sample.at.0), "time {} is beyond a key", sample.at.0);
        self.insert_by_key(self.keys[meter.0 as usize], sample)
    }

    pub(super) fn insert_by_key(
        &mut self,
        key: u32,
        sample: Sample,
    ) -> Result<Inserted, StoreError> {
        let inserted = self.insert_in_memory(key, sample)?;
        if inserted != Inserted::Repeated {
            self.batch.push(key, &sample);
        }
        Ok(inserted)
    }

    /// Writes the batch since the last commit to the journal.
    ///
    /// # Errors
    /// Where the file cannot be written. The batch stays, and the call may be repeated.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.connection
            .prepare_cached("INSERT INTO journal (data) VALUES (?)")?
            .execute([self.batch.with_checksum()])?;
        self.batch.clear();
        Ok(())
    }

    /// The first batch of the journal after row `after`.
    pub(super) fn next_batch(&self, after: i64) -> Result<Option<(i64, Vec<u8>)>, StoreError> {
        let mut next = self
            .connection
            .prepare_cached("SELECT seq, data FROM journal WHERE seq > ? ORDER BY seq LIMIT 1")?;
        let mut rows = next.query([after])?;
        let row = rows.next()?;
        Ok(row.map(|row| Ok::<_, rusqlite::Error>((row.get(0)?, row.get(1)?))).transpose()?)
    }

    /// Inserts a reading of the journal; the index of its meter, if a participant has it.
    pub(super) fn replay(
        &mut self,
        key: u32,
        sample: Sample,
    ) -> Result<(Inserted, Option<MeterIndex>), StoreError> {
        let index = self.meters[key as usize - 1].index;
        Ok((self.insert_in_memory(key, sample)?, index))
    }

    /// Whether the dictionary has this key.
    pub(super) fn has_key(&self, key: u32) -> bool {
        (1..=self.meters.len()).contains(&(key as usize))
    }

    fn insert_in_memory(&mut self, key: u32, sample: Sample) -> Result<Inserted, StoreError> {
        let meter = &mut self.meters[key as usize - 1];
        if meter.newest.is_none_or(|newest| newest.at < sample.at) {
            meter.newest = Some(sample);
            meter.pending.append(sample);
            self.count_pending();
            return Ok(Inserted::Newest);
        }
        let known = match meter.pending.get(sample.at) {
            Some(known) => Some(known),
            None => self.cache.find(&self.connection, key, sample.at)?,
        };
        let Some(known) = known else {
            meter.pending.insert(sample);
            self.count_pending();
            return Ok(Inserted::Late);
        };
        if known == sample {
            return Ok(Inserted::Repeated);
        }
        let moved = resolve_conflict(known, sample) == sample;
        meter.pending.conflicts.push(if moved { known } else { sample });
        if moved {
            meter.pending.insert(sample);
            if meter.newest.is_some_and(|newest| newest.at == sample.at) {
                meter.newest = Some(sample);
            }
        }
        // It may be the only change of its meter: a checkpoint is due for it too.
        self.pending_since.get_or_insert_with(Instant::now);
        Ok(Inserted::Conflict { moved })
    }

    fn count_pending(&mut self) {
        self.count += 1;
        self.pending += 1;
        self.pending_since.get_or_insert_with(Instant::now);
    }

    /// A meter's readings within `range`, oldest first.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn samples(
        &self,
        meter: MeterIndex,
        range: Range<Time>,
    ) -> Result<Vec<Sample>, StoreError> {
        query::samples(&self.connection, self.pending_of(meter), range)
    }

    /// The last reading before `at`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn last_before(&self, meter: MeterIndex, at: Time) -> Result<Option<Sample>, StoreError> {
        query::last_before(&self.connection, self.pending_of(meter), at)
    }

    /// The first reading at or after `at`.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn first_from(&self, meter: MeterIndex, at: Time) -> Result<Option<Sample>, StoreError> {
        query::first_from(&self.connection, self.pending_of(meter), at)
    }

    /// The newest reading.
    pub fn newest(&self, meter: MeterIndex) -> Option<Sample> {
        self.meters[self.keys[meter.0 as usize] as usize - 1].newest
    }

    fn pending_of(&self, meter: MeterIndex) -> (u32, &Pending) {
        let key = self.keys[meter.0 as usize];
        (key, &self.meters[key as usize - 1].pending)
    }

    /// Calls `each` with the days of all meters, by meter, oldest first. A day that is
    /// damaged, or for which `each` returns false, ends its meter's days: that one and
    /// the later ones are deleted.
    ///
    /// # Errors
    /// Where the file cannot be read.
    pub fn days(
        &mut self,
        mut each: impl FnMut(MeterIndex, &DayRecord) -> bool,
    ) -> Result<(), StoreError> {
        let mut ended: Vec<(u32, Time)> = Vec::new();
        let mut statement = self.connection.prepare("SELECT key, data FROM day ORDER BY key")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let key: i64 = row.get(0)?;
            let meter = meter_of(key);
            let state = self.meters.get((meter as usize).wrapping_sub(1));
            let Some(index) = state.and_then(|state| state.index) else { continue };
            if ended.last().is_some_and(|(last, _)| *last == meter) {
                continue;
            }
            let blob = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let day = (time_of(key).0 / DAY) as i32;
            let usable = codec::verify_checksum(blob)
                .is_ok_and(|bytes| each(index, &DayRecord { day, bytes: bytes.to_vec() }));
            if !usable {
                ended.push((meter, time_of(key)));
            }
        }
        if self.writable {
            for (meter, day) in ended {
                checkpoint::delete_days(&self.connection, meter, day)?;
            }
        }
        Ok(())
    }

    /// Marks a meter whose days were computed again: the next checkpoint writes them
    /// though no new reading waits.
    pub fn touch(&mut self, meter: MeterIndex) {
        self.touched.push(self.keys[meter.0 as usize]);
        self.pending_since.get_or_insert_with(Instant::now);
    }

    /// Whether a checkpoint is under way, or should begin.
    pub fn checkpoint_due(&self) -> bool {
        self.in_checkpoint()
            || self.pending >= MAX_PENDING
            || self.pending_since.is_some_and(|since| since.elapsed() >= MAX_PENDING_AGE)
    }

    /// Whether a checkpoint is between two of its transactions.
    pub(super) const fn in_checkpoint(&self) -> bool {
        self.progress.is_some()
    }

    /// One transaction of a checkpoint; see [`super::Store::checkpoint_step`].
    pub(super) fn checkpoint_step(
        &mut self,
        days: &mut dyn FnMut(MeterIndex) -> Vec<DayRecord>,
    ) -> Result<bool, StoreError> {
        let mut progress = match self.progress.take() {
            Some(progress) => progress,
            None => self.begin_checkpoint()?,
        };
        let chunk = self.next_chunk(&mut progress);
        for &key in &chunk {
            if let Some(index) = self.meters[key as usize - 1].index {
                self.keep_days(key, days(index));
            }
        }
        let done = progress.waiting.is_empty();
        let states: Vec<_> =
            chunk.iter().map(|&key| (key, &self.meters[key as usize - 1])).collect();
        let upto = done.then_some(progress.journal_upto);
        if let Err(error) = checkpoint::write(&self.connection, &states, upto) {
            progress.waiting.extend(chunk);
            self.progress = Some(progress);
            return Err(error);
        }
        self.forget_merged(&chunk);
        if done {
            // A value that overrides one in a block is in `len` but was never counted.
            self.pending = self.meters.iter().map(|meter| meter.pending.len()).sum();
        } else {
            self.progress = Some(progress);
        }
        Ok(done)
    }

    fn begin_checkpoint(&mut self) -> Result<Progress, StoreError> {
        let newest: Option<i64> =
            self.connection.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))?;
        let mut waiting: Vec<u32> = self
            .meters
            .iter()
            .zip(1..)
            .filter(|(meter, _)| !meter.pending.is_empty() || !meter.unsaved.is_empty())
            .map(|(_, key)| key)
            .chain(self.touched.drain(..))
            .collect();
        waiting.sort_unstable();
        waiting.dedup();
        waiting.reverse();
        // Readings from now on wait for the next checkpoint.
        self.pending_since = None;
        Ok(Progress { journal_upto: newest.unwrap_or(0), waiting })
    }

    fn next_chunk(&self, progress: &mut Progress) -> Vec<u32> {
        let (mut chunk, mut size) = (Vec::new(), 0);
        while size < CHUNK
            && let Some(key) = progress.waiting.pop()
        {
            chunk.push(key);
            size += self.meters[key as usize - 1].pending.len() + METER_WEIGHT;
        }
        chunk
    }

    /// Keeps days of a meter until a transaction writes them.
    fn keep_days(&mut self, key: u32, days: Vec<DayRecord>) {
        let unsaved = &mut self.meters[key as usize - 1].unsaved;
        if unsaved.is_empty() {
            *unsaved = days;
            return;
        }
        let mut all: HashMap<i32, DayRecord> = unsaved.drain(..).map(|d| (d.day, d)).collect();
        all.extend(days.into_iter().map(|d| (d.day, d)));
        *unsaved = all.into_values().collect();
    }

    /// Drops from memory what a committed transaction has merged.
    fn forget_merged(&mut self, chunk: &[u32]) {
        for &key in chunk {
            let meter = &mut self.meters[key as usize - 1];
            self.pending -= meter.pending.len().min(self.pending);
            meter.pending = Pending::default();
            meter.unsaved = Vec::new();
            self.cache.forget(key);
        }
    }
}

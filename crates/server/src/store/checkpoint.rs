//! Merging the journal into blocks, a few meters a transaction.
use std::time::{Duration, Instant};

use competition::{DayRecord, MeterIndex, Sample, Time};
use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    Store, StoreError,
    block::{self, DAY, END, FULL, key, moment},
    codec,
    pending::merge,
    seal,
    writer::NEVER,
};

/// A checkpoint begins when this many readings wait for it …
const MOST_PENDING: usize = 100_000;
/// … or the first of them for this long.
const OLDEST_PENDING: Duration = Duration::from_secs(300);
/// Readings merged in one transaction, unless one meter alone has more. Small in
/// tests, so that theirs have several.
const STEP: usize = if cfg!(test) { 256 } else { 16_384 };

/// A checkpoint between two of its transactions.
#[derive(Debug)]
pub(super) struct Progress {
    /// Last row of the journal whose readings it covers.
    high: i64,
    /// Meters yet to merge.
    todo: Vec<u32>,
}

impl Store {
    /// Whether [`Store::checkpoint_step`] has something to do that should not wait.
    pub fn checkpoint_due(&self) -> bool {
        self.progress.is_some()
            || self.pending >= MOST_PENDING
            || self.pending_since.is_some_and(|since| since.elapsed() >= OLDEST_PENDING)
    }

    /// Days of this meter were made again; the next checkpoint writes them though no
    /// new reading waits.
    pub fn touch(&mut self, meter: MeterIndex) {
        self.touched.push(self.keys[meter.0 as usize]);
        self.pending_since.get_or_insert_with(Instant::now);
    }

    /// One transaction of a checkpoint; tells whether it was the last. `days` gives
    /// the records of a meter that changed since it was asked last; they must tell
    /// of every reading inserted so far.
    ///
    /// # Errors
    /// SQLite's; nothing has changed then, and the call may be repeated.
    pub fn checkpoint_step(
        &mut self,
        days: &mut dyn FnMut(MeterIndex) -> Vec<DayRecord>,
    ) -> Result<bool, StoreError> {
        self.commit()?;
        // Days with a seal and no entry may change now.
        self.write_seals(self.sealing_at)?;
        let mut progress = match self.progress.take() {
            Some(progress) => progress,
            None => self.begin()?,
        };
        let chunk = self.next_chunk(&mut progress);
        for &meter in &chunk {
            if let Some(index) = self.meters[meter as usize - 1].index {
                let changed = days(index);
                self.keep_days(meter, changed);
            }
        }
        match self.write(&chunk, &progress) {
            Ok(()) => {
                self.merged(&chunk, &progress);
                let done = progress.todo.is_empty();
                if !done {
                    self.progress = Some(progress);
                }
                Ok(done)
            }
            Err(error) => {
                progress.todo.extend(chunk);
                self.progress = Some(progress);
                Err(error)
            }
        }
    }

    /// A whole checkpoint: at shutdown.
    ///
    /// # Errors
    /// As [`Store::checkpoint_step`].
    pub fn checkpoint(
        &mut self,
        days: &mut dyn FnMut(MeterIndex) -> Vec<DayRecord>,
    ) -> Result<(), StoreError> {
        // One that is under way covers only what was there when it began.
        if self.progress.is_some() {
            while !self.checkpoint_step(days)? {}
        }
        while !self.checkpoint_step(days)? {}
        Ok(())
    }

    fn begin(&mut self) -> Result<Progress, StoreError> {
        let high: Option<i64> =
            self.connection.query_row("SELECT max(seq) FROM journal", [], |row| row.get(0))?;
        let mut todo: Vec<u32> = self
            .meters
            .iter()
            .zip(1..)
            .filter(|(meter, _)| !meter.pending.is_empty() || !meter.unsaved.is_empty())
            .map(|(_, key)| key)
            .chain(self.touched.drain(..))
            .collect();
        todo.sort_unstable();
        todo.dedup();
        todo.reverse();
        // What comes in from now on waits for the next checkpoint.
        self.pending_since = None;
        Ok(Progress { high: high.unwrap_or(0), todo })
    }

    fn next_chunk(&self, progress: &mut Progress) -> Vec<u32> {
        let (mut chunk, mut size) = (Vec::new(), 0);
        while let Some(meter) = progress.todo.pop() {
            chunk.push(meter);
            size += self.meters[meter as usize - 1].pending.len() + 64;
            if size >= STEP {
                break;
            }
        }
        chunk
    }

    fn write(&mut self, chunk: &[u32], progress: &Progress) -> Result<(), StoreError> {
        // Immediate: it reads first, and an import may write between that and its own writes.
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for &meter in chunk {
            let held = &self.meters[meter as usize - 1];
            let sorted = held.pending.sorted();
            let grown = merge_meter(&change, meter, &sorted)?;
            seal::unseal(&change, meter, &sorted)?;
            write_conflicts(&change, meter, &held.pending.conflicts)?;
            let newest = held.newest.map(|sample| codec::encode_block(&[sample]));
            change
                .prepare_cached(
                    "UPDATE meter SET readings = readings + ?, newest = ? WHERE key = ?",
                )?
                .execute((grown, newest, meter))?;
            if held.index.is_none() {
                // Nobody judges it now: its days would be out of date.
                forget_days(&change, meter, Time(0))?;
            }
            let mut put =
                change.prepare_cached("INSERT OR REPLACE INTO day (key, data) VALUES (?, ?)")?;
            for day in &held.unsaved {
                let midnight = Time(i64::from(day.day) * DAY);
                put.execute((key(meter, midnight), codec::sealed(&day.bytes)))?;
            }
        }
        if progress.todo.is_empty() {
            change
                .prepare_cached("DELETE FROM journal WHERE seq <= ?")?
                .execute([progress.high])?;
        }
        change.commit()?;
        Ok(())
    }

    /// The transaction stands: memory follows.
    fn merged(&mut self, chunk: &[u32], progress: &Progress) {
        for &meter in chunk {
            let held = &mut self.meters[meter as usize - 1];
            self.pending -= held.pending.len().min(self.pending);
            held.pending = Default::default();
            held.unsaved = Vec::new();
            self.cache.forget(meter);
        }
        if progress.todo.is_empty() {
            self.sealed_until = NEVER;
            // Overrides of conflicts are in `len` but were never counted.
            self.pending = self.meters.iter().map(|meter| meter.pending.len()).sum();
        }
    }
}

/// Deletes a meter's days from `day` on.
pub(super) fn forget_days(change: &Connection, meter: u32, day: Time) -> Result<(), StoreError> {
    change
        .prepare_cached("DELETE FROM day WHERE key >= ? AND key < ?")?
        .execute((key(meter, day), key(meter + 1, Time(0))))?;
    Ok(())
}

fn write_conflicts(
    change: &Transaction<'_>,
    meter: u32,
    conflicts: &[Sample],
) -> Result<(), StoreError> {
    let mut put = change
        .prepare_cached("INSERT OR IGNORE INTO conflict (meter, at, data) VALUES (?, ?, ?)")?;
    for sample in conflicts {
        put.execute((meter, sample.at.0, codec::encode_block(&[*sample])))?;
    }
    Ok(())
}

/// Merges sorted samples into a meter's blocks; how many readings that adds.
fn merge_meter(change: &Connection, meter: u32, samples: &[Sample]) -> Result<i64, StoreError> {
    let mut grown = 0;
    let mut rest = samples;
    while let Some(first) = rest.first() {
        let at = first.at;
        let end = block::reach(change, meter, at)?;
        let mut found = block::covering(change, meter, at)?;
        let mut upto = end;
        if found.is_none() && end < END {
            // Older than all: the oldest block takes them, so that no crumbs remain.
            found = block::after(change, meter, at)?;
            upto = block::reach(change, meter, end)?;
        }
        let (these, later) = rest.split_at(rest.partition_point(|s| s.at < upto));
        rest = later;
        let old = found.as_ref().map_or(0, |block| block.samples.len());
        let all = match &found {
            Some(block) => merge(&block.samples, these),
            None => these.to_vec(),
        };
        grown += (all.len() - old) as i64;
        if let Some(block) = &found
            && moment(block.key) != all[0].at
        {
            change.prepare_cached("DELETE FROM block WHERE key = ?")?.execute([block.key])?;
        }
        // The newest block is filled up; one in the middle is split in equal parts.
        let part = if upto == END { FULL } else { all.len().div_ceil(all.len().div_ceil(FULL)) };
        let mut put = change
            .prepare_cached("INSERT OR REPLACE INTO block (key, count, data) VALUES (?, ?, ?)")?;
        for part in all.chunks(part) {
            put.execute((key(meter, part[0].at), part.len() as i64, codec::encode_block(part)))?;
        }
    }
    Ok(grown)
}

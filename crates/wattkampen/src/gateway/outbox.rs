//! The outbox on a disk: what was kept survives a kill and a power cut.
//!
//! ```text
//! DIR/boot     number of the last start, replaced as a whole
//! DIR/outbox   records of 84 bytes: kind, body of 79, CRC-32 of both (little-endian);
//!              the kinds are in `outbox/file.rs`
//! ```
//!
//! - A reading counts as kept when its record is flushed to the disk. A release is
//!   not flushed: losing it repeats readings, and a repeat changes nothing.
//! - A record that is torn or damaged is dropped alone; records have one size, so
//!   the ones behind it are found.
//! - The file is rewritten (beside, flushed, renamed) when most of it is history
//!   or the outbox was thinned.
//! - A reading that waits for a time is kept in the same way, with the moment of the
//!   machine's own counting. That counting goes on over a restart of this program: it
//!   is then dated as if nothing had happened. After a restart of the machine it is
//!   dated by the meter's clock, once that clock's clock_offsets are known; one whose meter
//!   shows no time, or a wrong one, cannot be dated by anybody and is given up, which
//!   costs shape and no energy: the register of the next reading has it.
//! - When its time comes, reading and mark go to the file in one write, so that a kill
//!   leaves both or neither.
//! - Bounded by [`CAPACITY`]: 11 days at a reading in ten seconds, 8 MB on the disk
//!   and in memory. Then the older half is thinned to the last of each quarter-hour,
//!   then the newer half, then the oldest goes.
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use file::{Found, Record, replace, replay};
use gateway::{ClockOffsets, Entry, Measurement, Outbox, ReadingId, Undated, UndatedQueue};
use wire::Time;

mod file;

/// Most readings that wait.
const CAPACITY: usize = 100_000;
/// Most readings that wait for a time: 11 hours at one in ten seconds, thinned evenly
/// after that.
const UNTIMED: usize = 4096;
/// A quarter-hour, s.
const QUARTER: i64 = 900;
/// Records beyond those that wait before the file is rewritten.
const HISTORY: usize = 4096;

/// Which start of the machine this is: the kernel's number for it. Where there is none,
/// each is another.
pub type MachineStart = Option<[u8; 16]>;

/// Why the disk did not do it.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Another process has it.
    #[error("{0} is in use by another gateway")]
    InUse(PathBuf),
    /// The system said no.
    #[error("{path}: {error}")]
    Io {
        /// What could not be read or written.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// The outbox in a folder of its own.
#[derive(Debug)]
pub struct DiskOutbox {
    folder: PathBuf,
    file: File,
    /// Locked for as long as this lives.
    _lock: File,
    capacity: usize,
    entries: VecDeque<Entry>,
    waiting: Box<UndatedQueue<UNTIMED>>,
    machine: MachineStart,
    clock_offsets: ClockOffsets,
    /// Whole records in the file.
    records: usize,
    last: ReadingId,
    dropped: u32,
}

impl DiskOutbox {
    /// Opens or creates it, and counts this start.
    ///
    /// # Errors
    /// Where the folder cannot be written or another process uses it.
    pub fn open(folder: &Path, machine: MachineStart) -> Result<Self, OutboxError> {
        Self::with_capacity(folder, machine, CAPACITY)
    }

    fn with_capacity(
        folder: &Path,
        machine: MachineStart,
        capacity: usize,
    ) -> Result<Self, OutboxError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| OutboxError::Io { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let (lock, boot) = (folder.join("lock"), folder.join("boot"));
        let held = File::create(&lock).map_err(failed(&lock))?;
        held.try_lock().map_err(|_| OutboxError::InUse(folder.to_owned()))?;
        let path = folder.join("outbox");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed(&path))?,
        };
        let Found { entries, newest, waiting, clock_offsets } = replay(&bytes, machine);
        let before = fs::read_to_string(&boot).ok().and_then(|text| text.trim().parse().ok());
        let start = before.unwrap_or(0).max(newest).saturating_add(1);
        replace(folder, "boot", format!("{start}\n").as_bytes()).map_err(failed(&boot))?;
        let mut this = Self {
            folder: folder.to_owned(),
            // Replaced at once.
            file: File::open(folder).map_err(failed(folder))?,
            _lock: held,
            capacity: capacity.max(1),
            records: 0,
            entries,
            waiting,
            machine,
            clock_offsets,
            last: ReadingId { boot: start, seq: 0 },
            dropped: 0,
        };
        // Without the torn end, so that what comes next is found.
        this.rewrite().map_err(failed(&path))?;
        Ok(this)
    }

    fn failed(&self, error: io::Error) -> OutboxError {
        OutboxError::Io { path: self.folder.join("outbox"), error }
    }

    fn append(&mut self, records: &[Record], flush: bool) -> Result<(), OutboxError> {
        let bytes: Vec<u8> = records.iter().flat_map(Record::to_bytes).collect();
        self.records += records.len();
        let done = self.file.write_all(&bytes);
        let done = done.and_then(|()| if flush { self.file.sync_data() } else { Ok(()) });
        done.map_err(|error| self.failed(error))
    }

    /// Only what is needed: the history goes.
    fn rewrite(&mut self) -> io::Result<()> {
        let entries = self.entries.iter().copied().map(Record::Reading);
        // Those of an earlier start of the machine come first; they have no age any more.
        let (old, new): (Vec<_>, Vec<_>) =
            self.waiting.iter().copied().partition(|one| one.received_ms.is_none());
        let records: Vec<_> = entries
            .chain([Record::ClockOffsets(self.clock_offsets), Record::Machine(None)])
            .chain(old.into_iter().map(Record::Undated))
            .chain([Record::Machine(self.machine)])
            .chain(new.into_iter().map(Record::Undated))
            .collect();
        let bytes: Vec<u8> = records.iter().flat_map(Record::to_bytes).collect();
        self.file = replace(&self.folder, "outbox", &bytes)?;
        self.records = records.len();
        Ok(())
    }

    fn tidy(&mut self) -> Result<(), OutboxError> {
        if self.records <= 2 * (self.entries.len() + self.waiting.len()) + HISTORY {
            return Ok(());
        }
        self.rewrite().map_err(|error| self.failed(error))
    }

    fn next(&mut self, time: Time, measurement: Measurement) -> Result<Entry, OutboxError> {
        if self.entries.len() >= self.capacity {
            self.make_room();
            self.rewrite().map_err(|error| self.failed(error))?;
        }
        let id = ReadingId { boot: self.last.boot, seq: self.last.seq.saturating_add(1) };
        Ok(Entry { id, time, measurement })
    }

    fn make_room(&mut self) {
        let before = self.entries.len();
        for scope in [before / 2, before] {
            let quarters: Vec<_> =
                self.entries.iter().map(|entry| entry.time.unix().div_euclid(QUARTER)).collect();
            let mut at = 0;
            self.entries.retain(|_| {
                let next = quarters.get(at + 1).filter(|_| at < scope);
                at += 1;
                next.is_none_or(|next| *next != quarters[at - 1])
            });
            if self.entries.len() < before {
                break;
            }
        }
        if self.entries.len() == before {
            self.entries.pop_front();
        }
        let gone = before - self.entries.len();
        self.dropped = self.dropped.saturating_add(gone.try_into().unwrap_or(u32::MAX));
    }
}

impl Outbox for DiskOutbox {
    type Error = OutboxError;

    fn boot(&self) -> u32 {
        self.last.boot
    }

    fn len(&self) -> usize {
        self.entries.len()
    }

    fn dropped(&self) -> u32 {
        self.dropped.saturating_add(self.waiting.dropped())
    }

    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, OutboxError> {
        let entry = self.next(time, measurement)?;
        self.append(&[Record::Reading(entry)], true)?;
        self.last = entry.id;
        self.entries.push_back(entry);
        Ok(entry.id)
    }

    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, OutboxError> {
        let at = id.map_or(0, |id| self.entries.partition_point(|e| e.id <= id));
        Ok(self.entries.get(at).copied())
    }

    async fn release(&mut self, through: ReadingId) -> Result<(), OutboxError> {
        let gone = self.entries.partition_point(|entry| entry.id <= through);
        self.entries.drain(..gone);
        self.append(&[Record::Release(through)], false)?;
        self.tidy()
    }

    fn undated_len(&self) -> usize {
        self.waiting.len()
    }

    async fn push_undated(&mut self, undated: Undated) -> Result<(), OutboxError> {
        self.append(&[Record::Undated(undated)], true)?;
        self.waiting.push(undated);
        self.tidy()
    }

    fn undated(&self, place: usize) -> Option<Undated> {
        self.waiting.get(place)
    }

    async fn assign_time(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, OutboxError> {
        let Some(undated) = self.waiting.get(place) else { return Ok(None) };
        let entry = time.map(|time| self.next(time, undated.measurement)).transpose()?;
        match entry {
            Some(entry) => {
                self.append(&[Record::Reading(entry), Record::Dated(undated)], true)?;
                self.last = entry.id;
                self.entries.push_back(entry);
            }
            None => self.append(&[Record::Dated(undated)], false)?,
        }
        self.waiting.take(place);
        if self.waiting.is_empty() {
            // The thinned ones are still in the file.
            self.rewrite().map_err(|error| self.failed(error))?;
        }
        self.tidy()?;
        Ok(entry.map(|entry| entry.id))
    }

    fn clock_offsets(&self) -> ClockOffsets {
        self.clock_offsets
    }

    async fn store_clock_offsets(
        &mut self,
        clock_offsets: ClockOffsets,
    ) -> Result<(), OutboxError> {
        self.append(&[Record::ClockOffsets(clock_offsets)], true)?;
        self.clock_offsets = clock_offsets;
        Ok(())
    }
}

#[cfg(test)]
mod tests;

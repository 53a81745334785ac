//! The outbox on a disk. Its readings survive the end of the process and a loss of power.
//!
//! ```text
//! DIR/boot     number of the last start, replaced atomically
//! DIR/outbox   records of 84 bytes: kind, body of 79, CRC-32 of both (little-endian);
//!              the kinds are in `outbox/file.rs`
//! ```
//!
//! - A reading is stored once its record is flushed to the disk. A release is not flushed:
//!   losing it repeats readings, and a repeat changes nothing.
//! - A torn or damaged record is dropped alone; records have a fixed size, so that the ones
//!   after it are found.
//! - The file is rewritten (new file, flush, rename) when most of it is obsolete or the
//!   outbox was thinned.
//! - An undated reading is stored with the boot-time clock of the machine, which a restart of
//!   this program does not reset. After a restart of the machine it is dated by the meter's
//!   clock once its offsets are known. If the meter shows no time or a wrong one, the reading
//!   is dropped; its energy is in the register of the next reading.
//! - A reading and the record that its time is assigned are written at once, so that a
//!   process that is killed leaves both or neither.
//! - [`CAPACITY`] is 11 days at a reading in ten seconds, 8 MB on disk and in memory. A full
//!   outbox is thinned to the last reading of each quarter-hour: the older half, then the
//!   whole; then the oldest reading is dropped.
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use file::{Record, Replayed, replace, replay};
use gateway::{ClockOffsets, Entry, Measurement, Outbox, ReadingId, Undated, UndatedQueue};
use wire::Time;

mod file;

/// Maximum number of readings.
const CAPACITY: usize = 100_000;
/// Maximum number of undated readings: 11 hours at one in ten seconds, thinned evenly after
/// that.
const UNDATED_CAPACITY: usize = 4096;
/// A quarter-hour, s.
const QUARTER: i64 = 900;
/// Obsolete records in the file before it is rewritten.
const MAX_OBSOLETE: usize = 4096;

/// The kernel's identifier of a boot of the machine.
pub type BootId = [u8; 16];

/// Why the outbox cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum OutboxError {
    /// Another process has locked it.
    #[error("{0} is in use by another gateway")]
    InUse(PathBuf),
    /// The operating system reported an error.
    #[error("{path}: {error}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
}

/// An outbox in a folder of its own.
#[derive(Debug)]
pub struct DiskOutbox {
    folder: PathBuf,
    file: File,
    /// Holds the lock on the folder.
    _lock: File,
    capacity: usize,
    entries: VecDeque<Entry>,
    undated_queue: Box<UndatedQueue<UNDATED_CAPACITY>>,
    boot_id: Option<BootId>,
    clock_offsets: ClockOffsets,
    /// Number of records in the file.
    records: usize,
    last: ReadingId,
    dropped: u32,
}

impl DiskOutbox {
    /// Opens or creates the outbox and increments the start number.
    ///
    /// # Errors
    /// Where the folder is not writable, or another process uses it.
    pub fn open(folder: &Path, boot_id: Option<BootId>) -> Result<Self, OutboxError> {
        Self::with_capacity(folder, boot_id, CAPACITY)
    }

    fn with_capacity(
        folder: &Path,
        boot_id: Option<BootId>,
        capacity: usize,
    ) -> Result<Self, OutboxError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| OutboxError::Io { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let (lock, boot) = (folder.join("lock"), folder.join("boot"));
        let lock_file = File::create(&lock).map_err(failed(&lock))?;
        lock_file.try_lock().map_err(|_| OutboxError::InUse(folder.to_owned()))?;
        let path = folder.join("outbox");
        let bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed(&path))?,
        };
        let Replayed { entries, newest, undated_queue, clock_offsets } = replay(&bytes, boot_id);
        let before = fs::read_to_string(&boot).ok().and_then(|text| text.trim().parse().ok());
        let start = before.unwrap_or(0).max(newest).saturating_add(1);
        replace(folder, "boot", format!("{start}\n").as_bytes()).map_err(failed(&boot))?;
        let mut this = Self {
            folder: folder.to_owned(),
            // `rewrite` replaces it.
            file: File::open(folder).map_err(failed(folder))?,
            _lock: lock_file,
            capacity: capacity.max(1),
            records: 0,
            entries,
            undated_queue,
            boot_id,
            clock_offsets,
            last: ReadingId { boot: start, seq: 0 },
            dropped: 0,
        };
        // Removes a torn record at the end, so that the next records are aligned.
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

    /// Replaces the file by one without obsolete records.
    fn rewrite(&mut self) -> io::Result<()> {
        let entries = self.entries.iter().copied().map(Record::Reading);
        // Readings of an earlier boot come first; their age is unknown.
        let (old, new): (Vec<_>, Vec<_>) =
            self.undated_queue.iter().copied().partition(|one| one.received_ms.is_none());
        let records: Vec<_> = entries
            .chain([Record::ClockOffsets(self.clock_offsets), Record::Boot(None)])
            .chain(old.into_iter().map(Record::Undated))
            .chain([Record::Boot(self.boot_id)])
            .chain(new.into_iter().map(Record::Undated))
            .collect();
        let bytes: Vec<u8> = records.iter().flat_map(Record::to_bytes).collect();
        self.file = replace(&self.folder, "outbox", &bytes)?;
        self.records = records.len();
        Ok(())
    }

    fn compact_if_needed(&mut self) -> Result<(), OutboxError> {
        if self.records <= 2 * (self.entries.len() + self.undated_queue.len()) + MAX_OBSOLETE {
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
        self.dropped.saturating_add(self.undated_queue.dropped())
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
        self.compact_if_needed()
    }

    fn undated_len(&self) -> usize {
        self.undated_queue.len()
    }

    async fn push_undated(&mut self, undated: Undated) -> Result<(), OutboxError> {
        self.append(&[Record::Undated(undated)], true)?;
        self.undated_queue.push(undated);
        self.compact_if_needed()
    }

    fn undated(&self, index: usize) -> Option<Undated> {
        self.undated_queue.get(index)
    }

    async fn assign_time(
        &mut self,
        index: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, OutboxError> {
        let Some(undated) = self.undated_queue.get(index) else { return Ok(None) };
        let entry = time.map(|time| self.next(time, undated.measurement)).transpose()?;
        match entry {
            Some(entry) => {
                self.append(&[Record::Reading(entry), Record::TimeAssigned(undated)], true)?;
                self.last = entry.id;
                self.entries.push_back(entry);
            }
            None => self.append(&[Record::TimeAssigned(undated)], false)?,
        }
        self.undated_queue.take(index);
        if self.undated_queue.is_empty() {
            // Thinned readings are still in the file.
            self.rewrite().map_err(|error| self.failed(error))?;
        }
        self.compact_if_needed()?;
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

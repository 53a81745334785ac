//! The outbox on a disk: what was kept survives a kill and a power cut.
//!
//! ```text
//! DIR/boot     number of the last start, replaced as a whole
//! DIR/outbox   records of 84 bytes: kind, body of 79, CRC-32 of both (little-endian)
//!              kind 1: a reading (`Entry::to_bytes`); kind 2: all through this
//!              boot and sequence are acknowledged
//! ```
//!
//! - A reading counts as kept when its record is flushed to the disk. A release is
//!   not flushed: losing it repeats readings, and a repeat changes nothing.
//! - A record that is torn or damaged is dropped alone; records have one size, so
//!   the ones behind it are found.
//! - The file is rewritten (beside, flushed, renamed) when most of it is history
//!   or the outbox was thinned.
//! - Bounded by [`CAPACITY`]: 11 days at a reading in ten seconds, 8 MB on the disk
//!   and in memory. Then the older half is thinned to the last of each quarter-hour,
//!   then the newer half, then the oldest goes.
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use crc::{CRC_32_ISO_HDLC, Crc};
use gateway::{Entry, Measured, Outbox, Ticket};
use wire::Time;

/// Most readings that wait.
const CAPACITY: usize = 100_000;
const RECORD: usize = 1 + Entry::BYTES + 4;
const READING: u8 = 1;
const RELEASE: u8 = 2;
/// A quarter-hour, s.
const QUARTER: i64 = 900;
/// Records beyond those that wait before the file is rewritten.
const HISTORY: usize = 4096;
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

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
    /// Whole records in the file.
    records: usize,
    last: Ticket,
    dropped: u32,
}

impl DiskOutbox {
    /// Opens or creates it, and counts this start.
    ///
    /// # Errors
    /// Where the folder cannot be written or another process uses it.
    pub fn open(folder: &Path) -> Result<Self, OutboxError> {
        Self::with_capacity(folder, CAPACITY)
    }

    fn with_capacity(folder: &Path, capacity: usize) -> Result<Self, OutboxError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| OutboxError::Io { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let (lock, boot) = (folder.join("lock"), folder.join("boot"));
        let held = File::create(&lock).map_err(failed(&lock))?;
        held.try_lock().map_err(|_| OutboxError::InUse(folder.to_owned()))?;
        let path = folder.join("outbox");
        let mut bytes = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            read => read.map_err(failed(&path))?,
        };
        let (entries, newest) = replay(&bytes);
        let before = fs::read_to_string(&boot).ok().and_then(|text| text.trim().parse().ok());
        let start = before.unwrap_or(0).max(newest).saturating_add(1);
        replace(folder, "boot", format!("{start}\n").as_bytes()).map_err(failed(&boot))?;
        bytes.clear();
        bytes.extend(entries.iter().flat_map(|entry| record(READING, entry.to_bytes())));
        // Without the torn end, so that what comes next is found.
        let file = replace(folder, "outbox", &bytes).map_err(failed(&path))?;
        Ok(Self {
            folder: folder.to_owned(),
            file,
            _lock: held,
            capacity: capacity.max(1),
            records: entries.len(),
            entries,
            last: Ticket { boot: start, seq: 0 },
            dropped: 0,
        })
    }

    fn failed(&self, error: io::Error) -> OutboxError {
        OutboxError::Io { path: self.folder.join("outbox"), error }
    }

    fn append(&mut self, record: &[u8; RECORD], flush: bool) -> io::Result<()> {
        self.file.write_all(record)?;
        self.records += 1;
        if flush { self.file.sync_data() } else { Ok(()) }
    }

    fn rewrite(&mut self) -> io::Result<()> {
        let records = self.entries.iter().flat_map(|entry| record(READING, entry.to_bytes()));
        self.file = replace(&self.folder, "outbox", &records.collect::<Vec<u8>>())?;
        self.records = self.entries.len();
        Ok(())
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
        self.dropped
    }

    async fn push(&mut self, time: Time, measured: Measured) -> Result<Ticket, OutboxError> {
        if self.entries.len() >= self.capacity {
            self.make_room();
            self.rewrite().map_err(|error| self.failed(error))?;
        }
        let ticket = Ticket { boot: self.last.boot, seq: self.last.seq.saturating_add(1) };
        let entry = Entry { ticket, time, measured };
        let kept = self.append(&record(READING, entry.to_bytes()), true);
        kept.map_err(|error| self.failed(error))?;
        self.last = ticket;
        self.entries.push_back(entry);
        Ok(ticket)
    }

    async fn after(&mut self, ticket: Option<Ticket>) -> Result<Option<Entry>, OutboxError> {
        let at = ticket.map_or(0, |ticket| self.entries.partition_point(|e| e.ticket <= ticket));
        Ok(self.entries.get(at).copied())
    }

    async fn release(&mut self, through: Ticket) -> Result<(), OutboxError> {
        let gone = self.entries.partition_point(|entry| entry.ticket <= through);
        self.entries.drain(..gone);
        let done = if self.records > 2 * self.entries.len() + HISTORY {
            self.rewrite()
        } else {
            self.append(&record(RELEASE, ticket_bytes(through)), false)
        };
        done.map_err(|error| self.failed(error))
    }
}

fn ticket_bytes(ticket: Ticket) -> [u8; Entry::BYTES] {
    let mut bytes = [0; Entry::BYTES];
    bytes[..4].copy_from_slice(&ticket.boot.to_le_bytes());
    bytes[4..8].copy_from_slice(&ticket.seq.to_le_bytes());
    bytes
}

fn record(kind: u8, body: [u8; Entry::BYTES]) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    bytes[0] = kind;
    bytes[1..=Entry::BYTES].copy_from_slice(&body);
    let sum = CRC.checksum(&bytes[..=Entry::BYTES]);
    bytes[1 + Entry::BYTES..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// What waits by this file, and the newest start in it.
fn replay(bytes: &[u8]) -> (VecDeque<Entry>, u32) {
    let mut entries: VecDeque<Entry> = VecDeque::new();
    let (mut newest, mut damaged) = (0, 0);
    let (records, torn) = bytes.as_chunks::<RECORD>();
    for one in records {
        let body: &[u8; Entry::BYTES] = one[1..].first_chunk().unwrap_or(&[0; Entry::BYTES]);
        if *one != record(one[0], *body) {
            damaged += 1;
            continue;
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| body[at + byte]));
        match (one[0], Entry::from_bytes(body)) {
            (READING, Some(entry)) => {
                newest = newest.max(entry.ticket.boot);
                entries.push_back(entry);
            }
            (RELEASE, _) => {
                let through = Ticket { boot: number(0), seq: number(4) };
                newest = newest.max(through.boot);
                entries.retain(|entry| entry.ticket > through);
            }
            _ => damaged += 1,
        }
    }
    if damaged > 0 || !torn.is_empty() {
        tracing::warn!(
            "the outbox was cut off while it was written: {} records dropped",
            damaged + usize::from(!torn.is_empty())
        );
    }
    (entries, newest)
}

/// Replaces a file as a whole: after a power cut it is the old one or the new one.
/// Gives it open for appending.
fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<File> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

#[cfg(test)]
mod tests;

//! The file of the outbox: records of a fixed size, each with a checksum.
//!
//! | kind | body |
//! |---|---|
//! | 1 | a reading: [`Entry::to_bytes`] |
//! | 2 | all readings up to this boot and sequence number are acknowledged |
//! | 3 | boot of the machine that the next undated readings belong to: 1 and its identifier, or 0 if unknown |
//! | 4 | an undated reading: [`Undated::to_bytes`] |
//! | 5 | this undated reading has a time, in the record before, or is dropped |
//! | 6 | offsets of the meter's clock: [`ClockOffsets::to_bytes`] |
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crc::{CRC_32_ISO_HDLC, Crc};
use gateway::{ClockOffsets, Entry, ReadingId, Undated, UndatedQueue};

use super::{BootId, UNDATED_CAPACITY};

const BODY: usize = Entry::BYTES;
pub(super) const RECORD: usize = 1 + BODY + 4;
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

const _: () = assert!(Undated::BYTES <= BODY && ClockOffsets::BYTES <= BODY);

#[derive(Debug)]
pub(super) enum Record {
    Reading(Entry),
    Release(ReadingId),
    Boot(Option<BootId>),
    Undated(Undated),
    TimeAssigned(Undated),
    ClockOffsets(ClockOffsets),
}

impl Record {
    pub(super) fn to_bytes(&self) -> [u8; RECORD] {
        let (kind, bytes) = match self {
            Self::Reading(entry) => (1, entry.to_bytes().to_vec()),
            Self::Release(through) => {
                (2, [through.boot.to_le_bytes(), through.seq.to_le_bytes()].concat())
            }
            Self::Boot(None) => (3, vec![0]),
            Self::Boot(Some(start)) => (3, [&[1], &start[..]].concat()),
            Self::Undated(undated) => (4, undated.to_bytes().to_vec()),
            Self::TimeAssigned(undated) => (5, undated.to_bytes().to_vec()),
            Self::ClockOffsets(clock_offsets) => (6, clock_offsets.to_bytes().to_vec()),
        };
        let mut body = [0; BODY];
        body[..bytes.len()].copy_from_slice(&bytes);
        with_checksum(kind, body)
    }

    /// `None` for a damaged record or an unknown kind.
    fn from_bytes(bytes: &[u8; RECORD]) -> Option<Self> {
        let body: &[u8; BODY] = bytes[1..].first_chunk()?;
        if *bytes != with_checksum(bytes[0], *body) {
            return None;
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| body[at + byte]));
        Some(match bytes[0] {
            1 => Self::Reading(Entry::from_bytes(body)?),
            2 => Self::Release(ReadingId { boot: number(0), seq: number(4) }),
            3 if body[0] == 0 => Self::Boot(None),
            3 => Self::Boot(Some(*body[1..].first_chunk()?)),
            4 => Self::Undated(Undated::from_bytes(*body.first_chunk()?)),
            5 => Self::TimeAssigned(Undated::from_bytes(*body.first_chunk()?)),
            6 => Self::ClockOffsets(ClockOffsets::from_bytes(*body.first_chunk()?)),
            _ => return None,
        })
    }
}

fn with_checksum(kind: u8, body: [u8; BODY]) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    bytes[0] = kind;
    bytes[1..=BODY].copy_from_slice(&body);
    let sum = CRC.checksum(&bytes[..=BODY]);
    bytes[1 + BODY..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// The state that the records result in.
pub(super) struct Replayed {
    pub(super) entries: VecDeque<Entry>,
    /// The highest start number.
    pub(super) newest: u32,
    /// Without their age if they are of another boot of the machine.
    pub(super) undated_queue: Box<UndatedQueue<UNDATED_CAPACITY>>,
    pub(super) clock_offsets: ClockOffsets,
}

pub(super) fn replay(bytes: &[u8], now: Option<BootId>) -> Replayed {
    let mut found = Replayed {
        entries: VecDeque::new(),
        newest: 0,
        undated_queue: Box::default(),
        clock_offsets: ClockOffsets::NONE,
    };
    let mut undated: VecDeque<(Option<BootId>, Undated)> = VecDeque::new();
    let (mut machine, mut damaged) = (None, 0);
    let (records, torn) = bytes.as_chunks::<RECORD>();
    for bytes in records {
        match Record::from_bytes(bytes) {
            Some(Record::Reading(entry)) => {
                found.newest = found.newest.max(entry.id.boot);
                found.entries.push_back(entry);
            }
            Some(Record::Release(through)) => {
                found.newest = found.newest.max(through.boot);
                found.entries.retain(|entry| entry.id > through);
            }
            Some(Record::Boot(start)) => machine = start,
            Some(Record::Undated(one)) => undated.push_back((machine, one)),
            Some(Record::TimeAssigned(one)) => {
                let index = undated.iter().position(|(_, waits)| *waits == one);
                index.and_then(|index| undated.remove(index));
            }
            Some(Record::ClockOffsets(clock_offsets)) => found.clock_offsets = clock_offsets,
            None => {
                damaged += 1;
                // It may have been the record of the boot: no age is better than a wrong one.
                machine = None;
            }
        }
    }
    for (machine, one) in undated {
        let same = machine.is_some() && machine == now;
        let received_ms = one.received_ms.filter(|_| same);
        found.undated_queue.push(Undated { received_ms, ..one });
    }
    if damaged > 0 || !torn.is_empty() {
        tracing::warn!(
            "the outbox has {} damaged records, which are dropped",
            damaged + usize::from(!torn.is_empty())
        );
    }
    found
}

/// Replaces a file atomically: after a loss of power it is the old or the new one. Returns
/// it open for appending.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<File> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

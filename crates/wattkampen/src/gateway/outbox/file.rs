//! The outbox's file: records of one size, each with a checksum of its own, and what
//! they add up to.
//!
//! | kind | body |
//! |---|---|
//! | 1 | a reading: [`Entry::to_bytes`] |
//! | 2 | all through this boot and sequence are acknowledged |
//! | 3 | the readings without a time that follow are of this start of the machine: 1 and its number, or 0 where it is not known |
//! | 4 | a reading without a time: [`Undated::to_bytes`] |
//! | 5 | that one has got its time, in the record before, or will never have one |
//! | 6 | what is known of the meter's clock: [`ClockOffsets::to_bytes`] |
use std::{
    collections::VecDeque,
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use crc::{CRC_32_ISO_HDLC, Crc};
use gateway::{ClockOffsets, Entry, ReadingId, Undated, UndatedQueue};

use super::{MachineStart, UNTIMED};

const BODY: usize = Entry::BYTES;
pub(super) const RECORD: usize = 1 + BODY + 4;
const CRC: Crc<u32> = Crc::<u32>::new(&CRC_32_ISO_HDLC);

const _: () = assert!(Undated::BYTES <= BODY && ClockOffsets::BYTES <= BODY);

#[derive(Debug)]
pub(super) enum Record {
    Reading(Entry),
    Release(ReadingId),
    Machine(MachineStart),
    Undated(Undated),
    Dated(Undated),
    ClockOffsets(ClockOffsets),
}

impl Record {
    pub(super) fn to_bytes(&self) -> [u8; RECORD] {
        let (kind, bytes) = match self {
            Self::Reading(entry) => (1, entry.to_bytes().to_vec()),
            Self::Release(through) => {
                (2, [through.boot.to_le_bytes(), through.seq.to_le_bytes()].concat())
            }
            Self::Machine(None) => (3, vec![0]),
            Self::Machine(Some(start)) => (3, [&[1], &start[..]].concat()),
            Self::Undated(undated) => (4, undated.to_bytes().to_vec()),
            Self::Dated(undated) => (5, undated.to_bytes().to_vec()),
            Self::ClockOffsets(clock_offsets) => (6, clock_offsets.to_bytes().to_vec()),
        };
        let mut body = [0; BODY];
        body[..bytes.len()].copy_from_slice(&bytes);
        sealed(kind, body)
    }

    /// Nothing where it is damaged or of a later version.
    fn from_bytes(bytes: &[u8; RECORD]) -> Option<Self> {
        let body: &[u8; BODY] = bytes[1..].first_chunk()?;
        if *bytes != sealed(bytes[0], *body) {
            return None;
        }
        let number = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| body[at + byte]));
        Some(match bytes[0] {
            1 => Self::Reading(Entry::from_bytes(body)?),
            2 => Self::Release(ReadingId { boot: number(0), seq: number(4) }),
            3 if body[0] == 0 => Self::Machine(None),
            3 => Self::Machine(Some(*body[1..].first_chunk()?)),
            4 => Self::Undated(Undated::from_bytes(*body.first_chunk()?)),
            5 => Self::Dated(Undated::from_bytes(*body.first_chunk()?)),
            6 => Self::ClockOffsets(ClockOffsets::from_bytes(*body.first_chunk()?)),
            _ => return None,
        })
    }
}

fn sealed(kind: u8, body: [u8; BODY]) -> [u8; RECORD] {
    let mut bytes = [0; RECORD];
    bytes[0] = kind;
    bytes[1..=BODY].copy_from_slice(&body);
    let sum = CRC.checksum(&bytes[..=BODY]);
    bytes[1 + BODY..].copy_from_slice(&sum.to_le_bytes());
    bytes
}

/// What the records add up to.
pub(super) struct Found {
    pub(super) entries: VecDeque<Entry>,
    /// The newest start of the gateway.
    pub(super) newest: u32,
    /// Those of another start of the machine have no age any more.
    pub(super) waiting: Box<UndatedQueue<UNTIMED>>,
    pub(super) clock_offsets: ClockOffsets,
}

pub(super) fn replay(bytes: &[u8], now: MachineStart) -> Found {
    let mut found = Found {
        entries: VecDeque::new(),
        newest: 0,
        waiting: Box::default(),
        clock_offsets: ClockOffsets::NONE,
    };
    let mut undated: VecDeque<(MachineStart, Undated)> = VecDeque::new();
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
            Some(Record::Machine(start)) => machine = start,
            Some(Record::Undated(one)) => undated.push_back((machine, one)),
            Some(Record::Dated(one)) => {
                let place = undated.iter().position(|(_, waits)| *waits == one);
                place.and_then(|place| undated.remove(place));
            }
            Some(Record::ClockOffsets(clock_offsets)) => found.clock_offsets = clock_offsets,
            None => {
                damaged += 1;
                // It may have been the one that said which start it is: better no age
                // than a wrong one.
                machine = None;
            }
        }
    }
    for (machine, one) in undated {
        let same = machine.is_some() && machine == now;
        let received_ms = one.received_ms.filter(|_| same);
        found.waiting.push(Undated { received_ms, ..one });
    }
    if damaged > 0 || !torn.is_empty() {
        tracing::warn!(
            "the outbox was cut off while it was written: {} records dropped",
            damaged + usize::from(!torn.is_empty())
        );
    }
    found
}

/// Replaces a file as a whole: after a power cut it is the old one or the new one.
/// Gives it open for appending.
pub(super) fn replace(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<File> {
    let new = folder.join(format!("{name}.new"));
    let mut file = File::create(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&new, folder.join(name))?;
    File::open(folder)?.sync_all()?;
    Ok(file)
}

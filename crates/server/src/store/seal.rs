//! Tables `seal` and `unsealed`: a SHA-256 over the readings of a meter's UTC day, and
//! the entry of the audit log that covers it.
//!
//! A checkpoint that merges readings into blocks marks their days as unsealed in the
//! same transaction. Days that are over are sealed a few at a time between batches; the
//! entry's root is a SHA-256 over its seals. A day whose readings change later is sealed
//! again by a later entry, and the newest seal of a day holds.
use competition::{Sample, Time};
use data_encoding::HEXLOWER;
use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};

use super::{
    block::{self, DAY, key, meter_of, time_of},
    chain::{self, ChainHead, Hash},
    error::StoreError,
    schema::{TIME_BITS, begin_write},
};
use crate::audit::AuditEvent;

/// Seconds after the end of a day before it is sealed, for readings that are a little late.
const GRACE: i64 = 3600;
/// Days of a meter that are read at once.
const RUN: i64 = 8;
/// Most days that an entry covers.
const MAX_SEALS: usize = 16_384;

/// Digest of the readings of a meter's day: SHA-256 over a label, the meter's name and
/// midnight, 33 bytes a reading, and the count.
pub(super) struct DayDigest {
    hash: Sha256,
    pub(super) count: i64,
}

impl DayDigest {
    /// The name, not the key, is hashed, so that no row of the dictionary can be exchanged.
    pub(super) fn new(meter: &str, midnight: Time) -> Self {
        let hash = Sha256::new()
            .chain_update(b"wattkampen day 1\n")
            .chain_update((meter.len() as u64).to_be_bytes())
            .chain_update(meter)
            .chain_update(midnight.0.to_be_bytes());
        Self { hash, count: 0 }
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        let &Sample { at, import, export, power } = sample;
        let mut bytes = [0; 33];
        bytes[..8].copy_from_slice(&at.0.to_be_bytes());
        bytes[8..16].copy_from_slice(&import.0.to_be_bytes());
        bytes[16] = u8::from(export.is_some()) | u8::from(power.is_some()) << 1;
        bytes[17..25].copy_from_slice(&export.map_or(0, |it| it.0).to_be_bytes());
        bytes[25..].copy_from_slice(&power.map_or(0, |it| it.0).to_be_bytes());
        self.hash.update(bytes);
        self.count += 1;
    }

    pub(super) fn finish(self) -> Hash {
        self.hash.chain_update(self.count.to_be_bytes()).finalize().into()
    }
}

/// A row of the table `seal`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal {
    /// Meter << 38 | midnight UTC.
    pub(super) key: i64,
    /// Readings of the day.
    pub(super) count: i64,
    pub(super) digest: Hash,
}

/// SHA-256 over seals in the order of their keys, hexadecimal.
pub(super) fn root(seals: &[Seal]) -> String {
    let mut hash = Sha256::new().chain_update(b"wattkampen seals 1\n");
    for seal in seals {
        hash.update(seal.key.to_be_bytes());
        hash.update(seal.count.to_be_bytes());
        hash.update(seal.digest);
    }
    HEXLOWER.encode(&hash.finalize())
}

/// The last midnight UTC at or before `at`.
pub(super) fn midnight(at: Time) -> Time {
    Time(at.0.div_euclid(DAY) * DAY)
}

/// Marks the days of a meter whose readings change with this transaction.
pub(super) fn mark_unsealed(
    change: &Transaction<'_>,
    meter: u32,
    sorted: &[Sample],
) -> Result<(), StoreError> {
    let mut put = change.prepare_cached("INSERT OR IGNORE INTO unsealed (key) VALUES (?)")?;
    for day in sorted.chunk_by(|a, b| midnight(a.at) == midnight(b.at)) {
        put.execute([key(meter, midnight(day[0].at))])?;
    }
    Ok(())
}

/// Seals days in small steps.
#[derive(Debug, Default)]
pub(super) struct Sealer {
    run: Option<Run>,
    /// Days before this one have been looked through; `None` until the first look and
    /// after each checkpoint.
    checked_until: Option<Time>,
}

/// Sealing under way.
#[derive(Debug)]
struct Run {
    /// When its last step began.
    now: Time,
    /// Seals without an entry yet.
    seals: Vec<Seal>,
    /// Keys of days that wait, the last one first.
    waiting: Vec<i64>,
}

impl Sealer {
    /// Whether days may wait: one has ended, or a checkpoint has passed.
    pub(super) fn is_due(&self, now: Time) -> bool {
        self.run.is_some() || self.checked_until != Some(midnight(Time(now.0 - GRACE)))
    }

    /// Makes the next step look through all days again.
    pub(super) fn recheck(&mut self) {
        self.checked_until = None;
    }

    /// Seals some of the days that are over; true when none is left. The call may be
    /// repeated after an error.
    pub(super) fn step(
        &mut self,
        connection: &Connection,
        now: Time,
    ) -> Result<(bool, Option<ChainHead>), StoreError> {
        let until = midnight(Time(now.0 - GRACE));
        let run = match &mut self.run {
            Some(run) => run,
            none => {
                none.insert(Run { now, waiting: waiting(connection, until)?, seals: Vec::new() })
            }
        };
        run.now = now;
        run.seal_days(connection)?;
        let done = run.waiting.is_empty();
        let head =
            if done || run.seals.len() >= MAX_SEALS { self.write(connection)? } else { None };
        if done {
            self.run = None;
            self.checked_until = Some(until);
        }
        Ok((done, head))
    }

    /// Appends the entry over what is sealed so far. A checkpoint calls it first, for it
    /// may change days that have a seal and no entry.
    pub(super) fn write(
        &mut self,
        connection: &Connection,
    ) -> Result<Option<ChainHead>, StoreError> {
        let Some(run) = self.run.as_mut().filter(|run| !run.seals.is_empty()) else {
            return Ok(None);
        };
        run.seals.sort_unstable_by_key(|seal| seal.key);
        let head = write_entry(connection, &run.seals, run.now)?;
        run.seals.clear();
        Ok(Some(head))
    }
}

impl Run {
    /// Seals waiting days of one meter.
    fn seal_days(&mut self, connection: &Connection) -> Result<(), StoreError> {
        let Some(&first) = self.waiting.last() else { return Ok(()) };
        let (meter, from) = (meter_of(first), time_of(first));
        let end = Time(from.0 + RUN * DAY);
        let samples = block::range(connection, meter, from..end)?;
        let name: String = connection
            .prepare_cached("SELECT name FROM meter WHERE key = ?")?
            .query_row([meter], |row| row.get(0))?;
        while let Some(&next) = self.waiting.last() {
            if meter_of(next) != meter || time_of(next) >= end {
                break;
            }
            let day = time_of(next);
            let begin = samples.partition_point(|sample| sample.at < day);
            let mut digest = DayDigest::new(&name, day);
            let of_day = samples[begin..].iter().take_while(|s| s.at.0 < day.0 + DAY);
            of_day.for_each(|sample| digest.add(sample));
            let count = digest.count;
            self.seals.push(Seal { key: next, count, digest: digest.finish() });
            self.waiting.pop();
        }
        Ok(())
    }
}

/// Days before `until` that wait for a seal, the last one first.
fn waiting(connection: &Connection, until: Time) -> Result<Vec<i64>, StoreError> {
    let mask = (1i64 << TIME_BITS) - 1;
    let mut waiting = connection
        .prepare_cached("SELECT key FROM unsealed WHERE key & ? < ? ORDER BY key DESC")?;
    let keys = waiting.query_map([mask, until.0], |row| row.get(0))?;
    Ok(keys.collect::<Result<_, _>>()?)
}

fn write_entry(
    connection: &Connection,
    seals: &[Seal],
    now: Time,
) -> Result<ChainHead, StoreError> {
    let change = begin_write(connection)?;
    let mut again = 0;
    {
        let mut known = change.prepare_cached("SELECT 1 FROM seal WHERE key = ? LIMIT 1")?;
        for seal in seals {
            again += u64::from(known.exists([seal.key])?);
        }
    }
    let event = AuditEvent::Sealed {
        days: seals.len() as u64,
        again,
        readings: seals.iter().map(|seal| seal.count.max(0) as u64).sum(),
        root: root(seals),
    };
    let head = chain::append(&change, now, &event)?;
    {
        let mut put = change
            .prepare_cached("INSERT INTO seal (key, entry, count, digest) VALUES (?, ?, ?, ?)")?;
        let mut sealed = change.prepare_cached("DELETE FROM unsealed WHERE key = ?")?;
        for seal in seals {
            put.execute((seal.key, head.0, seal.count, seal.digest.as_slice()))?;
            sealed.execute([seal.key])?;
        }
    }
    change.commit()?;
    Ok(head)
}

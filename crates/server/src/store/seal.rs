//! Seals: a SHA-256 over the readings of a meter's UTC day, and the entry of the
//! audit log that covers it.
//!
//! A checkpoint that merges readings into blocks notes their days as unsealed in the
//! same transaction. Days that are over are sealed a few at a time between batches;
//! the entry's root is a SHA-256 over its seals. A day whose readings change later is
//! sealed again by a later entry, and the newest seal of a day is the one that holds.
use competition::{Sample, Time};
use rusqlite::{Connection, TransactionBehavior};
use sha2::{Digest, Sha256};

use super::{
    Store, StoreError,
    block::{self, DAY, key, meter_of, moment},
    log::{self, Hash},
    schema::MOMENT_BITS,
};
use crate::audit::{AuditEvent, hex};

/// After the end of a day, for what comes a little late.
const GRACE: i64 = 3600;
/// Days of a meter that are read at once.
const RUN: usize = 8;
/// Days that an entry covers at most.
const MOST: usize = 16_384;

/// A digest of readings, one after the other.
pub(super) struct Digester {
    hash: Sha256,
    pub(super) count: i64,
}

impl Digester {
    /// Of a meter by its name, so that no row of the dictionary can be exchanged.
    pub(super) fn new(meter: &str, midnight: Time) -> Self {
        let hash = Sha256::new()
            .chain_update(b"wattkampen day 1\n")
            .chain_update((meter.len() as u64).to_be_bytes())
            .chain_update(meter)
            .chain_update(midnight.0.to_be_bytes());
        Self { hash, count: 0 }
    }

    pub(super) fn add(&mut self, sample: &Sample) {
        let mut bytes = [0; 33];
        bytes[..8].copy_from_slice(&sample.at.0.to_be_bytes());
        bytes[8..16].copy_from_slice(&sample.import.0.to_be_bytes());
        bytes[16] = u8::from(sample.export.is_some()) | u8::from(sample.power.is_some()) << 1;
        let (export, power) =
            (sample.export.map_or(0, |it| it.0), sample.power.map_or(0, |it| it.0));
        bytes[17..25].copy_from_slice(&export.to_be_bytes());
        bytes[25..].copy_from_slice(&power.to_be_bytes());
        self.hash.update(bytes);
        self.count += 1;
    }

    pub(super) fn done(self) -> Hash {
        self.hash.chain_update(self.count.to_be_bytes()).finalize().into()
    }
}

/// One seal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seal {
    /// Meter << 38 | midnight UTC.
    pub(super) key: i64,
    pub(super) count: i64,
    pub(super) digest: Hash,
}

/// Of seals in the order of their keys.
pub(super) fn root(seals: &[Seal]) -> String {
    let mut hash = Sha256::new().chain_update(b"wattkampen seals 1\n");
    for seal in seals {
        hash.update(seal.key.to_be_bytes());
        hash.update(seal.count.to_be_bytes());
        hash.update(seal.digest);
    }
    hex(&hash.finalize())
}

/// Midnight before.
pub(super) fn midnight(at: Time) -> Time {
    Time(at.0.div_euclid(DAY) * DAY)
}

/// Notes days of a meter whose readings change with this transaction.
pub(super) fn unseal(change: &Connection, meter: u32, sorted: &[Sample]) -> Result<(), StoreError> {
    let mut put = change.prepare_cached("INSERT OR IGNORE INTO unsealed (key) VALUES (?)")?;
    for day in sorted.chunk_by(|a, b| midnight(a.at) == midnight(b.at)) {
        put.execute([key(meter, midnight(day[0].at))])?;
    }
    Ok(())
}

/// Seals that wait for their entry, and days that wait for their seal.
#[derive(Debug, Default)]
pub(super) struct Sealing {
    seals: Vec<Seal>,
    /// The last one first.
    todo: Vec<i64>,
}

impl Store {
    /// Whether days may wait for a seal: one has ended, or a checkpoint has passed.
    pub fn sealing_due(&self, now: Time) -> bool {
        self.progress.is_none()
            && (self.sealing.is_some() || self.sealed_until != midnight(Time(now.0 - GRACE)))
    }

    /// Seals some of the days that are over; tells whether none is left.
    ///
    /// # Errors
    /// SQLite's, and where readings cannot be read. It may be repeated.
    pub fn seal_step(&mut self, now: Time) -> Result<bool, StoreError> {
        let until = midnight(Time(now.0 - GRACE));
        self.sealing_at = now;
        let mut sealing = match self.sealing.take() {
            Some(sealing) => sealing,
            None => Sealing { todo: self.waiting(until)?, seals: Vec::new() },
        };
        let result = self.seal_run(&mut sealing);
        let more = !sealing.todo.is_empty();
        let full = sealing.seals.len() >= MOST;
        self.sealing = Some(sealing);
        result?;
        if full || !more {
            self.write_seals(now)?;
        }
        if !more {
            self.sealing = None;
            self.sealed_until = until;
        }
        Ok(!more)
    }

    fn waiting(&self, until: Time) -> Result<Vec<i64>, StoreError> {
        let mask = (1i64 << MOMENT_BITS) - 1;
        let mut waiting = self
            .connection
            .prepare_cached("SELECT key FROM unsealed WHERE key & ? < ? ORDER BY key DESC")?;
        let keys = waiting.query_map([mask, until.0], |row| row.get(0))?;
        Ok(keys.collect::<Result<_, _>>()?)
    }

    /// A run of days of one meter.
    fn seal_run(&self, sealing: &mut Sealing) -> Result<(), StoreError> {
        let Some(&first) = sealing.todo.last() else { return Ok(()) };
        let (meter, from) = (meter_of(first), moment(first));
        let end = Time(from.0 + RUN as i64 * DAY);
        let samples = block::range(&self.connection, meter, from..end)?;
        let name: String = self
            .connection
            .prepare_cached("SELECT name FROM meter WHERE key = ?")?
            .query_row([meter], |row| row.get(0))?;
        while let Some(&next) = sealing.todo.last() {
            if meter_of(next) != meter || moment(next) >= end {
                break;
            }
            let day = moment(next);
            let begin = samples.partition_point(|sample| sample.at < day);
            let mut digester = Digester::new(&name, day);
            let of_day = samples[begin..].iter().take_while(|s| s.at.0 < day.0 + DAY);
            of_day.for_each(|sample| digester.add(sample));
            let count = digester.count;
            sealing.seals.push(Seal { key: next, count, digest: digester.done() });
            sealing.todo.pop();
        }
        Ok(())
    }

    /// Writes the entry over what is sealed so far. A checkpoint calls it first, for
    /// it may change days that have a seal and no entry.
    pub(super) fn write_seals(&mut self, now: Time) -> Result<(), StoreError> {
        let Some(sealing) = self.sealing.as_mut().filter(|it| !it.seals.is_empty()) else {
            return Ok(());
        };
        let mut seals = std::mem::take(&mut sealing.seals);
        seals.sort_unstable_by_key(|seal| seal.key);
        let result = self.write_entry(&seals, now);
        if let (Err(_), Some(sealing)) = (&result, &mut self.sealing) {
            sealing.seals = seals;
        }
        result
    }

    fn write_entry(&mut self, seals: &[Seal], now: Time) -> Result<(), StoreError> {
        let change = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
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
        let head = log::add(&change, now, &event)?;
        {
            let mut put = change.prepare_cached(
                "INSERT INTO seal (key, entry, count, digest) VALUES (?, ?, ?, ?)",
            )?;
            let mut sealed = change.prepare_cached("DELETE FROM unsealed WHERE key = ?")?;
            for seal in seals {
                put.execute((seal.key, head.0, seal.count, seal.digest.as_slice()))?;
                sealed.execute([seal.key])?;
            }
        }
        change.commit()?;
        self.head = Some(head);
        Ok(())
    }
}

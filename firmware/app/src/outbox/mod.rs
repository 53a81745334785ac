//! The outbox in flash: a reading stays until its own acknowledgement, whenever the power
//! fails.
//!
//! Two queues of `sequential-storage`, one behind the other:
//!
//! ```text
//!  coarse: one reading a quarter-hour   fine: every reading
//!  [oldest ........................][........................ newest]
//!                                   ^ when full: the last reading of the oldest
//!                                     quarter-hour moves, the others are dropped
//! ```
//!
//! Invariants:
//! - Each reading of `coarse` is older than each of `fine`. A power cut during the
//!   thinning leaves a reading in both; its id shows this when the outbox is opened,
//!   and it is removed from `fine`.
//! - A reading whose `push` has returned survives a loss of power at any later byte;
//!   at most the reading being written is lost. `tests/power_cut.rs`
//!   cuts at every byte of the flash's traffic.
//! - Ids increase across starts: `boot` exceeds that of all readings in flash.
//!
//! Capacity: a record of a full three-phase telegram has [`TYPICAL_RECORD`] bytes
//! at the most and the queue adds 8, so a page of 4096 bytes holds
//! [`PER_PAGE`] = 68, and 72 hours at one in ten seconds, 25 920 readings, take 382
//! pages = 1.5 MiB. A flash of 2 MB has that much besides 488 KiB for the firmware
//! ([`crate::layout::TWO_MEGABYTES`] is checked for it when compiled).
//!
//! Endurance: each page is erased once a round. At one reading in ten
//! seconds, 8640 a day, 382 pages of 68 are filled once every 3.0 days, so a page is
//! erased 122 times a year; the flash endures 100 000. A reading costs two programs
//! (the record, and four zeros at its acknowledgement). At one reading a second it is
//! 1220 erasures a year, 80 years. The number of starts costs 9 bytes a start.
use core::fmt::Debug;

use embedded_storage_async::nor_flash::{MultiwriteNorFlash, NorFlash};
use gateway::{Entry, Measurement, Outbox, ReadingId, Undated, UndatedQueue};
use heapless::Deque;
use sequential_storage::{
    Error,
    cache::{Cache, Uncached, page_pointers::ArrayPagePointers, page_states::CalculatedPageStates},
    queue::{QueueConfig, QueueStorage},
};
use wire::Time;

use crate::log;

mod record;

/// Longest record of a full three-phase telegram, bytes.
pub const TYPICAL_RECORD: usize = 52;
/// Readings in a page of 4 KiB.
pub const PER_PAGE: usize = (4096 - 2) / (TYPICAL_RECORD + 8);
/// Most pages of a queue.
pub const MAX_PAGES: usize = 512;
/// A quarter-hour, s.
const QUARTER: i64 = 900;
/// Readings cached in RAM; more than are ever in flight.
const CACHED: usize = 16;

type Queue<F> =
    QueueStorage<F, Cache<CalculatedPageStates, ArrayPagePointers<MAX_PAGES>, Uncached>>;

fn queue<F: NorFlash>(flash: F, size: u32) -> Queue<F> {
    let pages = size as usize / F::ERASE_SIZE;
    assert!(pages <= MAX_PAGES, "a queue has more pages than its cache");
    let cache = Cache::new(CalculatedPageStates::new(pages), ArrayPagePointers::new(), Uncached);
    QueueStorage::new(flash, QueueConfig::new(0..size), cache)
}

/// The outbox over two partitions of a flash.
pub struct FlashOutbox<F: NorFlash> {
    coarse: Queue<F>,
    fine: Queue<F>,
    in_coarse: usize,
    in_fine: usize,
    last: ReadingId,
    dropped: u32,
    cache: ReadCache,
    /// In RAM: their age is lost with the power.
    undated: UndatedQueue,
}

/// A cache of consecutive readings in RAM.
#[derive(Default)]
struct ReadCache {
    known: Deque<Entry, CACHED>,
    /// No reading is between this one and the first.
    after: Option<ReadingId>,
    /// No reading follows the last.
    to_the_end: bool,
}

impl<F: MultiwriteNorFlash> FlashOutbox<F>
where
    F::Error: Debug,
{
    /// Opens the queues of earlier starts. `boots` is the number of starts as counted
    /// elsewhere, at least 1; a higher number in the stored readings takes precedence.
    ///
    /// # Errors
    /// The flash cannot be read or written. Corrupted pages are erased.
    pub async fn open(
        coarse: (F, u32),
        fine: (F, u32),
        boots: u32,
    ) -> Result<Self, Error<F::Error>> {
        let (mut coarse, mut fine) = (queue(coarse.0, coarse.1), queue(fine.0, fine.1));
        let (in_coarse, last_coarse) = survey(&mut coarse, None).await?;
        let (in_fine, last_fine) = survey(&mut fine, last_coarse).await?;
        let known = last_coarse.max(last_fine).map_or(0, |id| id.boot);
        let last = ReadingId { boot: boots.max(known.saturating_add(1)), seq: 0 };
        let cache = ReadCache::default();
        let undated = UndatedQueue::new();
        Ok(Self { coarse, fine, in_coarse, in_fine, last, dropped: 0, cache, undated })
    }

    /// Moves the last reading of the oldest quarter-hour to `coarse`, and drops the others.
    async fn thin(&mut self) -> Result<(), Error<F::Error>> {
        self.cache = ReadCache::default();
        let Some(survivor) = last_of_first_quarter(&mut self.fine).await? else {
            return Ok(());
        };
        let mut record = [0; record::MAX];
        let length = record::pack(&survivor, &mut record);
        while let Err(error) = self.coarse.push(&record[..length], false).await {
            let Error::FullStorage = error else { return Err(error) };
            // Older than every reading in flight: the oldest are dropped.
            let dropped = release(&mut self.coarse, None).await?;
            self.in_coarse = self.in_coarse.saturating_sub(dropped);
            self.dropped = self.dropped.saturating_add(dropped as u32);
        }
        self.in_coarse += 1;
        // Released last: a loss of power before this leaves the reading in both queues.
        let dropped = release(&mut self.fine, Some(survivor.id)).await?;
        self.in_fine = self.in_fine.saturating_sub(dropped);
        self.dropped = self.dropped.saturating_add((dropped as u32).saturating_sub(1));
        Ok(())
    }

    /// Fills the cache with the readings after `id`.
    async fn fill_cache(&mut self, id: Option<ReadingId>) -> Result<(), Error<F::Error>> {
        self.cache = ReadCache { after: id, ..ReadCache::default() };
        for queue in [&mut self.coarse, &mut self.fine] {
            let mut iterator = queue.iter().await?;
            let mut buffer = [0; record::MAX];
            while let Some(found) = iterator.next(&mut buffer).await? {
                let Some(entry) = record::unpack(&found) else { continue };
                if id.is_some_and(|id| entry.id <= id) {
                    continue;
                }
                if self.cache.known.push_back(entry).is_err() {
                    return Ok(());
                }
            }
        }
        self.cache.to_the_end = true;
        Ok(())
    }
}

/// Counts the readings and finds the newest; drops readings up to `already` and records
/// that cannot be read.
async fn survey<F: MultiwriteNorFlash>(
    queue: &mut Queue<F>,
    already: Option<ReadingId>,
) -> Result<(usize, Option<ReadingId>), Error<F::Error>> {
    match survey_once(queue, already).await {
        Err(Error::Corrupted { .. }) => {
            queue.erase_all().await?;
            Ok((0, already))
        }
        other => other,
    }
}

async fn survey_once<F: MultiwriteNorFlash>(
    queue: &mut Queue<F>,
    already: Option<ReadingId>,
) -> Result<(usize, Option<ReadingId>), Error<F::Error>> {
    let (mut count, mut newest) = (0, already);
    let mut iterator = queue.iter().await?;
    let mut buffer = [0; record::MAX];
    while let Some(found) = iterator.next(&mut buffer).await? {
        match record::unpack(&found).map(|entry| entry.id) {
            Some(id) if newest.is_none_or(|newest| id > newest) => {
                newest = Some(id);
                count += 1;
            }
            _ => {
                found.pop().await?;
            }
        }
    }
    Ok((count, newest))
}

async fn last_of_first_quarter<F: NorFlash>(
    queue: &mut Queue<F>,
) -> Result<Option<Entry>, Error<F::Error>> {
    let mut iterator = queue.iter().await?;
    let mut buffer = [0; record::MAX];
    let mut last: Option<Entry> = None;
    while let Some(found) = iterator.next(&mut buffer).await? {
        let Some(entry) = record::unpack(&found) else { continue };
        let quarter = |entry: &Entry| entry.time.unix().div_euclid(QUARTER);
        if last.as_ref().is_some_and(|last| quarter(last) != quarter(&entry)) {
            break;
        }
        last = Some(entry);
    }
    Ok(last)
}

/// Drops all readings up to an id, or the oldest alone, and returns their number.
async fn release<F: MultiwriteNorFlash>(
    queue: &mut Queue<F>,
    through: Option<ReadingId>,
) -> Result<usize, Error<F::Error>> {
    let mut iterator = queue.iter().await?;
    let mut buffer = [0; record::MAX];
    let mut dropped = 0;
    while let Some(found) = iterator.next(&mut buffer).await? {
        let id = record::unpack(&found).map(|entry| entry.id);
        let drop = match through {
            Some(through) => id.is_none_or(|id| id <= through),
            None => dropped == 0,
        };
        if !drop {
            break;
        }
        found.pop().await?;
        dropped += usize::from(id.is_some());
    }
    Ok(dropped)
}

impl<F: MultiwriteNorFlash> Outbox for FlashOutbox<F>
where
    F::Error: Debug,
{
    type Error = Error<F::Error>;

    fn boot(&self) -> u32 {
        self.last.boot
    }

    fn len(&self) -> usize {
        self.in_coarse + self.in_fine
    }

    fn dropped(&self) -> u32 {
        self.dropped.saturating_add(self.undated.dropped())
    }

    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Self::Error> {
        let id = ReadingId { boot: self.last.boot, seq: self.last.seq.saturating_add(1) };
        let entry = Entry { id, time, measurement };
        let mut record = [0; record::MAX];
        let length = record::pack(&entry, &mut record);
        while let Err(error) = self.fine.push(&record[..length], false).await {
            let Error::FullStorage = error else { return Err(error) };
            log!(warn, "the outbox is full: the oldest quarter-hour keeps its last reading only");
            self.thin().await?;
        }
        self.last = id;
        self.in_fine += 1;
        if self.cache.to_the_end && self.cache.known.push_back(entry).is_err() {
            self.cache.to_the_end = false;
        }
        Ok(id)
    }

    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error> {
        for filled in [false, true] {
            if self.cache.after <= id {
                let next = |entry: &&Entry| id.is_none_or(|id| entry.id > id);
                let found = self.cache.known.iter().find(next).copied();
                if found.is_some() || self.cache.to_the_end || filled {
                    return Ok(found);
                }
            }
            self.fill_cache(id).await?;
        }
        Ok(None)
    }

    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error> {
        if self.in_coarse > 0 {
            let dropped = release(&mut self.coarse, Some(through)).await?;
            self.in_coarse = self.in_coarse.saturating_sub(dropped);
        }
        let dropped = release(&mut self.fine, Some(through)).await?;
        self.in_fine = self.in_fine.saturating_sub(dropped);
        while self.cache.known.front().is_some_and(|entry| entry.id <= through) {
            self.cache.known.pop_front();
        }
        Ok(())
    }

    fn undated_len(&self) -> usize {
        self.undated.len()
    }

    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error> {
        self.undated.push(undated);
        Ok(())
    }

    fn undated(&self, place: usize) -> Option<Undated> {
        self.undated.get(place)
    }

    async fn assign_time(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error> {
        let undated = self.undated.get(place);
        let id = match (undated, time) {
            (Some(undated), Some(time)) => Some(self.push(time, undated.measurement).await?),
            _ => None,
        };
        self.undated.take(place);
        Ok(id)
    }
}

//! The outbox in flash: what the meter said stays until its own acknowledgement,
//! whenever the power goes.
//!
//! Two queues of `sequential-storage`, one behind the other:
//!
//! ```text
//!  coarse: one reading a quarter-hour   fine: every reading
//!  [oldest ........................][........................ newest]
//!                                   ^ full: the oldest quarter-hour's last
//!                                     reading goes over, the others go
//! ```
//!
//! Invariants:
//! - Each reading of `coarse` is older than each of `fine`. A thinning that the
//!   power cut leaves the same reading in both; it is recognised by its id
//!   when the outbox is opened, and goes from `fine`.
//! - A reading that `push` has returned is found again after a loss of power at
//!   any later byte; at most the one being written is lost. `tests/power_cut.rs`
//!   cuts at every byte of the flash's traffic.
//! - An id grows over starts: `boot` is above that of all readings in flash.
//!
//! Capacity: a record of a full three-phase telegram has [`TYPICAL_RECORD`] bytes
//! at the most and the queue adds 8, so a page of 4096 bytes holds
//! [`PER_PAGE`] = 68, and 72 hours at one in ten seconds, 25 920 readings, take 382
//! pages = 1.5 MiB. That much of 2 MB is left beside 488 KiB for the firmware
//! ([`crate::layout::TWO_MEGABYTES`] is checked for it when compiled).
//!
//! Endurance: each page is erased once for each time around. At one reading in ten
//! seconds, 8640 a day, 382 pages of 68 are gone round every 3.0 days, so a page is
//! erased 122 times a year; the flash bears 100 000. A reading costs two programs
//! (itself, and four zeros when it is acknowledged). At one reading a second it is
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

/// No record of a full three-phase telegram is longer, bytes.
pub const TYPICAL_RECORD: usize = 52;
/// Readings that a page of 4 KiB holds.
pub const PER_PAGE: usize = (4096 - 2) / (TYPICAL_RECORD + 8);
/// Pages that each of the queues can have.
pub const MAX_PAGES: usize = 512;
/// A quarter-hour, s.
const QUARTER: i64 = 900;
/// Readings known without a look into the flash; more than are ever in flight.
const AHEAD: usize = 16;

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
    ahead: Ahead,
    /// In RAM: their age would not outlive the power.
    waiting: UndatedQueue,
}

/// The readings after one of them, in a row, as far as they are known in RAM.
#[derive(Default)]
struct Ahead {
    known: Deque<Entry, AHEAD>,
    /// Nothing lies between this and the first.
    after: Option<ReadingId>,
    /// Nothing comes after the last.
    to_the_end: bool,
}

impl<F: MultiwriteNorFlash> FlashOutbox<F>
where
    F::Error: Debug,
{
    /// Opens what a start before has left. `boots` is the number of starts as counted
    /// elsewhere, at least 1; where the readings in flash know a higher one, it is theirs.
    ///
    /// # Errors
    /// Those of the flash. Pages that cannot be read any more are erased.
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
        let ahead = Ahead::default();
        let waiting = UndatedQueue::new();
        Ok(Self { coarse, fine, in_coarse, in_fine, last, dropped: 0, ahead, waiting })
    }

    /// Moves the last reading of the oldest quarter-hour over and forgets the others.
    async fn thin(&mut self) -> Result<(), Error<F::Error>> {
        self.ahead = Ahead::default();
        let Some(survivor) = last_of_first_quarter(&mut self.fine).await? else {
            return Ok(());
        };
        let mut record = [0; record::MAX];
        let length = record::pack(&survivor, &mut record);
        while let Err(error) = self.coarse.push(&record[..length], false).await {
            let Error::FullStorage = error else { return Err(error) };
            // Older than all that anybody waits for: the oldest go.
            let gone = release(&mut self.coarse, None).await?;
            self.in_coarse = self.in_coarse.saturating_sub(gone);
            self.dropped = self.dropped.saturating_add(gone as u32);
        }
        self.in_coarse += 1;
        // Only now: a loss of power before leaves it in both.
        let gone = release(&mut self.fine, Some(survivor.id)).await?;
        self.in_fine = self.in_fine.saturating_sub(gone);
        self.dropped = self.dropped.saturating_add((gone as u32).saturating_sub(1));
        Ok(())
    }

    /// Looks into the flash for what comes after `id`.
    async fn look(&mut self, id: Option<ReadingId>) -> Result<(), Error<F::Error>> {
        self.ahead = Ahead { after: id, ..Ahead::default() };
        for queue in [&mut self.coarse, &mut self.fine] {
            let mut iterator = queue.iter().await?;
            let mut buffer = [0; record::MAX];
            while let Some(found) = iterator.next(&mut buffer).await? {
                let Some(entry) = record::unpack(&found) else { continue };
                if id.is_some_and(|id| entry.id <= id) {
                    continue;
                }
                if self.ahead.known.push_back(entry).is_err() {
                    return Ok(());
                }
            }
        }
        self.ahead.to_the_end = true;
        Ok(())
    }
}

/// Counts what waits and finds the newest; forgets what is up to `already` and what
/// cannot be read.
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

/// Forgets all up to an id, or the oldest alone, and tells how many.
async fn release<F: MultiwriteNorFlash>(
    queue: &mut Queue<F>,
    through: Option<ReadingId>,
) -> Result<usize, Error<F::Error>> {
    let mut iterator = queue.iter().await?;
    let mut buffer = [0; record::MAX];
    let mut gone = 0;
    while let Some(found) = iterator.next(&mut buffer).await? {
        let id = record::unpack(&found).map(|entry| entry.id);
        let goes = match through {
            Some(through) => id.is_none_or(|id| id <= through),
            None => gone == 0,
        };
        if !goes {
            break;
        }
        found.pop().await?;
        gone += usize::from(id.is_some());
    }
    Ok(gone)
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
        self.dropped.saturating_add(self.waiting.dropped())
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
            log!(warn, "the outbox is full: of its oldest quarter-hour the last reading stays");
            self.thin().await?;
        }
        self.last = id;
        self.in_fine += 1;
        if self.ahead.to_the_end && self.ahead.known.push_back(entry).is_err() {
            self.ahead.to_the_end = false;
        }
        Ok(id)
    }

    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error> {
        for looked in [false, true] {
            if self.ahead.after <= id {
                let next = |entry: &&Entry| id.is_none_or(|id| entry.id > id);
                let found = self.ahead.known.iter().find(next).copied();
                if found.is_some() || self.ahead.to_the_end || looked {
                    return Ok(found);
                }
            }
            self.look(id).await?;
        }
        Ok(None)
    }

    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error> {
        if self.in_coarse > 0 {
            let gone = release(&mut self.coarse, Some(through)).await?;
            self.in_coarse = self.in_coarse.saturating_sub(gone);
        }
        let gone = release(&mut self.fine, Some(through)).await?;
        self.in_fine = self.in_fine.saturating_sub(gone);
        while self.ahead.known.front().is_some_and(|entry| entry.id <= through) {
            self.ahead.known.pop_front();
        }
        Ok(())
    }

    fn undated_len(&self) -> usize {
        self.waiting.len()
    }

    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error> {
        self.waiting.push(undated);
        Ok(())
    }

    fn undated(&self, place: usize) -> Option<Undated> {
        self.waiting.get(place)
    }

    async fn assign_time(
        &mut self,
        place: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error> {
        let waits = self.waiting.get(place);
        let id = match (waits, time) {
            (Some(undated), Some(time)) => Some(self.push(time, undated.measurement).await?),
            _ => None,
        };
        self.waiting.take(place);
        Ok(id)
    }
}

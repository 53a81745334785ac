//! Access to the flash: one mutex around the chip's driver, and a partition of it for each
//! use.
use core::fmt::Debug;

use embassy_embedded_hal::flash::partition::Partition;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embedded_storage_async::nor_flash::{MultiwriteNorFlash, NorFlash};
use gateway::ClockOffsets;
use sequential_storage::{
    Error,
    cache::{Cache, Uncached},
    map::{MapConfig, MapStorage},
};

use crate::{
    layout::{Extent, Layout, PAGE, TWO_MEGABYTES},
    outbox::{FlashOutbox, MAX_PAGES, PER_PAGE},
    secure::Authority,
};

/// The flash of a board, shared by settings and outbox.
pub type Shared<F> = Mutex<NoopRawMutex, F>;
/// A partition of it.
pub type Part<'a, F> = Partition<'a, NoopRawMutex, F>;
/// An error of a partition.
pub type StorageError<F> = Error<
    embassy_embedded_hal::flash::partition::Error<
        <F as embedded_storage_async::nor_flash::ErrorType>::Error,
    >,
>;

/// 72 hours at one reading in ten seconds fit.
const _: () = {
    let pages = (TWO_MEGABYTES.fine.size / PAGE) as usize;
    assert!(pages <= MAX_PAGES && pages * PER_PAGE >= 72 * 360);
};

impl Extent {
    pub(crate) fn of<F: NorFlash>(self, flash: &Shared<F>) -> Part<'_, F> {
        Part::new(flash, self.start, self.size)
    }
}

/// The map of settings and counts: keys of one byte, values of bytes.
pub struct Store<'a, F: NorFlash> {
    map: MapStorage<u8, Part<'a, F>, Cache<Uncached, Uncached, Uncached, u8>>,
}

/// Longest item: key and value, bytes.
const BUFFER: usize = 128;
/// Number of starts. Settings have lower keys.
const BOOTS: u8 = 200;
/// Counted pulses of an S0 meter.
const PULSES: u8 = 201;
/// Clock offsets of the meter.
const CLOCK_OFFSETS: u8 = 202;
/// Key of the first part of the authority's certificate, and the size of a part; the first
/// shorter part is the last.
const AUTHORITY: u8 = 100;
const PART: usize = 96;

impl<'a, F: MultiwriteNorFlash> Store<'a, F>
where
    F::Error: Debug,
{
    /// Opens the partition of the layout.
    pub fn new(flash: &'a Shared<F>, layout: &Layout) -> Self {
        let config = MapConfig::new(0..layout.settings.size);
        let part = layout.settings.of(flash);
        Self { map: MapStorage::new(part, config, Cache::new_uncached()) }
    }

    /// Erases all items.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn erase(&mut self) -> Result<(), StorageError<F>> {
        self.map.erase_all().await
    }

    /// Reads a value of at most [`BUFFER`] - 1 bytes.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn get<'b>(
        &mut self,
        key: u8,
        buffer: &'b mut [u8; BUFFER],
    ) -> Result<Option<&'b [u8]>, StorageError<F>> {
        self.map.fetch_item(buffer, &key).await
    }

    /// Stores a value.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn put(&mut self, key: u8, value: &[u8]) -> Result<(), StorageError<F>> {
        self.map.store_item(&mut [0; BUFFER], &key, &value).await
    }

    /// Counts this start and returns its number, from 1.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn count_boot(&mut self) -> Result<u32, StorageError<F>> {
        let boots = self.number(BOOTS).await?.unwrap_or(0).saturating_add(1) as u32;
        self.put(BOOTS, &boots.to_le_bytes()).await?;
        Ok(boots)
    }

    /// The stored number of pulses.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn pulses(&mut self) -> Result<Option<u64>, StorageError<F>> {
        self.number(PULSES).await
    }

    /// Stores the number of pulses.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn put_pulses(&mut self, pulses: u64) -> Result<(), StorageError<F>> {
        self.put(PULSES, &pulses.to_le_bytes()).await
    }

    /// The clock offsets of the meter.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn clock_offsets(&mut self) -> Result<ClockOffsets, StorageError<F>> {
        let mut buffer = [0; BUFFER];
        let bytes = self.get(CLOCK_OFFSETS, &mut buffer).await?;
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(ClockOffsets::NONE, ClockOffsets::from_bytes))
    }

    /// Stores the clock offsets: 14 bytes a day.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn put_clock_offsets(
        &mut self,
        clock_offsets: ClockOffsets,
    ) -> Result<(), StorageError<F>> {
        self.put(CLOCK_OFFSETS, &clock_offsets.to_bytes()).await
    }

    /// The stored part of the authority's certificate.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn authority(&mut self) -> Result<Authority, StorageError<F>> {
        let mut authority = Authority::new();
        for key in AUTHORITY.. {
            let mut buffer = [0; BUFFER];
            let part = self.get(key, &mut buffer).await?.unwrap_or_default();
            if authority.extend_from_slice(part).is_err() || part.len() < PART {
                break;
            }
        }
        Ok(authority)
    }

    /// Stores a certificate. A loss of power meanwhile leaves neither the old nor the new one;
    /// its fingerprint shows this.
    ///
    /// # Errors
    /// The flash cannot be read or written.
    pub async fn put_authority(&mut self, authority: &[u8]) -> Result<(), StorageError<F>> {
        let parts = authority.chunks_exact(PART);
        let last = parts.remainder();
        for (key, part) in (AUTHORITY..).zip(parts.chain([last])) {
            self.put(key, part).await?;
        }
        Ok(())
    }

    async fn number(&mut self, key: u8) -> Result<Option<u64>, StorageError<F>> {
        let mut buffer = [0; BUFFER];
        let bytes = self.get(key, &mut buffer).await?;
        Ok(bytes.map(|bytes| {
            let shifted = |value, byte: &u8| value << 8 | u64::from(*byte);
            bytes.iter().take(8).rev().fold(0, shifted)
        }))
    }
}

/// Opens the outbox in its partitions of the layout.
///
/// # Errors
/// The flash cannot be read or written.
pub async fn open_outbox<'a, F: MultiwriteNorFlash>(
    flash: &'a Shared<F>,
    layout: &Layout,
    boots: u32,
) -> Result<FlashOutbox<Part<'a, F>>, StorageError<F>>
where
    F::Error: Debug,
{
    let Layout { coarse, fine, .. } = *layout;
    FlashOutbox::open((coarse.of(flash), coarse.size), (fine.of(flash), fine.size), boots).await
}

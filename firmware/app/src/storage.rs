//! Where what is in the flash, and who may touch it: one mutex around the chip's
//! driver, and a partition of it for each use.
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
/// A part of it.
pub type Part<'a, F> = Partition<'a, NoopRawMutex, F>;
/// What fails in it.
pub type Fault<F> = Error<
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

/// The map of settings and counts: a byte names, bytes are the value.
pub struct Store<'a, F: NorFlash> {
    map: MapStorage<u8, Part<'a, F>, Cache<Uncached, Uncached, Uncached, u8>>,
}

/// Longest value and its name, as the map wants them.
const BUFFER: usize = 128;
/// Number of starts. Settings have lower names.
const BOOTS: u8 = 200;
/// Pulses counted, for meters that only blink.
const PULSES: u8 = 201;
/// What is known of the meter's clock.
const HABITS: u8 = 202;
/// The first part of the authority's certificate, and how long a part is: the first that
/// is shorter is the last.
const AUTHORITY: u8 = 100;
const PART: usize = 96;

impl<'a, F: MultiwriteNorFlash> Store<'a, F>
where
    F::Error: Debug,
{
    /// Over the part that the layout gives.
    pub fn new(flash: &'a Shared<F>, layout: &Layout) -> Self {
        let config = MapConfig::new(0..layout.settings.size);
        let part = layout.settings.of(flash);
        Self { map: MapStorage::new(part, config, Cache::new_uncached()) }
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn erase(&mut self) -> Result<(), Fault<F>> {
        self.map.erase_all().await
    }

    /// A value, at most [`BUFFER`] - 1 bytes.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn get<'b>(
        &mut self,
        name: u8,
        buffer: &'b mut [u8; BUFFER],
    ) -> Result<Option<&'b [u8]>, Fault<F>> {
        self.map.fetch_item(buffer, &name).await
    }

    /// Keeps a value.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn put(&mut self, name: u8, value: &[u8]) -> Result<(), Fault<F>> {
        self.map.store_item(&mut [0; BUFFER], &name, &value).await
    }

    /// Counts this start, and tells which it is, from 1.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn count_boot(&mut self) -> Result<u32, Fault<F>> {
        let boots = self.number(BOOTS).await?.unwrap_or(0).saturating_add(1) as u32;
        self.put(BOOTS, &boots.to_le_bytes()).await?;
        Ok(boots)
    }

    /// Pulses counted before the last start, to within a minute.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn pulses(&mut self) -> Result<Option<u64>, Fault<F>> {
        self.number(PULSES).await
    }

    /// Keeps the count of pulses.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn put_pulses(&mut self, pulses: u64) -> Result<(), Fault<F>> {
        self.put(PULSES, &pulses.to_le_bytes()).await
    }

    /// What is known of the meter's clock.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn clock_offsets(&mut self) -> Result<ClockOffsets, Fault<F>> {
        let mut buffer = [0; BUFFER];
        let bytes = self.get(HABITS, &mut buffer).await?;
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(ClockOffsets::NONE, ClockOffsets::from_bytes))
    }

    /// Keeps that: 14 bytes a day.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn put_clock_offsets(&mut self, clock_offsets: ClockOffsets) -> Result<(), Fault<F>> {
        self.put(HABITS, &clock_offsets.to_bytes()).await
    }

    /// The certificate of the broker's authority, as much of it as is there.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn authority(&mut self) -> Result<Authority, Fault<F>> {
        let mut authority = Authority::new();
        for name in AUTHORITY.. {
            let mut buffer = [0; BUFFER];
            let part = self.get(name, &mut buffer).await?.unwrap_or_default();
            if authority.extend_from_slice(part).is_err() || part.len() < PART {
                break;
            }
        }
        Ok(authority)
    }

    /// Keeps that. Power that goes meanwhile leaves neither the one nor the other, which
    /// its fingerprint tells.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn put_authority(&mut self, authority: &[u8]) -> Result<(), Fault<F>> {
        let parts = authority.chunks_exact(PART);
        let last = parts.remainder();
        for (name, part) in (AUTHORITY..).zip(parts.chain([last])) {
            self.put(name, part).await?;
        }
        Ok(())
    }

    async fn number(&mut self, name: u8) -> Result<Option<u64>, Fault<F>> {
        let mut buffer = [0; BUFFER];
        let bytes = self.get(name, &mut buffer).await?;
        Ok(bytes.map(|bytes| {
            let shifted = |value, byte: &u8| value << 8 | u64::from(*byte);
            bytes.iter().take(8).rev().fold(0, shifted)
        }))
    }
}

/// The outbox over the parts that the layout gives.
///
/// # Errors
/// Those of the flash.
pub async fn open_outbox<'a, F: MultiwriteNorFlash>(
    flash: &'a Shared<F>,
    layout: &Layout,
    boots: u32,
) -> Result<FlashOutbox<Part<'a, F>>, Fault<F>>
where
    F::Error: Debug,
{
    let Layout { coarse, fine, .. } = *layout;
    FlashOutbox::open((coarse.of(flash), coarse.size), (fine.of(flash), fine.size), boots).await
}

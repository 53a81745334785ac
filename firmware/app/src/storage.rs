//! Where what is in the flash, and who may touch it: one mutex around the chip's
//! driver, and a partition of it for each use.
use core::fmt::Debug;

use embassy_embedded_hal::flash::partition::Partition;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embedded_storage_async::nor_flash::{MultiwriteNorFlash, NorFlash};
use gateway::Habits;
use sequential_storage::{
    Error,
    cache::{Cache, Uncached},
    map::{MapConfig, MapStorage},
};

use crate::outbox::{FlashOutbox, MAX_PAGES, PER_PAGE};

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

/// A range of the flash: where it begins and how long it is, bytes.
#[derive(Debug, Clone, Copy)]
pub struct Extent {
    /// First byte.
    pub start: u32,
    /// Bytes.
    pub size: u32,
}

/// The parts of a flash that are not firmware.
#[derive(Debug, Clone, Copy)]
pub struct Layout {
    /// Settings and counts.
    pub settings: Extent,
    /// The outbox's readings of the quarter-hours.
    pub coarse: Extent,
    /// Its other readings.
    pub fine: Extent,
}

/// 2 MB with 4 KiB pages: 488 KiB for the firmware (an image, or two of 232 KiB and a
/// boot loader), 16 KiB of settings, 16 KiB for 272 quarter-hours, which is 2.8 days,
/// and the rest for 25 976 readings.
pub const TWO_MEGABYTES: Layout = Layout {
    settings: Extent { start: 0x7_a000, size: 0x4000 },
    coarse: Extent { start: 0x7_e000, size: 0x4000 },
    fine: Extent { start: 0x8_2000, size: 0x17_e000 },
};

/// 72 hours at one reading in ten seconds fit.
const _: () = {
    let Layout { settings, coarse, fine } = TWO_MEGABYTES;
    assert!(settings.start + settings.size == coarse.start);
    assert!(coarse.start + coarse.size == fine.start);
    assert!(fine.start + fine.size == 2 << 20);
    let pages = fine.size as usize / 4096;
    assert!(pages <= MAX_PAGES && pages * PER_PAGE >= 72 * 360);
};

impl Extent {
    fn of<F: NorFlash>(self, flash: &Shared<F>) -> Part<'_, F> {
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
    pub async fn habits(&mut self) -> Result<Habits, Fault<F>> {
        let mut buffer = [0; BUFFER];
        let bytes = self.get(HABITS, &mut buffer).await?;
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        Ok(bytes.map_or(Habits::NONE, Habits::from_bytes))
    }

    /// Keeps that: 14 bytes a day.
    ///
    /// # Errors
    /// Those of the flash.
    pub async fn put_habits(&mut self, habits: Habits) -> Result<(), Fault<F>> {
        self.put(HABITS, &habits.to_bytes()).await
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

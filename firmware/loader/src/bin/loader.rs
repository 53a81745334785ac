//! The loader of an RP2040: `embassy-boot` with a watchdog. It exchanges the two slots
//! of [`layout::SLOTS`] where a new program has been marked, and exchanges them back at
//! the next start where that program has not marked itself. Each page moved is noted in
//! the flash, so that a power cut at any moment only delays it.
//!
//! No update changes the loader; it comes with the USB drive's file alone.
#![no_std]
#![no_main]

#[path = "../../../app/src/layout.rs"]
#[allow(dead_code, unreachable_pub, reason = "it is the app's, and a loader has no outbox")]
mod layout;

use core::{cell::RefCell, panic::PanicInfo};

use embassy_boot_rp::{BootLoader, BootLoaderConfig, WatchdogFlash};
use embassy_embedded_hal::flash::partition::BlockingPartition;
use embassy_rp::{config::Config, flash::FLASH_BASE};
use embassy_sync::blocking_mutex::{Mutex, raw::NoopRawMutex};
use embassy_time::Duration;
use layout::{Extent, SLOTS};

const SIZE: usize = 2 << 20;
/// A page takes 60 ms. The program inherits what is left of it, so that one that hangs
/// before it has a watchdog of its own is reset, too.
const PATIENCE: Duration = Duration::from_secs(8);

/// The file for the USB drive erases the state: a slot that was to be exchanged belongs to
/// the programs of before.
#[used]
#[unsafe(link_section = ".state")]
static BLANK: [u8; 256] = [0xff; 256];

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = embassy_rp::init(Config::default());
    let flash = WatchdogFlash::<SIZE>::start(chip.FLASH, chip.WATCHDOG, PATIENCE);
    let flash = Mutex::<NoopRawMutex, _>::new(RefCell::new(flash));
    let part = |extent: Extent| BlockingPartition::new(&flash, extent.start, extent.size);
    let loader: BootLoader = BootLoader::prepare(BootLoaderConfig {
        active: part(SLOTS.active),
        dfu: part(SLOTS.spare),
        state: part(SLOTS.state),
    });
    // SAFETY: what is in the slot came over USB or was signed, and is linked for it.
    unsafe { loader.load(FLASH_BASE.addr() as u32 + SLOTS.active.start) }
}

/// The watchdog starts the chip anew.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

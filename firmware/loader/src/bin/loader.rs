//! The loader of an RP2040: `embassy-boot` with a watchdog. It swaps the two slots of
//! [`layout::SLOTS`] when a new program is marked for it, and swaps them back at the next
//! start if that program has not confirmed itself. The flash records each moved page, so
//! that a power cut at any moment only delays the swap.
//!
//! Updates over the air do not change the loader; only the USB drive's file contains it.
#![no_std]
#![no_main]

#[path = "../../../app/src/layout.rs"]
#[allow(dead_code, unreachable_pub, reason = "it belongs to app, and the loader uses a part of it")]
mod layout;

use core::{cell::RefCell, panic::PanicInfo};

use embassy_boot_rp::{BootLoader, BootLoaderConfig, WatchdogFlash};
use embassy_embedded_hal::flash::partition::BlockingPartition;
use embassy_rp::{config::Config, flash::FLASH_BASE};
use embassy_sync::blocking_mutex::{Mutex, raw::NoopRawMutex};
use embassy_time::Duration;
use layout::{Extent, SLOTS};

const SIZE: usize = 2 << 20;
/// A page takes 60 ms. The program inherits the rest, so that a program that hangs before it
/// starts its own watchdog is reset, too.
const WATCHDOG_TIMEOUT: Duration = Duration::from_secs(8);

/// The file for the USB drive erases the state: a pending swap belongs to earlier programs.
#[used]
#[unsafe(link_section = ".state")]
static BLANK: [u8; 256] = [0xff; 256];

#[cortex_m_rt::entry]
fn main() -> ! {
    let chip = embassy_rp::init(Config::default());
    let flash = WatchdogFlash::<SIZE>::start(chip.FLASH, chip.WATCHDOG, WATCHDOG_TIMEOUT);
    let flash = Mutex::<NoopRawMutex, _>::new(RefCell::new(flash));
    let part = |extent: Extent| BlockingPartition::new(&flash, extent.start, extent.size);
    let loader: BootLoader = BootLoader::prepare(BootLoaderConfig {
        active: part(SLOTS.active),
        dfu: part(SLOTS.spare),
        state: part(SLOTS.state),
    });
    // SAFETY: the program in the slot was flashed over USB or is signed, and is linked for it.
    unsafe { loader.load(FLASH_BASE.addr() as u32 + SLOTS.active.start) }
}

/// The watchdog resets the chip.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {
        cortex_m::asm::nop();
    }
}

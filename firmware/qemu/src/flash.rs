//! A NOR flash in the emulator's PSRAM, which is a file of the host: it stays when
//! the emulator is killed. It has the limits of the chip: a write only clears bits, byte by
//! byte, an erasure covers a page of 4 KiB, and both take time, so that a kill can
//! interrupt them.

use embassy_time::{Duration, Instant};
use embedded_storage_async::nor_flash::{
    ErrorType, MultiwriteNorFlash, NorFlash, NorFlashError, NorFlashErrorKind, ReadNorFlash,
};

use crate::{PSRAM, register};

const SIZE: usize = 2 << 20;
/// The slowest write of a W25Q16 for a few bytes: a record takes about a millisecond.
const BYTE_US: u32 = 20;

/// The only flash of the board.
pub struct Flash(());

/// The address is outside the flash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutOfBounds;

impl NorFlashError for OutOfBounds {
    fn kind(&self) -> NorFlashErrorKind {
        NorFlashErrorKind::OutOfBounds
    }
}

impl Flash {
    /// Takes the flash. Called once.
    pub fn take() -> Self {
        Self(())
    }
}

/// The host's write time, with which it can cut the power in between, or the chip's own.
fn time_of_a_byte() -> u32 {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    let wanted = unsafe { register(PSRAM + 0xf0_0004).read_volatile() };
    wanted.max(BYTE_US)
}

/// Whether the host requests a panic. Once: the word is cleared.
fn is_to_panic() -> bool {
    // SAFETY: a word of the PSRAM that no Rust object lives in.
    unsafe {
        let wanted = register(PSRAM + 0xf0_0008).read_volatile();
        register(PSRAM + 0xf0_0008).write_volatile(0);
        wanted != 0
    }
}

/// The bytes from an offset on, if there are enough.
fn bytes(offset: u32, length: usize) -> Result<*mut u8, OutOfBounds> {
    let offset = offset as usize;
    let inside = offset.checked_add(length).is_some_and(|end| end <= SIZE);
    let base: *mut u8 = core::ptr::without_provenance_mut(PSRAM);
    if inside { Ok(base.wrapping_add(offset)) } else { Err(OutOfBounds) }
}

impl ErrorType for Flash {
    type Error = OutOfBounds;
}

impl ReadNorFlash for Flash {
    const READ_SIZE: usize = 1;

    async fn read(&mut self, offset: u32, into: &mut [u8]) -> Result<(), OutOfBounds> {
        let from = bytes(offset, into.len())?;
        for (number, byte) in into.iter_mut().enumerate() {
            // SAFETY: inside the PSRAM, as just checked; no Rust object lives there.
            *byte = unsafe { from.add(number).read_volatile() };
        }
        Ok(())
    }

    fn capacity(&self) -> usize {
        SIZE
    }
}

impl NorFlash for Flash {
    const WRITE_SIZE: usize = 1;
    const ERASE_SIZE: usize = 4096;

    async fn erase(&mut self, from: u32, to: u32) -> Result<(), OutOfBounds> {
        let length = to.checked_sub(from).ok_or(OutOfBounds)? as usize;
        let at = bytes(from, length)?;
        for number in 0..length {
            // SAFETY: as above.
            unsafe { at.add(number).write_volatile(0xff) };
        }
        Ok(())
    }

    async fn write(&mut self, offset: u32, from: &[u8]) -> Result<(), OutOfBounds> {
        assert!(!is_to_panic(), "the host requested a panic");
        let at = bytes(offset, from.len())?;
        let time = Duration::from_micros(time_of_a_byte().into());
        for (number, byte) in from.iter().enumerate() {
            let done = Instant::now() + time;
            // SAFETY: as above.
            unsafe {
                let place = at.add(number);
                place.write_volatile(place.read_volatile() & byte);
            }
            // As on the chip, nothing else runs meanwhile.
            while Instant::now() < done {}
        }
        Ok(())
    }
}

impl MultiwriteNorFlash for Flash {}

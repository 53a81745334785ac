//! Random numbers from the host, which a test writes into the board's memory: the emulated
//! chip has no generator. No byte is used twice; the board panics when they are used up.
use rand_core::{CryptoRng, Error, RngCore, impls};

use crate::{PSRAM, register};

const USED: usize = PSRAM + 0xf0_0010;
const POOL: usize = PSRAM + 0xf1_0000;
const SIZE: usize = 0x1_0000;

/// The host's random numbers.
pub struct HostRng;

impl RngCore for HostRng {
    fn next_u32(&mut self) -> u32 {
        impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        // SAFETY: a word of the PSRAM that no Rust object lives in.
        let used = unsafe { register(USED).read_volatile() } as usize;
        assert!(used + bytes.len() <= SIZE, "the host's random numbers are used up");
        // SAFETY: as above.
        unsafe { register(USED).write_volatile((used + bytes.len()) as u32) };
        for (byte, at) in bytes.iter_mut().zip(used..) {
            let place = core::ptr::without_provenance::<u8>(POOL + at);
            // SAFETY: within the host's part of the PSRAM.
            *byte = unsafe { place.read_volatile() };
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

impl CryptoRng for HostRng {}

//! The panel's picture in memory that the host reads: a word that is odd while the picture
//! changes, width, height, then three bytes a pixel.
use app::screen::Screen;

use crate::{PSRAM, register};

const BASE: usize = PSRAM + 0x80_0000;

/// Shows a picture: row by row from the top left, red, green and blue.
fn show(width: u32, height: u32, rgb: &[u8]) {
    let pixels: *mut u8 = core::ptr::without_provenance_mut(BASE + 12);
    // SAFETY: these words and at most 24 KiB after them are PSRAM in which no Rust
    // object lives.
    unsafe {
        let version = register(BASE).read_volatile();
        register(BASE).write_volatile(version | 1);
        register(BASE + 4).write_volatile(width);
        register(BASE + 8).write_volatile(height);
        for (number, byte) in rgb.iter().take(128 * 64 * 3).enumerate() {
            pixels.add(number).write_volatile(*byte);
        }
        register(BASE).write_volatile((version | 1).wrapping_add(1));
    }
}

/// A panel of `W` by `H` pixels for the host, without its brightness.
#[derive(Debug, Clone, Copy)]
pub struct HostPanel<const W: usize, const H: usize>;

impl<const W: usize, const H: usize> Screen for HostPanel<W, H> {
    fn show(&mut self, rgb: &[u8], _percent: u8) {
        show(W as u32, H as u32, rgb);
    }
}

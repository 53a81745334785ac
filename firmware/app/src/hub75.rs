//! Pictures as streams of words that a PIO program turns into HUB75 signals: DMA transfers
//! the stream, and no pixel passes the processor after the encoding.
//!
//! Both halves of the panel are lit at the same time, one row of each and one bit of each
//! colour (binary code modulation). For each row and bit the stream has:
//!
//! ```text
//! pixels - 1          a word
//! pixels              a byte each: bit 0 R, 1 G, 2 B of the upper half, 3 R, 6 G, 7 B
//!                     of the lower; bits 4 and 5 belong to the meter's UART
//! latch | light << 16 pins 0 to 15 twice: with LAT, then without it and with OE
//! time                iterations of the program's last loop while it is lit, less one
//! ```
//!
//! ```text
//!     out y, 32      side 0     ; side-set: CLK
//! pixel:
//!     out pins, 8    side 0     ; OE is inverted by its pad: 0 is dark
//!     jmp y--, pixel side 1
//!     out pins, 16   side 0
//!     out pins, 16   side 0
//!     out x, 32      side 0
//! light:
//!     jmp x--, light side 0
//!     mov pins, null side 0
//! ```
//!
//! Refresh rate from cycles: a row and bit takes 1 + 2 W + 3 + (time + 1) + 1 cycles; the six
//! bits of a row 6 (2 W + 5) + 63 [`UNIT`]. With W = 128, 32 rows and the program at
//! [`PIO_HZ`] that is [`refresh_hz`] = 197 Hz, of which the LEDs are lit 76 percent of the
//! time; a 64x32 panel has 16 rows of 64 and 446 Hz.

/// Bits of a colour.
pub const BITS: usize = 6;
/// Loop iterations for which the lowest bit is lit.
pub const UNIT: u32 = 80;
/// PIO cycles a second: 125 MHz / 3. CLK has half of it, 20.8 MHz.
pub const PIO_HZ: u32 = 125_000_000 / 3;
/// Pins of address, latch and light in a word of 16.
const ADDRESS: u32 = 8;
const LATCH: u32 = 1 << 14;
const LIGHT: u32 = 1 << 15;
/// Words of a row and bit in addition to its pixels.
const EXTRA: usize = 3;

/// Words of a picture.
pub const fn words(width: usize, height: usize) -> usize {
    height / 2 * BITS * (width / 4 + EXTRA)
}

/// Refreshes a second, computed from the program's cycles.
pub const fn refresh_hz(width: usize, height: usize) -> u32 {
    let row = BITS as u32 * (2 * width as u32 + 5) + ((1 << BITS) - 1) * UNIT;
    PIO_HZ / (row * (height as u32 / 2))
}

const _: () = assert!(refresh_hz(128, 64) >= 100 && refresh_hz(64, 32) >= 100);

/// The level of a colour's byte: `(value/255)² · percent/100 · (2^BITS − 1)`, rounded. The
/// square approximates the eye's response.
fn level(value: u8, percent: u8) -> u8 {
    let (value, percent) = (u32::from(value), u32::from(percent.min(100)));
    let (most, full) = ((1 << BITS) - 1, 255 * 255 * 100);
    ((value * value * percent * most + full / 2) / full) as u8
}

/// Each bit of a level in a byte of its own, at that byte's lowest place: the lower four bits
/// in one word, the rest in the other.
const SPREAD: [[u32; 2]; 1 << BITS] = {
    let mut spread = [[0; 2]; 1 << BITS];
    let mut level = 0;
    while level < spread.len() {
        let mut bit = 0;
        while bit < BITS {
            spread[level][bit / 4] |= (level as u32 >> bit & 1) << (8 * (bit % 4));
            bit += 1;
        }
        level += 1;
    }
    spread
};
/// Bit positions in a byte of R, G and B of the upper half, then of the lower half.
const COLOURS: [u32; 6] = [0, 1, 2, 3, 6, 7];

/// Writes the words of a picture of `width` by `height` pixels, three bytes each. All bits
/// of a pixel are written at once: bit by bit takes the RP2040 18 ms for 64x32.
///
/// # Panics
/// If the length of `to` is not [`words`], or that of `rgb` not three bytes a pixel.
pub fn encode(rgb: &[u8], width: usize, height: usize, percent: u8, to: &mut [u32]) {
    assert!(to.len() == words(width, height) && rgb.len() == 3 * width * height);
    let mut spread = [[0; 2]; 256];
    for (value, slot) in (0..=255).zip(&mut spread) {
        *slot = SPREAD[usize::from(level(value, percent))];
    }
    let (upper, lower) = rgb.split_at(rgb.len() / 2);
    let rows = upper.chunks_exact(3 * width).zip(lower.chunks_exact(3 * width));
    let plane = width / 4 + EXTRA;
    for (row, ((upper, lower), to)) in rows.zip(to.chunks_exact_mut(BITS * plane)).enumerate() {
        let address = (row as u32) << ADDRESS;
        for (bit, words) in to.chunks_exact_mut(plane).enumerate() {
            words[0] = width as u32 - 1;
            words[1 + width / 4] = address | LATCH | (address | LIGHT) << 16;
            words[2 + width / 4] = (UNIT << bit) - 1;
        }
        let pixels = upper.chunks_exact(12).zip(lower.chunks_exact(12));
        for (at, (upper, lower)) in pixels.enumerate() {
            let mut words = [0; BITS];
            for pixel in 0..4 {
                let mut bits = [0; 2];
                for colour in 0..3 {
                    let [low, high] = spread[usize::from(upper[3 * pixel + colour])];
                    bits[0] |= low << COLOURS[colour];
                    bits[1] |= high << COLOURS[colour];
                    let [low, high] = spread[usize::from(lower[3 * pixel + colour])];
                    bits[0] |= low << COLOURS[3 + colour];
                    bits[1] |= high << COLOURS[3 + colour];
                }
                for (bit, word) in words.iter_mut().enumerate() {
                    *word |= (bits[bit / 4] >> (8 * (bit % 4)) & 0xff) << (8 * pixel);
                }
            }
            for (bit, word) in words.into_iter().enumerate() {
                to[bit * plane + 1 + at] = word;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Simulates the PIO program and the panel: for each pixel the time that each colour is
    /// lit, and the number of cycles.
    fn simulate(words: &[u32], width: usize, height: usize) -> (Vec<[u32; 3]>, u32) {
        let mut light = vec![[0; 3]; width * height];
        let mut cycles = 0;
        let mut words = words.iter();
        let mut next = || words.next().copied();
        while let Some(count) = next() {
            let mut shifted = Vec::new();
            for _ in 0..(count + 1) / 4 {
                shifted.extend(next().expect("pixels").to_le_bytes());
            }
            let pins = next().expect("pins");
            let (latch, on) = (pins & 0xffff, pins >> 16);
            assert_eq!((latch & LATCH, latch & LIGHT), (LATCH, 0), "dark while it latches");
            assert_eq!((on & LATCH, on & LIGHT), (0, LIGHT));
            assert_eq!(latch >> ADDRESS & 31, on >> ADDRESS & 31);
            assert_eq!((latch | on) & 0x20ff, 0, "neither colours nor CLK");
            let row = (on >> ADDRESS & 31) as usize;
            let time = next().expect("a time");
            cycles += 1 + 2 * (count + 1) + 3 + (time + 1) + 1;
            // The shift register keeps the last `width`.
            let row_pixels = &shifted[shifted.len() - width..];
            for (x, byte) in row_pixels.iter().enumerate() {
                for (y, bits) in [(row, [0, 1, 2]), (row + height / 2, [3, 6, 7])] {
                    for (colour, bit) in bits.into_iter().enumerate() {
                        light[y * width + x][colour] += u32::from(byte >> bit & 1) * (time + 1);
                    }
                }
            }
        }
        (light, cycles)
    }

    fn picture(width: usize, height: usize) -> Vec<u8> {
        (0..3 * width * height).map(|n| (n * 7 + n / 31 * 13) as u8).collect()
    }

    #[test]
    fn every_pixel_is_lit_as_long_as_its_colour_is_bright() {
        for (width, height) in [(64, 32), (128, 64)] {
            let rgb = picture(width, height);
            let mut stream = vec![0; words(width, height)];
            encode(&rgb, width, height, 100, &mut stream);
            let (light, cycles) = simulate(&stream, width, height);
            for (pixel, lit) in rgb.chunks_exact(3).zip(&light) {
                for (value, lit) in pixel.iter().zip(lit) {
                    assert_eq!(*lit, u32::from(level(*value, 100)) * UNIT, "{value}");
                }
            }
            assert_eq!(refresh_hz(width, height), PIO_HZ / cycles);
        }
        assert_eq!((refresh_hz(128, 64), refresh_hz(64, 32)), (197, 446));
    }

    #[test]
    fn the_panel_crates_colours_are_visible_and_full_brightness_is_full() {
        assert_eq!((level(0, 100), level(255, 100)), (0, 63));
        assert!(level(64, 100) >= 4, "its faintest colour");
        assert!(level(104, 20) >= 2, "its dark mode at night");
        assert_eq!(level(255, 50), 32);
        assert!((0..255).all(|value| level(value, 100) <= level(value + 1, 100)));
    }
}

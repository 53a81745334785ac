//! Time of one Swedish telegram through the decoder: `cargo bench -p gateway`.
use std::hint::black_box;
use std::time::Instant;

use crc::{CRC_16_ARC, Crc};
use gateway::meter::p1::Decoder;

/// The list of 27 with values of the usual width.
fn telegram() -> Vec<u8> {
    let mut text = String::from("/XYZ5\\253000000_A\r\n\r\n0-0:1.0.0(270411115950S)\r\n");
    for c in 1..=4 {
        let unit = if c < 3 { "kWh" } else { "kvarh" };
        text += &format!("1-0:{c}.8.0(0000{c}605.055*{unit})\r\n");
    }
    for c in [1, 2, 3, 4, 21, 41, 61, 22, 42, 62, 23, 43, 63, 24, 44, 64] {
        let unit = if c % 20 < 3 { "kW" } else { "kvar" };
        text += &format!("1-0:{c}.7.0(00{c:02}.172*{unit})\r\n");
    }
    for c in [32, 52, 72] {
        text += &format!("1-0:{c}.7.0(234.4*V)\r\n");
    }
    for c in [31, 51, 71] {
        text += &format!("1-0:{c}.7.0(013.6*A)\r\n");
    }
    text.push('!');
    let checksum = Crc::<u16>::new(&CRC_16_ARC).checksum(text.as_bytes());
    text += &format!("{checksum:04X}\r\n");
    text.into_bytes()
}

fn main() {
    let telegram = telegram();
    let bytes: Vec<u8> = telegram.repeat(1000);
    for chunk in [64, 256, 4096] {
        let mut best = f64::MAX;
        for _ in 0..20 {
            let mut decoder = Decoder::new();
            let start = Instant::now();
            let mut count = 0;
            for mut chunk in bytes.chunks(chunk) {
                while let Some(event) = decoder.next(&mut chunk) {
                    count += usize::from(black_box(event).is_ok());
                }
            }
            let each = start.elapsed().as_secs_f64() * 1e9 / 1000.0;
            assert_eq!(count, 1000);
            best = best.min(each);
        }
        println!("{} bytes in chunks of {chunk}: {best:.0} ns a telegram", telegram.len());
    }
}

//! The pins of a HUB75 panel during one refresh, as the light that a visitor sees.
use serde_json::Value;

/// One refresh, from its first row to its last.
#[derive(Debug)]
pub struct Refresh {
    /// Cycles of PIO from the first light of one to that of the next.
    pub cycles: u64,
    /// In the order in which they were lit.
    rows: Vec<Row>,
}

/// A row of each half of the panel, lit together.
#[derive(Debug)]
struct Row {
    address: usize,
    /// Cycles of PIO for which OE was low.
    lit: u64,
    /// For each pixel R, G and B of the upper half, then of the lower, from bit 0.
    pixels: Vec<u8>,
}

impl Refresh {
    pub(crate) fn parse(json: &Value) -> Self {
        let rows = json["rows"].as_array().expect("rows").iter().map(|row| {
            let hex = row["pixels"].as_str().expect("pixels");
            let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
            Row {
                address: row["row"].as_u64().expect("an address") as usize,
                lit: row["lit"].as_u64().expect("cycles"),
                pixels: (0..hex.len()).step_by(2).map(byte).collect(),
            }
        });
        Self { cycles: json["cycles"].as_u64().expect("cycles"), rows: rows.collect() }
    }

    /// For how many cycles each colour of each pixel was lit, row by row from the top left.
    ///
    /// # Panics
    /// When an address is beyond the panel.
    #[must_use]
    pub fn light(&self, width: usize, height: usize) -> Vec<u64> {
        let mut light = vec![0; 3 * width * height];
        for Row { address, lit, pixels } in &self.rows {
            // A shift register keeps the last bits.
            let pixels = &pixels[pixels.len().saturating_sub(width)..];
            for (half, bits) in [(0, 0), (1, 3)] {
                let first = 3 * width * (address + half * height / 2);
                for (at, pixel) in pixels.iter().enumerate() {
                    for colour in 0..3 {
                        let on = u64::from(pixel >> (bits + colour) & 1);
                        light[first + 3 * at + colour] += on * lit;
                    }
                }
            }
        }
        light
    }
}

/// How long [`Refresh::light`] of a picture is: six bits of the square of each colour, of
/// which the lowest is lit for 80 turns of the program's last loop. Each time is two cycles
/// longer: the one that loads it and the one that ends it.
#[must_use]
pub fn light_of(rgb: &[u8]) -> Vec<u64> {
    let light = |value: &u8| {
        let square = f64::from(*value).powi(2) / f64::from(u8::MAX).powi(2);
        let level = (63.0 * square).round() as u64;
        80 * level + 2 * u64::from(level.count_ones())
    };
    rgb.iter().map(light).collect()
}

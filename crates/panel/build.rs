//! Generates tables of rows and widths from the public-domain X11 fonts in
//! embedded-graphics. These are monospaced; a panel of 64 pixels needs proportional letters,
//! and computing their widths here saves a microcontroller that work in every frame.
use std::{env, fmt::Write, fs, path::Path};

use embedded_graphics::{
    image::GetPixel,
    mono_font::{MonoFont, iso_8859_1 as latin1},
    pixelcolor::BinaryColor,
    prelude::{OriginDimensions, Point},
};

/// Replacements for letters that are too narrow in a monospaced font. The rows extend from
/// the top of the letter to the baseline.
type Wide = &'static [(char, &'static [&'static str])];

#[rustfmt::skip]
const WIDE_BOLD: Wide = &[
    ('M', &["##....##", "###..###", "########", "##.##.##", "##.##.##",
            "##....##", "##....##", "##....##", "##....##", "##....##"]),
    ('W', &["##....##", "##....##", "##....##", "##....##", "##.##.##",
            "##.##.##", "##.##.##", "########", "###..###", "##....##"]),
    ('m', &["#######.", "##.##.##", "##.##.##", "##.##.##", "##.##.##", "##.##.##", "##.##.##"]),
    ('w', &["##.##.##", "##.##.##", "##.##.##", "##.##.##", "##.##.##", "########", ".##..##."]),
];

#[rustfmt::skip]
const WIDE_NARROW: Wide = &[
    ('M', &["#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#"]),
    ('W', &["#...#", "#...#", "#.#.#", "#.#.#", "##.##", "#...#"]),
];

#[rustfmt::skip]
const WIDE_TINY: Wide = &[
    ('M', &["#...#", "##.##", "#.#.#", "#...#", "#...#"]),
    ('W', &["#...#", "#...#", "#.#.#", "##.##", "#...#"]),
    ('m', &["####.", "#.#.#", "#.#.#", "#.#.#"]),
    ('w', &["#.#.#", "#.#.#", "#.#.#", ".#.#."]),
];

/// The rows of a letter from the top of its cell; the leftmost column is the lowest bit.
fn rows(font: &MonoFont<'_>, wide: Wide, c: char) -> Vec<u16> {
    let (w, h) = (font.character_size.width, font.character_size.height);
    let baseline = font.baseline as usize + 1;
    if let Some((_, art)) = wide.iter().find(|(letter, _)| *letter == c) {
        let row = |y: usize| (y + art.len()).checked_sub(baseline).and_then(|i| art.get(i));
        let bits =
            |art: &&str| (0..).zip(art.bytes()).map(|(x, b)| u16::from(b == b'#') << x).sum();
        return (0..h as usize).map(|y| row(y).map_or(0, bits)).collect();
    }
    let index = font.glyph_mapping.index(c) as u32;
    let across = font.image.size().width / w;
    let (left, top) = (index % across * w, index / across * h);
    let lit = |x: u32, y: u32| {
        let at = Point::new((left + x) as i32, (top + y) as i32);
        font.image.pixel(at) == Some(BinaryColor::On)
    };
    let row = |y: u32| (0..w).map(|x| u16::from(lit(x, y)) << x).sum();
    let rows: Vec<u16> = (0..h).map(row).collect();
    let first = rows.iter().fold(0, |all, row| all | row).trailing_zeros();
    rows.into_iter().map(|row| row.checked_shr(first).unwrap_or(0)).collect()
}

fn table(name: &str, font: &MonoFont<'_>, wide: Wide) -> String {
    let (mut widths, mut all) = (Vec::new(), Vec::new());
    for c in (' '..='~').chain('\u{a0}'..='\u{ff}') {
        let rows = rows(font, wide, c);
        let ink = 16 - rows.iter().fold(0_u16, |all, row| all | row).leading_zeros();
        widths.push(if ink == 0 { (font.character_size.width - 1) / 2 } else { ink });
        all.extend(rows);
    }
    let mut text = String::new();
    let (above, height) = (font.baseline + 1, font.character_size.height);
    let (n, m) = (widths.len(), all.len());
    write!(
        text,
        "pub(super) static {name}: Table = Table {{ above: {above}, height: {height}, \
         widths: &{name}_WIDTHS, rows: &{name}_ROWS }};\n\
         static {name}_WIDTHS: [u8; {n}] = {widths:?};\n\
         static {name}_ROWS: [u16; {m}] = {all:?};\n"
    )
    .expect("writing to a string does not fail");
    text
}

fn main() {
    let tables = [
        table("BOLD", &latin1::FONT_7X14_BOLD, WIDE_BOLD),
        table("LARGE", &latin1::FONT_10X20, &[]),
        table("PLAIN", &latin1::FONT_6X10, &[]),
        table("NARROW", &latin1::FONT_5X8, WIDE_NARROW),
        table("TINY", &latin1::FONT_4X6, WIDE_TINY),
    ];
    let out = env::var_os("OUT_DIR").expect("cargo sets OUT_DIR");
    fs::write(Path::new(&out).join("fonts.rs"), tables.concat()).expect("OUT_DIR can be written");
    println!("cargo::rerun-if-changed=build.rs");
}

//! Text in proportional Latin-1 fonts, from the tables that `build.rs` generates.
use core::ops::Range;

use embedded_graphics::{
    prelude::{DrawTarget, Point, Size},
    primitives::Rectangle,
};

/// The glyphs of a font: the printable characters of Latin-1 in order.
#[derive(Debug)]
struct Table {
    /// Rows of a cell above the baseline.
    above: i32,
    /// Rows of a cell.
    height: usize,
    /// Width of each character without its empty columns; a space has its full width.
    widths: &'static [u8],
    /// The rows of each character in order; the leftmost column is the lowest bit.
    rows: &'static [u16],
}

mod tables {
    use super::Table;
    include!(concat!(env!("OUT_DIR"), "/fonts.rs"));
}

/// A font with the gap between its letters and its enlargement.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    table: &'static Table,
    gap: i32,
    scale: i32,
    /// Height of a capital, px.
    pub(crate) cap: i32,
}

/// Capitals of 20 px: the ticker and short names on the large panel.
pub(crate) const GIANT: Face = Face { table: &tables::BOLD, gap: 2, scale: 2, cap: 20 };
/// Capitals of 13 px.
pub(crate) const LARGE: Face = Face { table: &tables::LARGE, gap: 2, scale: 1, cap: 13 };
/// Capitals of 10 px with strong strokes: labels on the large panel.
pub(crate) const BOLD: Face = Face { table: &tables::BOLD, gap: 1, scale: 1, cap: 10 };
/// Capitals of 7 px: labels on the small panel.
pub(crate) const PLAIN: Face = Face { table: &tables::PLAIN, gap: 1, scale: 1, cap: 7 };
/// Capitals of 6 px, for what is too long for `PLAIN`.
pub(crate) const NARROW: Face = Face { table: &tables::NARROW, gap: 1, scale: 1, cap: 6 };
/// Capitals of 5 px, for what is too long for `NARROW`.
pub(crate) const TINY: Face = Face { table: &tables::TINY, gap: 1, scale: 1, cap: 5 };

/// Extent of the pixels of a line, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    pub(crate) width: i32,
    /// Rows above the baseline.
    pub(crate) above: i32,
    /// Rows below the baseline.
    pub(crate) below: i32,
}

/// Replaces characters outside Latin-1 (dashes, quotes, Sámi and other letters) by similar
/// ones within it.
fn fold(c: char) -> char {
    const FROM: &str = "‐‑‒–—−‘’“”•šŠčČžŽđĐŋŊŧŦłŁőŐűŰ";
    const TO: &str = "------''\"\"·sScCzZdDnNtTlLöÖüÜ";
    match c {
        ' '..='~' => c,
        _ if c.is_whitespace() => ' ',
        '\u{100}'.. => {
            FROM.chars().zip(TO.chars()).find(|(from, _)| *from == c).map_or(c, |(_, to)| to)
        }
        _ => c,
    }
}

/// The index of a character in the tables; unknown characters have that of the question mark.
fn index(c: char) -> usize {
    match fold(c) {
        c @ ' '..='~' => c as usize - 0x20,
        c @ '\u{a0}'..='\u{ff}' => c as usize - 0xa0 + 95,
        _ => '?' as usize - 0x20,
    }
}

impl Table {
    fn rows(&self, index: usize) -> &'static [u16] {
        &self.rows[index * self.height..][..self.height]
    }
}

impl Face {
    /// Distance from the left edge of a character to that of the next, px.
    fn advance(self, index: usize) -> i32 {
        i32::from(self.table.widths[index]) * self.scale + self.gap
    }

    /// From the left edge of the first character to the right edge of the last, px.
    pub(crate) fn width(self, text: &str) -> i32 {
        let advance = |c| self.advance(index(c));
        (text.chars().map(advance).sum::<i32>() - self.gap).max(0)
    }

    /// The extent of a line, px.
    pub(crate) fn extent(self, text: &str) -> Extent {
        let (mut above, mut below) = (0, 0);
        for c in text.chars() {
            let rows = self.table.rows(index(c));
            if let Some(top) = rows.iter().position(|row| *row != 0) {
                let end = rows.iter().rposition(|row| *row != 0).unwrap_or(top) + 1;
                above = above.max(self.table.above - top as i32);
                below = below.max(end as i32 - self.table.above);
            }
        }
        Extent { width: self.width(text), above: above * self.scale, below: below * self.scale }
    }

    /// Draws a line from `left` on; its letters stand on the row above `baseline`. Characters
    /// entirely outside the columns `within` are skipped.
    pub(crate) fn draw<D: DrawTarget>(
        self,
        target: &mut D,
        text: &str,
        (left, baseline): (i32, i32),
        within: &Range<i32>,
        color: D::Color,
    ) -> Result<(), D::Error> {
        let scale = self.scale;
        let mut x = left;
        for index in text.chars().map(index) {
            if x >= within.end {
                break;
            }
            let advance = self.advance(index);
            if x + advance > within.start {
                let mut top = baseline - self.table.above * scale;
                for row in self.table.rows(index) {
                    runs(u32::from(*row), |run| {
                        let width = (run.end - run.start) * scale;
                        let place = Point::new(x + run.start * scale, top);
                        let size = Size::new(width as u32, scale as u32);
                        target.fill_solid(&Rectangle::new(place, size), color)
                    })?;
                    top += scale;
                }
            }
            x += advance;
        }
        Ok(())
    }
}

/// Calls `fill` with each run of consecutive set bits, the lowest first.
pub(crate) fn runs<E>(
    mut bits: u32,
    mut fill: impl FnMut(Range<i32>) -> Result<(), E>,
) -> Result<(), E> {
    let mut at = 0;
    while bits != 0 {
        let dark = bits.trailing_zeros();
        let lit = (bits >> dark).trailing_ones();
        fill((at + dark) as i32..(at + dark + lit) as i32)?;
        at += dark + lit;
        bits = bits.checked_shr(dark + lit).unwrap_or(0);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use super::*;

    #[test]
    fn runs_are_the_set_bits() {
        for (bits, expected) in [
            (0, &[][..]),
            (0b1011, &[(0, 2), (3, 4)]),
            (u32::MAX, &[(0, 32)]),
            (1 << 31, &[(31, 32)]),
        ] {
            let mut seen = Vec::new();
            let Ok(()) = runs(bits, |run| {
                seen.push((run.start, run.end));
                Ok::<_, core::convert::Infallible>(())
            });
            assert_eq!(seen, expected, "{bits:b}");
        }
    }

    #[test]
    fn characters_outside_latin_1_are_replaced_by_similar_ones() {
        for (exotic, plain) in [("–", "-"), ("š", "s"), ("\u{2009}", " "), ("字", "?"), ("ÿ", "ÿ")]
        {
            let place = |text: &str| text.chars().map(index).collect::<Vec<_>>();
            assert_eq!(place(exotic), place(plain), "{exotic}");
        }
        assert_ne!(index('å'), index('a'));
    }
}

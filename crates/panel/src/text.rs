//! Words: the public-domain X11 fonts that embedded-graphics carries, set
//! proportionally. As they come, an `i` is as wide as an `m`; a panel of 64
//! pixels has no room for that. Latin-1, so å ä ö é ² are drawn as they are.
use core::ops::Range;

use embedded_graphics::{
    image::GetPixel,
    mono_font::{MonoFont, iso_8859_1 as latin1},
    pixelcolor::BinaryColor,
    prelude::{DrawTarget, OriginDimensions, Point, Size},
    primitives::Rectangle,
};

/// A font, the gap between its letters and how much it is enlarged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Face {
    font: &'static MonoFont<'static>,
    /// Wide letters, which a font of equal widths can only squeeze.
    wide: &'static [(char, &'static [&'static str])],
    gap: i32,
    scale: i32,
    /// Height of a capital, px.
    pub(crate) cap: i32,
}

/// Capitals of 20 px: the ticker and short names on the large panel.
pub(crate) const GIANT: Face = Face::new(&latin1::FONT_7X14_BOLD, wide::BOLD, 1, 2, 20);
/// Capitals of 13 px.
pub(crate) const LARGE: Face = Face::new(&latin1::FONT_10X20, &[], 2, 1, 13);
/// Capitals of 10 px with strong strokes: labels on the large panel.
pub(crate) const BOLD: Face = Face::new(&latin1::FONT_7X14_BOLD, wide::BOLD, 1, 1, 10);
/// Capitals of 7 px: labels on the small panel.
pub(crate) const PLAIN: Face = Face::new(&latin1::FONT_6X10, &[], 1, 1, 7);
/// Capitals of 6 px, for what is too long for `PLAIN`.
pub(crate) const NARROW: Face = Face::new(&latin1::FONT_5X8, wide::NARROW, 1, 1, 6);
/// Capitals of 5 px: the last resort.
pub(crate) const TINY: Face = Face::new(&latin1::FONT_4X6, wide::TINY, 1, 1, 5);

/// What the ink of a line takes, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Extent {
    pub(crate) width: i32,
    /// Rows above the baseline.
    pub(crate) above: i32,
    /// Rows below it.
    pub(crate) below: i32,
}

/// What Latin-1 lacks, in what it has: dashes, quotes, and the letters of Sámi
/// and of the neighbours' names.
fn fold(c: char) -> char {
    const FROM: &str = "‐‑‒–—−‘’“”•šŠčČžŽđĐŋŊŧŦłŁőŐűŰ";
    const TO: &str = "------''\"\"·sScCzZdDnNtTlLöÖüÜ";
    match c {
        _ if c.is_whitespace() => ' ',
        '\u{100}'.. => {
            FROM.chars().zip(TO.chars()).find(|(from, _)| *from == c).map_or(c, |(_, to)| to)
        }
        _ => c,
    }
}

/// Where the pixels of a character are.
struct Cell {
    /// In the image of the font.
    at: Point,
    width: i32,
    height: i32,
    /// Instead of the image, standing on the baseline.
    art: Option<&'static [&'static str]>,
}

impl Face {
    const fn new(
        font: &'static MonoFont<'static>,
        wide: &'static [(char, &'static [&'static str])],
        gap: i32,
        scale: i32,
        cap: i32,
    ) -> Self {
        Self { font, wide, gap: gap * scale, scale, cap }
    }

    fn cell(self, c: char) -> Cell {
        let c = fold(c);
        let Size { width, height } = self.font.character_size;
        let per_row = (self.font.image.size().width / width).max(1);
        let index = self.font.glyph_mapping.index(c) as u32;
        let at = Point::new((index % per_row * width) as i32, (index / per_row * height) as i32);
        let art = self.wide.iter().find(|(letter, _)| *letter == c).map(|(_, art)| *art);
        let width = art.map_or(width, |art| art[0].len() as u32);
        Cell { at, width: width as i32, height: height as i32, art }
    }

    /// Whether a pixel of the cell has ink.
    fn ink(self, cell: &Cell, x: i32, y: i32) -> bool {
        match cell.art {
            None => self.font.image.pixel(cell.at + Point::new(x, y)) == Some(BinaryColor::On),
            Some(art) => {
                let row = y - (self.font.baseline as i32 + 1 - art.len() as i32);
                let row = usize::try_from(row).ok().and_then(|row| art.get(row));
                row.is_some_and(|row| row.as_bytes().get(x as usize) == Some(&b'#'))
            }
        }
    }

    /// Columns of the cell that a character takes: those with ink, of which a space has none.
    fn columns(self, cell: &Cell) -> Range<i32> {
        let lit = |x: &i32| (0..cell.height).any(|y| self.ink(cell, *x, y));
        match (0..cell.width).find(lit) {
            Some(first) => first..(first..cell.width).rfind(lit).unwrap_or(first) + 1,
            None => 0..(cell.width - 1) / 2,
        }
    }

    /// How far a character moves the next.
    fn advance(self, columns: &Range<i32>) -> i32 {
        (columns.end - columns.start) * self.scale + self.gap
    }

    /// From the left edge of the first character to the right edge of the last, px.
    pub(crate) fn width(self, text: &str) -> i32 {
        let advance = |c| self.advance(&self.columns(&self.cell(c)));
        (text.chars().map(advance).sum::<i32>() - self.gap).max(0)
    }

    /// What a line takes, px.
    pub(crate) fn extent(self, text: &str) -> Extent {
        let baseline = self.font.baseline as i32 + 1;
        let (mut above, mut below) = (0, 0);
        for cell in text.chars().map(|c| self.cell(c)) {
            let lit = |y: &i32| (0..cell.width).any(|x| self.ink(&cell, x, *y));
            if let Some(top) = (0..cell.height).find(lit) {
                above = above.max(baseline - top);
                below = below.max((top..cell.height).rfind(lit).unwrap_or(top) + 1 - baseline);
            }
        }
        Extent { width: self.width(text), above: above * self.scale, below: below * self.scale }
    }

    /// Draws a line from `left`, standing on the row above `baseline`. Characters
    /// wholly outside `within` are passed over.
    pub(crate) fn draw<D: DrawTarget>(
        self,
        target: &mut D,
        text: &str,
        (left, baseline): (i32, i32),
        within: &Range<i32>,
        color: D::Color,
    ) -> Result<(), D::Error> {
        let scale = self.scale;
        let top = baseline - (self.font.baseline as i32 + 1) * scale;
        let mut x = left;
        for c in text.chars() {
            if x >= within.end {
                break;
            }
            let cell = self.cell(c);
            let columns = self.columns(&cell);
            let advance = self.advance(&columns);
            if x + advance > within.start {
                for v in 0..cell.height {
                    let lit = |u: &i32| self.ink(&cell, *u, v);
                    let place =
                        |u: i32| Point::new(x + (u - columns.start) * scale, top + v * scale);
                    runs(columns.clone(), lit, |run| {
                        let size = Size::new(((run.end - run.start) * scale) as u32, scale as u32);
                        target.fill_solid(&Rectangle::new(place(run.start), size), color)
                    })?;
                }
            }
            x += advance;
        }
        Ok(())
    }
}

/// Calls `fill` with each unbroken stretch of `places` that is `lit`.
pub(crate) fn runs<E>(
    places: Range<i32>,
    lit: impl Fn(&i32) -> bool,
    mut fill: impl FnMut(Range<i32>) -> Result<(), E>,
) -> Result<(), E> {
    let mut rest = places;
    while let Some(start) = rest.find(&lit) {
        let end = rest.find(|x| !lit(x)).unwrap_or(rest.end);
        fill(start..end)?;
    }
    Ok(())
}

/// Letters drawn anew, in the manner of their fonts.
mod wide {
    type Letters = &'static [(char, &'static [&'static str])];

    #[rustfmt::skip]
    pub(super) const BOLD: Letters = &[
        ('M', &["##....##", "###..###", "########", "##.##.##", "##.##.##",
                "##....##", "##....##", "##....##", "##....##", "##....##"]),
        ('W', &["##....##", "##....##", "##....##", "##....##", "##.##.##",
                "##.##.##", "##.##.##", "########", "###..###", "##....##"]),
        ('m', &["#######.", "##.##.##", "##.##.##", "##.##.##", "##.##.##", "##.##.##",
                "##.##.##"]),
        ('w', &["##.##.##", "##.##.##", "##.##.##", "##.##.##", "##.##.##", "########",
                ".##..##."]),
    ];

    #[rustfmt::skip]
    pub(super) const NARROW: Letters = &[
        ('M', &["#...#", "##.##", "#.#.#", "#.#.#", "#...#", "#...#"]),
        ('W', &["#...#", "#...#", "#.#.#", "#.#.#", "##.##", "#...#"]),
    ];

    #[rustfmt::skip]
    pub(super) const TINY: Letters = &[
        ('M', &["#...#", "##.##", "#.#.#", "#...#", "#...#"]),
        ('W', &["#...#", "#...#", "#.#.#", "##.##", "#...#"]),
        ('m', &["####.", "#.#.#", "#.#.#", "#.#.#"]),
        ('w', &["#.#.#", "#.#.#", "#.#.#", ".#.#."]),
    ];
}

//! Figures that are legible across a lobby: digits of straight strokes with cut corners,
//! computed for any size instead of taken from a font. Strokes are at least two LEDs thick,
//! and there is no anti-aliasing, because half-lit pixels are noise on an LED matrix.
use embedded_graphics::{
    prelude::{DrawTarget, Point, Size},
    primitives::Rectangle,
};

use crate::text::runs;

/// Height and width of a digit and thickness of its strokes, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) height: i32,
    width: i32,
    stroke: i32,
}

/// The columns `from..to` of a row as set bits; a row has at most 31 columns.
const fn span(from: i32, to: i32) -> u32 {
    const fn below(end: i32) -> u32 {
        if end <= 0 { 0 } else { (1 << end) - 1 }
    }
    below(to) & !below(from)
}

impl Digits {
    pub(crate) const fn new(height: i32, width: i32, stroke: i32) -> Self {
        Self { height, width, stroke }
    }

    /// Rows that a comma extends below the figures, px.
    pub(crate) const fn drop(self) -> i32 {
        self.stroke - self.stroke / 3
    }

    fn gap(self) -> i32 {
        (self.stroke + 1) / 2 + self.width / 16
    }

    fn glyph_width(self, c: char) -> i32 {
        let s = self.stroke;
        match c {
            '1' => s + s.max(self.width / 3),
            ',' | '.' | ':' => s,
            ' ' => s / 2,
            '-' => self.width * 2 / 3,
            '+' => (self.width - 1 - s) / 2 * 2 + s,
            _ => self.width,
        }
    }

    /// From the left edge of the first character to the right edge of the last, px.
    pub(crate) fn width(self, text: &str) -> i32 {
        let advance = |c| self.glyph_width(c) + self.gap();
        (text.chars().map(advance).sum::<i32>() - self.gap()).max(0)
    }

    /// Draws the text with its top left at `at`; a comma extends below the height.
    pub(crate) fn draw<D: DrawTarget>(
        self,
        target: &mut D,
        text: &str,
        at: Point,
        color: D::Color,
    ) -> Result<(), D::Error> {
        let mut left = at.x;
        for c in text.chars() {
            let end = self.height + self.drop();
            let mut y = 0;
            while y < end {
                // Equal rows are filled by one call; most rows of a digit are equal.
                let row = self.row(c, y);
                let same = (y + 1..end).take_while(|below| self.row(c, *below) == row).count();
                let tall = 1 + same as i32;
                runs(row, |run| {
                    let size = Size::new((run.end - run.start) as u32, tall as u32);
                    let place = Point::new(left + run.start, at.y + y);
                    target.fill_solid(&Rectangle::new(place, size), color)
                })?;
                y += tall;
            }
            left += self.glyph_width(c) + self.gap();
        }
        Ok(())
    }

    /// The lit columns of a row; the leftmost is the lowest bit.
    fn row(self, c: char, y: i32) -> u32 {
        let Self { height: h, stroke: s, .. } = self;
        let w = self.glyph_width(c);
        let middle = (h - s) / 2;
        let bar = (middle..middle + s).contains(&y);
        let lit = |lit: bool| if lit { span(0, w) } else { 0 };
        match c {
            // The part below the baseline narrows to the left.
            ',' if y >= h => span(0, s - 1 - (y - h)),
            _ if y >= h => 0,
            ',' | '.' => lit(y >= h - s),
            ':' => {
                let dot = |from: i32| (from..from + s).contains(&y);
                lit(dot(h / 4) || dot(h - h / 4 - s))
            }
            '-' => lit(bar),
            '+' => {
                let arm = (w - s) / 2;
                match y {
                    _ if bar => span(0, w),
                    _ if (middle - arm..middle + s + arm).contains(&y) => span(arm, arm + s),
                    _ => 0,
                }
            }
            // A vertical stem with a diagonal flag.
            '1' => {
                let flag = w - s;
                let from = if y < w { (flag - 1 - y).max(0) } else { flag };
                let to = if y < w { (w - y).min(flag) } else { flag };
                span(from, to.max(from)) | span(flag, w)
            }
            '7' if y < s => span(0, w - (self.cut() - y).max(0)),
            '7' => {
                let left = (w - s) - (y - s) * (w - s) * 5 / (8 * (h - s));
                span(left, left + s)
            }
            _ => c.to_digit(10).map_or(0, |digit| self.segments(digit as usize, y)),
        }
    }

    /// Length of the cut of an outer corner, px.
    fn cut(self) -> i32 {
        (self.stroke + 1) / 2
    }

    /// A row of a seven-segment digit, with the outer corners between two strokes cut off.
    fn segments(self, digit: usize, y: i32) -> u32 {
        // Bits from the lowest: top, upper right, lower right, bottom, lower left, upper left,
        // middle.
        const STROKES: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];
        let Self { height: h, width: w, stroke: s } = self;
        let on = |stroke: u8| STROKES[digit] >> stroke & 1 == 1;
        let middle = (h - s) / 2;
        let (upper, lower) = (y < middle + s, y >= middle);
        let mut row = 0;
        if on(0) && y < s || on(3) && y >= h - s {
            row |= span(0, w);
        }
        if on(6) && upper && lower {
            // The middle stroke of a 3 is shorter.
            row |= span(if digit == 3 { s - 1 } else { 0 }, w);
        }
        if on(5) && upper || on(4) && lower {
            row |= span(0, s);
        }
        if on(1) && upper || on(2) && lower {
            row |= span(w - s, w);
        }
        // Distances in rows from the outer edges of the strokes that form corners.
        let (from_top, from_bottom) = (y, h - 1 - y);
        let (below, above) = (middle + s - 1 - y, y - middle);
        let cut = |turns: bool, rows: i32| {
            if turns && rows >= 0 { (self.cut() - rows).max(0) } else { 0 }
        };
        let left = cut(on(0) && on(5), from_top)
            .max(cut(on(3) && on(4), from_bottom))
            .max(cut(on(6) && on(5) && !on(4), below))
            .max(cut(on(6) && on(4) && !on(5), above));
        let right = cut(on(0) && on(1), from_top)
            .max(cut(on(3) && on(2), from_bottom))
            .max(cut(on(6) && on(1) && !on(2), below))
            .max(cut(on(6) && on(2) && !on(1), above));
        row & span(left, w - right)
    }
}

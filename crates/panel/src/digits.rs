//! Figures to be read across a lobby: digits of straight strokes with cut corners,
//! drawn at any size from a rule instead of a font. No anti-aliasing: half-lit
//! pixels are noise on an LED matrix. Strokes are at least two LEDs thick.
use embedded_graphics::{
    prelude::{DrawTarget, Point, Size},
    primitives::Rectangle,
};

use crate::text::runs;

/// Height, width of a digit and thickness of its strokes, px.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits {
    pub(crate) height: i32,
    width: i32,
    stroke: i32,
}

impl Digits {
    pub(crate) const fn new(height: i32, width: i32, stroke: i32) -> Self {
        Self { height, width, stroke }
    }

    /// Rows below the figures into which a comma hangs.
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

    /// From the left edge of the first to the right edge of the last, px.
    pub(crate) fn width(self, text: &str) -> i32 {
        let advance = |c| self.glyph_width(c) + self.gap();
        (text.chars().map(advance).sum::<i32>() - self.gap()).max(0)
    }

    /// Draws with the top left at a place; a comma goes below the height.
    pub(crate) fn draw<D: DrawTarget>(
        self,
        target: &mut D,
        text: &str,
        at: Point,
        color: D::Color,
    ) -> Result<(), D::Error> {
        let mut left = at.x;
        for c in text.chars() {
            let width = self.glyph_width(c);
            for y in 0..self.height + self.stroke {
                runs(
                    0..width,
                    |x| self.ink(c, *x, y),
                    |run| {
                        let size = Size::new((run.end - run.start) as u32, 1);
                        target.fill_solid(
                            &Rectangle::new(Point::new(left + run.start, at.y + y), size),
                            color,
                        )
                    },
                )?;
            }
            left += width + self.gap();
        }
        Ok(())
    }

    fn ink(self, c: char, x: i32, y: i32) -> bool {
        let Self { height: h, stroke: s, .. } = self;
        let w = self.glyph_width(c);
        let middle = (h - s) / 2;
        let bar = (middle..middle + s).contains(&y);
        match c {
            // What hangs below the line narrows to the left, as a pen draws it.
            ',' if y >= h => y < h + self.drop() && x >= 0 && x < s - 1 - (y - h),
            _ if y >= h => false,
            ',' | '.' => y >= h - s,
            ':' => (h / 4..h / 4 + s).contains(&y) || (h - h / 4 - s..h - h / 4).contains(&y),
            '-' => bar,
            '+' => {
                let arm = (w - s) / 2;
                (bar || (arm..arm + s).contains(&x))
                    && (middle - arm..middle + s + arm).contains(&y)
            }
            '1' => {
                x >= w - s || (y < s + (w - s) && y >= w - s - 1 - x && y < w - s - 1 - x + s + 1)
            }
            '7' => {
                let fall = (y - s).max(0);
                let left = (w - s) - fall * (w - s) * 5 / (8 * (h - s));
                (y < s || (left..left + s).contains(&x)) && w - 1 - x + y >= self.cut()
            }
            _ => c.to_digit(10).is_some_and(|digit| self.segments(digit as usize, x, y)),
        }
    }

    /// How much of an outer corner is cut.
    fn cut(self) -> i32 {
        (self.stroke + 1) / 2
    }

    /// The seven strokes, and the corners where two of them turn.
    fn segments(self, digit: usize, x: i32, y: i32) -> bool {
        // top, right upper, right lower, bottom, left lower, left upper, middle
        const STROKES: [u8; 10] = [0x3f, 0x06, 0x5b, 0x4f, 0x66, 0x6d, 0x7d, 0x07, 0x7f, 0x6f];
        let Self { height: h, width: w, stroke: s } = self;
        let on = |stroke: u8| STROKES[digit] >> stroke & 1 == 1;
        let middle = (h - s) / 2;
        let (left, right) = (x < s, x >= w - s);
        let (upper, lower) = (y < middle + s, y >= middle);
        let lit = on(0) && y < s
            || on(3) && y >= h - s
            || on(6) && (middle..middle + s).contains(&y) && !(digit == 3 && x < s - 1)
            || on(5) && left && upper
            || on(4) && left && lower
            || on(1) && right && upper
            || on(2) && right && lower;
        let (from_left, from_right) = (x, w - 1 - x);
        let (from_top, from_bottom) = (y, h - 1 - y);
        let (below, above) = (middle + s - 1 - y, y - middle);
        let corner = |a: i32, b: i32| a >= 0 && b >= 0 && a + b < self.cut();
        let cut = on(0) && on(5) && corner(from_left, from_top)
            || on(0) && on(1) && corner(from_right, from_top)
            || on(3) && on(4) && corner(from_left, from_bottom)
            || on(3) && on(2) && corner(from_right, from_bottom)
            || on(6) && on(5) && !on(4) && corner(from_left, below)
            || on(6) && on(4) && !on(5) && corner(from_left, above)
            || on(6) && on(1) && !on(2) && corner(from_right, below)
            || on(6) && on(2) && !on(1) && corner(from_right, above);
        lit && !cut
    }
}

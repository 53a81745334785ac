//! Shapes other than text: arrows, the bar of today's energy, the load curve of a day, a moon.
use embedded_graphics::{
    pixelcolor::Rgb888,
    prelude::{DrawTarget, Point, Size},
    primitives::Rectangle,
};
use wire::Direction;

use crate::{geometry::area, palette, text::runs};

#[derive(Debug, Clone)]
pub(crate) enum Shape<'a> {
    /// An arrow up, to the right or down.
    Arrow(Direction),
    /// A bar filled up to `filled`, with a track up to `usual` and a mark at its end, px.
    Bar { filled: i32, usual: Option<i32> },
    /// 24 columns of equal width, one for each hour; the last is that of `hour`.
    Curve { hours: &'a [Option<u32>; 24], hour: i8, gap: i32 },
    /// A waning moon.
    Moon,
}

/// `pixels` × `value` / `of`, at least 1 for a positive value.
pub(crate) fn share(value: i64, of: i64, pixels: i32) -> i32 {
    let (mut value, mut of) = (value.max(0), of.max(1));
    if value == 0 {
        return 0;
    }
    // Halving both keeps the quotient and prevents an overflow of the product below.
    while of > 1 << 40 {
        (value, of) = (value / 2, of / 2);
    }
    let pixels = i64::from(pixels);
    (((value.min(of) * pixels + of / 2) / of).clamp(1, pixels)) as i32
}

impl Shape<'_> {
    pub(crate) fn draw<D>(
        &self,
        target: &mut D,
        at: Rectangle,
        color: D::Color,
    ) -> Result<(), D::Error>
    where
        D: DrawTarget,
        D::Color: From<Rgb888>,
    {
        let (x, y) = (at.top_left.x, at.top_left.y);
        let (w, h) = (at.size.width as i32, at.size.height as i32);
        match self {
            Self::Arrow(direction) => fill(target, at, color, |u, v| match direction {
                Direction::Up => arrow(u, v, w, h),
                Direction::Down => arrow(u, h - 1 - v, w, h),
                Direction::Level => arrow(v, w - 1 - u, h, w),
            }),
            Self::Moon => fill(target, at, color, |u, v| {
                let (u, v, r) = (2 * u + 1 - w, 2 * v + 1 - h, h * h);
                let (p, q) = (u - h * 3 / 5, v + h / 5);
                u * u + v * v <= r && p * p + q * q > r * 3 / 4
            }),
            Self::Bar { filled, usual } => {
                let mut part = |from: i32, to: i32, color| {
                    target.fill_solid(&area(x + from, y, to - from, h), color)
                };
                match *usual {
                    None => part(0, *filled, color),
                    Some(usual) => {
                        // The mark is two pixels wide, with a dark pixel on either side.
                        let mark = (usual - 2).clamp(0, w - 2);
                        part(0, (*filled).min(mark - 1), color)?;
                        part((*filled).min(mark - 1).max(0), mark - 1, palette::FAINT.into())?;
                        part(mark, mark + 2, palette::FIGURE.into())?;
                        part(mark + 3, *filled, color)
                    }
                }
            }
            Self::Curve { hours, hour, gap } => {
                let step = w / 24;
                let most = hours.iter().flatten().max().copied().unwrap_or(0);
                for (i, watts) in (0..24).zip(hours.iter()) {
                    let left = x + i * step;
                    let Some(watts) = watts else {
                        target.fill_solid(&area(left, y + h - 1, 1, 1), palette::FAINT.into())?;
                        continue;
                    };
                    let tall = share(i64::from(*watts), i64::from(most), h).max(1);
                    let then = (i32::from(*hour) + 1 + i) % 24;
                    let night = !(5..22).contains(&then);
                    let bar = area(left, y + h - tall, step - gap, tall);
                    target.fill_solid(&bar, if night { palette::NIGHT.into() } else { color })?;
                }
                Ok(())
            }
        }
    }
}

/// Whether a pixel belongs to an arrow that points up: a head over a stem a third as wide.
fn arrow(u: i32, v: i32, w: i32, h: i32) -> bool {
    let off = (2 * u + 1 - w).abs();
    let head = (w + 1) / 2;
    if v < head { off <= 2 * v + w % 2 } else { v < h && 3 * off <= w }
}

/// Fills the pixels for which `lit` holds; its arguments are coordinates within the area.
fn fill<D: DrawTarget>(
    target: &mut D,
    at: Rectangle,
    color: D::Color,
    lit: impl Fn(i32, i32) -> bool,
) -> Result<(), D::Error> {
    for v in 0..at.size.height as i32 {
        // A shape is at most 32 pixels wide.
        let row = (0..at.size.width as i32).fold(0, |row, u| row | u32::from(lit(u, v)) << u);
        runs(row, |run| {
            let start = at.top_left + Point::new(run.start, v);
            let size = Size::new((run.end - run.start) as u32, 1);
            target.fill_solid(&Rectangle::new(start, size), color)
        })?;
    }
    Ok(())
}

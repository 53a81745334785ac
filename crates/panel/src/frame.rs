//! A picture in memory, which the server encodes as PNG and the firmware sends to a HUB75
//! panel. Pixels outside of it are ignored, but counted, so that tests can assert that
//! there are none.
use core::convert::Infallible;

use embedded_graphics::{
    Pixel,
    pixelcolor::Rgb888,
    prelude::{DrawTarget, OriginDimensions, Point, RgbColor, Size},
    primitives::Rectangle,
};

/// `W` × `H` pixels with a byte each for red, green and blue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame<const W: usize, const H: usize> {
    rows: [[[u8; 3]; W]; H],
    outside: u32,
}

/// The picture of a 64x32 panel.
pub type Frame64x32 = Frame<64, 32>;
/// The picture of a 128x64 panel.
pub type Frame128x64 = Frame<128, 64>;

impl<const W: usize, const H: usize> Frame<W, H> {
    /// A black picture.
    pub const fn new() -> Self {
        Self { rows: [[[0; 3]; W]; H], outside: 0 }
    }

    /// The pixels row by row from the top left, three bytes each.
    pub const fn rgb(&self) -> &[u8] {
        self.rows.as_flattened().as_flattened()
    }

    /// Red, green and blue of a pixel; `None` outside the picture.
    pub fn pixel(&self, x: usize, y: usize) -> Option<[u8; 3]> {
        self.rows.get(y)?.get(x).copied()
    }

    /// The number of pixels drawn outside the picture since [`Frame::new`].
    pub const fn outside(&self) -> u32 {
        self.outside
    }
}

impl<const W: usize, const H: usize> Default for Frame<W, H> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const W: usize, const H: usize> OriginDimensions for Frame<W, H> {
    fn size(&self) -> Size {
        Size::new(W as u32, H as u32)
    }
}

fn bytes(color: Rgb888) -> [u8; 3] {
    [color.r(), color.g(), color.b()]
}

impl<const W: usize, const H: usize> DrawTarget for Frame<W, H> {
    type Color = Rgb888;
    type Error = Infallible;

    fn draw_iter<I>(&mut self, pixels: I) -> Result<(), Infallible>
    where
        I: IntoIterator<Item = Pixel<Rgb888>>,
    {
        for Pixel(Point { x, y }, color) in pixels {
            let at = usize::try_from(y).ok().zip(usize::try_from(x).ok());
            match at.and_then(|(y, x)| self.rows.get_mut(y)?.get_mut(x)) {
                Some(pixel) => *pixel = bytes(color),
                None => self.outside = self.outside.saturating_add(1),
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Rgb888) -> Result<(), Infallible> {
        let inside = area.intersection(&Rectangle::new(Point::zero(), self.size()));
        let pixels = |r: &Rectangle| r.size.width.saturating_mul(r.size.height);
        self.outside = self.outside.saturating_add(pixels(area) - pixels(&inside));
        let (x, y) = (inside.top_left.x as usize, inside.top_left.y as usize);
        let (w, h) = (inside.size.width as usize, inside.size.height as usize);
        for row in self.rows.iter_mut().skip(y).take(h) {
            row[x..x + w].fill(bytes(color));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drawing_outside_is_counted_and_harmless() {
        let mut frame = Frame::<4, 2>::new();
        frame
            .fill_solid(&Rectangle::new(Point::new(-1, -1), Size::new(3, 2)), Rgb888::RED)
            .expect("infallible");
        assert_eq!(frame.outside(), 4);
        let away = [Point::new(4, 0), Point::new(0, 2), Point::new(i32::MIN, i32::MAX)];
        frame.draw_iter(away.map(|p| Pixel(p, Rgb888::RED))).expect("infallible");
        assert_eq!(frame.outside(), 7);
        assert_eq!(frame.rgb().iter().filter(|b| **b > 0).count(), 2);
        assert_eq!(frame.pixel(1, 0), Some([255, 0, 0]));
        assert_eq!(frame.pixel(4, 0), None);
        assert_eq!(frame.rgb().len(), 4 * 2 * 3);
    }
}

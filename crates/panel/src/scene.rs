//! A view as a list of items with their areas. Only these are drawn, so that tests can show
//! that nothing overlaps, leaves the panel or is truncated.
use embedded_graphics::{
    pixelcolor::Rgb888,
    prelude::{DrawTarget, DrawTargetExt, Point},
    primitives::Rectangle,
};
use heapless::{String, Vec};

use crate::{digits::Digits, geometry::area, shapes::Shape, text::Face};

/// An item on a panel.
#[derive(Debug, Clone)]
pub(crate) struct Item<'a> {
    /// The area that contains all its pixels.
    pub(crate) area: Rectangle,
    pub(crate) content: Content<'a>,
    pub(crate) color: Rgb888,
}

#[derive(Debug, Clone)]
pub(crate) enum Content<'a> {
    /// A line; `above` is from the top of the area to the baseline.
    Text {
        face: Face,
        text: String<40>,
        above: i32,
    },
    /// Scrolling text; `left` is its present left edge.
    Ticker {
        face: Face,
        text: &'a str,
        left: i32,
        above: i32,
    },
    Figure {
        digits: Digits,
        text: String<12>,
    },
    Shape(Shape<'a>),
}

/// The items of a panel.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scene<'a> {
    pub(crate) items: Vec<Item<'a>, 8>,
}

impl<'a> Scene<'a> {
    pub(crate) fn add(&mut self, area: Rectangle, content: Content<'a>, color: Rgb888) {
        let room = self.items.push(Item { area, content, color });
        debug_assert!(room.is_ok(), "more items than a scene holds");
    }

    pub(crate) fn shape(&mut self, area: Rectangle, shape: Shape<'a>, color: Rgb888) {
        self.add(area, Content::Shape(shape), color);
    }

    /// A line with its ink beginning at `left`. Returns its width.
    pub(crate) fn text(
        &mut self,
        face: Face,
        text: &str,
        (left, baseline): (i32, i32),
        color: Rgb888,
    ) -> i32 {
        let extent = face.extent(text);
        let mut owned = String::new();
        let fits = owned.push_str(text);
        debug_assert!(fits.is_ok(), "{text}");
        if fits.is_ok() && extent.width > 0 {
            let place =
                area(left, baseline - extent.above, extent.width, extent.above + extent.below);
            self.add(place, Content::Text { face, text: owned, above: extent.above }, color);
        }
        extent.width
    }

    /// A figure with its top left corner there. Returns its width.
    pub(crate) fn figure(
        &mut self,
        digits: Digits,
        text: &String<12>,
        (left, top): (i32, i32),
        color: Rgb888,
    ) -> i32 {
        let width = digits.width(text);
        let drop = if text.contains(',') { digits.drop() } else { 0 };
        let place = area(left, top, width, digits.height + drop);
        self.add(place, Content::Figure { digits, text: text.clone() }, color);
        width
    }

    /// Draws everything.
    pub(crate) fn draw<D>(&self, target: &mut D) -> Result<(), D::Error>
    where
        D: DrawTarget,
        D::Color: From<Rgb888>,
    {
        for Item { area, content, color } in &self.items {
            let color = (*color).into();
            let Point { x, y } = area.top_left;
            let columns = x..x + area.size.width as i32;
            match content {
                Content::Text { face, text, above } => {
                    face.draw(target, text, (x, y + above), &columns, color)?;
                }
                Content::Ticker { face, text, left, above } => {
                    face.draw(
                        &mut target.clipped(area),
                        text,
                        (*left, y + above),
                        &columns,
                        color,
                    )?;
                }
                Content::Figure { digits, text } => {
                    digits.draw(target, text, area.top_left, color)?;
                }
                Content::Shape(shape) => shape.draw(target, *area, color)?,
            }
        }
        Ok(())
    }
}

//! Rectangles in the coordinates of a panel.
use embedded_graphics::{
    prelude::{Point, Size},
    primitives::Rectangle,
};

/// A rectangle by its top left corner and its size, px; a negative size is 0.
pub(crate) fn area(x: i32, y: i32, width: i32, height: i32) -> Rectangle {
    Rectangle::new(Point::new(x, y), Size::new(width.max(0) as u32, height.max(0) as u32))
}

//! Text that scrolls across the panel, from the right edge to the left.
use crate::{
    Size,
    text::{Face, GIANT, LARGE},
};

/// The longest time that a text takes to scroll through, ms.
pub(crate) const MAX_MS: u64 = 26_000;

/// Typeface, and the speed in pixels per second.
const fn style(size: Size) -> (Face, u64) {
    match size {
        Size::W64H32 => (LARGE, 40),
        Size::W128H64 => (GIANT, 64),
    }
}

pub(crate) const fn face(size: Size) -> Face {
    style(size).0
}

/// Distance from the entry of the first column to the exit of the last, px.
fn distance(text: &str, size: Size) -> u64 {
    u64::from(size.width()) + face(size).width(text).unsigned_abs() as u64
}

/// Duration, ms: 0 for an empty text, at most [`MAX_MS`], for which a long text is faster.
pub(crate) fn duration_ms(text: &str, size: Size) -> u64 {
    let text = text.trim();
    if text.is_empty() { 0 } else { (distance(text, size) * 1000 / style(size).1).min(MAX_MS) }
}

/// Left edge of the text `ms` milliseconds after it started, px.
pub(crate) fn left(text: &str, size: Size, ms: u64) -> i32 {
    let duration = duration_ms(text, size).max(1);
    let moved = distance(text.trim(), size) * ms.min(duration) / duration;
    // Both are a few thousand at most.
    size.width() as i32 - moved as i32
}

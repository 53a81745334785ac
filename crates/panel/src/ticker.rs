//! The line that runs along the panel: enters at the right edge, leaves at the left.
use crate::{
    Size,
    text::{Face, GIANT, LARGE},
    view::TICKER_MS,
};

/// Letters, and pixels per second while that is fast enough.
const fn style(size: Size) -> (Face, u64) {
    match size {
        Size::W64H32 => (LARGE, 40),
        Size::W128H64 => (GIANT, 64),
    }
}

pub(crate) const fn face(size: Size) -> Face {
    style(size).0
}

/// Pixels from when the first column enters to when the last has left.
fn way(text: &str, size: Size) -> u64 {
    u64::from(size.width()) + face(size).width(text).unsigned_abs() as u64
}

/// How long it runs, ms: nothing for an empty text, [`TICKER_MS`] for a very long one.
pub(crate) fn lasts_ms(text: &str, size: Size) -> u64 {
    let text = text.trim();
    if text.is_empty() { 0 } else { (way(text, size) * 1000 / style(size).1).min(TICKER_MS) }
}

/// Left edge of the text some milliseconds after it came up.
pub(crate) fn left(text: &str, size: Size, ms: u64) -> i32 {
    let lasts = lasts_ms(text, size).max(1);
    let gone = way(text.trim(), size) * ms.min(lasts) / lasts;
    // Both are some thousands at most.
    size.width() as i32 - gone as i32
}

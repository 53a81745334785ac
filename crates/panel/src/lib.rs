//! Draws a page of numbers on any `DrawTarget`. The same code runs on the lobby panel, in the
//! server's preview and in the tests.
//!
//! Invariants:
//! - The picture is a pure function of page, size and [`Moment`].
//! - No outdated number is shown: without readings, or without pages from the server, the
//!   panel shows since when there is no contact.
//! - Nothing is drawn outside the panel, nothing overlaps, no text is truncated.
//! - No allocation; each view costs a bounded amount of work.
//!
//! ```
//! use panel::{Frame64x32, Moment, Size, draw};
//! # fn show(page: &wire::Page) {
//! let mut frame = Frame64x32::new();
//! let Ok(()) = draw(&mut frame, Size::W64H32, page, Moment::from_unix_ms(1_800_000_000_000));
//! let rgb: &[u8] = frame.rgb();
//! # }
//! ```
#![no_std]

#[cfg(test)]
extern crate std;

mod compose;
mod digits;
mod frame;
mod freshness;
mod geometry;
mod labels;
mod local_power;
mod moment;
mod palette;
mod quantity;
mod scene;
mod shapes;
mod size;
mod text;
mod ticker;
mod view;

use embedded_graphics::{
    pixelcolor::Rgb888,
    prelude::{DrawTarget, RgbColor},
};
use wire::Page;

pub use frame::{Frame, Frame64x32, Frame128x64};
pub use freshness::PAGE_MAX_AGE_S;
pub use local_power::{LocalPower, page_without_contact, with_local_power};
pub use moment::Moment;
pub use size::{Size, UnknownSize};
pub use view::{
    NO_CONTACT_NAME_MS, NO_CONTACT_ROTATION_MS, ROTATION_MS, STEP_MAX_AHEAD_S, STEP_SHOWN_S, View,
    view,
};

/// Draws the page as a panel of this size shows it at this moment, on a black background.
/// The top left of the target is the top left of the panel.
///
/// # Errors
/// Those of the target.
pub fn draw<D>(target: &mut D, size: Size, page: &Page, moment: Moment) -> Result<(), D::Error>
where
    D: DrawTarget,
    D::Color: From<Rgb888>,
{
    let panel = geometry::area(0, 0, size.width() as i32, size.height() as i32);
    target.fill_solid(&panel, Rgb888::BLACK.into())?;
    compose::scene(page, size, moment).draw(target)
}

/// Renders a panel and passes width, height and pixels to `take`: row by row from the top
/// left, a byte each for red, green and blue.
pub fn render<R>(
    size: Size,
    page: &Page,
    moment: Moment,
    take: impl FnOnce(u32, u32, &[u8]) -> R,
) -> R {
    fn drawn<const W: usize, const H: usize>(
        size: Size,
        page: &Page,
        moment: Moment,
    ) -> Frame<W, H> {
        let mut frame = Frame::new();
        let Ok(()) = draw(&mut frame, size, page, moment);
        frame
    }
    match size {
        Size::W64H32 => take(64, 32, drawn::<64, 32>(size, page, moment).rgb()),
        Size::W128H64 => take(128, 64, drawn::<128, 64>(size, page, moment).rgb()),
    }
}

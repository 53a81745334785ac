//! A page of numbers to pixels on any DrawTarget: the same code on the lobby
//! panel, in the server's preview and in the tests.
//!
//! Invariants:
//! - What is drawn is a function of the page, the size and the [`Moment`], alone.
//! - No number is shown that is not known to be of now: without news from the
//!   house or from the server the panel says since when it has heard nothing.
//! - Nothing is drawn outside the panel, nothing overlaps, no text is cut.
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
mod contact;
mod digits;
mod frame;
mod ink;
mod local_power;
mod moment;
mod number;
mod scene;
mod shapes;
mod size;
mod text;
mod ticker;
mod view;
mod words;

use embedded_graphics::{
    pixelcolor::Rgb888,
    prelude::{DrawTarget, RgbColor},
};
use wire::Page;

pub use contact::PAGE_MAX_AGE_S;
pub use frame::{Frame, Frame64x32, Frame128x64};
pub use local_power::{LocalPower, page_without_contact, with_local_power};
pub use moment::Moment;
pub use size::{Size, UnknownSize};
pub use view::{
    NO_CONTACT_NAME_MS, NO_CONTACT_ROTATION_MS, ROTATION_MS, STEP_MAX_AHEAD_S, STEP_SHOWN_S, View,
    view,
};

/// Draws what a panel of this size shows of the page at the moment, dark first.
/// The top left of the target is the top left of the panel.
///
/// # Errors
/// Those of the target.
pub fn draw<D>(target: &mut D, size: Size, page: &Page, moment: Moment) -> Result<(), D::Error>
where
    D: DrawTarget,
    D::Color: From<Rgb888>,
{
    let panel = scene::area(0, 0, size.width() as i32, size.height() as i32);
    target.fill_solid(&panel, Rgb888::BLACK.into())?;
    compose::scene(page, size, moment).draw(target)
}

/// The picture of a panel, given to `take` as width, height and pixels: row by row
/// from the top left, red, green and blue with a byte each.
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

//! The panel: the newest page and the house's own power, drawn by the `panel` crate the
//! moment they come, and as often as anything moves.
use core::convert::Infallible;

use embassy_futures::select::{Either3, select3};
use embassy_time::{Duration, Instant, Ticker};
use panel::{Frame, Moment, Size, draw, page_without_contact, with_local_power};
use wire::Language;

use crate::state::State;

/// A ticker that runs smoothly.
const FRAMES: Duration = Duration::from_millis(40);

/// Where a picture goes.
pub trait Screen {
    /// Shows it at so many percent of its brightness: row by row from the top left, red,
    /// green and blue with a byte each.
    fn show(&mut self, rgb: &[u8], percent: u8);
}

/// Draws for ever. `frame` is as large as the panel, and so large that it does not
/// belong into a future.
pub async fn run<const W: usize, const H: usize>(
    state: &State,
    screen: &mut impl Screen,
    frame: &mut Frame<W, H>,
) -> Infallible {
    let size = if W > 64 { Size::W128H64 } else { Size::W64H32 };
    let mut page = page_without_contact(Language::Swedish);
    let mut own = None;
    let mut tick = Ticker::every(FRAMES);
    loop {
        let moment = match state.clock.unix_us() {
            Some(unix_us) => Moment::from_unix_ms(unix_us / 1000),
            // Nobody has told the time: views turn all the same, and no number is shown.
            None => Moment { elapsed_ms: Instant::now().as_millis(), ..Moment::from_unix_ms(0) },
        };
        let shown = match own {
            Some(own) => with_local_power(page.clone(), own),
            None => page.clone(),
        };
        let Ok(()) = draw(frame, size, &shown, moment);
        screen.show(frame.rgb(), state.brightness(shown.utc_offset_min));
        match select3(state.local_power.wait(), state.page.wait(), tick.next()).await {
            Either3::First(new) => own = Some(new),
            Either3::Second(new) => page = new,
            Either3::Third(()) => {}
        }
    }
}

//! The panel: the newest page and the building's own power, drawn by the `panel` crate as
//! soon as they arrive, and as often as anything moves.
use core::convert::Infallible;

use embassy_futures::select::{Either3, select3};
use embassy_time::{Duration, Instant, Ticker};
use panel::{Frame, Moment, Size, draw, page_without_contact, with_local_power};
use wire::Language;

use crate::state::State;

/// Time between two pictures: scrolling text is smooth at 25 a second.
const FRAMES: Duration = Duration::from_millis(40);

/// A display for pictures.
pub trait Screen {
    /// Shows a picture at `percent` of the brightness. `rgb` has the pixels row by row from
    /// the top left, three bytes each.
    fn show(&mut self, rgb: &[u8], percent: u8);
}

/// Draws for ever. `frame` has the size of the panel; it is passed in because it is too
/// large for a future.
pub async fn run<const W: usize, const H: usize>(
    state: &State,
    screen: &mut impl Screen,
    frame: &mut Frame<W, H>,
) -> Infallible {
    let size = if W > 64 { Size::W128H64 } else { Size::W64H32 };
    let mut page = page_without_contact(Language::Swedish);
    let mut local_power = None;
    let mut tick = Ticker::every(FRAMES);
    loop {
        let moment = match state.clock.unix_us() {
            Some(unix_us) => Moment::from_unix_ms(unix_us / 1000),
            // Without the time the views still rotate, and no number is shown.
            None => Moment { elapsed_ms: Instant::now().as_millis(), ..Moment::from_unix_ms(0) },
        };
        let shown = match local_power {
            Some(power) => with_local_power(page.clone(), power),
            None => page.clone(),
        };
        let Ok(()) = draw(frame, size, &shown, moment);
        screen.show(frame.rgb(), state.brightness(shown.utc_offset_min));
        match select3(state.local_power.wait(), state.page.wait(), tick.next()).await {
            Either3::First(new) => local_power = Some(new),
            Either3::Second(new) => page = new,
            Either3::Third(()) => {}
        }
    }
}

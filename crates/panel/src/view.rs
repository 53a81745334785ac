//! Which view is up: a pure function of the page, the size and the moment.
//!
//! A round takes [`ROTATION_MS`] and every view has its fixed place in it, so that a
//! page that gains or loses a number does not make the panel jump. A view whose
//! number is not known gives its place to the power.
//!
//! ```text
//!  0 s Power      26 s Power       50 s Name
//!  8 s Today      32 s Day         54 s Ticker, until it has run through once,
//! 14 s Saving     38 s Intensity        then Power
//! 20 s Rank       44 s LastNight   80 s again
//! ```
use wire::{Page, Time};

use crate::{Moment, Size, contact::Heard, contact::heard, ticker};

/// Milliseconds of a round.
pub const ROTATION_MS: u64 = 80_000;
/// Milliseconds of a round while there is no contact: that, then the name.
pub const NO_CONTACT_ROTATION_MS: u64 = 12_000;
/// Of these, those with the name.
pub const NO_CONTACT_NAME_MS: u64 = 4_000;
/// Seconds for which a step stands there, from [`Page::step_at`].
pub const STEP_SHOWN_S: i64 = 15;
/// Seconds by which a step may lie ahead of the panel's clock.
pub const STEP_MAX_AHEAD_S: i64 = 30;

/// What a panel shows: one thing at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// The house's power now.
    Power,
    /// Energy since midnight, against the baseline.
    Today,
    /// Saving, and where it is going.
    Saving,
    /// Rank of how many.
    Rank,
    /// Energy per square metre since the contest began.
    Intensity,
    /// The last 24 hours.
    Day,
    /// Mean load of the last night: what was left on.
    LastNight,
    /// Whose panel it is.
    Name,
    /// The line of text that runs.
    Ticker,
    /// The power just jumped.
    Step,
    /// Nothing is heard, and since when.
    NoContact,
    /// The power, dim and small, while nobody looks.
    Dark,
}

impl View {
    /// Every view.
    pub const ALL: [Self; 12] = [
        Self::Power,
        Self::Today,
        Self::Saving,
        Self::Rank,
        Self::Intensity,
        Self::Day,
        Self::LastNight,
        Self::Name,
        Self::Ticker,
        Self::Step,
        Self::NoContact,
        Self::Dark,
    ];
}

/// Where each place of the round begins, ms.
const ROUND: [(u64, View); 10] = [
    (0, View::Power),
    (8_000, View::Today),
    (14_000, View::Saving),
    (20_000, View::Rank),
    (26_000, View::Power),
    (32_000, View::Day),
    (38_000, View::Intensity),
    (44_000, View::LastNight),
    (50_000, View::Name),
    (TICKER_FROM_MS, View::Ticker),
];
const TICKER_FROM_MS: u64 = 54_000;
/// The longest that a ticker takes to run through.
pub(crate) const TICKER_MS: u64 = ROTATION_MS - TICKER_FROM_MS;

/// Which view is up. The size matters only for how long the ticker takes.
pub fn view(page: &Page, size: Size, moment: Moment) -> View {
    let named = !page.name.as_str().trim().is_empty();
    match heard(page, moment.now) {
        Heard::Lost { .. }
            if named
                && !page.night
                && moment.elapsed_ms % NO_CONTACT_ROTATION_MS
                    >= NO_CONTACT_ROTATION_MS - NO_CONTACT_NAME_MS =>
        {
            View::Name
        }
        Heard::Lost { .. } => View::NoContact,
        // Before the dark: a night walk wants to see what its switches do.
        Heard::Now if step(page, moment.now).is_some() => View::Step,
        Heard::Now if page.night => View::Dark,
        Heard::Now => {
            let at = moment.elapsed_ms % ROTATION_MS;
            let (_, view) = ROUND.iter().rev().find(|(from, _)| *from <= at).unwrap_or(&ROUND[0]);
            [*view, View::Power, View::Name]
                .into_iter()
                .find(|view| known(page, size, *view, at))
                .unwrap_or(View::Power)
        }
    }
}

/// Milliseconds since the ticker came up.
pub(crate) fn ticker_ms(moment: Moment) -> u64 {
    (moment.elapsed_ms % ROTATION_MS).saturating_sub(TICKER_FROM_MS)
}

/// Whether there is something to show.
fn known(page: &Page, size: Size, view: View, at: u64) -> bool {
    match view {
        View::Power | View::Dark => page.power_w.is_some(),
        View::Today => page.today_wh.is_some(),
        View::Saving => page.saving_permille.is_some(),
        View::Rank => page.rank.is_some(),
        View::Intensity => page.wh_per_m2.is_some(),
        View::Day => page.hours_w.iter().any(Option::is_some),
        View::LastNight => page.night_w.is_some(),
        View::Name => !page.name.as_str().trim().is_empty(),
        View::Ticker => at - TICKER_FROM_MS < ticker::lasts_ms(page.ticker.as_str(), size),
        View::Step => page.step_w.is_some(),
        View::NoContact => true,
    }
}

/// The step to show: the one that just happened.
pub(crate) fn step(page: &Page, now: Time) -> Option<i64> {
    let age = now.unix() - page.step_at.unwrap_or(page.t).unix();
    page.step_w.filter(|watts| *watts != 0 && (-STEP_MAX_AHEAD_S..STEP_SHOWN_S).contains(&age))
}

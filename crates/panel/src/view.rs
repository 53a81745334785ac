//! Selects the view: a pure function of the page, the size and the moment.
//!
//! A rotation takes [`ROTATION_MS`]. Every view has a fixed slot in it, so that a value that
//! appears or disappears does not shift the other views. A view without its value is
//! replaced by the power.
//!
//! ```text
//!  0 s Power      26 s Power       50 s Name
//!  8 s Today      32 s Day         54 s Ticker, until the text has scrolled through,
//! 14 s Saving     38 s Intensity        then Power
//! 20 s Rank       44 s LastNight   80 s again
//! ```
use wire::{Page, Time};

use crate::{Moment, Size, freshness::Freshness, freshness::freshness, ticker};

/// Duration of a rotation of all views, ms.
pub const ROTATION_MS: u64 = TICKER_FROM_MS + ticker::MAX_MS;
/// Duration of a rotation without contact, ms: [`View::NoContact`], then the name.
pub const NO_CONTACT_ROTATION_MS: u64 = 12_000;
/// Part of it with the name, ms.
pub const NO_CONTACT_NAME_MS: u64 = 4_000;
/// Time for which a step is shown, from [`Page::step_at`], s.
pub const STEP_SHOWN_S: i64 = 15;
/// Maximum time by which a step may be ahead of the panel's clock, s.
pub const STEP_MAX_AHEAD_S: i64 = 30;

/// What a panel shows at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Present power.
    Power,
    /// Energy since midnight, compared with the baseline.
    Today,
    /// Saving and its trend.
    Saving,
    /// Rank and number of participants.
    Rank,
    /// Energy per square metre since the contest began.
    Intensity,
    /// The last 24 hours.
    Day,
    /// Mean power of the last night.
    LastNight,
    /// Name of the municipality.
    Name,
    /// Scrolling text.
    Ticker,
    /// A step of the power.
    Step,
    /// No contact, and since when.
    NoContact,
    /// The power, dimmed and small, at night.
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

/// Start of each slot of the rotation, ms.
const SLOTS: [(u64, View); 10] = [
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

/// The view at a moment. The size affects only the duration of the ticker.
pub fn view(page: &Page, size: Size, moment: Moment) -> View {
    let named = !page.name.as_str().trim().is_empty();
    match freshness(page, moment.now) {
        Freshness::Lost { .. }
            if named
                && !page.night
                && moment.elapsed_ms % NO_CONTACT_ROTATION_MS
                    >= NO_CONTACT_ROTATION_MS - NO_CONTACT_NAME_MS =>
        {
            View::Name
        }
        Freshness::Lost { .. } => View::NoContact,
        // Also at night: a person who switches something off sees the effect.
        Freshness::Current if step(page, moment.now).is_some() => View::Step,
        Freshness::Current if page.night => View::Dark,
        Freshness::Current => {
            let at = moment.elapsed_ms % ROTATION_MS;
            let (_, view) = SLOTS.iter().rev().find(|(from, _)| *from <= at).unwrap_or(&SLOTS[0]);
            [*view, View::Power, View::Name]
                .into_iter()
                .find(|view| known(page, size, *view, at))
                .unwrap_or(View::Power)
        }
    }
}

/// Time since the ticker started, ms.
pub(crate) fn ticker_ms(moment: Moment) -> u64 {
    (moment.elapsed_ms % ROTATION_MS).saturating_sub(TICKER_FROM_MS)
}

/// Whether the value of a view is known.
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
        View::Ticker => at - TICKER_FROM_MS < ticker::duration_ms(page.ticker.as_str(), size),
        View::Step => page.step_w.is_some(),
        View::NoContact => true,
    }
}

/// The step to show, W: a recent one.
pub(crate) fn step(page: &Page, now: Time) -> Option<i64> {
    let age = now.unix() - page.step_at.unwrap_or(page.t).unix();
    page.step_w.filter(|watts| *watts != 0 && (-STEP_MAX_AHEAD_S..STEP_SHOWN_S).contains(&age))
}

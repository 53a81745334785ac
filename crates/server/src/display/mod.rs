//! What the panels show: a [`wire::Page`] for each town hall, computed from the
//! standings, for the panel in its lobby and for its picture on the web.
mod page;
mod picture;
mod ticker;

pub use picture::png;

use competition::{Competition, Participant, Time, Watts};
use jiff::Zoned;
use wire::Language;

use crate::{
    engine::{ParticipantFigures, Snapshot},
    text::local,
};

/// How long a step of the power is shown, seconds.
const STEP_SHOWN: i64 = 15;

/// The inputs of a panel's page.
#[derive(Debug, Clone, Copy)]
pub struct PageInputs<'a> {
    /// The competition's rules and dates.
    pub competition: &'a Competition,
    /// The participants, in the order of their indices.
    pub participants: &'a [Participant],
    /// The standings.
    pub snapshot: &'a Snapshot,
    /// The language of the page's texts.
    pub language: Language,
    /// The time on the service's clock.
    pub now: Time,
}

impl PageInputs<'_> {
    fn local(&self) -> Zoned {
        local(self.now, &self.competition.timezone)
    }
}

/// Whether lobbies are closed, and panels and kiosks use their dark mode: 22:00 to 06:00.
pub fn is_night(local: &Zoned) -> bool {
    local.hour() >= 22 || local.hour() < 6
}

/// The last step of a town hall's power, where it is recent enough to be shown.
pub fn recent_step(figures: &ParticipantFigures, now: Time) -> Option<(Time, Watts)> {
    figures.step.filter(|(at, _)| (0..STEP_SHOWN).contains(&now.since(*at)))
}

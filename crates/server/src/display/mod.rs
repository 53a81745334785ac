//! What the panels show, from the standings: a [`wire::Page`] for each town hall,
//! the same for the panel in its lobby and for the picture on the web.
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

/// How long a jump of the power is news, seconds.
const FRESH: i64 = 15;

/// All that pages are made from, at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The rules.
    pub competition: &'a Competition,
    /// Who competes.
    pub participants: &'a [Participant],
    /// What is known.
    pub snapshot: &'a Snapshot,
    /// Of the few words.
    pub language: Language,
    /// By the service's clock.
    pub now: Time,
}

impl Stage<'_> {
    fn local(&self) -> Zoned {
        local(self.now, &self.competition.timezone)
    }
}

/// The hours in which nobody looks: 22 to 06.
pub fn is_night(local: &Zoned) -> bool {
    local.hour() >= 22 || local.hour() < 6
}

/// The jump of a house's power, while it is news.
pub fn fresh_step(house: &ParticipantFigures, now: Time) -> Option<(Time, Watts)> {
    house.step.filter(|(at, _)| (0..FRESH).contains(&now.since(*at)))
}

//! What people see: server-rendered HTML that is complete without a script. The
//! script only fetches the same page again and moves what changed.
mod bar;
mod board;
mod chart;
mod declare;
mod insight;
mod kiosk;
mod organiser;
mod participant;
mod row;
mod shell;
mod summary;
mod wall;
mod what_if;

use competition::{Competition, Participant, ParticipantIndex, Time};
use jiff::tz::TimeZone;

pub(super) use board::{Selection, board};
pub(super) use chart::Curve;
pub(super) use kiosk::kiosk;
pub(super) use organiser::{Desk, organiser};
pub(super) use participant::{Curves, participant};
pub(super) use shell::{missing, trouble};
pub(super) use what_if::what_if;

use crate::{display::Stage, engine::Snapshot};
use wire::Language;

/// What every page is drawn from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scene<'a> {
    pub(super) competition: &'a Competition,
    pub(super) participants: &'a [Participant],
    pub(super) snapshot: &'a Snapshot,
    pub(super) l: Language,
    /// Seconds that pass in one, where the clock and the meters are simulated.
    pub(super) simulated: Option<f64>,
}

impl<'a> Scene<'a> {
    fn now(&self) -> Time {
        self.snapshot.as_of
    }

    fn zone(&self) -> &'a TimeZone {
        &self.competition.timezone
    }

    /// What the panels are drawn from.
    pub(super) fn stage(&self) -> Stage<'a> {
        Stage {
            competition: self.competition,
            participants: self.participants,
            snapshot: self.snapshot,
            language: self.l,
            now: self.now(),
        }
    }

    fn who(&self, index: ParticipantIndex) -> Option<&'a Participant> {
        self.participants.get(index.0 as usize)
    }
}

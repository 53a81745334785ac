//! The log of what late readings did to the board: at most a line a minute for a
//! participant, with where it stood before the first of them and after the last.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use competition::{ParticipantIndex, Revision, Standings};

const EVERY: Duration = Duration::from_secs(60);

/// What has not been logged yet.
#[derive(Debug, Default)]
pub(super) struct LateLog {
    waiting: BTreeMap<ParticipantIndex, Revision>,
    logged: Option<Instant>,
}

impl LateLog {
    pub(super) fn add(&mut self, moved: Vec<Revision>, standings: &Standings, now: Instant) {
        for moved in moved {
            let known = self.waiting.entry(moved.participant).or_insert_with(|| moved.clone());
            known.from = known.from.min(moved.from);
            known.after = moved.after;
        }
        self.tick(standings, now);
    }

    /// Logs what has waited for its minute.
    pub(super) fn tick(&mut self, standings: &Standings, now: Instant) {
        if self.logged.is_some_and(|logged| now.duration_since(logged) < EVERY) {
            return;
        }
        for (who, moved) in std::mem::take(&mut self.waiting) {
            self.logged = Some(now);
            let participant = &standings.participants()[who.0 as usize].id;
            tracing::info!(
                %participant,
                from = moved.from.0,
                energy_before = moved.before.energy.kwh(),
                energy = moved.after.energy.kwh(),
                saved_before = moved.before.saved.kwh(),
                saved = moved.after.saved.kwh(),
                "late readings moved the contest's kWh"
            );
        }
    }
}

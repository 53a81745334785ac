//! Log lines about late readings that changed the standings: at most one a minute for a
//! participant, with the sums before the first of them and after the last.
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use competition::{ParticipantIndex, Revision, Standings};

/// Between two log lines of a participant.
const INTERVAL: Duration = Duration::from_secs(60);

/// Revisions that are not logged yet.
#[derive(Debug, Default)]
pub(super) struct LateLog {
    waiting: BTreeMap<ParticipantIndex, Revision>,
    logged: Option<Instant>,
}

impl LateLog {
    pub(super) fn add(&mut self, revisions: Vec<Revision>, standings: &Standings, now: Instant) {
        for revision in revisions {
            let known =
                self.waiting.entry(revision.participant).or_insert_with(|| revision.clone());
            known.from = known.from.min(revision.from);
            known.after = revision.after;
        }
        self.tick(standings, now);
    }

    /// Logs what waits, where the interval has passed.
    pub(super) fn tick(&mut self, standings: &Standings, now: Instant) {
        if self.logged.is_some_and(|logged| now.duration_since(logged) < INTERVAL) {
            return;
        }
        for (who, revision) in std::mem::take(&mut self.waiting) {
            self.logged = Some(now);
            let participant = &standings.participants()[who.0 as usize].id;
            tracing::info!(
                %participant,
                from = revision.from.0,
                energy_before = revision.before.energy.kwh(),
                energy = revision.after.energy.kwh(),
                saved_before = revision.before.saved.kwh(),
                saved = revision.after.saved.kwh(),
                "late readings changed the contest's sums, kWh"
            );
        }
    }
}

//! Answers about what was not asked of the official board: other rules and
//! baselines, and what a facilities person wants to know of one house.
use competition::{Baseline, ClusterRow, Leaderboard, Method, ParticipantIndex, Rule};

use super::{Insight, state::EngineState};

impl EngineState {
    /// By what is known now; some milliseconds a participant.
    pub(super) fn what_if(&self, rule: Rule, baseline: Baseline) -> (Leaderboard, Vec<ClusterRow>) {
        let method = Method { baseline, ..self.standings.competition().method };
        let board = self.standings.what_if(rule, method, self.clock.now());
        let clusters = self.standings.clusters_on(&board);
        (board, clusters)
    }

    pub(super) fn insight(&self, who: ParticipantIndex) -> Insight {
        let now = self.clock.now();
        let activities = &self.participants[who.0 as usize].activities;
        let price = self.standings.competition().factors.price;
        Insight {
            effects: activities
                .iter()
                .map(|it| self.standings.effect_on(who, it.day, now))
                .collect(),
            traps: self.standings.saving_opportunities(who, now, price),
        }
    }
}

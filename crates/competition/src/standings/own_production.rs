//! Own production: a building that feeds energy into the grid needs the meters that the
//! competition's rule about it takes into account.
use super::{Standings, board::Figures};
use crate::{
    Measures, Production, eligibility::Ineligibility, participant_state::ParticipantState,
};

/// Export that matters: this share of the contest's energy so far, and more than this, Wh.
const SHARE: f64 = 0.01;
const LEAST: i64 = 10_000;

impl Standings {
    /// Why a participant is not ranked whose meter exports energy that is not accounted for.
    pub(super) fn missing_production(
        &self,
        state: &ParticipantState,
        figures: &Figures,
    ) -> Option<Ineligibility> {
        let rule = self.competition.production;
        let meters = &self.meter_days[state.meters.clone()];
        let has = |measures| meters.iter().any(|meter| meter.config.measures == measures);
        let complete = match rule {
            Production::NotCounted => true,
            Production::Net => has(Measures::Export),
            Production::OwnUseCounts => has(Measures::Export) && has(Measures::Production),
        };
        if complete {
            return None;
        }
        let exported = |index: usize| {
            let config = &meters[index].config;
            meters[index].state.exported.0.saturating_mul(config.multiplier)
        };
        let index = (0..meters.len()).max_by_key(|index| exported(*index))?;
        let wh = exported(index);
        let used = figures.totals.energy.0 as f64 / 1000.0;
        (wh > LEAST && wh as f64 > SHARE * used).then(|| Ineligibility::Production {
            meter: self.meter_name(state, index),
            kwh: wh / 1000,
        })
    }
}

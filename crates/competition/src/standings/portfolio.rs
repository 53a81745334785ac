//! The portfolio: what all ranked participants saved together, and its uncertainty.
//!
//! The interval is computed as that of one participant (`baseline/uncertainty`), from the
//! sums of all out-of-sample days. Errors that participants share, such as those of a mild
//! spring, add up in it; independent errors cancel in part.
use core::ops::Range;

use super::Standings;
use crate::{
    ConfidenceInterval, EnergyComparison, Leaderboard, MilliWattHours, ParticipantIndex, Time,
    baseline::{CrossValidation, interval},
    time::Hour,
};

/// The ranked participants of a leaderboard together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Portfolio {
    /// Number of participants.
    pub ranked: usize,
    /// Baseline minus energy, as on the board.
    pub saved: MilliWattHours,
    /// Baseline of the same hours.
    pub expected: MilliWattHours,
    /// Half-width of the 90 % interval, a share of `expected`; `None` where the baseline
    /// period of one of them is too short for it.
    pub half_width: Option<f64>,
}

impl Portfolio {
    /// Saving, percent.
    pub fn saving_percent(&self) -> Option<f64> {
        (self.expected.0 > 0).then(|| self.saved.0 as f64 / self.expected.0 as f64 * 100.0)
    }

    /// 90 % interval of it, percent.
    pub fn interval_percent(&self) -> Option<ConfidenceInterval> {
        let (saving, half) = self.saving_percent().zip(self.half_width)?;
        Some(interval(saving / 100.0, half).map(|end| end * 100.0))
    }

    /// 90 % interval of what was saved, kWh: saved ± half-width × expected.
    pub fn interval_kwh(&self) -> Option<ConfidenceInterval> {
        let half = self.half_width? * self.expected.kwh();
        Some(ConfidenceInterval::around(self.saved.kwh(), half))
    }
}

impl Standings {
    /// The participants that a leaderboard ranks; `None` where it ranks none.
    pub fn portfolio(&self, board: &Leaderboard) -> Option<Portfolio> {
        let ranked: Vec<_> = board.rows.iter().filter(|row| row.rank.is_some()).collect();
        let expected = ranked.iter().filter_map(|row| row.expected).sum();
        let fitted = ranked.iter().map(|row| {
            self.states[row.participant.0 as usize].fitted.as_ref().map(|fitted| &fitted.validation)
        });
        let outside: Option<Vec<&CrossValidation>> = fitted.collect();
        let hours = ranked
            .iter()
            .map(|row| self.states[row.participant.0 as usize].elapsed_hours(board.as_of))
            .max()?;
        let days = (hours as f64 / 24.0).round() as usize;
        Some(Portfolio {
            ranked: ranked.len(),
            saved: board.total_saved,
            expected,
            half_width: outside.and_then(|all| CrossValidation::pooled(&all).half_width(days)),
        })
    }

    /// Energy and baseline of the contest hours in a range that count and have
    /// both; both fields are `None` where there are no such hours.
    pub fn matched_energy(&self, who: ParticipantIndex, range: Range<Time>) -> EnergyComparison {
        let state = &self.states[who.0 as usize];
        let totals = self.sums(state, Hour::containing(range.start)..Hour::containing(range.end));
        let known = |energy| (totals.matched_hours > 0).then_some(energy);
        EnergyComparison { energy: known(totals.matched_energy), baseline: known(totals.baseline) }
    }
}

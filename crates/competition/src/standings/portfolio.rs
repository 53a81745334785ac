//! The portfolio: what all ranked participants saved together, and its uncertainty.
//!
//! w = √((1.65·0.025)² + Σ(shareᵢ·wᵢ)²), with each participant's share of the expected
//! energy: own errors cancel in part, and the error that all baselines have in common, such
//! as that of a mild spring, stays.
use core::ops::Range;

use super::Standings;
use crate::{
    ConfidenceInterval, EnergyComparison, Leaderboard, MilliWattHours, ParticipantIndex, Row, Time,
    baseline::{interval, portfolio_log_half_width},
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
    /// Half-width of the 90 % interval of `expected` on the logarithmic scale; `None` where
    /// one of them has no interval.
    pub log_half_width: Option<f64>,
}

impl Portfolio {
    /// Saving, percent.
    pub fn saving_percent(&self) -> Option<f64> {
        (self.expected.0 > 0).then(|| self.saved.0 as f64 / self.expected.0 as f64 * 100.0)
    }

    /// 90 % interval of it, percent.
    pub fn interval_percent(&self) -> Option<ConfidenceInterval> {
        let (saving, half) = self.saving_percent().zip(self.log_half_width)?;
        Some(interval(saving / 100.0, half).map(|end| end * 100.0))
    }

    /// 90 % interval of what was saved, kWh: the expected energy may be e^w times more or
    /// less.
    pub fn interval_kwh(&self) -> Option<ConfidenceInterval> {
        let half = self.log_half_width?;
        let saved = |log: f64| self.saved.kwh() + self.expected.kwh() * (log.exp() - 1.0);
        Some(ConfidenceInterval { low: saved(-half), high: saved(half) })
    }
}

impl Standings {
    /// The participants that a leaderboard ranks; `None` where it ranks none.
    pub fn portfolio(&self, board: &Leaderboard) -> Option<Portfolio> {
        let ranked: Vec<_> = board.rows.iter().filter(|row| row.rank.is_some()).collect();
        let expected = ranked.iter().filter_map(|row| row.expected).sum();
        ranked.first()?;
        let total = expected_kwh(&ranked);
        let widths: Option<Vec<[f64; 2]>> = ranked
            .iter()
            .map(|row| Some([row.expected?.kwh() / total, log_half_width(row)?]))
            .collect();
        Some(Portfolio {
            ranked: ranked.len(),
            saved: board.total_saved,
            expected,
            log_half_width: widths
                .filter(|_| total > 0.0)
                .map(|all| portfolio_log_half_width(all.into_iter())),
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

fn expected_kwh(rows: &[&Row]) -> f64 {
    rows.iter().filter_map(|row| row.expected).sum::<MilliWattHours>().kwh()
}

/// w of a row: its interval [1 − u·e^w, 1 − u·e^(−w)] has the ratio e^(2w) of the used shares
/// at its ends.
fn log_half_width(row: &Row) -> Option<f64> {
    let ends = row.interval_percent?;
    let ratio = (100.0 - ends.low) / (100.0 - ends.high);
    (ratio > 0.0 && ratio.is_finite()).then(|| ratio.ln().abs() / 2.0)
}

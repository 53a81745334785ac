//! A participant's contest sums: whole milliwatt-hours and hours, added to and
//! taken off by the hour, so that any order of readings gives the same bytes.
use core::ops::AddAssign;

use crate::{ContestTotals, MilliWattHours};

/// Sums over hours of the contest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Hours whose energy is known.
    pub(crate) hours: i64,
    /// Their energy.
    pub(crate) energy: i64,
    /// Of these, the hours that have a baseline: energy and baseline.
    pub(crate) matched: i64,
    pub(crate) baseline: i64,
    pub(crate) matched_hours: i64,
    /// Of the hours known, those from 22 to 05.
    pub(crate) night_hours: i64,
    pub(crate) night_energy: i64,
}

impl Totals {
    pub(crate) fn shift(&mut self, energy: i64, baseline: Option<i64>, night: bool, sign: i64) {
        self.hours += sign;
        self.energy += sign * energy;
        if let Some(baseline) = baseline {
            self.matched_hours += sign;
            self.matched += sign * energy;
            self.baseline += sign * baseline;
        }
        if night {
            self.night_hours += sign;
            self.night_energy += sign * energy;
        }
    }

    /// Baseline minus energy of the same hours.
    pub(crate) fn saved(&self) -> i64 {
        self.baseline - self.matched
    }

    /// The sums that other crates see.
    pub(crate) fn published(&self) -> ContestTotals {
        ContestTotals { energy: MilliWattHours(self.energy), saved: MilliWattHours(self.saved()) }
    }

    /// 1 − Σe/Σê; `None` without a positive baseline.
    pub(crate) fn saving(&self) -> Option<f64> {
        (self.baseline > 0).then(|| self.saved() as f64 / self.baseline as f64)
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.hours += other.hours;
        self.energy += other.energy;
        self.matched += other.matched;
        self.baseline += other.baseline;
        self.matched_hours += other.matched_hours;
        self.night_hours += other.night_hours;
        self.night_energy += other.night_energy;
    }
}

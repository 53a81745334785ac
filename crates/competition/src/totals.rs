//! Sums over hours of the contest. Hours are added and removed one at a time in
//! whole mWh, so the sums do not depend on the order of the readings.
use core::ops::AddAssign;

use crate::{
    ContestTotals, MilliWattHours,
    calendar::TimeOfWeek,
    energy::{Grade, HourEnergy, HouseHour},
};

/// Whether an hour enters a sum or leaves it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Add,
    Remove,
}

impl Change {
    /// 1 or −1.
    pub(crate) fn sign(self) -> i64 {
        match self {
            Self::Add => 1,
            Self::Remove => -1,
        }
    }
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    /// Hours whose energy is known, and their energy.
    pub(crate) hours: i64,
    pub(crate) energy: MilliWattHours,
    /// Hours whose energy and baseline are known, with both sums.
    pub(crate) matched_hours: i64,
    pub(crate) matched_energy: MilliWattHours,
    pub(crate) baseline: MilliWattHours,
    /// Hours from 22 to 05 that are known well enough for the night load.
    pub(crate) night_hours: i64,
    pub(crate) night_energy: MilliWattHours,
    /// Hours of gaps over an edge, which count as unknown.
    pub(crate) unplaced_hours: i64,
    /// Hours in which the subtracted meters have more than the others; also unknown.
    pub(crate) below_zero_hours: i64,
}

impl Totals {
    /// Adds an hour of a participant or removes it.
    pub(crate) fn apply_hour(
        &mut self,
        change: Change,
        value: HouseHour,
        time: TimeOfWeek,
        baseline: Option<MilliWattHours>,
    ) {
        match value {
            HouseHour::Unknown => {}
            HouseHour::Unplaced => self.unplaced_hours += change.sign(),
            HouseHour::BelowZero => self.below_zero_hours += change.sign(),
            HouseHour::Known(HourEnergy { energy, grade }) => {
                // A long gap is filled by the load profile: its sum is right, but not its
                // distribution over day and night.
                let night = time.is_night() && grade >= Grade::Firm;
                self.apply(change, energy, baseline, night);
            }
        }
    }

    fn apply(
        &mut self,
        change: Change,
        energy: MilliWattHours,
        baseline: Option<MilliWattHours>,
        night: bool,
    ) {
        let sign = change.sign();
        let signed = |amount: MilliWattHours| MilliWattHours(sign * amount.0);
        self.hours += sign;
        self.energy += signed(energy);
        if let Some(baseline) = baseline {
            self.matched_hours += sign;
            self.matched_energy += signed(energy);
            self.baseline += signed(baseline);
        }
        if night {
            self.night_hours += sign;
            self.night_energy += signed(energy);
        }
    }

    /// Baseline minus energy over the matched hours: Σ(ê − e).
    pub(crate) fn saved(&self) -> MilliWattHours {
        self.baseline - self.matched_energy
    }

    /// The sums that other crates see.
    pub(crate) fn published(&self) -> ContestTotals {
        ContestTotals { energy: self.energy, saved: self.saved() }
    }

    /// Saving as a share of the baseline, 1 − Σe/Σê over the matched hours; `None`
    /// without a positive baseline.
    pub(crate) fn saving(&self) -> Option<f64> {
        (self.baseline.0 > 0).then(|| self.saved().0 as f64 / self.baseline.0 as f64)
    }
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.hours += other.hours;
        self.energy += other.energy;
        self.matched_hours += other.matched_hours;
        self.matched_energy += other.matched_energy;
        self.baseline += other.baseline;
        self.night_hours += other.night_hours;
        self.night_energy += other.night_energy;
        self.unplaced_hours += other.unplaced_hours;
        self.below_zero_hours += other.below_zero_hours;
    }
}

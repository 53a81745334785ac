//! The comparison group: the reference buildings, which do not compete. What shifts all of
//! them in the contest (an odd spring, a pandemic) is not a saving, so the expected energy
//! of each competitor is multiplied by one minus their median saving. Competitors never
//! correct each other: a contest in which all save would correct the savings away.
use std::borrow::Cow;

use crate::{MilliWattHours, reference_baselines::median, static_period::StaticPeriod};

/// Reference buildings that are needed for a correction.
const MIN_BUILDINGS: usize = 3;
/// Standard error of the median over that of the mean, √(π/2), for a normal distribution.
const MEDIAN_ERROR: f64 = 1.2533;

/// The shift that the reference buildings have in common.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct CommonShift {
    /// Median of their savings, a share.
    saving: f64,
    /// w of that median.
    log_half_width: f64,
}

impl CommonShift {
    /// From the saving and the half-width w of each reference building; `None` where they
    /// are fewer than three.
    pub(crate) fn of(buildings: &[(f64, f64)]) -> Option<Self> {
        if buildings.len() < MIN_BUILDINGS {
            return None;
        }
        let squares: f64 = buildings.iter().map(|(_, w)| w * w).sum();
        let saving = median(buildings.iter().map(|(saving, _)| *saving).collect());
        let log_half_width = MEDIAN_ERROR * squares.sqrt() / buildings.len() as f64;
        (saving < 1.0).then_some(Self { saving, log_half_width })
    }

    /// w of a participant whose own is given: both errors are independent, or the common
    /// part cancels.
    pub(crate) fn widen(self, log_half_width: f64) -> f64 {
        log_half_width.hypot(self.log_half_width)
    }

    /// A saving relative to the shift, shares.
    pub(crate) fn relative(self, saving: f64) -> f64 {
        1.0 - (1.0 - saving) / (1.0 - self.saving)
    }

    /// The periods with the expected energy that the reference buildings imply.
    pub(crate) fn correct<'a>(self, periods: &'a [StaticPeriod]) -> Cow<'a, [StaticPeriod]> {
        let mut periods = periods.to_vec();
        for period in &mut periods {
            let expected = &mut period.totals.baseline;
            *expected = MilliWattHours((expected.0 as f64 * (1.0 - self.saving)).round() as i64);
        }
        Cow::Owned(periods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{time::Hour, totals::Totals};

    /// A corrected period has the relative saving.
    #[test]
    fn both_corrections_agree() {
        let shift = CommonShift::of(&[(0.2, 0.1); 3]).unwrap();
        let totals = Totals {
            matched_hours: 1,
            matched_energy: MilliWattHours(60_000_000),
            baseline: MilliWattHours(100_000_000),
            ..Totals::default()
        };
        let period = StaticPeriod { from: Hour::new(0), area: None, employees: None, totals };
        let corrected = shift.correct(&[period])[0].totals.saving().unwrap();
        assert!((corrected - 0.25).abs() < 1e-9 && (shift.relative(0.4) - 0.25).abs() < 1e-9);
    }

    #[test]
    fn the_median_of_three_buildings_is_the_shift() {
        assert_eq!(CommonShift::of(&[(0.1, 0.1), (0.2, 0.1)]), None);
        let shift = CommonShift::of(&[(0.1, 0.1), (-0.9, 0.1), (0.05, 0.1)]).unwrap();
        assert_eq!(shift.saving, 0.05);
        // 1.2533 · 0.1/√3
        assert!((shift.log_half_width - 0.07236).abs() < 1e-5, "{shift:?}");
        assert!((shift.widen(0.1) - 0.12344).abs() < 1e-4, "{}", shift.widen(0.1));
        assert_eq!(CommonShift::of(&[(1.0, 0.1); 3]), None, "all closed");
    }
}

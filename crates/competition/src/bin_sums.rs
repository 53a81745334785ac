//! Sums of the measured baseline hours in each of the 72 bins of [`TimeOfWeek`]. An
//! hour is added or removed in constant time, and in whole numbers, so the order
//! does not matter.
//!
//! Ordinary least squares on indicator variables of the bins gives each bin's mean.
//!
//! [`TimeOfWeek`]: crate::calendar::TimeOfWeek
use crate::{MilliWattHours, calendar::BINS, totals::Change};

/// Hours that a baseline needs at least: four weeks.
pub(crate) const MIN_HOURS: u32 = 28 * 24;

/// Per bin: Σe in mWh, Σe² in mWh², and the number of hours.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BinSums {
    sums: [i64; BINS],
    squares: [i128; BINS],
    counts: [u32; BINS],
}

/// Goodness of a baseline's fit over its own hours, as ASHRAE Guideline 14-2014
/// defines it: for n hours, p parameters and a mean energy ē,
/// CV(RMSE) = √(Σ(e−ê)²/(n−p))/ē and NMBE = Σ(e−ê)/((n−p)·ē).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoodnessOfFit {
    /// Coefficient of variation of the root mean square error, as a share.
    pub cv_rmse: f64,
    /// The same of whole days, with n days and without p; `None` where no model is fitted
    /// yet.
    pub cv_rmse_daily: Option<f64>,
    /// Normalized mean bias error, as a share.
    pub nmbe: f64,
    /// n, the measured hours that were fitted.
    pub hours: u32,
    /// p, the parameters that were fitted.
    pub parameters: u32,
}

impl Default for BinSums {
    fn default() -> Self {
        Self { sums: [0; BINS], squares: [0; BINS], counts: [0; BINS] }
    }
}

impl BinSums {
    pub(crate) fn apply(&mut self, change: Change, bin: usize, energy: MilliWattHours) {
        let sign = change.sign();
        self.sums[bin] += sign * energy.0;
        self.squares[bin] += i128::from(sign) * i128::from(energy.0) * i128::from(energy.0);
        self.counts[bin] = self.counts[bin].wrapping_add_signed(sign as i32);
    }

    fn hours(&self) -> u32 {
        self.counts.iter().sum()
    }

    /// Whether there are enough hours for a baseline.
    pub(crate) fn is_enough(&self) -> bool {
        self.hours() >= MIN_HOURS
    }

    /// Mean energy of an hour of the bin; the mean of all hours where the bin is
    /// empty, `None` where all are.
    pub(crate) fn mean(&self, bin: usize) -> Option<MilliWattHours> {
        let (sum, count) = match self.counts[bin] {
            0 => (self.sums.iter().sum::<i64>(), self.hours()),
            count => (self.sums[bin], count),
        };
        (count > 0).then(|| MilliWattHours((sum as f64 / f64::from(count)).round() as i64))
    }

    /// Mean energies of all bins, mWh, as weights of the hours of a gap; `None` while
    /// there is no baseline.
    pub(crate) fn load_profile(&self) -> Option<Box<[i64; BINS]>> {
        let mean = |bin| self.mean(bin).map_or(1, |mean| mean.0);
        self.is_enough().then(|| Box::new(std::array::from_fn(mean)))
    }

    /// Goodness of the bins' means as a baseline, whose bias is zero.
    pub(crate) fn goodness_of_fit(&self) -> Option<GoodnessOfFit> {
        let hours = self.hours();
        let parameters = self.counts.iter().filter(|count| **count > 0).count() as u32;
        let total: i64 = self.sums.iter().sum();
        let mean = total as f64 / f64::from(hours.max(1));
        if hours <= parameters || mean <= 0.0 {
            return None;
        }
        let bins = self.sums.iter().zip(&self.squares).zip(&self.counts);
        let squared_errors = bins.filter(|(_, count)| **count > 0).map(|((sum, square), count)| {
            // Σ(e−ē)² = (n Σe² − (Σe)²)/n, whose numerator is an exact integer.
            let numerator = square * i128::from(*count) - i128::from(*sum) * i128::from(*sum);
            numerator as f64 / f64::from(*count)
        });
        let degrees_of_freedom = f64::from(hours - parameters);
        let cv_rmse = (squared_errors.sum::<f64>() / degrees_of_freedom).sqrt() / mean;
        Some(GoodnessOfFit { cv_rmse, cv_rmse_daily: None, nmbe: 0.0, hours, parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bins, (8, 12) and (30, 30, 36): Σ(e−ê)² = 8 + 24, n−p = 3, ē = 116/5.
    #[test]
    fn goodness_of_fit_matches_a_hand_computation() {
        let mut sums = BinSums::default();
        for (bin, energy) in [(0, 8), (0, 12), (7, 30), (7, 30), (7, 36), (9, 5)] {
            sums.apply(Change::Add, bin, MilliWattHours(energy));
        }
        sums.apply(Change::Remove, 9, MilliWattHours(5));
        let fit = sums.goodness_of_fit().unwrap();
        assert_eq!((fit.hours, fit.parameters), (5, 2));
        assert!((fit.cv_rmse - (32.0_f64 / 3.0).sqrt() / 23.2).abs() < 1e-12);
        assert_eq!(sums.mean(7), Some(MilliWattHours(32)));
        assert_eq!(sums.mean(9), Some(MilliWattHours(23)));
        assert!(BinSums::default().goodness_of_fit().is_none());
    }
}

//! What the baseline is learnt from: integer sums of the measured hours of each
//! of the 72 bins, so that an hour is added or taken off in constant time and the
//! order does not matter. Ordinary least squares on indicators is the mean of
//! each bin; goodness of fit as ASHRAE Guideline 14-2014 defines it:
//! CV(RMSE) = √(Σ(e−ê)²/(n−p))/ē, NMBE = Σ(e−ê)/((n−p)·ē).
use crate::calendar::BINS;

/// Hours below which nothing is called a baseline: four weeks.
const FEWEST: u32 = 28 * 24;

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BinSums {
    sums: [i64; BINS],
    squares: [i128; BINS],
    counts: [u32; BINS],
}

/// How well a baseline describes the house.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GoodnessOfFit {
    /// Share of the mean.
    pub cv_rmse: f64,
    /// Share of the mean.
    pub nmbe: f64,
    /// Measured hours it was learnt from.
    pub hours: u32,
    /// Numbers learnt.
    pub parameters: u32,
}

impl Default for BinSums {
    fn default() -> Self {
        Self { sums: [0; BINS], squares: [0; BINS], counts: [0; BINS] }
    }
}

impl BinSums {
    /// Adds an hour (`sign` 1) or takes it off (−1).
    pub(crate) fn shift(&mut self, bin: usize, energy: i64, sign: i64) {
        self.sums[bin] += sign * energy;
        self.squares[bin] += i128::from(sign) * i128::from(energy) * i128::from(energy);
        self.counts[bin] = self.counts[bin].wrapping_add_signed(sign as i32);
    }

    pub(crate) fn hours(&self) -> u32 {
        self.counts.iter().sum()
    }

    pub(crate) fn is_enough(&self) -> bool {
        self.hours() >= FEWEST
    }

    /// Mean of a bin, mWh; of all hours where the bin has none.
    pub(crate) fn mean(&self, bin: usize) -> Option<i64> {
        let (sum, count) = match self.counts[bin] {
            0 => (self.sums.iter().sum::<i64>(), self.hours()),
            count => (self.sums[bin], count),
        };
        (count > 0).then(|| (sum as f64 / f64::from(count)).round() as i64)
    }

    /// The 72 means.
    pub(crate) fn profile(&self) -> Option<Box<[i64; BINS]>> {
        self.is_enough().then(|| Box::new(std::array::from_fn(|bin| self.mean(bin).unwrap_or(1))))
    }

    /// Of the 72 bins.
    pub(crate) fn fit(&self) -> Option<GoodnessOfFit> {
        let hours = self.hours();
        let parameters = self.counts.iter().filter(|count| **count > 0).count() as u32;
        let total: i64 = self.sums.iter().sum();
        let mean = total as f64 / f64::from(hours.max(1));
        if hours <= parameters || mean <= 0.0 {
            return None;
        }
        let bins = self.sums.iter().zip(&self.squares).zip(&self.counts);
        let misses = bins.filter(|(_, count)| **count > 0).map(|((sum, square), count)| {
            // n Σe² − (Σe)² is an exact integer; only then a fraction
            let spread = square * i128::from(*count) - i128::from(*sum) * i128::from(*sum);
            spread as f64 / f64::from(*count)
        });
        let free = f64::from(hours - parameters);
        let cv_rmse = (misses.sum::<f64>() / free).sqrt() / mean;
        Some(GoodnessOfFit { cv_rmse, nmbe: 0.0, hours, parameters })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two bins, (8, 12) and (30, 30, 36): Σ(e−ê)² = 8 + 24, n−p = 3, ē = 116/5.
    #[test]
    fn goodness_by_hand() {
        let mut training = BinSums::default();
        for (bin, energy) in [(0, 8), (0, 12), (7, 30), (7, 30), (7, 36), (9, 5)] {
            training.shift(bin, energy, 1);
        }
        training.shift(9, 5, -1);
        let fit = training.fit().unwrap();
        assert_eq!((fit.hours, fit.parameters), (5, 2));
        assert!((fit.cv_rmse - (32.0_f64 / 3.0).sqrt() / 23.2).abs() < 1e-12);
        assert_eq!(training.mean(7), Some(32));
        assert_eq!(training.mean(9), Some(23));
        assert!(BinSums::default().fit().is_none());
    }
}

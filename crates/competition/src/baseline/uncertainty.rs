//! How sure a saving is: a 90 % interval from the participant's own error on
//! hours that the fit did not see.
//!
//! Method (fairness rules, "Saving, its interval, and rank"): each block of the
//! training year is predicted by a fit of the others. Over every window of as
//! many days as the contest has lasted, 1 − Σe/Σê is a saving that nobody made.
//! Their root mean square, times Student's t for as many degrees of freedom as windows
//! fit beside each other into the year, less one because neighbours are alike, is
//! the half-width h; a baseline
//! off by a share r turns a saving s into 1 − (1−s)/(1−r).

/// Out-of-sample sums by UTC day, cumulated.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CrossValidation {
    /// The UTC day that the first sum is before.
    first: i64,
    /// Σe and Σê up to each day.
    sums: Vec<(f64, f64)>,
}

impl CrossValidation {
    /// From (hour, energy, prediction) in order of time.
    pub(crate) fn new(hours: impl Iterator<Item = (i64, f64, f64)>) -> Self {
        let mut sums = vec![(0.0, 0.0)];
        let mut first = None;
        for (hour, energy, expected) in hours {
            let day = hour.div_euclid(24);
            let index = (day - *first.get_or_insert(day)) as usize + 1;
            while sums.len() <= index {
                sums.push(sums[sums.len() - 1]);
            }
            sums[index].0 += energy;
            sums[index].1 += expected;
        }
        Self { first: first.unwrap_or(0), sums }
    }

    /// Several participants as one, over the days that all of them have.
    pub(crate) fn pooled(all: &[&Self]) -> Self {
        let first = all.iter().map(|it| it.first).max().unwrap_or(0);
        let end = all.iter().map(|it| it.first + it.sums.len() as i64).min().unwrap_or(0);
        let sums = (first..end).map(|day| {
            all.iter().fold((0.0, 0.0), |sum, it| {
                let (energy, expected) = it.sums[(day - it.first) as usize];
                (sum.0 + energy, sum.1 + expected)
            })
        });
        Self { first, sums: sums.collect() }
    }

    fn days(&self) -> usize {
        self.sums.len().saturating_sub(1)
    }

    /// Σ over days of (Σe − Σê)².
    pub(crate) fn daily_error(&self) -> f64 {
        let days = self.sums.windows(2).map(|pair| {
            let miss = (pair[1].0 - pair[0].0) - (pair[1].1 - pair[0].1);
            miss * miss
        });
        days.sum()
    }

    /// Half-width of the 90 % interval of a saving over so many days, as a share
    /// of the baseline. `None` where fewer than two such windows are there.
    pub(crate) fn half_width(&self, days: usize) -> Option<f64> {
        let days = days.max(1);
        let windows = (self.days() + 1).saturating_sub(days);
        if self.days() < 2 * days {
            return None;
        }
        let (mut square, mut count) = (0.0, 0);
        for start in 0..windows {
            let (from, until) = (self.sums[start], self.sums[start + days]);
            let (energy, expected) = (until.0 - from.0, until.1 - from.1);
            if expected > 0.0 {
                square += (1.0 - energy / expected).powi(2);
                count += 1;
            }
        }
        let freedom = self.days() as f64 / days as f64 - 1.0;
        (count > 0).then(|| (square / f64::from(count)).sqrt() * student(freedom))
    }
}

impl CrossValidation {
    /// Half-width of the 90 % interval of the change of the saving between two
    /// neighbouring periods of so many days: as above, from the differences that
    /// came about by themselves.
    pub(crate) fn change_width(&self, days: usize) -> Option<f64> {
        let days = days.max(1);
        if self.days() < 4 * days {
            return None;
        }
        let saving = |start: usize| {
            let (from, until) = (self.sums[start], self.sums[start + days]);
            let expected = until.1 - from.1;
            (expected > 0.0).then(|| 1.0 - (until.0 - from.0) / expected)
        };
        let pairs = (0..=self.days() - 2 * days)
            .filter_map(|start| Some(saving(start + days)? - saving(start)?));
        let (square, count) =
            pairs.fold((0.0, 0), |sum, change| (sum.0 + change * change, sum.1 + 1));
        let freedom = self.days() as f64 / (2.0 * days as f64) - 1.0;
        (count > 0).then(|| (square / f64::from(count)).sqrt() * student(freedom))
    }
}

/// Half-width of the 90 % interval from savings that nobody made, each over so many
/// of the `span` days: as above.
pub(crate) fn half_width(savings: &[f64], days: usize, span: usize) -> Option<f64> {
    let square: f64 = savings.iter().map(|saving| saving * saving).sum();
    let freedom = span as f64 / days.max(1) as f64 - 1.0;
    let mean = square / savings.len() as f64;
    (!savings.is_empty() && freedom >= 1.0).then(|| mean.sqrt() * student(freedom))
}

/// The 95th percentile of Student's t: Cornish and Fisher's expansion, within one
/// percent from three degrees of freedom on.
fn student(freedom: f64) -> f64 {
    let (z, n) = (1.644_854_f64, freedom.max(2.0));
    let first = (z.powi(3) + z) / 4.0;
    let second = (5.0 * z.powi(5) + 16.0 * z.powi(3) + 3.0 * z) / 96.0;
    let third = (3.0 * z.powi(7) + 19.0 * z.powi(5) + 17.0 * z.powi(3) - 15.0 * z) / 384.0;
    z + first / n + second / (n * n) + third / (n * n * n)
}

/// The interval of a saving, shares.
pub(crate) fn interval(saving: f64, half_width: f64) -> [f64; 2] {
    let half = half_width.clamp(0.0, 0.95);
    [1.0 - (1.0 - saving) / (1.0 - half), 1.0 - (1.0 - saving) / (1.0 + half)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_of_the_tables() {
        for (freedom, known) in [(3.0, 2.353), (4.0, 2.132), (10.0, 1.812), (30.0, 1.697)] {
            assert!((student(freedom) / known - 1.0_f64).abs() < 0.01, "{freedom}");
        }
    }

    /// Ten days, predicted 100 kWh each, used 110 and 90 in turn: single days are
    /// off by 10 %, pairs by nothing.
    #[test]
    fn half_width_by_hand() {
        let hours = (0..240).map(|hour| {
            let used = if hour / 24 % 2 == 0 { 110.0 } else { 90.0 };
            (hour, used / 24.0, 100.0 / 24.0)
        });
        let outside = CrossValidation::new(hours);
        let day = outside.half_width(1).unwrap();
        assert!((day - 0.1 * student(9.0)).abs() < 1e-9);
        assert!(outside.half_width(2).unwrap() < 1e-9);
        assert_eq!(outside.half_width(6), None);
        assert_eq!(CrossValidation::default().half_width(1), None);
        // from one day to the next the saving jumps by 20 points
        let change = outside.change_width(1).unwrap();
        assert!((change - 0.2 * student(4.0)).abs() < 1e-9);
        assert_eq!(outside.change_width(3), None);
    }

    /// Two that are off by the same days cancel or add up, whichever they do.
    #[test]
    fn pooled_errors_keep_what_they_have_in_common() {
        let house = |first: i64, sign: f64| {
            CrossValidation::new((first * 24..260).map(|hour| {
                let off = if hour / 24 % 2 == 0 { 10.0 } else { -10.0 };
                (hour, (100.0 + sign * off) / 24.0, 100.0 / 24.0)
            }))
        };
        let (one, other) = (house(0, 1.0), house(1, -1.0));
        let alone = one.half_width(1).unwrap();
        let together = CrossValidation::pooled(&[&one, &one]).half_width(1).unwrap();
        assert!((together - alone).abs() < 1e-9, "{together} is not {alone}");
        let apart = CrossValidation::pooled(&[&one, &other]);
        assert!(apart.days() == 10 && apart.half_width(1).unwrap() < 1e-9, "{apart:?}");
        assert_eq!(CrossValidation::pooled(&[]).half_width(1), None);
        assert_eq!(
            CrossValidation::pooled(&[&one, &CrossValidation::default()]).half_width(1),
            None
        );
    }

    #[test]
    fn a_baseline_that_is_off_moves_the_saving() {
        let [low, high] = interval(0.1, 0.05);
        assert!((low - (1.0 - 0.9 / 0.95)).abs() < 1e-12 && low < 0.1);
        assert!((high - (1.0 - 0.9 / 1.05)).abs() < 1e-12 && high > 0.1);
    }
}

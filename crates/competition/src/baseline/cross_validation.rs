//! Errors of the predictions of hours that the fit did not use (cross-validation).
//!
//! Each calendar month of the training year is predicted by a fit of the other months, so
//! that a month of winter is predicted with the rest of the winter. The errors give the
//! interval of a saving (`uncertainty`) and of an activity's effect, and decide, for the
//! baselines that ask, whether the model uses temperature.
//!
//! Where windows of the training are as long as what is judged (the effect of an activity,
//! the baselines of other competitions), 1 − Σe/Σê over each window is a false saving: the
//! true one is zero. The half-width is the root mean square of the false savings times the
//! 95th percentile of Student's t. Its degrees of freedom are the number of windows that
//! fit into the training without overlap, less one; the number is fractional.
use statrs::distribution::{ContinuousCDF, StudentsT};

use super::Observation;
use crate::time::{Day, Hour};

/// Days of training from which on its blocks are calendar months.
const MIN_YEAR: i64 = 329;

/// The parts of the training that are left out in turn: the calendar months of a year, or
/// twelfths of a shorter training.
#[derive(Debug, Clone, Copy)]
pub(super) enum Blocks {
    Months,
    Twelfths { first: Hour, span: i64 },
}

impl Blocks {
    pub(super) const COUNT: usize = 12;

    /// Of a training in order of time; `None` without any hour.
    pub(super) fn new(training: &[Observation]) -> Option<Self> {
        let (first, last) = (training.first()?.hour, training.last()?.hour);
        let span = last - first + 1;
        Some(match span >= MIN_YEAR * 24 {
            true => Self::Months,
            false => Self::Twelfths { first, span },
        })
    }

    /// The block of an hour, 0 to 11.
    pub(super) fn of(&self, it: &Observation) -> usize {
        match self {
            Self::Months => (it.month - 1).clamp(0, 11) as usize,
            Self::Twelfths { first, span } => {
                ((it.hour - *first) * Self::COUNT as i64 / span) as usize
            }
        }
    }
}

/// Measured and predicted energy of the same hours, kWh.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct EnergySums {
    pub(crate) measured: f64,
    pub(crate) predicted: f64,
}

impl EnergySums {
    pub(crate) fn of(pairs: impl Iterator<Item = Self>) -> Self {
        let add = |sum: Self, it: Self| Self {
            measured: sum.measured + it.measured,
            predicted: sum.predicted + it.predicted,
        };
        pairs.fold(Self::default(), add)
    }

    fn since(self, earlier: Self) -> Self {
        Self {
            measured: self.measured - earlier.measured,
            predicted: self.predicted - earlier.predicted,
        }
    }

    /// ln(Σe / Σê); `None` unless both are above zero.
    pub(crate) fn log_ratio(self) -> Option<f64> {
        (self.measured > 0.0 && self.predicted > 0.0).then(|| (self.measured / self.predicted).ln())
    }

    /// 1 − Σe/Σê, a share; `None` without a positive prediction.
    pub(crate) fn saving(self) -> Option<f64> {
        (self.predicted > 0.0).then(|| 1.0 - self.measured / self.predicted)
    }
}

/// Out-of-sample predictions of the training year, summed by UTC day.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct CrossValidation {
    /// The first day with an hour.
    first: Day,
    /// Sums from the beginning of the first day to the beginning of each day; one
    /// more element than there are days.
    cumulative: Vec<EnergySums>,
}

impl CrossValidation {
    /// From hours in order of time.
    pub(crate) fn new(hours: impl Iterator<Item = (Hour, EnergySums)>) -> Self {
        let mut cumulative = vec![EnergySums::default()];
        let mut first = None;
        for (hour, sums) in hours {
            let day = hour.day();
            let index = (day - *first.get_or_insert(day)) as usize + 1;
            while cumulative.len() <= index {
                cumulative.push(cumulative[cumulative.len() - 1]);
            }
            cumulative[index].measured += sums.measured;
            cumulative[index].predicted += sums.predicted;
        }
        Self { first: first.unwrap_or(Day::new(0)), cumulative }
    }

    fn days(&self) -> usize {
        self.cumulative.len().saturating_sub(1)
    }

    /// Sum of the squared errors of whole days, Σ(Σe − Σê)², kWh².
    pub(crate) fn squared_error(&self) -> f64 {
        let days = self.cumulative.windows(2).map(|pair| {
            let day = pair[1].since(pair[0]);
            let error = day.measured - day.predicted;
            error * error
        });
        days.sum()
    }

    /// False saving of the window of `days` days from the day `start` on.
    fn false_saving(&self, start: usize, days: usize) -> Option<f64> {
        self.cumulative[start + days].since(self.cumulative[start]).saving()
    }

    /// Half-width of the 90 % interval of a saving over `days` days, as a share of
    /// the baseline; `None` where the training does not contain two such windows.
    pub(crate) fn half_width(&self, days: usize) -> Option<f64> {
        let days = days.max(1);
        let last = self.days().checked_sub(days)?;
        let savings = (0..=last).filter_map(|start| self.false_saving(start, days));
        t_half_width(savings, self.days(), days)
    }

    /// Half-width of the 90 % interval of the change of the saving from one period of
    /// `days` days to the next, from the changes between neighbouring windows; `None`
    /// where the training does not contain two such pairs.
    pub(crate) fn change_half_width(&self, days: usize) -> Option<f64> {
        let days = days.max(1);
        let last = self.days().checked_sub(2 * days)?;
        let changes = (0..=last).filter_map(|start| {
            Some(self.false_saving(start + days, days)? - self.false_saving(start, days)?)
        });
        t_half_width(changes, self.days(), 2 * days)
    }
}

/// Half-width of the 90 % interval from false savings, each over `days` of the
/// `span` days of the training; `None` without two windows that do not overlap.
pub(crate) fn half_width(savings: &[f64], days: usize, span: usize) -> Option<f64> {
    t_half_width(savings.iter().copied(), span, days.max(1))
}

/// √(Σx²/n) · t, with span/window − 1 degrees of freedom.
fn t_half_width(values: impl Iterator<Item = f64>, span: usize, window: usize) -> Option<f64> {
    let (squares, count) = values.fold((0.0, 0), |sum, it| (sum.0 + it * it, sum.1 + 1));
    let t = t_95(span as f64 / window as f64 - 1.0)?;
    (count > 0).then(|| (squares / f64::from(count)).sqrt() * t)
}

/// The 95th percentile of Student's t distribution, for any real number of degrees of
/// freedom from one on; `None` below, where the spread is not estimated from two
/// windows.
fn t_95(degrees_of_freedom: f64) -> Option<f64> {
    let distribution = StudentsT::new(0.0, 1.0, degrees_of_freedom).ok();
    Some(distribution.filter(|_| degrees_of_freedom >= 1.0)?.inverse_cdf(0.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(value: f64, exact: f64, error: f64) -> bool {
        (value / exact - 1.0).abs() < error
    }

    /// NIST/SEMATECH e-Handbook of Statistical Methods, table 1.3.6.7.2.
    #[test]
    fn t_95_matches_the_published_table() {
        let table = [(1.0, 6.314), (2.0, 2.920), (3.0, 2.353), (4.0, 2.132), (10.0, 1.812)];
        for (degrees_of_freedom, known) in table.into_iter().chain([(30.0, 1.697), (100.0, 1.660)])
        {
            assert!(near(t_95(degrees_of_freedom).unwrap(), known, 3e-4), "{degrees_of_freedom}");
        }
        assert_eq!(t_95(0.999), None);
    }

    /// With t = √ν·tan θ the density of ν degrees of freedom is cos^(ν−1) θ, up to a
    /// factor: 45 % of its integral lie between 0 and the quantile.
    #[test]
    fn t_95_holds_for_fractions() {
        for degrees_of_freedom in [1.03, 1.39, 2.5, 7.7] {
            let integral = |until: f64| -> f64 {
                let width = until / 100_000.0;
                let middle = |step: i32| (f64::from(step) + 0.5) * width;
                let density = |step| f64::cos(middle(step)).powf(degrees_of_freedom - 1.0);
                (0..100_000).map(density).sum::<f64>() * width
            };
            let angle = (t_95(degrees_of_freedom).unwrap() / f64::sqrt(degrees_of_freedom)).atan();
            let share = integral(angle) / integral(std::f64::consts::FRAC_PI_2) / 2.0;
            assert!((share - 0.45).abs() < 1e-5, "{degrees_of_freedom}: {share}");
        }
    }

    /// Contests of five and six months in a year of training have 1.39 and 1.03
    /// degrees of freedom. The window's false savings are all 10 %.
    #[test]
    fn long_contests_have_the_right_t() {
        let error = |hour: i64| (Hour::new(hour), sums(90.0, 100.0));
        let validation = CrossValidation::new((0..365 * 24).map(error));
        let t = |days| validation.half_width(days).unwrap() / 0.1;
        assert!(near(t(153), 4.03, 2e-3), "{}", t(153));
        assert!(near(t(180), 6.03, 2e-3), "{}", t(180));
        assert_eq!(validation.half_width(183), None, "not two such windows in a year");
    }

    fn sums(measured: f64, predicted: f64) -> EnergySums {
        EnergySums { measured, predicted }
    }

    /// Ten days, predicted 100 kWh each, measured 110 and 90 in turn: single days are
    /// wrong by 10 %, pairs of days by nothing.
    #[test]
    fn half_width_matches_a_hand_computation() {
        let hours = (0..240).map(|hour| {
            let measured = if hour / 24 % 2 == 0 { 110.0 } else { 90.0 };
            (Hour::new(hour), sums(measured / 24.0, 100.0 / 24.0))
        });
        let validation = CrossValidation::new(hours);
        let day = validation.half_width(1).unwrap();
        assert!((day - 0.1 * t_95(9.0).unwrap()).abs() < 1e-9);
        assert!(validation.half_width(2).unwrap() < 1e-9);
        assert_eq!(validation.half_width(6), None);
        assert_eq!(CrossValidation::new(std::iter::empty()).half_width(1), None);
        // From one day to the next the saving changes by 20 percentage points.
        let change = validation.change_half_width(1).unwrap();
        assert!((change - 0.2 * t_95(4.0).unwrap()).abs() < 1e-9);
        assert_eq!(validation.change_half_width(3), None);
    }

    #[test]
    fn a_year_is_left_out_by_months_and_less_by_twelfths() {
        let training = |days: i64| -> Vec<Observation> {
            let observation = |hour: i64| Observation {
                hour: Hour::new(hour),
                bin: 0,
                date: (hour / 24) as usize,
                month: (hour / 24 / 31 % 12) as i8 + 1,
                outdoor: None,
                energy: 1.0,
            };
            (0..days * 24).map(observation).collect()
        };
        let blocks = |training: &[Observation]| {
            let blocks = Blocks::new(training).unwrap();
            training.iter().map(|it| blocks.of(it)).collect::<Vec<_>>()
        };
        let year = training(372);
        assert!(year.iter().zip(blocks(&year)).all(|(it, block)| block as i8 == it.month - 1));
        let short = blocks(&training(48));
        assert!(short.iter().enumerate().all(|(hour, block)| *block == hour / 96));
        assert!(Blocks::new(&[]).is_none());
    }
}

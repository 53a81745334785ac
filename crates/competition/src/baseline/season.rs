//! The season's part of the prediction: the mean of each bin over the three weeks
//! before and after the same date of the training year.
//!
//! A fit of temperature on one year cannot separate the weather from the time of the
//! year (a school is empty when it is warmest), and extrapolates the wrong response to
//! a spring that is warmer than the last. The average of two forecasts whose errors
//! have different causes is better than either: Bates and Granger (Operational
//! Research Quarterly 20(4), 1969) weight them by the inverse of their squared errors.
//! The season gets half of that weight, because its error is measured against
//! neighbouring weeks of the same year and is too small. A model without errors in the
//! cross-validation is used alone.
use super::{CrossValidation, EnergySums, Observation};
use crate::{
    calendar::BINS,
    time::{Day, Hour},
};

/// Length of the circular year, days: 52 weeks, so that weekdays match.
const YEAR: i64 = 364;
/// Days before and after a date that belong to its season.
const REACH: i64 = 21;
/// Days before and after an hour that are left out where the season predicts it for
/// the cross-validation.
const LEFT_OUT: i64 = 3;
/// Hours that the training must span.
const MIN_SPAN: i64 = 329 * 24;

/// Energy, kWh, and number of hours of a bin. The number is a float because both are
/// differences of cumulative sums.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    energy: f64,
    hours: f64,
}

impl Sums {
    fn minus(self, other: Self) -> Self {
        Self { energy: self.energy - other.energy, hours: self.hours - other.hours }
    }

    fn mean(self) -> Option<f64> {
        (self.hours > 0.5).then(|| (self.energy / self.hours).max(0.0))
    }
}

/// Cumulative sums of each bin by day of the circular year, with [`REACH`] more days
/// on either side.
struct CircularYear(Vec<[Sums; BINS]>);

impl CircularYear {
    fn new(training: &[Observation]) -> Self {
        let mut days = vec![[Sums::default(); BINS]; YEAR as usize];
        for it in training {
            let sums = &mut days[day_of_year(it.hour.day()) as usize][it.bin];
            sums.energy += it.energy;
            sums.hours += 1.0;
        }
        let mut cumulative = vec![[Sums::default(); BINS]];
        for day in -REACH..YEAR + REACH {
            let mut next = cumulative[cumulative.len() - 1];
            for (sum, day) in next.iter_mut().zip(&days[day.rem_euclid(YEAR) as usize]) {
                sum.energy += day.energy;
                sum.hours += day.hours;
            }
            cumulative.push(next);
        }
        Self(cumulative)
    }

    /// Sums of a bin over the days at most `reach` days from that of `hour`.
    fn around(&self, hour: Hour, bin: usize, reach: i64) -> Sums {
        let day = day_of_year(hour.day()) + REACH;
        let (from, until) = ((day - reach) as usize, (day + reach + 1) as usize);
        self.0[until][bin].minus(self.0[from][bin])
    }

    fn mean(&self, hour: Hour, bin: usize) -> Option<f64> {
        self.around(hour, bin, REACH).mean()
    }

    /// The same without the week around the hour itself.
    fn mean_without(&self, hour: Hour, bin: usize) -> Option<f64> {
        self.around(hour, bin, REACH).minus(self.around(hour, bin, LEFT_OUT)).mean()
    }
}

fn day_of_year(day: Day) -> i64 {
    day.number().rem_euclid(YEAR)
}

/// An energy in kWh or nothing, in four bytes.
#[derive(Debug, Clone, Copy)]
struct CompactKwh(f32);

impl CompactKwh {
    fn new(energy: Option<f64>) -> Self {
        Self(energy.map_or(f32::NAN, |energy| energy as f32))
    }

    fn get(self) -> Option<f64> {
        self.0.is_finite().then(|| f64::from(self.0))
    }
}

impl PartialEq for CompactKwh {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

/// The season's predictions for the hours of the contest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Season {
    /// Weight of the season, 0 to 0.5; the model has the rest.
    weight: f64,
    first: Hour,
    means: Vec<CompactKwh>,
}

impl Season {
    /// `contest` are consecutive hours with their bins, `validation` and `predict` are
    /// the model's errors and its prediction of a training hour, kWh. `None` where the
    /// training does not span a year.
    pub(super) fn fit(
        training: &[Observation],
        contest: impl Iterator<Item = (Hour, usize)>,
        validation: &CrossValidation,
        predict: impl Fn(&Observation) -> f64,
    ) -> Option<Self> {
        if training.last()?.hour - training.first()?.hour < MIN_SPAN {
            return None;
        }
        let year = CircularYear::new(training);
        let season = CrossValidation::new(training.iter().map(|it| {
            let predicted = year.mean_without(it.hour, it.bin).unwrap_or_else(|| predict(it));
            (it.hour, EnergySums { measured: it.energy, predicted })
        }));
        let (model_error, season_error) = (validation.squared_error(), season.squared_error());
        let weight = match model_error > 0.0 {
            true => 0.5 * model_error / (model_error + season_error),
            false => 0.0,
        };
        let mut contest = contest.peekable();
        let first = contest.peek()?.0;
        let means = contest.map(|(hour, bin)| CompactKwh::new(year.mean(hour, bin)));
        Some(Self { weight, first, means: means.collect() })
    }

    /// The weighted mean of the season and of `model`, the model's prediction of the
    /// hour; the latter where the season has none. kWh.
    pub(super) fn blend(&self, hour: Hour, model: f64) -> f64 {
        let index = usize::try_from(hour - self.first).ok();
        match index.and_then(|index| self.means.get(index)?.get()) {
            Some(mean) => model + self.weight * (mean - model),
            None => model,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A year of one bin: 10 kWh an hour, and 4 from its eleventh to its sixteenth week.
    fn year() -> Vec<Observation> {
        let energy = |day: i64| if (70..112).contains(&day) { 4.0 } else { 10.0 };
        let observation = |hour: i64| Observation {
            hour: Hour::new(hour),
            bin: 0,
            date: (hour / 24) as usize,
            month: 1,
            outdoor: None,
            energy: energy(hour / 24),
        };
        (0..364 * 24).map(observation).collect()
    }

    fn validation(training: &[Observation], error: f64) -> CrossValidation {
        CrossValidation::new(
            training.iter().map(|it| {
                (it.hour, EnergySums { measured: it.energy, predicted: it.energy + error })
            }),
        )
    }

    fn season(error: f64) -> Season {
        let training = year();
        // From the 470th day on, a bin that the training does not have.
        let bin = |hour: i64| usize::from(hour >= 470 * 24);
        let contest = (364 * 24..480 * 24).map(|hour| (Hour::new(hour), bin(hour)));
        Season::fit(&training, contest, &validation(&training, error), |it| it.energy).unwrap()
    }

    #[test]
    fn blends_with_the_same_weeks_of_the_training_year() {
        let season = season(1.0);
        let weight = season.weight;
        assert!(weight > 0.0 && weight < 0.5);
        // The year is circular: the day before its first is its last.
        let first = season.blend(Hour::new(364 * 24), 8.0);
        assert!((first - (8.0 + weight * 2.0)).abs() < 1e-6);
        // The 91st day: of the 43 days around it 42 have 4 kWh an hour, one has 10.
        let mean = (42.0 * 4.0 + 10.0) / 43.0;
        let blended = season.blend(Hour::new((364 + 91) * 24 + 5), 8.0);
        assert!((blended - (8.0 + weight * (mean - 8.0))).abs() < 1e-6, "{blended}");
    }

    #[test]
    fn keeps_the_model_where_the_season_has_no_mean() {
        let season = season(1.0);
        assert_eq!(season.blend(Hour::new(475 * 24), 8.0), 8.0, "a bin without hours");
        assert_eq!(season.blend(Hour::new(500 * 24), 8.0), 8.0, "after the contest");
        assert_eq!(season.blend(Hour::new(-1), 8.0), 8.0);
    }

    #[test]
    fn half_a_year_has_no_season() {
        let half = &year()[..180 * 24];
        let contest = (364 * 24..380 * 24).map(|hour| (Hour::new(hour), 0));
        assert_eq!(Season::fit(half, contest, &validation(half, 1.0), |it| it.energy), None);
    }

    #[test]
    fn a_model_without_errors_is_used_alone() {
        assert_eq!(season(0.0).weight, 0.0);
        assert!(season(0.1).weight < season(1.0).weight);
    }
}

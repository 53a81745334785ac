//! The same season of the training year: the mean of each kind of hour over the
//! three weeks before and after the date, the year taken as a ring.
//!
//! A fit of temperature on one year cannot tell what the weather did from what
//! the time of the year did (a school is empty when it is warmest), and leads a
//! wrong answer on into a spring that is warmer than the last. Two forecasts that
//! err for different reasons are better averaged: weights by the inverse of their
//! squared errors are those of Bates and Granger, Operational Research Quarterly
//! 20(4), 1969. Here the season gets half of that weight, for its error is
//! measured against neighbouring weeks of the same year, which flatters it. A
//! house whose model is right on what it did not see keeps to its model.
use super::{CrossValidation, Observation};
use crate::calendar::BINS;

/// Days of the ring: 52 weeks, so that weekdays meet.
const YEAR: i64 = 364;
/// Days on either side of a date that are its season.
const REACH: i64 = 21;
/// Days on either side that are left out where the season itself is tested.
const NEAR: i64 = 3;

/// Hours that the training must span to be called a year.
const FULL: i64 = 329 * 24;

type Sums = [(f64, f64); BINS];

/// Sums of the bins by day of the ring, cumulated over a ring and both overhangs.
struct Ring(Vec<Sums>);

impl Ring {
    fn of(hours: &[Observation]) -> Self {
        let mut days = vec![[(0.0, 0.0); BINS]; YEAR as usize];
        for hour in hours {
            let sum = &mut days[hour.hour.div_euclid(24).rem_euclid(YEAR) as usize][hour.bin];
            sum.0 += hour.energy;
            sum.1 += 1.0;
        }
        let mut cumulated = vec![[(0.0, 0.0); BINS]];
        for day in -REACH..YEAR + REACH {
            let mut next = cumulated[cumulated.len() - 1];
            for (sum, more) in next.iter_mut().zip(&days[day.rem_euclid(YEAR) as usize]) {
                *sum = (sum.0 + more.0, sum.1 + more.1);
            }
            cumulated.push(next);
        }
        Self(cumulated)
    }

    /// Energy and hours of a bin within so many days of the one that holds `hour`.
    fn around(&self, hour: i64, bin: usize, reach: i64) -> (f64, f64) {
        let day = hour.div_euclid(24).rem_euclid(YEAR) + REACH;
        let (until, from) =
            (self.0[(day + reach + 1) as usize][bin], self.0[(day - reach) as usize][bin]);
        (until.0 - from.0, until.1 - from.1)
    }

    fn mean(&self, hour: i64, bin: usize) -> Option<f64> {
        let (sum, count) = self.around(hour, bin, REACH);
        (count > 0.5).then(|| (sum / count).max(0.0))
    }

    /// The same without the week around the hour itself.
    fn mean_without(&self, hour: i64, bin: usize) -> Option<f64> {
        let (all, near) = (self.around(hour, bin, REACH), self.around(hour, bin, NEAR));
        let count = all.1 - near.1;
        (count > 0.5).then(|| ((all.0 - near.0) / count).max(0.0))
    }
}

/// What last year's season says of the hours of the contest.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Season {
    /// Its share in the baseline; the model has the rest.
    pub(crate) share: f64,
    first: i64,
    /// kWh; not a number where the season has no such hour.
    means: Vec<f32>,
}

impl Season {
    /// `None` where the training is less than a year. `wanted` are consecutive hours with their bins, `model` is the model's error
    /// on what it did not see, and `expect` its expectation of an hour.
    pub(crate) fn fit_baseline(
        hours: &[Observation],
        wanted: impl Iterator<Item = (i64, usize)>,
        model: &CrossValidation,
        expect: impl Fn(&Observation) -> f64,
    ) -> Option<Self> {
        let span = hours.last()?.hour - hours.first()?.hour;
        if span < FULL {
            return None;
        }
        let ring = Ring::of(hours);
        let tested = CrossValidation::new(hours.iter().map(|hour| {
            let mean = ring.mean_without(hour.hour, hour.bin);
            (hour.hour, hour.energy, mean.unwrap_or_else(|| expect(hour)))
        }));
        let (ours, its) = (model.daily_error(), tested.daily_error());
        let share = if ours > 0.0 { 0.5 * ours / (ours + its) } else { 0.0 };
        let mut wanted = wanted.peekable();
        let first = wanted.peek()?.0;
        let means = wanted.map(|(hour, bin)| ring.mean(hour, bin).map_or(f32::NAN, |it| it as f32));
        Some(Self { share, first, means: means.collect() })
    }

    /// The model's expectation of an hour, drawn towards the season's.
    pub(crate) fn blend(&self, hour: i64, model: f64) -> f64 {
        let index = usize::try_from(hour - self.first).ok();
        match index.and_then(|index| self.means.get(index)) {
            Some(mean) if mean.is_finite() => model + self.share * (f64::from(*mean) - model),
            _ => model,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A year of one bin, 10 kWh an hour but 4 in its tenth to sixteenth week.
    fn year() -> Vec<Observation> {
        let energy = |day: i64| if (70..112).contains(&day) { 4.0 } else { 10.0 };
        let hour =
            |hour: i64| Observation { hour, bin: 0, outdoor: f64::NAN, energy: energy(hour / 24) };
        (0..364 * 24).map(hour).collect()
    }

    fn season(error: f64) -> Season {
        let hours = year();
        let model =
            CrossValidation::new(hours.iter().map(|it| (it.hour, it.energy, it.energy + error)));
        let wanted = (364 * 24..400 * 24).map(|hour| (hour, 0)).chain((400 * 24..480 * 24).map(
            // from the 400th day on a kind of hour that the year never had
            |hour| (hour, if hour < 470 * 24 { 0 } else { 1 }),
        ));
        Season::fit_baseline(&hours, wanted, &model, |it| it.energy).unwrap()
    }

    #[test]
    fn the_same_weeks_of_last_year() {
        let season = season(1.0);
        let weight = season.share;
        assert!(weight > 0.0 && weight < 0.5);
        // the year is a ring: before its first day lies its last
        assert!((season.blend(364 * 24, 8.0) - (8.0 + weight * 2.0)).abs() < 1e-6);
        // the 91st day: 42 of the 43 days around it used 4, one used 10
        let mean = (42.0 * 4.0 + 10.0) / 43.0;
        let drawn = season.blend((364 + 91) * 24 + 5, 8.0);
        assert!((drawn - (8.0 + weight * (mean - 8.0))).abs() < 1e-6, "{drawn}");
    }

    #[test]
    fn what_is_not_known_is_left_to_the_model() {
        let season = season(1.0);
        assert_eq!(season.blend(475 * 24, 8.0), 8.0, "a kind of hour without any");
        assert_eq!(season.blend(500 * 24, 8.0), 8.0, "an hour nobody asked for");
        assert_eq!(season.blend(-1, 8.0), 8.0);
    }

    #[test]
    fn half_a_year_is_no_ring() {
        let half = &year()[..180 * 24];
        let model =
            CrossValidation::new(half.iter().map(|it| (it.hour, it.energy, it.energy + 1.0)));
        let wanted = (364 * 24..380 * 24).map(|hour| (hour, 0));
        assert_eq!(Season::fit_baseline(half, wanted, &model, |it| it.energy), None);
    }

    #[test]
    fn a_model_without_error_is_kept() {
        assert_eq!(season(0.0).share, 0.0);
        assert!(season(0.1).share < season(1.0).share);
    }
}

//! The level of the building in the last twelve weeks of the training, compared with what
//! the fit expects of them: L = ln(Σe / Σê). A building that uses more or less than its
//! year explains mostly goes on to do so, thus the baseline follows: it is multiplied by
//! e^(0.7 L), |0.7 L| ≤ 0.15.
//!
//! Waste before the contest raises the level. The cap bounds what that can gain, L widens
//! the interval (`uncertainty`), the level is published with its hours, and a competition
//! can end the reference before it is announced (`Competition::reference_until`).
//!
//! Twelve weeks: four would be the summer holidays before a contest in autumn. Any share
//! from 0.5 to 1.0 did as well on unseen buildings (`../shared/fairness.md`).
use crate::{
    Time,
    baseline::{EnergySums, Observation},
    time::Hour,
};

/// Days of the window, and the number of them whose hours must be known.
const DAYS: i64 = 84;
const MIN_DAYS: usize = 28;
/// Share of the level that the baseline follows.
const FOLLOWED: f64 = 0.7;
/// Largest logarithm of the factor of the baseline.
const CAP: f64 = 0.15;

/// The use of the last twelve weeks of the training relative to the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Level {
    /// L = ln(Σe / Σê)
    pub log_ratio: f64,
    /// Beginning of the window.
    pub from: Time,
    /// End of the window.
    pub until: Time,
    /// Known hours in it.
    pub hours: u32,
}

impl Level {
    /// Of the training hours before `end`; `None` where fewer than four weeks are known,
    /// or where energy or prediction is not above zero.
    pub(super) fn of(
        training: &[Observation],
        end: Hour,
        predict: impl Fn(&Observation) -> f64,
    ) -> Option<Self> {
        let from = end - DAYS * 24;
        let window = &training[training.partition_point(|it| it.hour < from)..];
        let window = &window[..window.partition_point(|it| it.hour < end)];
        let sums = EnergySums::of(
            window.iter().map(|it| EnergySums { measured: it.energy, predicted: predict(it) }),
        );
        let log_ratio = sums.log_ratio().filter(|_| window.len() >= MIN_DAYS * 24)?;
        let hours = window.len() as u32;
        Some(Self { log_ratio, from: from.start(), until: end.start(), hours })
    }

    /// How far the use is above what the fit expects, percent.
    pub fn percent(&self) -> f64 {
        (self.log_ratio.exp() - 1.0) * 100.0
    }

    /// The factor of the baseline.
    pub fn factor(&self) -> f64 {
        (FOLLOWED * self.log_ratio).clamp(-CAP, CAP).exp()
    }

    /// By how much the factor raises the baseline, percent.
    pub fn applied_percent(&self) -> f64 {
        (self.factor() - 1.0) * 100.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 10 kWh an hour are expected; `ratio` times that is used in the last 84 of 100 days.
    fn level(ratio: f64, days: i64) -> Option<Level> {
        let observation = |hour: i64| Observation {
            hour: Hour::new(hour),
            bin: 0,
            date: (hour / 24) as usize,
            month: 1,
            outdoor: None,
            energy: if hour < 16 * 24 { 3.0 } else { 10.0 * ratio },
        };
        let training: Vec<_> = ((100 - days) * 24..100 * 24).map(observation).collect();
        Level::of(&training, Hour::new(100 * 24), |_| 10.0)
    }

    #[test]
    fn the_level_is_that_of_the_window_and_mostly_followed() {
        let up = level(1.1, 100).unwrap();
        assert!((up.log_ratio - 1.1_f64.ln()).abs() < 1e-12);
        assert!((up.percent() - 10.0).abs() < 1e-9);
        assert!((up.factor() - 1.1_f64.powf(0.7)).abs() < 1e-12);
        assert_eq!((up.from, up.until, up.hours), (Time(16 * 86_400), Time(8_640_000), 84 * 24));
        assert!((level(0.9, 100).unwrap().factor() - 0.9_f64.powf(0.7)).abs() < 1e-12);
    }

    #[test]
    fn the_cap_bounds_the_factor_in_both_directions() {
        for (ratio, factor) in
            [(2.0, 0.15_f64.exp()), (40.0, 0.15_f64.exp()), (0.1, (-0.15_f64).exp())]
        {
            assert!((level(ratio, 100).unwrap().factor() - factor).abs() < 1e-12, "{ratio}");
        }
    }

    #[test]
    fn too_little_is_no_level() {
        assert!(level(1.1, 28).is_some() && level(1.1, 27).is_none());
        assert_eq!(level(0.0, 100), None, "nothing used");
        assert_eq!(level(-1.0, 100), None, "more produced than used");
    }
}

//! The exponential mean of the outdoor temperature, which stands for the heat that a
//! building stores: T̃ₕ = T̃ₕ₋₁ + (1 − e^(−1/τ))·(Tₕ − T̃ₕ₋₁), with the time constant τ in
//! hours. An hour without a temperature keeps the mean of the hours before it.
use crate::Celsius;

/// Share of the weight of the hours before that must have a temperature. Below it, the
/// mean takes in the substitutes.
const MIN_KNOWN: f64 = 0.5;

/// Temperature of an hour, and what stands for it where it is missing for long.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct HourTemperature {
    pub(crate) measured: Option<Celsius>,
    pub(crate) substitute: Option<Celsius>,
}

/// Weighted sum of temperatures, with the weights of those that are known and of all.
#[derive(Debug, Clone, Copy, Default)]
struct Mean {
    sum: f64,
    known: f64,
    all: f64,
}

impl Mean {
    fn add(&mut self, decay: f64, outdoor: Option<Celsius>) -> Option<Celsius> {
        let (value, known) = outdoor.map_or((0.0, 0.0), |outdoor| (outdoor.0, 1.0));
        self.sum = self.sum * decay + value;
        self.known = self.known * decay + known;
        self.all = self.all * decay + 1.0;
        (self.known >= MIN_KNOWN * self.all).then(|| Celsius(self.sum / self.known))
    }
}

/// The exponential mean of consecutive hours; `None` where too little is known.
pub(crate) fn smoothed(
    hours: impl Iterator<Item = HourTemperature>,
    time_constant: f64,
) -> impl Iterator<Item = Option<Celsius>> {
    let decay = (-1.0 / time_constant.max(1e-3)).exp();
    let (mut measured, mut filled) = (Mean::default(), Mean::default());
    hours.map(move |hour| {
        let by_measured = measured.add(decay, hour.measured);
        let by_filled = filled.add(decay, hour.measured.or(hour.substitute));
        by_measured.or(by_filled)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(temperatures: &[Option<f64>]) -> Vec<Option<f64>> {
        let hours = temperatures
            .iter()
            .map(|it| HourTemperature { measured: it.map(Celsius), substitute: None });
        smoothed(hours, 24.0).map(|it| it.map(|it| it.0)).collect()
    }

    /// After a step from 0 to 10 °C the mean has covered 1 − 1/e of it in 24 hours.
    #[test]
    fn a_step_is_followed_with_the_time_constant() {
        let step: Vec<_> =
            (0..1024).map(|hour| Some(if hour < 1000 { 0.0 } else { 10.0 })).collect();
        let mean = measured(&step);
        assert_eq!((mean[0], mean[999]), (Some(0.0), Some(0.0)));
        let covered = mean[1023].unwrap() / 10.0;
        assert!((covered - (1.0 - (-1.0_f64).exp())).abs() < 1e-9, "{covered}");
    }

    /// The recursion of the header, hour by hour.
    #[test]
    fn the_mean_is_that_of_the_recursion() {
        let temperature = |hour: usize| (hour as f64 / 9.0).sin() * 12.0;
        let series: Vec<_> = (0..2000).map(|hour| Some(temperature(hour))).collect();
        let gain = 1.0 - (-1.0_f64 / 24.0).exp();
        let mut recursion = temperature(0);
        for (hour, found) in measured(&series).into_iter().enumerate() {
            recursion += gain * (temperature(hour) - recursion);
            // The beginning differs: the recursion starts from one hour, the mean from all.
            assert!(hour < 600 || (found.unwrap() - recursion).abs() < 1e-6, "{hour}");
        }
    }

    #[test]
    fn a_short_gap_keeps_the_mean_and_a_long_one_takes_the_substitutes() {
        let hour = |number: i32| HourTemperature {
            measured: (number < 500).then_some(Celsius(4.0)),
            substitute: Some(Celsius(14.0)),
        };
        let mean: Vec<_> = smoothed((0..1000).map(hour), 24.0).collect();
        assert!((mean[510].unwrap().0 - 4.0).abs() < 1e-9, "ten hours");
        assert!((mean[524].unwrap().0 - 4.0).abs() > 5.0, "a day");
        assert!((mean[999].unwrap().0 - 14.0).abs() < 1e-3, "weeks");
        let unknown: Vec<Option<f64>> = (0..60).map(|hour| (hour < 30).then_some(1.0)).collect();
        let mean = measured(&unknown);
        assert!(mean[40].is_some() && mean[59].is_none(), "nothing stands for it");
    }
}

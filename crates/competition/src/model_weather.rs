//! The outdoor temperatures of a participant, as measured and as its baseline uses them.
use core::ops::Range;

use crate::{
    Celsius,
    baseline::{HourTemperature, smoothed},
    calendar::Calendar,
    time::{Hour, each_hour},
    weather::Weather,
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ModelWeather {
    measured: Weather,
    /// The temperatures that the fitted baseline predicts with.
    model: Weather,
    /// A temperature changed since `model` was computed.
    outdated: bool,
}

impl ModelWeather {
    pub(crate) fn new(calendar: &Calendar) -> Self {
        let none = Weather::new(calendar.hours().start);
        Self { measured: none.clone(), model: none, outdated: false }
    }

    /// Sets the measured temperature of an hour; whether it changed.
    pub(crate) fn set(&mut self, hour: Hour, outdoor: Celsius) -> bool {
        let changed = self.measured.set(hour, outdoor);
        self.outdated |= changed;
        changed
    }

    /// Makes the temperatures of some hours missing, and no others; whether that changes
    /// anything.
    pub(crate) fn doubt(&mut self, hours: &[Range<Hour>]) -> bool {
        let changed = self.measured.doubt(hours);
        self.outdated |= changed;
        changed
    }

    /// Whether a temperature was ever set.
    pub(crate) fn has_any(&self) -> bool {
        self.measured.has_any()
    }

    /// The measured temperature of an hour, doubted or not.
    pub(crate) fn measured(&self, hour: Hour) -> Option<Celsius> {
        self.measured.measured(hour)
    }

    /// The temperature that the fitted baseline uses in an hour.
    pub(crate) fn at(&self, hour: Hour) -> Option<Celsius> {
        self.model.at(hour)
    }

    pub(crate) fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// The baseline predicts with these temperatures from now on.
    pub(crate) fn use_for_model(&mut self, model: Weather) {
        self.model = model;
        self.outdated = false;
    }

    /// The temperatures that a method fits and predicts with: those of the hours, or their
    /// exponential mean with this time constant, hours.
    pub(crate) fn of_method(&self, calendar: &Calendar, smoothing: Option<f64>) -> Weather {
        let first = calendar.hours().start;
        let temperatures = each_hour(&(first..calendar.contest.end)).map(|hour| {
            let measured = self.measured.at(hour);
            let missing = measured.is_none() && !calendar.baseline.contains(&hour);
            let substitute = missing.then(|| self.of_last_year(calendar, hour)).flatten();
            HourTemperature { measured, substitute }
        });
        match smoothing {
            Some(hours) => Weather::of(first, smoothed(temperatures, hours)),
            None => Weather::of(first, temperatures.map(|it| it.measured.or(it.substitute))),
        }
    }

    /// Stands for the temperature of an hour after the baseline that is not known (yet):
    /// the mean of that time of day within ten days of the date a year before. Without it
    /// a model would fall back to the mean of the whole year, and show a false saving for
    /// each spring hour without a temperature.
    fn of_last_year(&self, calendar: &Calendar, hour: Hour) -> Option<Celsius> {
        let near = (-10..=10).map(|days| hour - (364 + days) * 24);
        let near = near.filter(|hour| calendar.baseline.contains(hour));
        let (sum, count) = near
            .filter_map(|hour| self.measured.at(hour))
            .fold((0.0, 0), |(sum, count), outdoor| (sum + outdoor.0, count + 1));
        (count >= 7).then(|| Celsius(sum / f64::from(count)))
    }
}

//! Outdoor temperature of each hour of the competition, in two bytes an hour.
use core::ops::Range;

use crate::{Celsius, hour_ranges::contains, time::Hour};

/// Temperatures outside of this range, °C, are errors of the sensor.
const PLAUSIBLE: core::ops::RangeInclusive<f64> = -80.0..=60.0;

/// Whether a sensor can have measured this temperature.
pub(crate) fn is_plausible(outdoor: Celsius) -> bool {
    PLAUSIBLE.contains(&outdoor.0)
}

/// Hundredths of a degree or nothing, in two bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct CompactTemperature(i16);

impl CompactTemperature {
    const NONE: Self = Self(i16::MIN);

    fn new(outdoor: Celsius) -> Self {
        if is_plausible(outdoor) { Self((outdoor.0 * 100.0).round() as i16) } else { Self::NONE }
    }

    fn get(self) -> Option<Celsius> {
        (self != Self::NONE).then(|| Celsius(f64::from(self.0) / 100.0))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weather {
    first: Hour,
    values: Vec<CompactTemperature>,
    /// Hours whose temperature counts as missing: rising, disjoint.
    doubted: Vec<Range<Hour>>,
}

impl Weather {
    /// `first`: the first hour that can have a temperature.
    pub(crate) fn new(first: Hour) -> Self {
        Self { first, values: Vec::new(), doubted: Vec::new() }
    }

    /// The temperatures of consecutive hours.
    pub(crate) fn of(first: Hour, hours: impl Iterator<Item = Option<Celsius>>) -> Self {
        let compact =
            |it: Option<Celsius>| it.map_or(CompactTemperature::NONE, CompactTemperature::new);
        Self { first, values: hours.map(compact).collect(), doubted: Vec::new() }
    }

    fn index(&self, hour: Hour) -> Option<usize> {
        usize::try_from(hour - self.first).ok()
    }

    /// Sets the temperature of an hour; an implausible one removes it. Returns
    /// whether the value changed.
    pub(crate) fn set(&mut self, hour: Hour, outdoor: Celsius) -> bool {
        let Some(index) = self.index(hour) else { return false };
        if index >= self.values.len() {
            self.values.resize(index + 1, CompactTemperature::NONE);
        }
        let value = CompactTemperature::new(outdoor);
        std::mem::replace(&mut self.values[index], value) != value
    }

    /// Makes the temperatures of some hours missing, and no others. Returns whether that
    /// changes anything.
    pub(crate) fn doubt(&mut self, hours: &[Range<Hour>]) -> bool {
        let changes = self.doubted != hours;
        self.doubted = hours.to_vec();
        changes
    }

    /// The temperature of an hour, unless it is doubted.
    pub(crate) fn at(&self, hour: Hour) -> Option<Celsius> {
        self.measured(hour).filter(|_| !contains(&self.doubted, hour))
    }

    /// Whether a temperature was ever set.
    pub(crate) fn has_any(&self) -> bool {
        !self.values.is_empty()
    }

    /// The temperature of an hour, doubted or not.
    pub(crate) fn measured(&self, hour: Hour) -> Option<Celsius> {
        self.values.get(self.index(hour)?)?.get()
    }
}

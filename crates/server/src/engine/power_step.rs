//! Detects steps of a meter's power: something was switched on or off. A step stands out
//! of the meter's usual changes from reading to reading.
use competition::{Time, Watts};

/// Greatest distance of two readings between which a step is detected, s.
const MAX_GAP: i64 = 60;
/// Smallest step, W.
const MIN_STEP: f64 = 500.0;
/// Smallest step as a multiple of the mean absolute change from reading to reading.
const NOISE_FACTOR: f64 = 4.0;
/// Number of changes over which that mean is taken, exponentially weighted.
const MEMORY: f64 = 30.0;

/// Detects the steps of one meter in constant time and memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PowerStepDetector {
    last: Option<(Time, Watts)>,
    /// Mean absolute change, W.
    noise: f64,
    /// Changes in the mean, up to [`MEMORY`].
    changes: f64,
}

impl PowerStepDetector {
    /// Adds the next power of the meter; gives the step, if it is one.
    pub(super) fn update(&mut self, at: Time, power: Watts) -> Option<Watts> {
        let (before, last) = self.last.replace((at, power))?;
        if at.since(before) > MAX_GAP {
            return None;
        }
        let change = Watts(power.0.saturating_sub(last.0));
        let size = change.0.unsigned_abs() as f64;
        let least = MIN_STEP.max(NOISE_FACTOR * self.noise);
        self.changes = (self.changes + 1.0).min(MEMORY);
        // A step adds no more to the mean than the largest change that is not a step.
        self.noise += (size.min(least) - self.noise) / self.changes;
        // The mean of a few readings is not reliable.
        (size >= least && self.changes >= 4.0).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(powers: impl IntoIterator<Item = i64>, pace: i64) -> Vec<(usize, i64)> {
        let mut detector = PowerStepDetector::default();
        let found = |(i, power)| Some((i, detector.update(Time(i as i64 * pace), Watts(power))?.0));
        powers.into_iter().enumerate().filter_map(found).collect()
    }

    #[test]
    fn a_kettle_in_a_quiet_building_is_detected_on_and_off() {
        let kettle = |i| if (20..40).contains(&i) { 2_000 } else { 0 };
        let powers = (0..60).map(|i| 8_000 + i % 2 * 20 + kettle(i));
        assert_eq!(detect(powers, 10), [(20, 1_980), (40, -2_020)]);
    }

    #[test]
    fn ordinary_changes_are_not_steps() {
        let powers = (0..600i64).map(|i| 20_000 + i * i * 7919 % 1009);
        assert_eq!(detect(powers, 10), []);
    }

    #[test]
    fn readings_far_apart_give_no_step() {
        assert_eq!(detect((0..50).map(|i| i % 2 * 5_000), 900), []);
    }
}

//! Somebody just switched something on or off: a jump of a meter's power that
//! stands out of its usual trembling.
use competition::{Time, Watts};

/// Readings further apart say nothing about a moment.
const APART: i64 = 60;
/// Smaller jumps are nobody's doing, W.
const LEAST: f64 = 500.0;
/// A jump is this many times the mean change from reading to reading …
const TIMES: f64 = 4.0;
/// … which is learnt over about this many readings.
const MEMORY: f64 = 30.0;

/// Watches the power of one meter; constant work and memory.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PowerStepDetector {
    last: Option<(Time, Watts)>,
    noise: f64,
    seen: f64,
}

impl PowerStepDetector {
    /// Takes the next power of the meter; the jump, if it is one.
    pub(super) fn see(&mut self, at: Time, power: Watts) -> Option<Watts> {
        let (before, last) = self.last.replace((at, power))?;
        if at.since(before) > APART {
            return None;
        }
        let change = Watts(power.0.saturating_sub(last.0));
        let size = change.0.unsigned_abs() as f64;
        let least = LEAST.max(TIMES * self.noise);
        self.seen = (self.seen + 1.0).min(MEMORY);
        // A jump does not teach more than the largest trembling does.
        self.noise += (size.min(least) - self.noise) / self.seen;
        // A few readings are no habit yet.
        (size >= least && self.seen >= 4.0).then_some(change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watch(powers: impl IntoIterator<Item = i64>, pace: i64) -> Vec<(usize, i64)> {
        let mut steps = PowerStepDetector::default();
        let found = |(i, power)| Some((i, steps.see(Time(i as i64 * pace), Watts(power))?.0));
        powers.into_iter().enumerate().filter_map(found).collect()
    }

    #[test]
    fn a_kettle_in_a_quiet_house_is_seen_on_and_off() {
        let kettle = |i| if (20..40).contains(&i) { 2_000 } else { 0 };
        let powers = (0..60).map(|i| 8_000 + i % 2 * 20 + kettle(i));
        assert_eq!(watch(powers, 10), [(20, 1_980), (40, -2_020)]);
    }

    #[test]
    fn a_trembling_house_is_not_full_of_steps() {
        let powers = (0..600i64).map(|i| 20_000 + i * i * 7919 % 1009);
        assert_eq!(watch(powers, 10), []);
    }

    #[test]
    fn far_apart_says_nothing() {
        assert_eq!(watch((0..50).map(|i| i % 2 * 5_000), 900), []);
    }
}

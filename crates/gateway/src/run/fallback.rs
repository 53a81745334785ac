//! UTC from the meter's clock alone, for gateways without another source.
//!
//! The meter's clock is used once several telegrams in a row agree with the monotonic
//! clock. From then on the monotonic clock counts, and a jump of the meter's clock is
//! ignored.
use wire::Time;

/// Telegrams in a row that must agree with the monotonic clock.
const TELEGRAMS: u8 = 3;
/// Permitted difference, s: a telegram and the time in it are each up to a second late.
const TOLERANCE_S: i64 = 2;

#[derive(Debug, Default)]
pub(super) struct FallbackClock {
    /// UTC of a telegram, and when it was received.
    anchor: Option<(Time, u64)>,
    agreed: u8,
}

impl FallbackClock {
    /// Takes the time of a telegram into account; true if this makes UTC known.
    pub(super) fn observe(&mut self, utc: Time, at_ms: u64) -> bool {
        let expected = self.anchor.and_then(|(time, since)| later(time, since, at_ms));
        match expected {
            Some(expected) if (utc.unix() - expected.unix()).abs() <= TOLERANCE_S => {
                self.anchor = Some((utc, at_ms));
                self.agreed = self.agreed.saturating_add(1).min(TELEGRAMS + 1);
                self.agreed == TELEGRAMS
            }
            Some(_) if self.agreed >= TELEGRAMS => false,
            _ => {
                self.anchor = Some((utc, at_ms));
                self.agreed = 1;
                false
            }
        }
    }

    pub(super) fn utc(&self, now_ms: u64) -> Option<Time> {
        let (time, since) = self.anchor.filter(|_| self.agreed >= TELEGRAMS)?;
        later(time, since, now_ms)
    }
}

fn later(time: Time, since_ms: u64, now_ms: u64) -> Option<Time> {
    let seconds = i64::try_from(now_ms.saturating_sub(since_ms) / 1000).ok()?;
    Time::from_unix(time.unix().checked_add(seconds)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(unix: i64) -> Time {
        Time::from_unix(unix).expect("in range")
    }

    #[test]
    fn a_steady_clock_is_used_and_jumps_are_ignored() {
        let mut fallback = FallbackClock::default();
        assert!(!fallback.observe(time(1000), 0) && !fallback.observe(time(1010), 10_300));
        assert_eq!(fallback.utc(10_300), None);
        assert!(!fallback.observe(time(9020), 20_000), "a jump starts again");
        assert!(!fallback.observe(time(9030), 30_000));
        assert!(fallback.observe(time(9040), 40_000) && !fallback.observe(time(9051), 50_000));
        assert_eq!(fallback.utc(55_000), Some(time(9056)));
        for at in 6..100 {
            fallback.observe(time(5), at * 10_000);
        }
        assert_eq!(fallback.utc(990_000), Some(time(9991)), "counted by the monotonic clock");
    }

    #[test]
    fn a_clock_that_stands_still_is_not_used() {
        let mut fallback = FallbackClock::default();
        assert!((0..100).all(|at| !fallback.observe(time(1000), at * 10_000)));
    }
}

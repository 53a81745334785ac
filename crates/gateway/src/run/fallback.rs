//! UTC by the meter's clock alone, where nobody else tells the time.
//!
//! A meter is believed when several telegrams in a row say the same as our own
//! counting between them. After that a meter that jumps is not followed: we have
//! counted, and it cannot have been right before and after.
use wire::Time;

/// Telegrams in a row that must agree.
const AGREE: u8 = 3;
/// Seconds that two telegrams may differ from our counting: each is up to a second
/// late, and so is its figure.
const SLACK: i64 = 2;

#[derive(Debug, Default)]
pub(super) struct Fallback {
    /// What it said, and when.
    anchor: Option<(Time, u64)>,
    agreed: u8,
}

impl Fallback {
    /// Whether this makes the time known.
    pub(super) fn hear(&mut self, told: Time, at_ms: u64) -> bool {
        let expected = self.anchor.and_then(|(time, since)| later(time, since, at_ms));
        match expected {
            Some(expected) if (told.unix() - expected.unix()).abs() <= SLACK => {
                self.anchor = Some((told, at_ms));
                self.agreed = self.agreed.saturating_add(1).min(AGREE + 1);
                self.agreed == AGREE
            }
            Some(_) if self.agreed >= AGREE => false,
            _ => {
                self.anchor = Some((told, at_ms));
                self.agreed = 1;
                false
            }
        }
    }

    pub(super) fn utc(&self, now_ms: u64) -> Option<Time> {
        let (time, since) = self.anchor.filter(|_| self.agreed >= AGREE)?;
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
    fn a_clock_that_ticks_is_believed_and_one_that_jumps_is_not() {
        let mut fallback = Fallback::default();
        assert!(!fallback.hear(time(1000), 0) && !fallback.hear(time(1010), 10_300));
        assert_eq!(fallback.utc(10_300), None);
        assert!(!fallback.hear(time(9020), 20_000), "jumped: from the beginning");
        assert!(!fallback.hear(time(9030), 30_000));
        assert!(fallback.hear(time(9040), 40_000) && !fallback.hear(time(9051), 50_000));
        assert_eq!(fallback.utc(55_000), Some(time(9056)));
        for at in 6..100 {
            fallback.hear(time(5), at * 10_000);
        }
        assert_eq!(fallback.utc(990_000), Some(time(9991)), "by our own counting");
    }

    #[test]
    fn one_that_stands_still_is_not_believed() {
        let mut fallback = Fallback::default();
        assert!((0..100).all(|at| !fallback.hear(time(1000), at * 10_000)));
    }
}

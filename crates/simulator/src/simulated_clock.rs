//! Simulated time: real time, or time that runs faster and may stop.
use std::time::Duration;

use tokio::time::Instant;

/// Unix time that advances `speed` seconds in each real second.
#[derive(Debug, Clone, Copy)]
pub struct SimulatedClock {
    start: i64,
    since: Instant,
    speed: f64,
    end: i64,
}

impl SimulatedClock {
    /// A clock that shows `start` now and stops at `end`, both Unix seconds.
    pub fn new(start: i64, speed: f64, end: i64) -> Self {
        Self { start, since: Instant::now(), speed, end }
    }

    /// Simulated seconds in a real second.
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// The simulated time, Unix seconds.
    pub fn now(&self) -> i64 {
        (self.start + (self.since.elapsed().as_secs_f64() * self.speed) as i64).min(self.end)
    }

    /// Where the clock stops, Unix seconds.
    pub const fn end(&self) -> i64 {
        self.end
    }

    /// Waits until the clock shows `at`; forever if `at` is after its end.
    pub async fn wait_until(&self, at: i64) {
        if at > self.end {
            std::future::pending::<()>().await;
        }
        let due = (at - self.start).max(0) as f64 / self.speed;
        tokio::time::sleep_until(self.since + Duration::from_secs_f64(due)).await;
    }

    /// Simulated seconds between two telegrams of a meter in a fleet of `count` meters:
    /// 10 s as on a Swedish meter, or the shortest of 1, 5, 15 and 60 minutes at which the
    /// fleet sends at most [`MAX_READINGS_PER_SECOND`] (an hour where none does).
    pub fn interval(&self, count: usize) -> i64 {
        const STEPS: [i64; 5] = [10, 60, 300, 900, 3600];
        let fits =
            |step: &&i64| count as f64 * self.speed / **step as f64 <= MAX_READINGS_PER_SECOND;
        STEPS.iter().find(fits).copied().unwrap_or(3600)
    }
}

/// Readings of the whole fleet in a real second beyond which its meters send less often.
pub const MAX_READINGS_PER_SECOND: f64 = 2000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_send_less_often_at_high_speed() {
        let interval = |speed, count| SimulatedClock::new(0, speed, i64::MAX).interval(count);
        assert_eq!(interval(1.0, 24), 10);
        assert_eq!(interval(600.0, 24), 10);
        assert_eq!(interval(6000.0, 24), 300);
        assert_eq!(interval(60_000.0, 24), 900);
        assert_eq!(interval(60_000.0, 290), 3600, "even an hour exceeds the limit");
    }
}

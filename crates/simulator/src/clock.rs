//! The fleet's calendar: the real one, or one that runs faster and may stop.
use std::time::Duration;

use tokio::time::Instant;

/// Seconds of UTC that pass at `speed`; cheap to copy.
#[derive(Debug, Clone, Copy)]
pub struct Calendar {
    start: i64,
    since: Instant,
    speed: f64,
    stop: i64,
}

impl Calendar {
    /// It is `start` now, `speed` seconds pass in each one, and none after `stop`.
    pub fn new(start: i64, speed: f64, stop: i64) -> Self {
        Self { start, since: Instant::now(), speed, stop }
    }

    /// Seconds that pass in one.
    pub const fn speed(&self) -> f64 {
        self.speed
    }

    /// Now, seconds since 1970.
    pub fn now(&self) -> i64 {
        (self.start + (self.since.elapsed().as_secs_f64() * self.speed) as i64).min(self.stop)
    }

    /// Last moment of this calendar.
    pub const fn stop(&self) -> i64 {
        self.stop
    }

    /// Waits until it is `at`; for ever if that is after the calendar's end.
    pub async fn until(&self, at: i64) {
        if at > self.stop {
            std::future::pending::<()>().await;
        }
        let due = (at - self.start).max(0) as f64 / self.speed;
        tokio::time::sleep_until(self.since + Duration::from_secs_f64(due)).await;
    }

    /// How often a meter of a fleet of `count` sends, s: every ten seconds as on
    /// a Swedish meter; less often where that would be more than
    /// [`MOST_PER_SECOND`] readings a second in all: every minute, five minutes,
    /// quarter-hour, and at last every hour.
    pub fn interval(&self, count: usize) -> i64 {
        const STEPS: [i64; 5] = [10, 60, 300, 900, 3600];
        let fits = |step: &&i64| count as f64 * self.speed / **step as f64 <= MOST_PER_SECOND;
        STEPS.iter().find(fits).copied().unwrap_or(3600)
    }
}

/// Readings a second of the whole fleet, beyond which its meters send less often.
pub const MOST_PER_SECOND: f64 = 2000.0;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn meters_send_less_often_at_high_speed() {
        let interval = |speed, count| Calendar::new(0, speed, i64::MAX).interval(count);
        assert_eq!(interval(1.0, 24), 10);
        assert_eq!(interval(600.0, 24), 10);
        assert_eq!(interval(6000.0, 24), 300);
        assert_eq!(interval(60_000.0, 24), 900);
        assert_eq!(interval(60_000.0, 290), 3600, "even that is more than the most");
    }
}

//! The service's clock: the real one, or one that runs faster for a demonstration.
use std::time::Duration;

use competition::Time;
use tokio::time::Instant;

/// A clock. It is `Copy`, so that server and simulated fleet share one.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Source);

#[derive(Debug, Clone, Copy)]
enum Source {
    Real,
    /// The clock shows `start` at the instant `since`, and stops at `stop`.
    Simulated {
        start: Time,
        since: Instant,
        speed: f64,
        stop: Option<Time>,
    },
}

impl Clock {
    /// The machine's clock.
    pub const fn real() -> Self {
        Self(Source::Real)
    }

    /// A clock that shows `start` now and advances by `speed` seconds a second.
    pub fn simulated(start: Time, speed: f64) -> Self {
        Self(Source::Simulated { start, since: Instant::now(), speed, stop: None })
    }

    /// A clock as [`simulated`](Self::simulated) that stops at `stop`.
    pub fn simulated_until(start: Time, speed: f64, stop: Time) -> Self {
        Self(Source::Simulated { start, since: Instant::now(), speed, stop: Some(stop) })
    }

    /// A clock that stands still.
    pub fn stopped(at: Time) -> Self {
        Self::simulated_until(at, 1.0, at)
    }

    /// When a simulated clock stops; `None` where it does not, and for the machine's clock.
    pub const fn stop(&self) -> Option<Time> {
        match self.0 {
            Source::Real => None,
            Source::Simulated { stop, .. } => stop,
        }
    }

    /// Seconds by which the clock advances in a second.
    pub const fn speed(&self) -> f64 {
        match self.0 {
            Source::Real => 1.0,
            Source::Simulated { speed, .. } => speed,
        }
    }

    /// Whether this is another clock than the machine's.
    pub const fn is_simulated(&self) -> bool {
        matches!(self.0, Source::Simulated { .. })
    }

    /// The current time.
    pub fn now(&self) -> Time {
        match self.0 {
            Source::Real => Time(jiff::Timestamp::now().as_second()),
            Source::Simulated { start, since, speed, stop } => {
                let now = Time(start.0 + (since.elapsed().as_secs_f64() * speed) as i64);
                stop.map_or(now, |stop| now.min(stop))
            }
        }
    }

    /// The real time until the clock shows `at`; zero when it has passed.
    pub fn until(&self, at: Time) -> Duration {
        match self.0 {
            Source::Real => Duration::from_secs(at.since(self.now()).max(0) as u64),
            Source::Simulated { start, since, speed, .. } => {
                let due = Duration::from_secs_f64((at.since(start).max(0) as f64) / speed);
                due.saturating_sub(since.elapsed())
            }
        }
    }
}

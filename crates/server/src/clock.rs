//! The service's clock: the real one, or one that runs faster for a demonstration.
use std::time::Duration;

use competition::Time;
use tokio::time::Instant;

/// Tells the time; cheap to copy, so that server and simulated fleet share one.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Kind);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Real,
    Simulated { start: Time, since: Instant, speed: f64, stop: Time },
}

impl Clock {
    /// The machine's clock.
    pub const fn real() -> Self {
        Self(Kind::Real)
    }

    /// From `start` on, `speed` seconds pass in each second.
    pub fn simulated(start: Time, speed: f64) -> Self {
        Self::simulated_until(start, speed, Time(i64::MAX))
    }

    /// The same; when it is `stop`, it stays so.
    pub fn simulated_until(start: Time, speed: f64, stop: Time) -> Self {
        Self(Kind::Simulated { start, since: Instant::now(), speed, stop })
    }

    /// How many seconds pass in one.
    pub const fn speed(&self) -> f64 {
        match self.0 {
            Kind::Real => 1.0,
            Kind::Simulated { speed, .. } => speed,
        }
    }

    /// Whether this is not the machine's clock.
    pub const fn is_simulated(&self) -> bool {
        matches!(self.0, Kind::Simulated { .. })
    }

    /// Now.
    pub fn now(&self) -> Time {
        match self.0 {
            Kind::Real => Time(jiff::Timestamp::now().as_second()),
            Kind::Simulated { start, since, speed, stop } => {
                Time(start.0 + (since.elapsed().as_secs_f64() * speed) as i64).min(stop)
            }
        }
    }

    /// How long in real time until `at`; zero when it has passed.
    pub fn until(&self, at: Time) -> Duration {
        match self.0 {
            Kind::Real => Duration::from_secs(at.since(self.now()).max(0) as u64),
            Kind::Simulated { start, since, speed, .. } => {
                let due = Duration::from_secs_f64((at.since(start).max(0) as f64) / speed);
                due.saturating_sub(since.elapsed())
            }
        }
    }
}

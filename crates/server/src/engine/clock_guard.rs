//! Whether the service's clock can be right. A machine without a battery-backed clock may
//! start in the past. Readings would then be rejected as "in the future", although they
//! are right, and their gateways would let go of them.
//!
//! Sign: the store holds a reading that is newer than the clock. Readings are rejected that
//! are more than five minutes ahead of the clock, so such a reading was stored by a clock
//! that has gone back since.
use std::{
    sync::{Arc, atomic::Ordering},
    time::{Duration, Instant},
};

use competition::Time;

use super::health::EngineHealth;
use crate::{audit::moment, clock::Clock};

/// Seconds by which a stored reading may be ahead of the clock.
const AHEAD: i64 = 300;
/// Time between two looks at the clock.
const CHECK: Duration = Duration::from_secs(1);
/// Time between two warnings.
const WARN: Duration = Duration::from_secs(60);

/// Looks at the clock once a second.
#[derive(Debug)]
pub(super) struct ClockGuard {
    health: Arc<EngineHealth>,
    checked: Option<Instant>,
    warned: Option<Instant>,
}

impl ClockGuard {
    /// `health` is what others see.
    pub(super) fn new(health: Arc<EngineHealth>) -> Self {
        Self { health, checked: None, warned: None }
    }

    /// Whether the clock is behind the newest stored reading.
    pub(super) fn is_behind(&self) -> bool {
        self.health.is_clock_behind()
    }

    /// Looks at the clock where it is time to; `newest` is the newest stored reading.
    pub(super) fn check(&mut self, clock: &Clock, newest: impl FnOnce() -> Option<Time>) {
        // A demonstration continues where its last run ended, at its own speed.
        if clock.speed() != 1.0 || self.checked.is_some_and(|at| at.elapsed() < CHECK) {
            return;
        }
        self.checked = Some(Instant::now());
        let (now, newest) = (clock.now(), newest().unwrap_or(Time(i64::MIN)));
        let behind = newest.0.saturating_sub(now.0);
        let is_behind = behind > AHEAD;
        metrics::gauge!("wattkampen_clock_behind_seconds").set(if is_behind {
            behind as f64
        } else {
            0.0
        });
        if self.health.clock_behind.swap(is_behind, Ordering::Relaxed) && !is_behind {
            self.warned = None;
            tracing::info!(
                "the clock has passed the newest stored reading: readings are taken again"
            );
        }
        if is_behind && self.warned.is_none_or(|at| at.elapsed() >= WARN) {
            self.warned = Some(Instant::now());
            tracing::warn!(
                "the clock shows {}, and the newest stored reading is of {}: the clock is behind, \
                 and readings are held back unacknowledged until it is right; \
                 set the clock, or start its synchronisation (timedatectl set-ntp true)",
                moment(now),
                moment(newest)
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_is_behind_where_a_stored_reading_is_more_than_five_minutes_newer() {
        let look = |now: i64, newest: Option<i64>| {
            let mut guard = ClockGuard::new(Arc::new(EngineHealth::new(None)));
            guard.check(&Clock::stopped(Time(now)), || newest.map(Time));
            guard.is_behind()
        };
        assert!(!look(1_000_000, None));
        assert!(!look(1_000_000, Some(1_000_300)));
        assert!(look(1_000_000, Some(1_000_301)));
        assert!(look(1_000_000, Some(1_000_000 + 30 * 3600)));
    }
}

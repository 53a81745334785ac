//! The board's time: the time since its start, and UTC as soon as an SNTP server has
//! provided it ([`crate::sntp`]). UTC is never estimated before that.
use core::cell::Cell;

use embassy_sync::blocking_mutex::{Mutex, raw::CriticalSectionRawMutex};
use embassy_time::{Instant, Timer};
use gateway::Clock;
use wire::Time;

/// UTC at an instant of the board's monotonic clock.
#[derive(Debug, Clone, Copy)]
struct Fix {
    unix_us: u64,
    at: Instant,
}

/// Shared by all tasks.
pub struct BoardClock {
    fix: Mutex<CriticalSectionRawMutex, Cell<Option<Fix>>>,
    speed: u32,
}

impl BoardClock {
    /// A clock without UTC. The calendar runs `speed` times as fast as the timers: 1 on
    /// every board, more in a test that simulates a day.
    pub const fn new(speed: u32) -> Self {
        Self { fix: Mutex::new(Cell::new(None)), speed }
    }

    /// Ratio of the calendar to the timers.
    pub const fn speed(&self) -> u32 {
        self.speed
    }

    /// Sets UTC: microseconds since 1970 at the instant `at`.
    pub fn set(&self, unix_us: u64, at: Instant) {
        self.fix.lock(|fix| fix.set(Some(Fix { unix_us, at })));
    }

    /// Microseconds since 1970, once known.
    pub fn unix_us(&self) -> Option<u64> {
        let Fix { unix_us, at } = self.fix.lock(Cell::get)?;
        let elapsed = Instant::now().as_micros().saturating_sub(at.as_micros());
        Some(unix_us.saturating_add(elapsed.saturating_mul(self.speed.into())))
    }
}

impl Clock for BoardClock {
    fn monotonic_ms(&self) -> u64 {
        Instant::now().as_millis()
    }

    fn utc(&self) -> Option<Time> {
        Time::from_unix((self.unix_us()? / 1_000_000).try_into().ok()?).ok()
    }

    async fn sleep_until(&self, at_ms: u64) {
        Timer::at(Instant::from_millis(at_ms)).await;
    }
}

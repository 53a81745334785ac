//! What the engine's thread says about itself: that it runs, that its store can be written, and
//! whether its clock can be right.
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use crate::store::StoreFiles;

/// A turn of the engine's loop may take this long.
const LONGEST_TURN: Duration = Duration::from_secs(60);
/// The last write transaction may be this long ago; without readings there is one every ten
/// seconds.
const LONGEST_SILENCE: Duration = Duration::from_secs(30);

/// Written by the engine's thread, read by all.
#[derive(Debug)]
pub struct EngineHealth {
    /// The clock is behind the newest stored reading.
    pub(super) clock_behind: AtomicBool,
    /// The last write transaction failed.
    failing: AtomicBool,
    times: Mutex<Times>,
    /// `None` where there is no store, as in tests of pages.
    files: Option<StoreFiles>,
}

#[derive(Debug, Clone, Copy)]
struct Times {
    turn: Instant,
    write: Instant,
}

impl EngineHealth {
    /// Of an engine that starts, with a store that was just written.
    pub(super) fn new(files: Option<StoreFiles>) -> Self {
        let now = Instant::now();
        Self {
            clock_behind: AtomicBool::default(),
            failing: AtomicBool::default(),
            times: Mutex::new(Times { turn: now, write: now }),
            files,
        }
    }

    /// The engine begins a turn of its loop.
    pub(super) fn turn(&self) {
        self.change(|times, now| times.turn = now);
    }

    /// A write transaction has ended.
    pub(super) fn wrote(&self, ok: bool) {
        self.failing.store(!ok, Ordering::Relaxed);
        if ok {
            self.change(|times, now| times.write = now);
        }
    }

    fn change(&self, change: impl FnOnce(&mut Times, Instant)) {
        change(&mut self.times.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
    }

    fn times(&self) -> Times {
        *self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How long ago the last write transaction succeeded.
    pub(super) fn since_write(&self) -> Duration {
        self.times().write.elapsed()
    }

    /// Whether the clock is behind the newest stored reading, so that readings are held back.
    pub fn is_clock_behind(&self) -> bool {
        self.clock_behind.load(Ordering::Relaxed)
    }

    /// Whether the engine's loop turns.
    pub fn is_alive(&self) -> bool {
        self.times().turn.elapsed() < LONGEST_TURN
    }

    /// Whether the store takes write transactions now.
    pub fn is_writing(&self) -> bool {
        !self.failing.load(Ordering::Relaxed) && self.since_write() < LONGEST_SILENCE
    }

    /// Whether the files of the store are where they were when it was opened.
    pub fn are_files_in_place(&self) -> bool {
        self.files.as_ref().is_none_or(|files| files.check().is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_failed_write_is_enough_and_one_that_succeeds_ends_it() {
        let health = EngineHealth::new(None);
        assert!(health.is_alive() && health.is_writing() && health.are_files_in_place());
        health.wrote(false);
        assert!(!health.is_writing());
        health.wrote(true);
        assert!(health.is_writing());
        let ago = Instant::now().checked_sub(LONGEST_TURN);
        // A machine that has just started has no earlier moment.
        if let Some(ago) = ago {
            health.change(|times, _| *times = Times { turn: ago, write: ago });
            assert!(!health.is_alive() && !health.is_writing());
            health.turn();
            assert!(health.is_alive());
        }
    }
}

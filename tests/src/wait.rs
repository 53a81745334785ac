//! Waiting for a condition. The only place of the tests that sleeps, and never for
//! longer than it takes to look again.
use std::{
    thread,
    time::{Duration, Instant},
};

/// More than anything takes on a slow and busy machine.
pub const DEADLINE: Duration = Duration::from_secs(120);

/// Looks until there is something, and returns it.
///
/// # Panics
/// With `what` when nothing came before [`DEADLINE`].
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < DEADLINE, "waited {DEADLINE:?} in vain for: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Keeps to a timetable: returns at a time after `start`, or at once when that is over.
/// For bytes that come no faster than a line carries them.
pub fn keep_pace(start: Instant, due: Duration) {
    thread::sleep(due.saturating_sub(start.elapsed()));
}

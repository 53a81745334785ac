//! Waiting for a condition. This is the only module of the tests that sleeps, and never for
//! longer than the time between two checks of the condition.
use std::{
    thread,
    time::{Duration, Instant},
};

/// The longest time that a condition may stay unmet without progress. A test that hangs
/// fails after this time; a busy machine needs less.
pub const DEADLINE: Duration = Duration::from_secs(90);

/// The time between two checks.
const INTERVAL: Duration = Duration::from_millis(5);

/// Checks until there is a value, and returns it.
///
/// # Panics
/// With `what` when there is none before [`DEADLINE`].
pub fn until<T>(what: &str, check: impl FnMut() -> Option<T>) -> T {
    before_deadline(check).unwrap_or_else(|| panic!("waited {DEADLINE:?} for this in vain: {what}"))
}

/// Checks until there is a value; `None` when there is none before [`DEADLINE`].
pub(crate) fn before_deadline<T>(mut check: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        let found = check();
        if found.is_some() || start.elapsed() >= DEADLINE {
            return found;
        }
        pause();
    }
}

/// Waits until a count reaches `target`, and returns the count. The deadline starts anew
/// whenever the count grows, so that it does not depend on the amount of work.
///
/// # Panics
/// With `what`, the count and the target when the count does not grow for [`DEADLINE`].
pub fn until_count(what: &str, target: u64, mut count: impl FnMut() -> u64) -> u64 {
    let (mut start, mut highest) = (Instant::now(), 0);
    loop {
        let now = count();
        if now >= target {
            return now;
        }
        if now > highest {
            (start, highest) = (Instant::now(), now);
        }
        assert!(
            start.elapsed() < DEADLINE,
            "waited {DEADLINE:?} in vain for the next of {what}: {now} of {target}"
        );
        pause();
    }
}

/// Leaves the processor to others before a condition is checked again.
pub(crate) fn pause() {
    thread::sleep(INTERVAL);
}

/// Keeps to a timetable: returns `due` after `start`, or at once when that time is over.
/// For bytes that arrive no faster than a serial line carries them.
pub fn keep_pace(start: Instant, due: Duration) {
    thread::sleep(due.saturating_sub(start.elapsed()));
}

/// The last lines of a log, for the message of a failed test.
pub(crate) fn tail(log: &str) -> String {
    const LINES: usize = 40;
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}

//! The time that the loop goes by: a board's timer, the machine's clock or a
//! simulated calendar.
use wire::Time;

/// A clock that never goes back, and UTC as soon as it is known.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Clock {
    /// Milliseconds since some moment of this start; never goes back.
    fn monotonic_ms(&self) -> u64;

    /// UTC, or nothing as long as nobody has told it. A clock that is not
    /// trusted (a board before NTP) must answer `None`.
    fn utc(&self) -> Option<Time>;

    /// Waits until `monotonic_ms` has reached `at_ms`. Must be cancel-safe.
    async fn sleep_until(&self, at_ms: u64);
}

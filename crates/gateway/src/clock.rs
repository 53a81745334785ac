//! Time as the loop needs it: a board's timer, an operating system's clock or simulated
//! time.
use wire::Time;

/// A monotonic clock, and UTC once it is known.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Clock {
    /// Milliseconds since a fixed moment of this start; never decreases.
    fn monotonic_ms(&self) -> u64;

    /// UTC. `None` while it is not known: a clock that has not been synchronised must not
    /// be returned.
    fn utc(&self) -> Option<Time>;

    /// Waits until `monotonic_ms` reaches `at_ms`. Must be cancel-safe.
    async fn sleep_until(&self, at_ms: u64);
}

//! What waits for the broker's acknowledgement.
use core::fmt::Debug;

use wire::Time;

use crate::measured::Measured;

mod ram;
pub use ram::RamOutbox;

/// Identity of a reading: number of the gateway's start and of the reading in
/// it. Grows strictly, so a repeat is recognised and order is total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    /// How often the gateway has started.
    pub boot: u32,
    /// Number of the reading since then, from 1.
    pub seq: u32,
}

/// A reading that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its identity.
    pub ticket: Ticket,
    /// When the meter held it.
    pub time: Time,
    /// What the meter held.
    pub measured: Measured,
}

/// A bounded queue, oldest first. The loop drives every call to its end.
///
/// When full it thins the oldest readings to one in a quarter-hour, the last of
/// each, and only then gives up the oldest; `dropped` counts both.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Outbox {
    /// Why the storage did not do it; never for RAM.
    type Error: Debug;

    /// Number of this start.
    fn boot(&self) -> u32;
    /// Readings that wait.
    fn len(&self) -> usize;
    /// Whether nothing waits.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
    /// Readings thinned out or given up since the start.
    fn dropped(&self) -> u32;
    /// Adds the newest reading.
    async fn push(&mut self, time: Time, measured: Measured) -> Result<Ticket, Self::Error>;
    /// The oldest reading after `ticket`, or the oldest of all.
    async fn after(&mut self, ticket: Option<Ticket>) -> Result<Option<Entry>, Self::Error>;
    /// Forgets all readings up to and including `through`.
    async fn release(&mut self, through: Ticket) -> Result<(), Self::Error>;
}

//! What waits for the broker's acknowledgement.
use core::fmt::Debug;

use wire::Time;

use crate::measured::Measured;

mod ram;
pub use ram::RamOutbox;

/// A quarter-hour, s: as fine as the competition counts.
pub(crate) const QUARTER: i64 = 900;

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

impl Entry {
    /// Bytes of an entry for a storage: a version, then all fields in order,
    /// little-endian.
    pub const BYTES: usize = 1 + 8 + 8 + Measured::BYTES;
    const VERSION: u8 = 1;

    /// For a storage that keeps it over a loss of power.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[0] = Self::VERSION;
        bytes[1..5].copy_from_slice(&self.ticket.boot.to_le_bytes());
        bytes[5..9].copy_from_slice(&self.ticket.seq.to_le_bytes());
        bytes[9..17].copy_from_slice(&self.time.unix().to_le_bytes());
        bytes[17..].copy_from_slice(&self.measured.to_bytes());
        bytes
    }

    /// From a storage; nothing where it is no entry of this version.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let ([Self::VERSION], rest) = bytes.split_first_chunk()? else { return None };
        let (boot, rest) = rest.split_first_chunk()?;
        let (seq, rest) = rest.split_first_chunk()?;
        let (time, rest) = rest.split_first_chunk()?;
        let ticket = Ticket { boot: u32::from_le_bytes(*boot), seq: u32::from_le_bytes(*seq) };
        let time = Time::from_unix(i64::from_le_bytes(*time)).ok()?;
        Some(Self { ticket, time, measured: Measured::from_bytes(rest.try_into().ok()?) })
    }
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

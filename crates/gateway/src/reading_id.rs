//! The identity of a reading.

/// Number of the gateway's start, and of the reading since then. Later readings have
/// larger identities, so that the order is total and a repeat is recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadingId {
    /// How often the gateway has started.
    pub boot: u32,
    /// Number of the reading since that start, from 1.
    pub seq: u32,
}

//! Positions of participants and meters in the configuration.

/// Position of a participant in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantIndex(pub u32);

/// Position of a meter among all meters of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterIndex(pub u32);

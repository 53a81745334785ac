//! What a meter's clock shows, before anybody knows what it means.

/// The letter after the time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Season {
    /// `W`: normal time, or so the meter says.
    Winter,
    /// `S`: summer time, or so the meter says.
    Summer,
    /// No letter.
    Unmarked,
}

/// Figures of a meter's clock; not a moment until its habit is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MeterTime {
    /// The figures read as if they were UTC, s since 1970.
    pub(crate) figures: i64,
    /// The letter.
    pub(crate) season: Season,
}

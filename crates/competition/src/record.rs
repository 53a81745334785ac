//! What the store keeps of a meter's UTC day, so that a restart need not read
//! every sample again.

/// Quarter-hours, doubts and the judge's state at the end of one UTC day of one
/// meter, as bytes of a versioned form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayRecord {
    /// Days since 1970-01-01, UTC.
    pub day: i32,
    /// For [`crate::Standings::restore`].
    pub bytes: Vec<u8>,
}

/// Why a record cannot be taken up. [`crate::Standings::amend`] the meter at
/// the day's beginning instead: the samples are still there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stale {
    /// Of another version of this crate.
    #[error("the record is of another version")]
    Version,
    /// Made under another configuration of the meter or the competition.
    #[error("the record was made under another configuration")]
    Configuration,
    /// Cut or damaged.
    #[error("the record is damaged")]
    Damaged,
}

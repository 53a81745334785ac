//! What a meter held at a moment, and why it may not count.
use crate::{Time, WattHours, Watts};

/// One reading of a known meter, as its gateway sent it: [`crate::Meter::multiplier`]
/// is applied by the standings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When the meter held it; with the meter the reading's identity.
    pub at: Time,
    /// Register of energy taken from the grid.
    pub import: WattHours,
    /// Register of energy fed into the grid.
    pub export: Option<WattHours>,
    /// Power at that moment.
    pub power: Option<Watts>,
}

/// Why a reading is not taken at all. Judged on itself and the clock alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum RejectReason {
    /// More than five minutes ahead of the clock.
    #[error("the reading's time is more than five minutes ahead of the server's clock")]
    Future,
    /// Before the baseline begins.
    #[error("the reading's time is before the baseline begins")]
    Ancient,
    /// After the result was locked.
    #[error("the result is locked")]
    Locked,
    /// 2 147 483.647 kWh, 4 294 967.295 kWh and their kind: a meter's "no value".
    #[error("the register holds a value that meters use for 'unknown'")]
    Sentinel,
    /// Beyond what the register's digits or the connection can hold.
    #[error("the value is beyond what the meter can measure")]
    Absurd,
}

/// Why a stored reading does not count. Judged against its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum QuarantineReason {
    /// The register is lower than before and no meter swap or reset was declared.
    #[error("the register fell and no meter change was declared")]
    Drop,
    /// More energy than the connection can carry in that time.
    #[error("the register rose by more than the connection can carry")]
    Step,
    /// Zero after values that were not.
    #[error("the register reads zero after it was not")]
    Zero,
    /// Ten times or a tenth of what came before: a scale changed.
    #[error("the register jumped by a factor of ten")]
    Factor,
    /// A second value for a moment that has one already.
    #[error("a different value for the same moment is already known")]
    Conflict,
}

//! A reading of a known meter, and why it may be rejected or quarantined.
use crate::{Time, WattHours, Watts};

/// A reading as the gateway sent it: [`crate::Meter::multiplier`] is applied by the
/// standings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// When the meter had these values; it identifies the reading among the meter's.
    pub at: Time,
    /// Register of the energy taken from the grid.
    pub import: WattHours,
    /// Register of the energy fed into the grid.
    pub export: Option<WattHours>,
    /// Power at that time.
    pub power: Option<Watts>,
}

/// Why a reading is not stored. It depends on the reading and the clock alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum RejectReason {
    /// The time is more than five minutes ahead of the clock.
    #[error("the reading's time is more than five minutes ahead of the server's clock")]
    Future,
    /// The time is before the baseline begins.
    #[error("the reading's time is before the baseline begins")]
    BeforeBaseline,
    /// The result is locked.
    #[error("the result is locked")]
    Locked,
    /// The register has a value by which meters report "unknown", such as
    /// 2 147 483.647 kWh or 4 294 967.295 kWh.
    #[error("the register holds a value that meters use for 'unknown'")]
    Sentinel,
    /// The register is beyond what its digits can hold.
    #[error("the register is beyond what the meter can show")]
    OutOfRange,
    /// The energy or the power is more than the connection carries.
    #[error(
        "more than the connection of the meter carries; if it is right, set capacity_kw of the \
         meter, which is 1000 unless it is set"
    )]
    Capacity,
    /// The energy of an interval is negative.
    #[error("the energy is below zero; import what is taken from the grid alone")]
    Negative,
    /// No outdoor temperature is that low or high.
    #[error("no outdoor temperature; it is given in °C, from -80 to 60")]
    Temperature,
}

/// Why a stored reading does not count. It depends on the readings before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum QuarantineReason {
    /// The register is lower than before, and no meter swap or reset was declared.
    #[error("the register fell and no meter change was declared")]
    Drop,
    /// More energy than the connection can carry in that time.
    #[error(
        "the register rose by more than the connection can carry; if it is right, set capacity_kw of the meter"
    )]
    Step,
    /// The register reads zero after other values.
    #[error("the register reads zero after it was not")]
    Zero,
    /// Ten, 100 or 1000 times the register before, or that part of it: the scale
    /// changed.
    #[error("the register jumped by a factor of ten")]
    Factor,
    /// There is another value for the same time.
    #[error("a different value for the same moment is already known")]
    Conflict,
}

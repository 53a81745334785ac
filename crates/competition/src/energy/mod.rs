//! Registers to quarter-hours: a forward automaton over the samples of one
//! meter, oldest first, with small state. Being a function of the samples before
//! it, the state at the end of a day is all that a late sample's day needs.
//!
//! Method (fairness rules, "From registers to energy"): energy is the difference
//! of two good registers of one epoch, exact however long the gap. R(t) is the
//! register in whole mWh, interpolated at quarter-hour boundaries, so that the
//! quarter-hours sum to the registers' difference to the last digit.
mod interpolation;
mod meter_config;
mod meter_day;
mod plausibility;
mod register_state;

pub(crate) use meter_config::{MeterConfig, REGISTER_LIMIT};
pub(crate) use meter_day::{Grade, MeterDay, QuarantineTally, QuarterEnergy, provenance};
pub(crate) use register_state::{
    Boundary, PendingBoundary, QuarterUpdate, RegisterPoint, RegisterState, SuspectPoint,
};

#[cfg(test)]
mod tests;

//! From register values to the energy of quarter-hours: a state machine over the
//! readings of one meter, oldest first. Its state is small and depends on nothing but
//! the readings before it, so a late reading needs only the state at the end of the
//! day before.
//!
//! Method (`../shared/fairness.md`, "From registers to energy"): energy is the difference of
//! two plausible register values of one epoch, exact over a gap of any length. R(t) is
//! the register in whole mWh, interpolated at the boundaries of quarter-hours, so that
//! quarter-hours add up to the difference of the registers exactly.
mod interpolation;
mod meter_config;
mod meter_day;
mod plausibility;
mod register_state;
mod step;

pub(crate) use interpolation::MAX_FIRM_GAP;
pub(crate) use meter_config::{MAX_REGISTER, MeterConfig};
pub(crate) use meter_day::{
    Grade, HourEnergy, HouseHour, MeterDay, QuarantineTally, QuarterEnergy, provenance,
};
pub(crate) use register_state::{
    Boundary, PendingBoundary, Precision, QuarterUpdate, RegisterPoint, RegisterState, SuspectPoint,
};

#[cfg(test)]
mod tests;

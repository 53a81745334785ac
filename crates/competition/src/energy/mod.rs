//! Registers to quarter-hours: a forward automaton over the samples of one
//! meter, oldest first, with small state. Being a function of the samples before
//! it, the state at the end of a day is all that a late sample's day needs.
//!
//! Method (fairness rules, "From registers to energy"): energy is the difference
//! of two good registers of one epoch, exact however long the gap. R(t) is the
//! register in whole mWh, interpolated at quarter-hour boundaries, so that the
//! quarter-hours sum to the registers' difference to the last digit.
mod day;
mod judge;
mod link;
mod spec;
mod state;

pub(crate) use day::{Bin, Day, Grade, Tally, provenance};
pub(crate) use spec::{REGISTER_LIMIT, Spec};
pub(crate) use state::{Edge, Held, Knot, State, Suspect, Write};

#[cfg(test)]
mod tests;

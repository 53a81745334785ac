//! The full baseline: 72 bins, and where outdoor temperature is given and helps,
//! a piecewise-linear answer to it, apart for occupied and unoccupied hours (the
//! time-of-week-and-temperature model of Mathieu, Price, Kiliccote and Piette,
//! IEEE Trans. Smart Grid 2(3), 2011, with a week of three kinds of days), and
//! drawn towards what the same season of the training year used (`season`).
mod fit;
mod model;
mod season;
mod stats;
mod uncertainty;

pub(crate) use fit::{FitOptions, FittedBaseline, fit_baseline};
pub(crate) use model::Model;
pub(crate) use season::Season;
pub(crate) use uncertainty::{CrossValidation, half_width, interval};

/// One hour to learn from or to score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    /// Hours since 1970.
    pub(crate) hour: i64,
    /// Of the 72.
    pub(crate) bin: usize,
    /// °C; not a number where it is not known.
    pub(crate) outdoor: f64,
    /// kWh
    pub(crate) energy: f64,
}

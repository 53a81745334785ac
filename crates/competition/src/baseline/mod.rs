//! The fitted baseline: the mean of each of 72 bins, and, where outdoor temperature
//! is given and improves the prediction, a piecewise-linear response to it, separate
//! for occupied and unoccupied hours. This is the time-of-week-and-temperature model
//! of Mathieu, Price, Kiliccote and Piette (IEEE Trans. Smart Grid 2(3), 2011) with
//! three day types. `season` blends its predictions with the energy of the same
//! season of the training year.
mod fit;
mod model;
mod season;
mod stats;
mod uncertainty;

pub(crate) use fit::{FitOptions, FittedBaseline, fit_baseline};
pub(crate) use season::Season;
pub(crate) use uncertainty::{CrossValidation, EnergySums, half_width, interval};

use crate::{Celsius, time::Hour};

/// A measured hour, to fit or to predict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    pub(crate) hour: Hour,
    /// Bin of the hour, 0 to 71.
    pub(crate) bin: usize,
    pub(crate) outdoor: Option<Celsius>,
    /// kWh
    pub(crate) energy: f64,
}

//! The fitted baseline: the mean of each of 72 bins, and, where outdoor temperature
//! is given, a piecewise-linear response to it, separate for occupied and unoccupied
//! hours; some baselines leave it out where it does not improve the prediction. This is the time-of-week-and-temperature model
//! of Mathieu, Price, Kiliccote and Piette (IEEE Trans. Smart Grid 2(3), 2011) with
//! three day types.
//!
//! The steps that the default adds have a file each: `smoothing` of the temperature,
//! `weights` of the training hours, and the `level` of the last twelve weeks. `season`
//! blends the predictions with the energy of the same season of the training year; the
//! baseline of that name uses it. `cross_validation` predicts each month of the training
//! by a fit of the others, and `uncertainty` derives the interval of the saving.
mod cross_validation;
mod fit;
mod level;
mod model;
mod season;
mod smoothing;
mod stats;
mod uncertainty;
mod weights;

pub(crate) use cross_validation::{CrossValidation, EnergySums, half_width};
pub(crate) use fit::{FitOptions, FittedBaseline, fit_baseline};
pub use level::Level;
pub(crate) use season::Season;
pub(crate) use smoothing::{HourTemperature, smoothed};
pub(crate) use uncertainty::{
    Months, Uncertainty, interval, log_half_width, portfolio_log_half_width,
};

use crate::{Celsius, time::Hour};

/// A measured hour, to fit or to predict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Observation {
    pub(crate) hour: Hour,
    /// Bin of the hour, 0 to 71.
    pub(crate) bin: usize,
    /// Local date, as days from any day on.
    pub(crate) date: usize,
    /// Local month, 1 to 12.
    pub(crate) month: i8,
    pub(crate) outdoor: Option<Celsius>,
    /// kWh
    pub(crate) energy: f64,
}

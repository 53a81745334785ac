//! The placebo bench: buildings without a competition, so that every saving found is
//! the error of the method. A method is fitted to twelve months and scored on the
//! three that follow, for every month in which the building's data allow it.
//!
//! A window needs 329 days of its training year with nine tenths of their hours, and
//! nine tenths of the hours of its three months.
mod summary;
mod windows;

use jiff::tz::TimeZone;

use crate::{Baseline, Celsius, ConfidenceInterval, Country, Method, Time};

pub use summary::{Summary, summarize};

/// Data of one hour of a building; `None` where missing.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct BuildingHour {
    /// kWh
    pub energy: Option<f64>,
    /// Outdoor temperature.
    pub outdoor: Option<Celsius>,
}

/// A building and its data.
#[derive(Debug, Clone)]
pub struct Building {
    /// Name for messages.
    pub name: String,
    /// When the first hour begins.
    pub start: Time,
    /// Consecutive hours.
    pub hours: Vec<BuildingHour>,
}

/// Location of the buildings.
#[derive(Debug, Clone)]
pub struct Location {
    /// Time zone.
    pub timezone: TimeZone,
    /// Country of the public holidays.
    pub holidays: Option<Country>,
}

/// A method to score.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Name in the table.
    pub name: &'static str,
    /// The method.
    pub method: Method,
}

/// The methods of the table, the default last.
pub fn candidates() -> Vec<Candidate> {
    let method =
        |baseline, half_life, comparison_group| Method { baseline, half_life, comparison_group };
    let (temperature, season) = (Baseline::HoursTemperature, Baseline::Season);
    [
        ("three weeks before", method(Baseline::ThreeWeeksBefore, None, false)),
        ("same months last year", method(Baseline::LastYear, None, false)),
        ("72 bins", method(Baseline::Hours, None, false)),
        ("72 bins + temperature", method(temperature, None, false)),
        ("… + recency, 60 days", method(temperature, Some(60.0), false)),
        ("… + recency, 90 days", method(temperature, Some(90.0), false)),
        ("… + recency, 120 days", method(temperature, Some(120.0), false)),
        ("… + comparison group", method(temperature, None, true)),
        ("… + recency 90 + comparison group", method(temperature, Some(90.0), true)),
        ("… + last year's season", method(season, None, false)),
        ("… + season + recency 120", method(season, Some(120.0), false)),
        ("… + season + comparison group", method(season, None, true)),
        ("the default", Method::default()),
    ]
    .map(|(name, method)| Candidate { name, method })
    .to_vec()
}

/// Result of one method in one window of one building.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Index of the building.
    pub building: usize,
    /// When the three months begin.
    pub from: Time,
    /// The false saving, as a share.
    pub saving: f64,
    /// Its 90 % interval, where the method gives one.
    pub interval: Option<ConfidenceInterval>,
}

/// Scores a method in all windows of all buildings.
pub fn score(buildings: &[Building], location: &Location, method: Method) -> Vec<Case> {
    windows::score(buildings, location, method)
}

/// A known hour of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictedHour {
    /// Its beginning.
    pub at: Time,
    /// Measured energy, kWh.
    pub energy: f64,
    /// Energy predicted by the fitted model, kWh; in the three months with the season.
    pub predicted: f64,
}

/// A window hour by hour, to examine an error.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowDetail {
    /// When the three months begin.
    pub from: Time,
    /// When they end.
    pub until: Time,
    /// Whether the model uses temperature.
    pub uses_temperature: bool,
    /// The known hours of the training year and of the three months.
    pub hours: Vec<PredictedHour>,
}

/// The windows of a building by a method that fits a model.
pub fn window_details(
    building: &Building,
    location: &Location,
    method: Method,
) -> Vec<WindowDetail> {
    windows::details(building, location, method)
}

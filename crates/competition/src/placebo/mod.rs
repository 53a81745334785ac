//! The placebo bench: buildings in which nobody competed, so that every saving
//! found is the error of the method. Fits on twelve months, scores the three that
//! follow, for every month in which a building's data allow it.
//!
//! A case needs 329 days of its training year with nine tenths of their hours,
//! and nine tenths of the hours of its three months.
mod cases;
mod table;

use jiff::tz::TimeZone;

use crate::{Baseline, Country, Method, Time};

pub use table::{Line, table};

/// One building's hours.
#[derive(Debug, Clone)]
pub struct Building {
    /// For messages.
    pub name: String,
    /// When the first hour begins.
    pub start: Time,
    /// One after the other: kWh and °C, `None` where missing.
    pub hours: Vec<(Option<f64>, Option<f64>)>,
}

/// Where the buildings stand.
#[derive(Debug, Clone)]
pub struct Place {
    /// Zone of their days.
    pub timezone: TimeZone,
    /// Country of their public holidays.
    pub holidays: Option<Country>,
}

/// A method to score.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// As the table calls it.
    pub name: &'static str,
    /// What it is.
    pub method: Method,
}

/// The methods of the table, the default last.
pub fn candidates() -> Vec<Candidate> {
    let method =
        |baseline, half_life, comparison_group| Method { baseline, half_life, comparison_group };
    let (warm, season) = (Baseline::HoursTemperature, Baseline::Season);
    [
        ("three weeks before", method(Baseline::ThreeWeeksBefore, None, false)),
        ("same months last year", method(Baseline::LastYear, None, false)),
        ("72 bins", method(Baseline::Hours, None, false)),
        ("72 bins + temperature", method(warm, None, false)),
        ("… + recency, 60 days", method(warm, Some(60.0), false)),
        ("… + recency, 90 days", method(warm, Some(90.0), false)),
        ("… + recency, 120 days", method(warm, Some(120.0), false)),
        ("… + comparison group", method(warm, None, true)),
        ("… + recency 90 + comparison group", method(warm, Some(90.0), true)),
        ("… + last year's season", method(season, None, false)),
        ("… + season + recency 120", method(season, Some(120.0), false)),
        ("… + season + comparison group", method(season, None, true)),
        ("the default", Method::default()),
    ]
    .map(|(name, method)| Candidate { name, method })
    .to_vec()
}

/// One building, one window, one method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Position of the building.
    pub building: usize,
    /// When the three months begin.
    pub from: Time,
    /// The saving that nobody made, share.
    pub saving: f64,
    /// Its 90 % interval, where the method gives one.
    pub interval: Option<[f64; 2]>,
}

/// All cases of a method.
pub fn score(buildings: &[Building], place: &Place, method: Method) -> Vec<Case> {
    cases::score(buildings, place, method)
}

/// A window hour by hour, to look into a difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// When the three months begin.
    pub from: Time,
    /// When they end.
    pub until: Time,
    /// Whether temperature stayed in the model.
    pub warm: bool,
    /// Known hours of the training year and of the three months: kWh, and what
    /// the fitted model expects. The season of the year before is in the latter only.
    pub hours: Vec<(Time, f64, f64)>,
}

/// The windows of a building by a method that fits a model.
pub fn detail(building: &Building, place: &Place, method: Method) -> Vec<Detail> {
    cases::detail(building, place, method)
}

//! The placebo bench: buildings without a competition, so that every saving found is
//! the error of the method. A method is fitted to twelve months and scored on the
//! three that follow, for every month in which the building's data allow it.
//!
//! A window needs 329 days of its training year with nine tenths of their hours, and
//! nine tenths of the hours of its three months. It is of the season of its middle month.
mod bar;
mod candidates;
mod summary;
mod windows;

use jiff::tz::TimeZone;

use crate::{Celsius, ConfidenceInterval, Country, Method, Time, comparison_group::CommonShift};

pub use bar::{Criterion, bar};
pub use candidates::{Candidate, candidates, steps};
pub use summary::{Season, Summary, groups, summarize};

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

/// Result of one method in one window of one building.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// Index of the building.
    pub building: usize,
    /// When the three months begin.
    pub from: Time,
    /// The season of the middle month.
    pub season: Season,
    /// The false saving, as a share.
    pub saving: f64,
    /// Its 90 % interval, where the method gives one.
    pub interval: Option<ConfidenceInterval>,
    /// Half-width of it on the logarithmic scale.
    pub log_half_width: Option<f64>,
    /// Daily CV(RMSE) of the fit, where the method fits a model.
    pub cv_rmse_daily: Option<f64>,
}

/// Scores a method in all windows of all buildings, without a comparison group.
pub fn score(buildings: &[Building], location: &Location, method: Method) -> Vec<Case> {
    windows::score_first_days(buildings, location, method, None)
}

/// Scores a method over the first days of each window, as a board shows it while the
/// contest runs.
pub fn score_first_days(
    buildings: &[Building],
    location: &Location,
    method: Method,
    days: u16,
) -> Vec<Case> {
    windows::score_first_days(buildings, location, method, Some(days))
}

/// The cases with the other buildings of the same window as reference buildings; as they
/// are where those are fewer than three.
pub fn compare(cases: &[Case]) -> Vec<Case> {
    let corrected = |case: &Case| {
        let others = cases.iter().filter(|it| it.from == case.from && it.building != case.building);
        let others: Vec<_> =
            others.filter_map(|it| Some((it.saving, it.log_half_width?))).collect();
        let Some(shift) = CommonShift::of(&others) else { return *case };
        let saving = shift.relative(case.saving);
        let log_half_width = case.log_half_width.map(|w| shift.widen(w));
        let interval = log_half_width.map(|w| crate::baseline::interval(saving, w));
        Case { saving, interval, log_half_width, ..*case }
    };
    cases.iter().map(corrected).collect()
}

/// By how much a participant that uses `waste` more than usual, a share, in the last
/// twelve weeks before the contest raises its expected energy, as a share, in each window.
pub fn waste_gain(
    buildings: &[Building],
    location: &Location,
    method: Method,
    waste: f64,
) -> Vec<f64> {
    windows::waste_gain(buildings, location, method, waste)
}

/// A known hour of a window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PredictedHour {
    /// Its beginning.
    pub at: Time,
    /// Measured energy, kWh.
    pub energy: f64,
    /// Energy predicted by the fitted model, kWh; in the three months with season and
    /// level.
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

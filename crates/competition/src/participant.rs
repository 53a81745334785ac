//! The organiser's side: who competes, when, with which meters and areas.
use jiff::{civil::Date, tz::TimeZone};

use crate::{Percent, SquareMetres, Time, WattHours, Watts, leaderboard::Rule};

/// Position of a participant in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ParticipantIndex(pub u32);

/// Position of a meter among all meters of the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MeterIndex(pub u32);

/// Local days, the end not included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub start: Date,
    /// The day after the last.
    pub end: Date,
}

/// Values that hold from a date on, oldest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated<T>(pub Vec<(Date, T)>);

/// A competition and its rules.
#[derive(Debug, Clone)]
pub struct Competition {
    /// Its name as people say it.
    pub name: String,
    /// Where its days begin and end.
    pub timezone: TimeZone,
    /// Country of the public holidays, ISO 3166.
    pub holidays: String,
    /// The months the baseline is learnt from.
    pub baseline: Period,
    /// The months that count.
    pub contest: Period,
    /// What ranks.
    pub rule: Rule,
    /// Who is ranked at all.
    pub thresholds: Thresholds,
}

/// What a participant must reach to be ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Days of the baseline that must have 90 % of their hours.
    pub baseline_days: u32,
    /// Share of the contest's hours so far that must be known.
    pub coverage: f64,
    /// Largest CV(RMSE) of the hourly fit.
    pub cv_rmse: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { baseline_days: 329, coverage: 0.90, cv_rmse: 0.30 }
    }
}

/// A town hall that competes.
#[derive(Debug, Clone, PartialEq)]
pub struct Participant {
    /// Short name in addresses.
    pub id: String,
    /// Municipality.
    pub municipality: String,
    /// Regional group.
    pub cluster: String,
    /// Building.
    pub building: String,
    /// Atemp by date.
    pub floor_area: Dated<SquareMetres>,
    /// Employees by date.
    pub employees: Dated<u32>,
    /// Its own goal.
    pub target: Option<Percent>,
    /// Its meters; their signed sum is the building.
    pub meters: Vec<Meter>,
}

/// Whether a meter counts towards the building or is a tenant to take off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// Adds.
    #[default]
    Plus,
    /// Subtracts.
    Minus,
}

/// One meter of a participant.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    /// Its name in readings.
    pub id: String,
    /// Primary over secondary value behind current transformers.
    pub multiplier: u32,
    /// Adds or subtracts.
    pub sign: Sign,
    /// Most that the connection carries.
    pub capacity: Watts,
    /// Register value at which it starts again from zero, where known.
    pub rollover: Option<WattHours>,
    /// Declared changes of the register, oldest first.
    pub epochs: Vec<Epoch>,
}

/// A declared meter swap or reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// When the new register took over.
    pub at: Time,
    /// Last value of the old register.
    pub last: WattHours,
    /// First value of the new one.
    pub first: WattHours,
}

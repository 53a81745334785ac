//! The organiser's side: who competes, when, with which meters and areas.
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    Activity, Country, Factors, Percent, SquareMetres, Time, WattHours, Watts, leaderboard::Rule,
    names::names,
};

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

/// Values that are each in force from a local date on, in order of date.
#[derive(Debug, Clone, PartialEq)]
pub struct Dated<T>(pub Vec<(Date, T)>);

impl<T> Default for Dated<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Dated<T> {
    /// The value in force on a date. The first value is in force before its date, too.
    pub fn at(&self, date: Date) -> Option<T> {
        let in_force = self.0.iter().rev().find(|(from, _)| *from <= date);
        in_force.or(self.0.first()).map(|(_, value)| *value)
    }
}

/// How a day is used, whatever its weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DayKind {
    /// A working day.
    Weekday,
    /// Like a Saturday.
    Saturday,
    /// Sunday, public holiday, or a bridge day on which the house is closed.
    Holiday,
    /// Worked until noon, like a holiday after it.
    Half,
}

/// Hours that leave both sides of the sum: a heat pump installed, a wing closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// From the hour that holds this moment.
    pub from: Time,
    /// Up to the hour that begins at or after this moment.
    pub until: Time,
    /// Why, for everybody to read.
    pub reason: String,
}

/// A competition and its rules.
#[derive(Debug, Clone)]
pub struct Competition {
    /// Its name as people say it.
    pub name: String,
    /// Where its days begin and end.
    pub timezone: TimeZone,
    /// Country of the public holidays; `None`: no day is a public holiday.
    pub holidays: Option<Country>,
    /// The months the baseline is learnt from.
    pub baseline: Period,
    /// The months that count.
    pub contest: Period,
    /// What ranks.
    pub rule: Rule,
    /// Who is ranked at all.
    pub thresholds: Thresholds,
    /// What the baseline is made of.
    pub method: Method,
    /// Bridge and half days of everybody.
    pub special_days: Vec<(Date, DayKind)>,
    /// What a saved kilowatt-hour is worth.
    pub factors: Factors,
}

impl Competition {
    /// One of Sweden's kind: holidays `SE`, rule saving, all else as default.
    pub fn new(name: &str, timezone: TimeZone, baseline: Period, contest: Period) -> Self {
        Self {
            name: name.to_owned(),
            timezone,
            holidays: Some(Country::Sweden),
            baseline,
            contest,
            rule: Rule::default(),
            thresholds: Thresholds::default(),
            method: Method::default(),
            special_days: Vec::new(),
            factors: Factors::default(),
        }
    }
}

/// What the baseline is made of. The placebo bench decides the default.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Method {
    /// The kind of model.
    pub baseline: Baseline,
    /// Days after which a training hour weighs half; `None`: all weigh the same.
    pub half_life: Option<f64>,
    /// Subtract the median shift of the other participants.
    pub comparison_group: bool,
}

/// What the energy is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Baseline {
    /// 72 bins and, where it is given and helps, the outdoor temperature; drawn
    /// towards what the same season of the year before used.
    #[default]
    Season,
    /// The same by itself.
    HoursTemperature,
    /// 72 bins: weekday, Saturday, Sunday or holiday by local hour.
    Hours,
    /// The same dates of the year before (the rule of 2011).
    LastYear,
    /// The three weeks before the contest, by weekday and hour.
    ThreeWeeksBefore,
}

names!(Baseline {
    Season = "season",
    HoursTemperature = "hours-temperature",
    Hours = "hours",
    LastYear = "last-year",
    ThreeWeeksBefore = "three-weeks-before",
});

impl Baseline {
    /// Why its savings may have no interval, for everybody to read; only the rule of
    /// 2011 has to explain that.
    pub fn no_interval(self) -> Option<crate::Bilingual> {
        (self == Self::LastYear).then(|| {
            crate::Bilingual::new(
                "no interval: how far off the same dates last year are would show by the year before them, and the baseline is too short for that",
                "inget intervall: hur fel samma datum förra året slår skulle synas på året före dem, och referensperioden är för kort för det",
            )
        })
    }

    /// Whether outdoor temperatures are used.
    pub(crate) fn uses_temperature(self) -> bool {
        matches!(self, Self::Season | Self::HoursTemperature)
    }
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
#[derive(Debug, Clone, PartialEq, Default)]
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
    /// Its own bridge and half days.
    pub special_days: Vec<(Date, DayKind)>,
    /// Non-routine events.
    pub exclusions: Vec<Exclusion>,
    /// What it did to save; shown with its effect, never used to rank.
    pub activities: Vec<Activity>,
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
    /// Primary over secondary value behind current transformers. Applied by the
    /// standings, once, to registers, powers, `rollover` and `epochs`; stays 1
    /// where the gateway multiplies already.
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

impl Meter {
    /// A plain meter on a connection of 1 MW.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            multiplier: 1,
            sign: Sign::Plus,
            capacity: Watts(1_000_000),
            rollover: None,
            epochs: Vec::new(),
        }
    }
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

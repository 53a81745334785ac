//! Configuration of a competition: rules, periods, participants and their meters.
use jiff::{civil::Date, tz::TimeZone};

use crate::{
    Acceptance, Activity, Country, DoubtThresholds, Factors, Percent, Rule, SquareMetres, Time,
    WattHours, Watts, names::names,
};

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
    /// Used like a Saturday.
    Saturday,
    /// Sunday, public holiday, or a bridge day on which the building is closed.
    Holiday,
    /// A working day until noon, a holiday after it.
    Half,
}

/// Hours that count neither as energy nor as baseline because of a non-routine event, such
/// as a heat pump being installed or a wing being closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exclusion {
    /// Begins with the hour that contains this moment.
    pub from: Time,
    /// Ends before the hour that begins at or after this moment.
    pub until: Time,
    /// The reason, which is published.
    pub reason: String,
}

/// A competition and its rules.
#[derive(Debug, Clone)]
pub struct Competition {
    /// Its name.
    pub name: String,
    /// Time zone of its days.
    pub timezone: TimeZone,
    /// Country of the public holidays; `None`: no day is a public holiday.
    pub holidays: Option<Country>,
    /// The baseline period.
    pub baseline: Period,
    /// The contest period.
    pub contest: Period,
    /// From this date on no hour teaches the baseline, such as from the announcement of
    /// the competition on; `None`: the whole baseline period teaches.
    pub reference_until: Option<Date>,
    /// The rule of the official leaderboard.
    pub rule: Rule,
    /// What a participant must reach to be ranked.
    pub thresholds: Thresholds,
    /// When input is doubted.
    pub doubts: DoubtThresholds,
    /// How baselines are computed.
    pub method: Method,
    /// Bridge days and half days of all participants.
    pub special_days: Vec<(Date, DayKind)>,
    /// Price and emissions of a kilowatt-hour.
    pub factors: Factors,
    /// What counts as use where a building produces electricity.
    pub production: Production,
}

impl Competition {
    /// A competition with Swedish holidays; all else has its default.
    pub fn new(name: &str, timezone: TimeZone, baseline: Period, contest: Period) -> Self {
        Self {
            name: name.to_owned(),
            timezone,
            holidays: Some(Country::Sweden),
            baseline,
            contest,
            reference_until: None,
            rule: Rule::default(),
            thresholds: Thresholds::default(),
            doubts: DoubtThresholds::default(),
            method: Method::default(),
            special_days: Vec::new(),
            factors: Factors::default(),
            production: Production::default(),
        }
    }
}

/// How baselines are computed: a kind of model, and steps of which each can be switched
/// off. The default is what had the smallest errors on unseen buildings.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Method {
    /// The kind of model.
    pub baseline: Baseline,
    /// Whether the outdoor temperature is left out where it predicts months worse that the
    /// fit did not see.
    pub select_temperature: bool,
    /// Time constant, hours, of the exponential mean that replaces the outdoor temperature;
    /// `None`: the temperature of the hour.
    pub smoothing: Option<f64>,
    /// Days after which the weight of a training hour is halved; `None`: equal weights.
    pub half_life: Option<f64>,
    /// Whether the baseline follows the level of the last twelve weeks of its training.
    pub level: bool,
    /// Whether savings are relative to the median saving of the reference buildings,
    /// where there are at least three.
    pub comparison_group: bool,
}

impl Method {
    /// A baseline with the steps that belong to it.
    pub const fn of(baseline: Baseline) -> Self {
        let stepped = matches!(baseline, Baseline::Level);
        Self {
            baseline,
            select_temperature: !stepped,
            smoothing: if stepped { Some(24.0) } else { None },
            half_life: if stepped { Some(180.0) } else { None },
            level: stepped,
            comparison_group: true,
        }
    }

    /// The method with another baseline and the steps that belong to it; the same where
    /// the baseline is.
    pub fn with_baseline(self, baseline: Baseline) -> Self {
        match baseline == self.baseline {
            true => self,
            false => Self { comparison_group: self.comparison_group, ..Self::of(baseline) },
        }
    }
}

impl Default for Method {
    fn default() -> Self {
        Self::of(Baseline::default())
    }
}

/// The model that predicts the energy without savings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Baseline {
    /// As `Hours`, with outdoor temperature where it is known, smoothed over 24 hours,
    /// recent months weighing more, and adjusted to the level of the last twelve weeks.
    #[default]
    Level,
    /// As `HoursTemperature`, blended with the energy of the same season of the year
    /// before.
    Season,
    /// As `Hours`, with outdoor temperature where it is known and improves the fit.
    HoursTemperature,
    /// Means of 72 bins: working day, Saturday, holiday, by local hour.
    Hours,
    /// The same dates of the year before (the rule of 2011).
    LastYear,
    /// The three weeks before the contest, by weekday and hour.
    ThreeWeeksBefore,
}

names!(Baseline {
    Level = "level",
    Season = "season",
    HoursTemperature = "hours-temperature",
    Hours = "hours",
    LastYear = "last-year",
    ThreeWeeksBefore = "three-weeks-before",
});

impl Baseline {
    /// Whether outdoor temperatures are used.
    pub(crate) fn uses_temperature(self) -> bool {
        matches!(self, Self::Level | Self::Season | Self::HoursTemperature)
    }
}

/// What a participant must reach to be ranked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Number of days of the baseline period that must have 90 % of their hours.
    pub baseline_days: u32,
    /// Share of the contest hours so far that must be known.
    pub coverage: f64,
    /// Largest CV(RMSE) of the hourly fit, ASHRAE Guideline 14.
    pub cv_rmse: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { baseline_days: 329, coverage: 0.90, cv_rmse: 0.30 }
    }
}

/// A town hall in the competition.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Participant {
    /// Short name in addresses and files.
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
    /// The saving that it aims at.
    pub target: Option<Percent>,
    /// Whether it is a reference building: it does not compete, is in no total, and the
    /// median shift of all reference buildings corrects the savings of the others.
    pub reference: bool,
    /// Its meters; their signed sum is the energy of the building.
    pub meters: Vec<Meter>,
    /// Its own bridge days and half days.
    pub special_days: Vec<(Date, DayKind)>,
    /// Non-routine events.
    pub exclusions: Vec<Exclusion>,
    /// Doubts that the organiser declared to be unfounded.
    pub acceptances: Vec<Acceptance>,
    /// Its activities.
    pub activities: Vec<Activity>,
}

impl Participant {
    /// Number of participants that compete; the others are reference buildings.
    pub fn competing(participants: &[Self]) -> usize {
        participants.iter().filter(|who| !who.reference).count()
    }
}

/// Sign of a meter in the sum of the building.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sign {
    /// The meter is added.
    #[default]
    Plus,
    /// The meter is subtracted, such as that of a tenant.
    Minus,
}

/// What counts as use where a building produces electricity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Production {
    /// What the building uses, whoever produced it: import + production − export. New solar
    /// panels save nothing.
    #[default]
    OwnUseCounts,
    /// Import − export. New solar panels count as a saving.
    Net,
    /// Import alone. What new solar panels supply to the building counts as a saving.
    NotCounted,
}

names!(Production {
    OwnUseCounts = "own-use-counts",
    Net = "net",
    NotCounted = "not-counted",
});

/// What a meter measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Measures {
    /// Energy that the building takes from the grid, or a part of its use.
    #[default]
    Use,
    /// Energy that the building feeds into the grid.
    Export,
    /// Energy that the building produces.
    Production,
}

names!(Measures {
    Use = "use",
    Export = "export",
    Production = "production",
});

/// One meter of a participant.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    /// Its id in readings.
    pub id: String,
    /// Ratio of primary to secondary value behind current transformers. The standings
    /// apply it to registers, powers, `rollover` and `epochs`. It is 1 where the gateway
    /// multiplies.
    pub multiplier: u32,
    /// Sign in the sum of the building.
    pub sign: Sign,
    /// Largest power of the connection.
    pub capacity: Watts,
    /// Register value at which the register starts again from zero, where known.
    pub rollover: Option<WattHours>,
    /// Declared meter changes and resets, oldest first.
    pub epochs: Vec<Epoch>,
    /// Declared corrections of the energy by a factor.
    pub corrections: Vec<Correction>,
    /// What it measures; what is not [`Measures::Use`] counts by [`Production`].
    pub measures: Measures,
    /// The meter whose readings have this one's register as their export register.
    pub export_of: Option<String>,
    /// The first day on which it is part of the building's sum; `None`: it always was.
    pub from: Option<Date>,
    /// The first day on which it is no part of the sum any more.
    pub until: Option<Date>,
}

impl Meter {
    /// A meter without transformers on a connection of 1 MW.
    pub fn new(id: &str) -> Self {
        Self {
            id: id.to_owned(),
            multiplier: 1,
            sign: Sign::Plus,
            capacity: Watts(1_000_000),
            rollover: None,
            epochs: Vec::new(),
            corrections: Vec::new(),
            measures: Measures::Use,
            export_of: None,
            from: None,
            until: None,
        }
    }
}

/// A declared meter change or register reset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Epoch {
    /// When the new register begins.
    pub at: Time,
    /// Last value of the old register.
    pub last: WattHours,
    /// First value of the new register.
    pub first: WattHours,
}

/// A declared correction: all energy of a meter in some hours is this factor times what was
/// measured, because a unit, a multiplier or a phase was wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Correction {
    /// Begins with the hour that contains this moment.
    pub from: Time,
    /// Ends before the hour that begins at or after this moment.
    pub until: Time,
    /// The factor.
    pub factor: f64,
}

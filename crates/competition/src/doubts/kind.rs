//! What a doubt is: its kind, its hours, the energy at stake and its consequence.
use crate::{Bilingual, MeterIndex, Time, names::names};

/// What is doubted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DoubtKind {
    /// A register stays while the meter ordinarily measures use.
    StuckRegister,
    /// Imported intervals are zero while the meter ordinarily measures use.
    ZeroRun,
    /// A load is the same to the last digit for a day and longer.
    ConstantLoad,
    /// Days repeat the values of other days to the last digit.
    RepeatedDays,
    /// An hour has many times the highest ordinary hours.
    Spike,
    /// The highest hours have one value, below what the meter ordinarily reaches.
    Ceiling,
    /// The level changed by a factor that units, multipliers, current transformers or a
    /// missing phase make.
    LevelStep,
    /// Sub-meters that are subtracted measure more than the meters that are added.
    SubmeterAboveMain,
    /// A use that only a closed building explains.
    Closure,
    /// A use of the baseline period that is high for some days or weeks, and returns.
    RaisedUse,
    /// A production meter measures less than it did, and the building seems to use as much
    /// less.
    ProductionLow,
    /// An export meter measures more than own production explains.
    ExportHigh,
    /// The use falls while the sun is high, on working days and on others, as behind solar
    /// panels that are not entered.
    UndeclaredProduction,
    /// A saving beyond what measures reach.
    ImplausibleSaving,
    /// An outdoor temperature stays the same for a day and longer.
    TemperatureConstant,
    /// The outdoor temperature is that of another hour.
    TemperatureShift,
    /// The outdoor temperature is in another unit.
    TemperatureUnit,
    /// The outdoor temperature is that of another place.
    TemperaturePlace,
    /// The outdoor temperature is far from that of the same weeks of the year before.
    TemperatureLevel,
}

names!(DoubtKind {
    StuckRegister = "stuck-register",
    ZeroRun = "zero-run",
    ConstantLoad = "constant-load",
    RepeatedDays = "repeated-days",
    Spike = "spike",
    Ceiling = "ceiling",
    LevelStep = "level-step",
    SubmeterAboveMain = "submeter-above-main",
    Closure = "closure",
    RaisedUse = "raised-use",
    ProductionLow = "production-low",
    ExportHigh = "export-high",
    UndeclaredProduction = "undeclared-production",
    ImplausibleSaving = "implausible-saving",
    TemperatureConstant = "temperature-constant",
    TemperatureShift = "temperature-shift",
    TemperatureUnit = "temperature-unit",
    TemperaturePlace = "temperature-place",
    TemperatureLevel = "temperature-level",
});

impl DoubtKind {
    /// Whether it is about temperatures.
    pub const fn is_temperature(self) -> bool {
        matches!(
            self,
            Self::TemperatureConstant
                | Self::TemperatureShift
                | Self::TemperatureUnit
                | Self::TemperaturePlace
                | Self::TemperatureLevel
        )
    }
}

/// What a doubt does to its hours until the organiser decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Consequence {
    /// Their energy, or their temperature, is treated as unknown.
    Quarantined,
    /// They count as they are.
    Flagged,
}

/// An open doubt about the input of a participant.
#[derive(Debug, Clone, PartialEq)]
pub struct Doubt {
    /// What is doubted.
    pub kind: DoubtKind,
    /// The meter, where it is one of them.
    pub meter: Option<MeterIndex>,
    /// Start of the first hour in doubt.
    pub from: Time,
    /// End of the last hour in doubt so far.
    pub until: Time,
    /// The energy at stake, kWh: what was expected of the hours, or the difference from
    /// it. `None` for temperatures.
    pub kwh: Option<f64>,
    /// What it does to its hours.
    pub consequence: Consequence,
    /// The last hour known is in doubt.
    pub open: bool,
    /// The factor that would restore the level.
    pub correction: Option<f64>,
    /// What was found.
    pub headline: Bilingual,
    /// What was found, what follows, and what to do.
    pub words: Bilingual,
    /// The energy at stake as a share of what is expected of the contest so far, or of the
    /// baseline period, whichever is larger.
    pub share: f64,
}

/// A declaration that doubts of a kind are unfounded: the values are right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Acceptance {
    /// The kind of doubt.
    pub kind: DoubtKind,
    /// Begins with the hour that contains this moment.
    pub from: Time,
    /// Ends before the hour that begins at or after this moment.
    pub until: Time,
}

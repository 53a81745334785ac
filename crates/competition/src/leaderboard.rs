//! The ranked rows: what everybody sees, each number with what it rests on.
use crate::{
    Bilingual, ConfidenceInterval, MilliWattHours, ParticipantIndex, Score, Time, Watts,
    names::names,
};

/// What a board ranks by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rule {
    /// Share of the baseline that was not used; more is better.
    #[default]
    Saving,
    /// kWh/m² over the contest; less is better.
    Intensity,
    /// Mean night load per area; less is better.
    Night,
    /// Saved kWh per employee; more is better.
    SavingPerEmployee,
    /// Saving of the last 14 days minus that of the days before; more is better.
    MostImproved,
}

names!(Rule {
    Saving = "saving",
    Intensity = "intensity",
    Night = "night",
    SavingPerEmployee = "saving-per-employee",
    MostImproved = "most-improved",
});

/// Where the competition stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The contest has not begun.
    Upcoming,
    /// It runs.
    Running,
    /// It is over, the result may still move with late readings.
    Ended,
    /// The result is locked.
    Locked,
}

/// How a participant is heard, judged by what its meters measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// A reading of the last minutes.
    Live,
    /// None for some minutes.
    Stale,
    /// None for hours, or never.
    Silent,
}

/// One participant on the board. What is not known is `None`, never zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Who.
    pub participant: ParticipantIndex,
    /// 1 is best; equals share it. `None` while not eligible.
    pub rank: Option<u32>,
    /// Participants of one group are not told apart by their intervals.
    pub group: Option<u32>,
    /// What the rule ranks by. A participant that is not ranked may have one, too.
    pub score: Score,
    /// Saving of the contest so far, percent.
    pub saving_percent: Option<f64>,
    /// 90 % interval of it.
    pub interval_percent: Option<ConfidenceInterval>,
    /// Saving of the last 14 days minus that of the contest's days before them,
    /// percentage points; known on a board by [`Rule::MostImproved`] only.
    pub improvement_points: Option<f64>,
    /// Baseline minus energy, over the same hours.
    pub saved: Option<MilliWattHours>,
    /// The baseline of the hours that `saved` is of.
    pub expected: Option<MilliWattHours>,
    /// Energy of the valid contest hours.
    pub energy: Option<MilliWattHours>,
    /// Energy per area, kWh/m².
    pub kwh_per_m2: Option<f64>,
    /// Mean load from 22 to 05, W/m².
    pub night_w_per_m2: Option<f64>,
    /// Power at `measured_at`.
    pub power: Option<Watts>,
    /// Time of the newest reading, or the end of the newest imported interval.
    pub measured_at: Option<Time>,
    /// How it is heard.
    pub contact: Contact,
    /// Known share of the contest's hours so far.
    pub coverage: Option<f64>,
    /// Goodness of the baseline's fit, ASHRAE Guideline 14.
    pub cv_rmse: Option<f64>,
    /// Bias of the baseline's fit, ASHRAE Guideline 14.
    pub nmbe: Option<f64>,
    /// Why it is not ranked, for an administrator to read.
    pub reason: Option<Bilingual>,
}

/// A cluster on its board, its ranked participants weighted by floor area.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterRow {
    /// Its name.
    pub cluster: String,
    /// 1 is best; equals share it. `None` where none of its participants is ranked.
    pub rank: Option<u32>,
    /// How many of its participants are ranked.
    pub ranked: u32,
    /// Σ area × saving / Σ area, percent.
    pub saving_percent: Option<f64>,
    /// Σ area × intensity / Σ area, kWh/m².
    pub kwh_per_m2: Option<f64>,
    /// Saved by its ranked participants.
    pub saved: MilliWattHours,
}

impl Row {
    /// The saving with its interval, whatever the rule ranks by.
    pub const fn saving(&self) -> Score {
        Score::saving(self.saving_percent, self.interval_percent)
    }
}

/// The whole board at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaderboard {
    /// When.
    pub as_of: Time,
    /// By what.
    pub rule: Rule,
    /// Where the competition stands.
    pub status: Status,
    /// Saved by all ranked participants together.
    pub total_saved: MilliWattHours,
    /// Ranked first, by rank; then the others by name.
    pub rows: Vec<Row>,
}

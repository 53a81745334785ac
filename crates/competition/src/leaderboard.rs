//! The leaderboard and its rows.
use crate::{
    Baseline, Bilingual, ConfidenceInterval, Doubt, Level, MilliWattHours, ParticipantIndex, Rule,
    Score, Time, Watts,
};

/// The phase of the competition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// The contest has not begun.
    Upcoming,
    /// The contest runs.
    Running,
    /// The contest is over; late readings may still change the result.
    Ended,
    /// The result is locked.
    Locked,
}

/// How old the latest reading of a participant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contact {
    /// Minutes old.
    Live,
    /// Older than usual for its meter.
    Stale,
    /// Older than six hours, or there is none.
    Silent,
    /// It is imported: the meter sends none.
    Imported,
}

/// A participant on the leaderboard. What is not known is `None`, never zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The participant.
    pub participant: ParticipantIndex,
    /// 1 is best; equal scores share a rank. `None` while it is not eligible.
    pub rank: Option<u32>,
    /// The intervals do not distinguish the participants of a group. `None` where no
    /// ranked participant has an interval of what the rule ranks by.
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
    /// Age class of the latest reading.
    pub contact: Contact,
    /// Known share of the contest's hours so far.
    pub coverage: Option<f64>,
    /// Goodness of the baseline's fit, ASHRAE Guideline 14.
    pub cv_rmse: Option<f64>,
    /// The same of whole days: the smaller, the better a building can be measured.
    pub cv_rmse_daily: Option<f64>,
    /// The level of the last twelve weeks that the baseline follows.
    pub level: Option<Level>,
    /// Bias of the baseline's fit, ASHRAE Guideline 14.
    pub nmbe: Option<f64>,
    /// Open doubts about its input.
    pub doubts: Vec<Doubt>,
    /// Why it is not ranked.
    pub reason: Option<Bilingual>,
    /// The same without what the organiser can do about it, for every reader.
    pub public_reason: Option<Bilingual>,
}

/// A cluster, with its ranked participants weighted by floor area.
#[derive(Debug, Clone, PartialEq)]
pub struct ClusterRow {
    /// Name of the cluster.
    pub cluster: String,
    /// 1 is best; equal scores share a rank. `None` where no participant is ranked.
    pub rank: Option<u32>,
    /// Number of ranked participants.
    pub ranked: u32,
    /// Σ area × saving / Σ area, percent.
    pub saving_percent: Option<f64>,
    /// Σ area × intensity / Σ area, kWh/m².
    pub kwh_per_m2: Option<f64>,
    /// Energy saved by the ranked participants.
    pub saved: MilliWattHours,
}

impl Row {
    /// The saving with its interval, whatever the rule ranks by.
    pub const fn saving(&self) -> Score {
        Score::saving(self.saving_percent, self.interval_percent)
    }
}

/// A leaderboard at one moment.
#[derive(Debug, Clone, PartialEq)]
pub struct Leaderboard {
    /// The moment.
    pub as_of: Time,
    /// The rule that ranks.
    pub rule: Rule,
    /// The phase of the competition.
    pub status: Status,
    /// Energy saved by all ranked participants together.
    pub total_saved: MilliWattHours,
    /// Number of participants that `total_saved` is the sum of.
    pub total_participants: usize,
    /// Ranked rows by rank, then the others by name.
    pub rows: Vec<Row>,
}

impl Leaderboard {
    /// The reason why savings have no interval, for readers; `baseline` is the one that the
    /// board is computed with. `None` where every ranked saving has an interval. The
    /// intervals of [`Baseline::LastYear`] are all missing or none is.
    pub fn no_interval(&self, baseline: Baseline) -> Option<Bilingual> {
        if baseline == Baseline::LastYear {
            let none = self.rows.iter().all(|row| row.interval_percent.is_none());
            return none.then(|| {
                Bilingual::new(
                    "no interval: the uncertainty cannot be computed, since the baseline is too short; it takes another year of readings",
                    "osäkerheten kan inte beräknas: det behövs ett år till av mätvärden",
                )
            });
        }
        let mut ranked = self.rows.iter().filter(|row| row.rank.is_some());
        ranked.any(|row| row.saving_percent.is_some() && row.interval_percent.is_none()).then(|| {
            Bilingual::new(
                "no interval where the contest is longer than the baseline can describe: the baseline must hold each month of the contest once, or twice the contest's length",
                "osäkerheten kan inte beräknas där tävlingen är längre än vad referensperioden kan beskriva: perioden behöver innehålla var och en av tävlingens månader, eller vara dubbelt så lång som tävlingen",
            )
        })
    }
}

//! Energy, baseline, saving, interval, ranking: everything that a competitor could
//! dispute, readable beside the rules by an energy adviser.
//!
//! Invariants:
//! - There is no I/O, no async, no clock and no serde. The time is an argument.
//! - The standings are a function of the *set* of readings: their order, repeats and
//!   delays change nothing. Energy is summed in whole milliwatt-hours, so no rounding
//!   depends on the order either.
//! - Energy is a difference of two plausible register values of one epoch. Missing
//!   energy is unknown, never zero.
//!
//! Code map, in the direction of the data: `energy` checks register values and derives
//! the energy of quarter-hours; `meter_days` keeps them by meter, `gaps` divides what
//! lies between distant readings, `participant_state` sums by participant; `calendar`
//! gives each hour its time of week; `baseline` fits and predicts, with the sums of
//! `bin_sums`, and estimates the uncertainty; `doubts` finds input that cannot be right;
//! `eligibility` and `ranking` derive the
//! leaderboard. `standings` is the interface to all of them. [`placebo`] tests the
//! methods on real buildings.
//!
#![doc = include_str!("../README.md")]

mod activity;
mod baseline;
mod bilingual;
mod bin_sums;
mod calendar;
mod collation;
mod comparison_group;
mod confidence_interval;
mod contest_baseline;
mod day_record;
mod doubts;
mod eligibility;
mod energy;
mod factors;
mod gaps;
mod hour_ranges;
mod index;
mod interval_data;
mod leaderboard;
mod meter_days;
mod model_weather;
mod names;
mod participant;
mod participant_state;
pub mod placebo;
mod ranking;
mod reading_source;
mod reference_baselines;
mod results;
mod rule;
mod sample;
mod score;
mod standings;
mod static_period;
mod time;
mod totals;
mod units;
mod varint;
mod weather;

pub use activity::{Activity, ActivityKind};
pub use baseline::Level;
pub use bilingual::Bilingual;
pub use bin_sums::GoodnessOfFit;
pub use calendar::Country;
pub use collation::by_name;
pub use confidence_interval::ConfidenceInterval;
pub use day_record::{DayRecord, DayRecordError};
pub use doubts::{Acceptance, Consequence, Doubt, DoubtKind, DoubtThresholds};
pub use factors::{Factors, KgCo2PerKwh, SekPerKwh};
pub use index::{MeterIndex, ParticipantIndex};
pub use interval_data::{ImportValidator, IntervalReading};
pub use leaderboard::{ClusterRow, Contact, Leaderboard, Row, Status};
pub use names::UnknownName;
pub use participant::{
    Baseline, Competition, Correction, Dated, DayKind, Epoch, Exclusion, Measures, Meter, Method,
    Participant, Period, Production, Sign, Thresholds,
};
pub use reading_source::{NoStoredReadings, ReadingSource};
pub use results::{
    AppendOutcome, ContestTotals, EnergyComparison, HourLoad, LatestReading, Provenance,
    QuarantinedReadings, Revision, SeriesPoint,
};
pub use rule::Rule;
pub use sample::{QuarantineReason, RejectReason, Sample};
pub use score::{Score, ScoreUnit};
pub use standings::{
    Confidence, Effect, Notice, NoticeKind, OpportunityKind, Portfolio, ReferenceLoad,
    SavingOpportunity, Standings,
};
pub use time::Time;
pub use units::{Celsius, MilliWattHours, Percent, SquareMetres, WattHours, Watts};

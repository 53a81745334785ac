//! Energy, baseline, saving, interval, ranking: everything a competitor could
//! dispute. Readable beside the rules by an energy adviser.
//!
//! Invariants:
//! - No I/O, no async, no clock, no serde: time comes in as an argument.
//! - The standings are a function of the *set* of readings: order, repeats and
//!   lateness change nothing. Energy is summed in whole milliwatt-hours, so no
//!   rounding depends on the order either.
//! - Energy is a difference of two good registers of one epoch; nothing becomes
//!   zero because it is missing.
//!
//! Where what is decided: `energy` judges registers and makes quarter-hours,
//! `calendar` says which hour of the week an hour is, `training` and `baseline`
//! learn what is expected, `baseline/interval` how sure that is, `eligibility` and
//! `ranking` who stands where, `ledger` and `house` keep the books, `standings`
//! takes and answers, [`placebo`] puts the methods to the test.
//!
#![doc = include_str!("../README.md")]

mod activity;
mod baseline;
mod bilingual;
mod bin_sums;
mod calendar;
mod day_record;
mod eligibility;
mod energy;
mod factors;
mod interval_data;
mod leaderboard;
mod meter_days;
mod names;
mod participant;
mod participant_state;
pub mod placebo;
mod ranking;
mod reading_source;
mod reference_baselines;
mod results;
mod sample;
mod standings;
mod static_period;
mod time;
mod totals;
mod units;
mod varint;
mod weather;

pub use activity::{Activity, ActivityKind};
pub use bilingual::Bilingual;
pub use bin_sums::GoodnessOfFit;
pub use calendar::Country;
pub use day_record::{DayRecord, DayRecordError};
pub use factors::{Factors, KgCo2PerKwh};
pub use interval_data::{ImportValidator, IntervalReading};
pub use leaderboard::{ClusterRow, Contact, Leaderboard, Row, Rule, Status};
pub use names::UnknownName;
pub use participant::{
    Baseline, Competition, Dated, DayKind, Epoch, Exclusion, Meter, MeterIndex, Method,
    Participant, ParticipantIndex, Period, Sign, Thresholds,
};
pub use reading_source::{NoStoredReadings, ReadingSource};
pub use results::{
    AppendOutcome, ContestTotals, EnergyComparison, HourLoad, LatestReading, Provenance,
    QuarantinedReadings, Revision, SeriesPoint,
};
pub use sample::{QuarantineReason, RejectReason, Sample};
pub use standings::{
    Confidence, Effect, OpportunityKind, Portfolio, ReferenceLoad, SavingOpportunity, SekPerKwh,
    Standings,
};
pub use time::Time;
pub use units::{Celsius, MilliWattHours, Percent, SquareMetres, WattHours, Watts};

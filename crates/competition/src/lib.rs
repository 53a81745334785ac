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

mod activity;
mod baseline;
mod bilingual;
mod calendar;
mod coding;
mod compare;
mod eligibility;
mod energy;
mod factors;
mod history;
mod house;
mod interval;
mod leaderboard;
mod ledger;
mod participant;
pub mod placebo;
mod ranking;
mod record;
mod results;
mod sample;
mod standings;
mod totals;
mod training;
mod units;
mod weather;

pub use activity::{Activity, ActivityKind};
pub use bilingual::Bilingual;
pub use calendar::Country;
pub use factors::{Factors, KgCo2PerKwh};
pub use history::{History, NoHistory};
pub use interval::{Interval, Screen};
pub use leaderboard::{ClusterRow, Contact, Leaderboard, Row, Rule, Status};
pub use participant::{
    Baseline, Competition, Dated, DayKind, Epoch, Exclusion, Meter, MeterIndex, Method,
    Participant, ParticipantIndex, Period, Sign, Thresholds,
};
pub use record::{DayRecord, Stale};
pub use results::{
    AppendOutcome, EnergyComparison, HourLoad, LatestReading, Provenance, QuarantinedReadings,
    Revision, SeriesPoint,
};
pub use sample::{Doubt, Refusal, Sample};
pub use standings::{
    Confidence, Effect, OpportunityKind, Portfolio, ReferenceLoad, SavingOpportunity, SekPerKwh,
    Standings,
};
pub use training::Fit;
pub use units::{Celsius, MilliWattHours, Percent, SquareMetres, Time, WattHours, Watts};

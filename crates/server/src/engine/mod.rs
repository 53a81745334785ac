//! One thread that owns the standings and the store's writer, and what it publishes.
//!
//! A batch goes: screened by the competition, into the store's batch, into the
//! standings; then one commit, then the acknowledgements, then, at a bounded rate,
//! a snapshot and its events. Between batches the thread answers questions, takes a
//! step of a checkpoint, and lets time pass on the board.

mod analysis;
mod client;
mod decision_state;
mod decisions;
mod event_loop;
#[cfg(test)]
pub(crate) mod fake;
mod late_log;
mod offline_decision;
mod pending_audit;
mod power_step;
mod recover;
mod snapshot;
mod state;
mod store_history;
mod telegram_errors;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub use client::{
    Decisions, EngineClient, EngineEvent, GatewayState, IngestCounts, Insight, Point, QueryError,
    SeriesStep,
};
pub use decisions::{Decision, DecisionError};
pub use event_loop::{Engine, EngineError, start};
pub use offline_decision::{RecordedDecision, decide_offline};
pub use recover::{Recovered, standings};
pub use snapshot::snapshot;

pub use competition::QuarantinedReadings;

use competition::{Leaderboard, Time};

/// What everybody reads: complete, consistent, never half-updated.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows with every change that moved something.
    pub version: u64,
    /// When it was made, by the service's clock.
    pub as_of: Time,
    /// The official board; the locked result where it is locked.
    pub board: Leaderboard,
    /// Who competes, with what is declared of them, by [`competition::ParticipantIndex`].
    pub participants: Arc<[competition::Participant]>,
    /// By [`competition::ParticipantIndex`].
    pub figures: Vec<Arc<ParticipantFigures>>,
}

/// One town hall at the snapshot's moment; `None` is "not known".
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParticipantFigures {
    /// Newest reading.
    pub measured_at: Option<Time>,
    /// Power then, W.
    pub power: Option<competition::Watts>,
    /// A jump of the power, and when.
    pub step: Option<(Time, competition::Watts)>,
    /// Since local midnight.
    pub today: Option<competition::MilliWattHours>,
    /// The baseline of the same hours.
    pub today_baseline: Option<competition::MilliWattHours>,
    /// Mean load of the last complete night, 22 to 05.
    pub night: Option<competition::Watts>,
    /// The night before that.
    pub night_before: Option<competition::Watts>,
    /// Mean power of the last 24 hours, oldest first.
    pub hours: [Option<competition::Watts>; 24],
    /// Baseline of the same hours.
    pub hours_baseline: [Option<competition::Watts>; 24],
    /// Saving over the last seven days, percent, to tell a direction.
    pub saving_recent_percent: Option<f64>,
}

//! One thread that owns the standings and the store's writer, and what it publishes.
//!
//! A batch of readings is screened by the competition, added to the store's batch and to
//! the standings; then it is committed, then acknowledged, and then, at a bounded rate, a
//! snapshot and its events are published. Between batches the thread answers queries,
//! applies the organiser's decisions and advances checkpoints and seals.
//!
//! When the store refuses for a while, because its file is locked or its disk is full,
//! nothing is lost: a batch is committed again later, a decision is refused or applied
//! again later, a query is answered with an error. The engine ends only where its
//! standings could no longer be trusted, and says why.

mod accepted_doubt;
mod client;
mod clock_guard;
mod decision_state;
mod decisions;
mod error;
mod event_loop;
#[cfg(test)]
pub(crate) mod fake;
mod figures;
mod gateway_clocks;
mod health;
mod ingest_state;
mod late_log;
mod lifecycle;
mod model;
mod offline_decision;
mod pending_audit;
mod power_step;
mod reading_counters;
mod recover;
mod snapshot;
mod state;
mod store_history;
mod stored_standings;
mod telegram_errors;
#[cfg(test)]
pub(crate) mod tests;

use std::sync::Arc;

pub use client::EngineClient;
pub use decisions::{Decision, DecisionError};
pub use error::EngineError;
pub use figures::ParticipantFigures;
pub use gateway_clocks::ClockOffset;
pub use health::EngineHealth;
pub use lifecycle::{Engine, start};
pub use model::{
    Decisions, EngineEvent, GatewayState, IngestCounts, Insight, Point, QueryError, SeriesStep,
};
pub use offline_decision::{RecordedDecision, decide_offline};
pub use recover::{Recovered, standings};
pub use snapshot::snapshot;

pub use competition::QuarantinedReadings;

use competition::{Leaderboard, Time};

/// The published state: complete and consistent.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows with every change.
    pub version: u64,
    /// When it was made, by the service's clock.
    pub as_of: Time,
    /// The official leaderboard; the locked result where there is one.
    pub board: Leaderboard,
    /// The participants with the declarations in force, by [`competition::ParticipantIndex`].
    pub participants: Arc<[competition::Participant]>,
    /// Live figures, by [`competition::ParticipantIndex`].
    pub figures: Vec<Arc<ParticipantFigures>>,
}

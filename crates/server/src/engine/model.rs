//! What the engine publishes and answers: plain values that every part of it shares.
use competition::{
    Effect, MilliWattHours, Notice, ParticipantIndex, Provenance, SavingOpportunity, Time, Watts,
};
use wire::{GatewayId, Status};

use super::ClockOffset;
use crate::{
    audit::{AuditEntry, DeclarationInForce},
    store::StoreError,
};

/// What changed.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineEvent {
    /// A snapshot of this version is published.
    Leaderboard(u64),
    /// A participant has a new reading; between two snapshots only the newest.
    Reading {
        /// The participant.
        participant: ParticipantIndex,
        /// When it was measured.
        measured_at: Time,
        /// Power of the whole building then.
        power: Option<Watts>,
        /// The power jumped by this much.
        step: Option<Watts>,
    },
}

/// The length of a load curve's bins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeriesStep {
    /// Seconds, rounded up to whole quarter-hours.
    Seconds(i64),
    /// Local days of the competition: 23 or 25 hours where the clocks change.
    LocalDays(u16),
}

impl SeriesStep {
    /// The length in seconds where no clock changes.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Seconds(seconds) => seconds,
            Self::LocalDays(days) => i64::from(days) * 86_400,
        }
    }
}

/// A bin of a load curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Start of the bin.
    pub at: Time,
    /// Energy in the bin; `None` where nothing is known.
    pub energy: Option<MilliWattHours>,
    /// Baseline of the bin.
    pub baseline: Option<MilliWattHours>,
    /// Part of the energy is known only as a sum with neighbouring bins, or rests on a
    /// declaration.
    pub estimated: bool,
    /// Provenance of the least reliable part.
    pub provenance: Provenance,
}

impl From<competition::SeriesPoint> for Point {
    fn from(point: competition::SeriesPoint) -> Self {
        let competition::SeriesPoint { at, energy, baseline, provenance } = point;
        let estimated = matches!(provenance, Provenance::Estimated | Provenance::Substituted);
        Self { at, energy, baseline, estimated, provenance }
    }
}

/// Counts since the service started.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestCounts {
    /// Deliveries received.
    pub received: u64,
    /// Readings committed.
    pub stored: u64,
    /// Readings among them that were received after a newer one of their meter.
    pub late: u64,
    /// Readings that were stored already.
    pub repeated: u64,
    /// Readings that contradict a stored one of the same time; the lower register counts.
    pub conflicts: u64,
    /// Stored readings that do not count, as far as that was known when they were
    /// received. [`super::EngineClient::quarantine`] has all of them.
    pub quarantined: u64,
    /// Deliveries rejected, by [`crate::ingest::IngestError::label`].
    pub refused: Vec<(&'static str, u64)>,
    /// Readings in the store.
    pub readings: u64,
    /// Clocks of gateways that are off.
    pub clock_offsets: Vec<ClockOffset>,
}

/// The last known state of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayState {
    /// Its name in topics.
    pub id: GatewayId,
    /// Its last status message, or its will message.
    pub status: Status,
    /// When that was received, by the service's clock.
    pub received_at: Time,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// The engine's thread has ended.
    #[error("the service is shutting down")]
    Stopped,
    /// The store cannot be read now.
    #[error("the store cannot be read: {what}")]
    Store {
        /// The store's error.
        what: String,
        /// How to fix it, in one line.
        hint: &'static str,
    },
}

impl QueryError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Stopped => "ask again in some seconds",
            Self::Store { hint, .. } => hint,
        }
    }
}

impl From<&StoreError> for QueryError {
    fn from(error: &StoreError) -> Self {
        Self::Store { what: error.to_string(), hint: error.hint() }
    }
}

/// The organiser's decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Declarations in force.
    pub declarations: Vec<DeclarationInForce>,
    /// Entries of all declarations and amendments, oldest first, also of withdrawn ones.
    pub history: Vec<AuditEntry>,
    /// When the result was locked.
    pub locked_at: Option<Time>,
    /// The newest entry of the audit log.
    pub head: Option<AuditEntry>,
}

/// What facilities staff want to know of a participant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insight {
    /// Effects, by activity of the participant; `None` where too little is known.
    pub effects: Vec<Option<Effect>>,
    /// Saving opportunities, the most expensive first.
    pub traps: Vec<SavingOpportunity>,
    /// What a reader has to know about the energy behind its figures.
    pub notices: Vec<Notice>,
}

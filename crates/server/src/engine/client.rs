//! The engine as the rest of the service sees it: its last snapshot, its events, and
//! queries that only its thread can answer.
use std::{ops::Range, sync::Arc};

use arc_swap::ArcSwap;
use competition::{
    Baseline, ClusterRow, Competition, Effect, Leaderboard, MilliWattHours, Participant,
    ParticipantIndex, Provenance, QuarantinedReadings, Rule, SavingOpportunity, Time, Watts,
};
use tokio::sync::{broadcast, mpsc, oneshot};
use wire::{GatewayId, Status};

use super::{Decision, DecisionError, Snapshot};
use crate::{
    audit::{AuditEntry, DeclarationInForce},
    ingest::Rejection,
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
    /// received. [`EngineClient::quarantine`] has all of them.
    pub quarantined: u64,
    /// Deliveries rejected, by [`crate::ingest::IngestError::label`].
    pub refused: Vec<(&'static str, u64)>,
    /// Readings in the store.
    pub readings: u64,
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
    pub const fn hint(&self) -> &'static str {
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

/// Where the answer to a query goes. The receiver may be gone, so sending may fail.
pub(super) type Reply<T> = oneshot::Sender<Result<T, QueryError>>;

/// A query to the engine's thread, with where to send the answer.
#[derive(Debug)]
pub(super) enum Query {
    Leaderboard { rule: Rule, as_of: Option<Time>, reply: Reply<Arc<Leaderboard>> },
    WhatIf { rule: Rule, baseline: Baseline, reply: Reply<(Leaderboard, Vec<ClusterRow>)> },
    Insight { who: ParticipantIndex, reply: Reply<Insight> },
    Series { who: ParticipantIndex, range: Range<Time>, step: SeriesStep, reply: Reply<Vec<Point>> },
    Quarantine(Reply<Vec<QuarantinedReadings>>),
    Rejections(Reply<Vec<Rejection>>),
    Gateways(Reply<Vec<GatewayState>>),
    Counts(Reply<IngestCounts>),
    Decide { decision: Box<Decision>, reply: Reply<Result<AuditEntry, DecisionError>> },
    Decisions(Reply<Decisions>),
    Log { after: i64, reply: Reply<Vec<AuditEntry>> },
}

impl Query {
    /// Answers with an error.
    pub(super) fn fail(self, error: QueryError) {
        // The receiver may be gone.
        match self {
            Self::Leaderboard { reply, .. } => drop(reply.send(Err(error))),
            Self::WhatIf { reply, .. } => drop(reply.send(Err(error))),
            Self::Insight { reply, .. } => drop(reply.send(Err(error))),
            Self::Series { reply, .. } => drop(reply.send(Err(error))),
            Self::Quarantine(reply) => drop(reply.send(Err(error))),
            Self::Rejections(reply) => drop(reply.send(Err(error))),
            Self::Gateways(reply) => drop(reply.send(Err(error))),
            Self::Counts(reply) => drop(reply.send(Err(error))),
            Self::Decide { reply, .. } => drop(reply.send(Err(error))),
            Self::Decisions(reply) => drop(reply.send(Err(error))),
            Self::Log { reply, .. } => drop(reply.send(Err(error))),
        }
    }
}

/// The organiser's decisions.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Declarations in force.
    pub declarations: Vec<DeclarationInForce>,
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
}

/// A handle to the engine's thread; cheap to clone.
#[derive(Debug, Clone)]
pub struct EngineClient {
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) events: broadcast::Sender<EngineEvent>,
    pub(super) queries: mpsc::Sender<Query>,
    pub(super) competition: Arc<Competition>,
    pub(super) participants: Arc<[Participant]>,
}

impl EngineClient {
    /// The competition's rules.
    pub fn competition(&self) -> &Competition {
        &self.competition
    }

    /// The participants as configured, by [`ParticipantIndex`].
    pub fn participants(&self) -> &[Participant] {
        &self.participants
    }

    /// Whether the engine's thread answers.
    pub fn is_running(&self) -> bool {
        !self.queries.is_closed()
    }

    /// The newest snapshot; never waits.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// Events from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<EngineEvent> {
        self.events.subscribe()
    }

    /// The leaderboard by any rule, now or at another moment.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn leaderboard(
        &self,
        rule: Rule,
        as_of: Option<Time>,
    ) -> Result<Arc<Leaderboard>, QueryError> {
        self.ask(|reply| Query::Leaderboard { rule, as_of, reply }).await
    }

    /// The leaderboard by another rule and baseline, and its clusters. It is not official.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn what_if(
        &self,
        rule: Rule,
        baseline: Baseline,
    ) -> Result<(Leaderboard, Vec<ClusterRow>), QueryError> {
        self.ask(|reply| Query::WhatIf { rule, baseline, reply }).await
    }

    /// Effects of a participant's activities, and its saving opportunities.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn insight(&self, who: ParticipantIndex) -> Result<Insight, QueryError> {
        self.ask(|reply| Query::Insight { who, reply }).await
    }

    /// A load curve in bins of `step`.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn series(
        &self,
        who: ParticipantIndex,
        range: Range<Time>,
        step: SeriesStep,
    ) -> Result<Vec<Point>, QueryError> {
        self.ask(|reply| Query::Series { who, range, step, reply }).await
    }

    /// Stored readings that do not count, and why.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedReadings>, QueryError> {
        self.ask(Query::Quarantine).await
    }

    /// Rejected deliveries, the newest first.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn rejections(&self) -> Result<Vec<Rejection>, QueryError> {
        self.ask(Query::Rejections).await
    }

    /// The gateways that have sent a status, by name.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn gateways(&self) -> Result<Vec<GatewayState>, QueryError> {
        self.ask(Query::Gateways).await
    }

    /// How many deliveries were received, and what became of them.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn counts(&self) -> Result<IngestCounts, QueryError> {
        self.ask(Query::Counts).await
    }

    /// Records and applies a decision; its entry in the audit log.
    ///
    /// # Errors
    /// [`QueryError`]; the inner error says why the decision is not taken.
    pub async fn decide(
        &self,
        decision: Decision,
    ) -> Result<Result<AuditEntry, DecisionError>, QueryError> {
        let decision = Box::new(decision);
        self.ask(|reply| Query::Decide { decision, reply }).await
    }

    /// The organiser's decisions.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn decisions(&self) -> Result<Decisions, QueryError> {
        self.ask(Query::Decisions).await
    }

    /// Entries of the audit log after one, in order.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn log(&self, after: i64) -> Result<Vec<AuditEntry>, QueryError> {
        self.ask(|reply| Query::Log { after, reply }).await
    }

    async fn ask<T>(&self, query: impl FnOnce(Reply<T>) -> Query) -> Result<T, QueryError> {
        let (reply, answer) = oneshot::channel();
        self.queries.send(query(reply)).await.map_err(|_| QueryError::Stopped)?;
        answer.await.map_err(|_| QueryError::Stopped)?
    }
}

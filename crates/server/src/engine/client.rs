//! What the other rooms of the service hold of the engine: its last snapshot,
//! its news, and questions that only its thread can answer.
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
    audit::{AuditEntry, Declaration},
    ingest::Rejection,
};

/// What just happened.
#[derive(Debug, Clone, PartialEq)]
pub enum EngineEvent {
    /// A snapshot of this version is there.
    Leaderboard(u64),
    /// A town hall was heard. At most one for each between two boards: the newest.
    Reading {
        /// Which.
        participant: ParticipantIndex,
        /// When it was measured.
        measured_at: Time,
        /// Power of the whole building then.
        power: Option<Watts>,
        /// It just jumped by this much.
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
    /// Its beginning.
    pub at: Time,
    /// Energy in it; `None` where nothing is known.
    pub energy: Option<MilliWattHours>,
    /// The baseline of the same bin.
    pub baseline: Option<MilliWattHours>,
    /// Some of it was measured only in sum with its neighbours, or rests on what
    /// the organiser declared.
    pub estimated: bool,
    /// Where it comes from, the worst of its parts.
    pub provenance: Provenance,
}

impl From<competition::SeriesPoint> for Point {
    fn from(point: competition::SeriesPoint) -> Self {
        let competition::SeriesPoint { at, energy, baseline, provenance } = point;
        let estimated = matches!(provenance, Provenance::Estimated | Provenance::Substituted);
        Self { at, energy, baseline, estimated, provenance }
    }
}

/// Since the service started, but for what is said to be of the store.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IngestCounts {
    /// Deliveries that came in.
    pub received: u64,
    /// Readings committed.
    pub stored: u64,
    /// Those among them that came after a younger one of their meter.
    pub late: u64,
    /// Readings that were there already.
    pub repeated: u64,
    /// Readings whose moment had other values already; the lower register counts.
    pub conflicts: u64,
    /// Stored readings that the competition does not count, as far as it could tell
    /// when they came. [`EngineClient::quarantine`] has all of them.
    pub doubted: u64,
    /// Deliveries not taken, by [`crate::ingest::IngestError::label`].
    pub refused: Vec<(&'static str, u64)>,
    /// Readings in the store, of all time.
    pub readings: u64,
}

/// What is known of a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GatewayState {
    /// Its name.
    pub id: GatewayId,
    /// What it last said of itself, or the broker for it.
    pub status: Status,
    /// When that came, by the service's clock.
    pub heard: Time,
}

/// The engine's thread is gone: the service is shutting down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the service is shutting down")]
pub struct QueryError;

/// A question to the engine's thread, with where to send the answer.
#[derive(Debug)]
pub(super) enum Query {
    Leaderboard {
        rule: Rule,
        as_of: Option<Time>,
        reply: oneshot::Sender<Arc<Leaderboard>>,
    },
    WhatIf {
        rule: Rule,
        baseline: Baseline,
        reply: oneshot::Sender<(Leaderboard, Vec<ClusterRow>)>,
    },
    Insight {
        who: ParticipantIndex,
        reply: oneshot::Sender<Insight>,
    },
    Series {
        who: ParticipantIndex,
        range: Range<Time>,
        step: SeriesStep,
        reply: oneshot::Sender<Vec<Point>>,
    },
    Quarantine(oneshot::Sender<Vec<QuarantinedReadings>>),
    Rejections(oneshot::Sender<Vec<Rejection>>),
    Gateways(oneshot::Sender<Vec<GatewayState>>),
    Counts(oneshot::Sender<IngestCounts>),
    Decide {
        decision: Box<Decision>,
        reply: oneshot::Sender<Result<AuditEntry, DecisionError>>,
    },
    Decisions(oneshot::Sender<Decisions>),
    Log {
        after: i64,
        reply: oneshot::Sender<Vec<AuditEntry>>,
    },
}

/// What the organiser has decided so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decisions {
    /// Declarations in force.
    pub declared: Vec<Declaration>,
    /// When the result was locked.
    pub locked: Option<Time>,
    /// The newest entry of the audit log.
    pub head: Option<AuditEntry>,
}

/// What a facilities person asks of one house.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Insight {
    /// By activity of the participant; `None` where too little is known.
    pub effects: Vec<Option<Effect>>,
    /// The dearest first.
    pub traps: Vec<SavingOpportunity>,
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct EngineClient {
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) events: broadcast::Sender<EngineEvent>,
    pub(super) queries: mpsc::Sender<Query>,
    pub(super) competition: Arc<Competition>,
    pub(super) participants: Arc<[Participant]>,
}

impl EngineClient {
    /// The rules.
    pub fn competition(&self) -> &Competition {
        &self.competition
    }

    /// Who competes, by [`ParticipantIndex`].
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

    /// What happens from now on. A receiver that lags is told so by its channel.
    pub fn subscribe(&self) -> broadcast::Receiver<EngineEvent> {
        self.events.subscribe()
    }

    /// The board under another rule, or as it was at another moment.
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

    /// The board under another rule and baseline, and its clusters; the official
    /// one is not touched.
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

    /// Effects of a participant's activities, and its traps.
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

    /// Readings that are stored and do not count, and why.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedReadings>, QueryError> {
        self.ask(Query::Quarantine).await
    }

    /// What was not taken, the newest first.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn rejections(&self) -> Result<Vec<Rejection>, QueryError> {
        self.ask(Query::Rejections).await
    }

    /// The gateways that have been heard, by name.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn gateways(&self) -> Result<Vec<GatewayState>, QueryError> {
        self.ask(Query::Gateways).await
    }

    /// How much came in, and what became of it.
    ///
    /// # Errors
    /// [`QueryError`]
    pub async fn counts(&self) -> Result<IngestCounts, QueryError> {
        self.ask(Query::Counts).await
    }

    /// Lets the organiser decide something; its entry in the audit log.
    ///
    /// # Errors
    /// [`QueryError`]; within, why it is declined.
    pub async fn decide(
        &self,
        decision: Decision,
    ) -> Result<Result<AuditEntry, DecisionError>, QueryError> {
        let decision = Box::new(decision);
        self.ask(|reply| Query::Decide { decision, reply }).await
    }

    /// What the organiser has decided.
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

    async fn ask<T>(
        &self,
        query: impl FnOnce(oneshot::Sender<T>) -> Query,
    ) -> Result<T, QueryError> {
        let (reply, answer) = oneshot::channel();
        self.queries.send(query(reply)).await.map_err(|_| QueryError)?;
        answer.await.map_err(|_| QueryError)
    }
}

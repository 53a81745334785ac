//! The engine as the rest of the service sees it: its last snapshot, its events, and
//! queries that only its thread can answer.
use std::{ops::Range, sync::Arc};

use arc_swap::ArcSwap;
use competition::{
    Baseline, ClusterRow, Competition, Leaderboard, Participant, ParticipantIndex,
    QuarantinedReadings, Rule, Time,
};
use tokio::sync::{broadcast, mpsc, oneshot};

use super::{
    Decision, DecisionError, EngineHealth, Snapshot,
    model::{
        Decisions, EngineEvent, GatewayState, IngestCounts, Insight, Point, QueryError, SeriesStep,
    },
};
use crate::{audit::AuditEntry, ingest::Rejection};

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

/// A handle to the engine's thread; cheap to clone.
#[derive(Debug, Clone)]
pub struct EngineClient {
    pub(super) snapshot: Arc<ArcSwap<Snapshot>>,
    pub(super) events: broadcast::Sender<EngineEvent>,
    pub(super) queries: mpsc::Sender<Query>,
    pub(super) competition: Arc<Competition>,
    pub(super) participants: Arc<[Participant]>,
    pub(super) health: Arc<EngineHealth>,
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

    /// What the engine says about itself and its store.
    pub fn health(&self) -> &Arc<EngineHealth> {
        &self.health
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

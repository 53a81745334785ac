//! The loop of the engine's thread: what it waits for, and in which order it works.
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use competition::{Leaderboard, Rule};
use tokio::sync::{broadcast, mpsc, watch};

use super::{
    DecisionError, EngineClient, EngineError, EngineEvent, QueryError, SeriesStep, Snapshot,
    client::{Query, Reply},
    clock_guard::ClockGuard,
    health::EngineHealth,
    late_log::LateLog,
    snapshot::SnapshotPublisher,
    state::EngineState,
    stored_standings::Failure,
};
use crate::{audit::AuditEntry, ingest::DecodedBatch, store::StoreError};

/// Queries that wait.
const QUERIES: usize = 256;
/// Events that a subscriber may lag behind.
const EVENTS: usize = 4096;
/// Readings that share a commit at most.
const MAX_COMMIT: usize = 8192;
/// Time before the store is tried again after it refused.
const RETRY: Duration = Duration::from_secs(1);
/// Time after a write transaction until the store is probed with another.
const PROBE_EVERY: Duration = Duration::from_secs(10);
/// Time for sealing at shutdown; other days are sealed after the next start.
const FINAL_SEALING: Duration = Duration::from_secs(5);

/// A decision in the audit log whose sender waits until it is applied.
type Unconfirmed = (AuditEntry, Reply<Result<AuditEntry, DecisionError>>);

pub(super) struct EventLoop {
    pub(super) state: EngineState,
    batches: mpsc::Receiver<DecodedBatch>,
    /// Turns true when the engine is to end.
    stopped: watch::Receiver<bool>,
    clock: ClockGuard,
    health: Arc<EngineHealth>,
    queries: mpsc::Receiver<Query>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    events: broadcast::Sender<EngineEvent>,
    publisher: SnapshotPublisher,
    /// Readings arrived since the last snapshot.
    news: bool,
    /// When to commit again: the last commit failed.
    commit_at: Option<Instant>,
    /// The store is not probed before.
    probe_after: Option<Instant>,
    /// No checkpoint and no seal before: the last one failed.
    checkpoint_after: Option<Instant>,
    /// No decision is applied before: the last attempt failed.
    apply_after: Option<Instant>,
    /// No snapshot before: the last attempt failed.
    publish_after: Option<Instant>,
    unconfirmed: Vec<Unconfirmed>,
    late_log: LateLog,
    /// Leaderboards by other rules, with the snapshot version they belong to.
    boards: Vec<(Rule, u64, Arc<Leaderboard>)>,
}

fn waits(after: Option<Instant>) -> bool {
    after.is_some_and(|after| Instant::now() < after)
}

impl EventLoop {
    pub(super) fn new(
        mut state: EngineState,
        batches: mpsc::Receiver<DecodedBatch>,
        stopped: watch::Receiver<bool>,
    ) -> (EngineClient, Self) {
        let files = state.standings.store().files().cloned();
        let health = Arc::new(EngineHealth::new(files));
        let as_of = state.clock.now();
        let rule = state.standings.competition().rule;
        let empty = Arc::new(Snapshot {
            version: 0,
            as_of,
            board: state.standings.leaderboard(rule, as_of),
            participants: state.participants.clone(),
            figures: Vec::new(),
        });
        let mut publisher = SnapshotPublisher::new(empty);
        let (events, _) = broadcast::channel(EVENTS);
        let (first, _) = publisher.publish(&mut state);
        let snapshot = Arc::new(ArcSwap::new(first));
        let (query_in, queries) = mpsc::channel(QUERIES);
        let client = EngineClient {
            snapshot: snapshot.clone(),
            events: events.clone(),
            queries: query_in,
            competition: Arc::new(state.standings.competition().clone()),
            participants: state.participants.clone(),
            health: Arc::clone(&health),
        };
        let event_loop = Self {
            state,
            batches,
            stopped,
            clock: ClockGuard::new(Arc::clone(&health)),
            health,
            queries,
            snapshot,
            events,
            publisher,
            news: false,
            commit_at: None,
            probe_after: None,
            checkpoint_after: None,
            apply_after: None,
            publish_after: None,
            unconfirmed: Vec::new(),
            late_log: LateLog::default(),
            boards: Vec::new(),
        };
        (client, event_loop)
    }

    pub(super) async fn run(mut self) -> Result<(), EngineError> {
        loop {
            self.health.turn();
            self.clock.check(&self.state.clock, || self.state.standings.newest_data());
            let takes_readings = self.commit_at.is_none() && !self.clock.is_behind();
            if self.clock.is_behind() && *self.stopped.borrow() {
                // What is held back stays unacknowledged: its senders keep it.
                break;
            }
            let due = match self.commit_at {
                Some(at) => at,
                None if self.sealing() => Instant::now(),
                None => self.publish_due().min(self.probe_due()),
            };
            tokio::select! {
                batch = self.batches.recv(), if takes_readings => match batch {
                    Some(batch) => self.apply(batch)?,
                    None => break,
                },
                Some(query) = self.queries.recv() => self.answer(query)?,
                () = tokio::time::sleep_until(due.into()) => {}
            }
            if self.commit_at.is_some_and(|at| at <= Instant::now()) {
                self.commit();
            }
            if self.commit_at.is_some() {
                continue;
            }
            if self.probe_due() <= Instant::now() {
                self.probe();
            }
            if self.state.checkpoint_due() {
                self.checkpoint_step()?;
            }
            if self.sealing() {
                self.seal_step();
            }
            if self.publish_due() <= Instant::now() {
                self.publish()?;
            }
        }
        self.finish()
    }

    /// After the last batch.
    fn finish(mut self) -> Result<(), EngineError> {
        self.state.commit()?;
        self.state.checkpoint().map_err(Failure::into_error)?;
        self.publish()?;
        self.state.record_pending(true)?;
        let until = Instant::now() + FINAL_SEALING;
        while self.sealing() && Instant::now() < until {
            self.seal_step();
        }
        Ok(())
    }

    fn apply(&mut self, first: DecodedBatch) -> Result<(), EngineError> {
        let mut readings = first.readings.len();
        self.state.apply_batch(first)?;
        while readings < MAX_COMMIT
            && let Ok(more) = self.batches.try_recv()
        {
            readings += more.readings.len();
            self.state.apply_batch(more)?;
        }
        self.news = true;
        metrics::histogram!("wattkampen_batch_readings").record(readings as f64);
        self.commit();
        Ok(())
    }

    /// Commits and acknowledges. Where the store refuses, everything stays in memory and
    /// the commit is repeated: the senders keep what is not acknowledged.
    fn commit(&mut self) {
        let began = Instant::now();
        let committed = self.state.commit();
        self.health.wrote(committed.is_ok());
        match committed {
            Ok(()) => {
                self.commit_at = None;
                metrics::histogram!("wattkampen_commit_seconds").record(began.elapsed());
            }
            Err(error) => {
                tracing::error!("readings cannot be committed: {error}; {}", error.hint());
                self.commit_at = Some(Instant::now() + RETRY);
            }
        }
    }

    /// When to see that the store can be written: no commit has shown it for a while.
    fn probe_due(&self) -> Instant {
        let after = self.probe_after.unwrap_or_else(Instant::now);
        after.max(Instant::now() + PROBE_EVERY.saturating_sub(self.health.since_write()))
    }

    fn probe(&mut self) {
        let written = self.state.standings.store().probe();
        self.health.wrote(written.is_ok());
        self.probe_after = Some(Instant::now() + PROBE_EVERY);
        if let Err(error) = written {
            tracing::error!("the store cannot be written: {error}; {}", error.hint());
        }
    }

    fn checkpoint_step(&mut self) -> Result<(), EngineError> {
        if waits(self.checkpoint_after) {
            return Ok(());
        }
        self.checkpoint_after = None;
        match self.state.checkpoint_step() {
            Ok(()) => Ok(()),
            Err(Failure::Retry(error)) => {
                tracing::error!("the checkpoint has to wait: {error}; {}", error.hint());
                self.checkpoint_after = Some(Instant::now() + 10 * RETRY);
                Ok(())
            }
            Err(Failure::Fatal(error)) => Err(error.into()),
        }
    }

    fn sealing(&self) -> bool {
        !waits(self.checkpoint_after) && self.state.sealing_due()
    }

    /// Seals some days.
    fn seal_step(&mut self) {
        if let Err(error) = self.state.seal_step() {
            tracing::error!("seals have to wait: {error}; {}", error.hint());
            self.checkpoint_after = Some(Instant::now() + 10 * RETRY);
        }
    }

    fn publish_due(&self) -> Instant {
        let due = self.publisher.due(self.news);
        self.publish_after.map_or(due, |after| due.max(after))
    }

    fn publish(&mut self) -> Result<(), EngineError> {
        self.publish_after = None;
        match self.settle() {
            Ok(()) => {}
            Err(Failure::Retry(error)) => {
                tracing::error!("the leaderboard has to wait: {error}; {}", error.hint());
                self.publish_after = Some(Instant::now() + RETRY);
                return Ok(());
            }
            Err(Failure::Fatal(error)) => return Err(error.into()),
        }
        self.news = false;
        self.state.ingest.log_rejections(Instant::now());
        self.late_log.tick(&self.state.standings, Instant::now());
        let (snapshot, events) = self.publisher.publish(&mut self.state);
        self.snapshot.store(snapshot);
        if let Err(error) = self.state.record_pending(false) {
            tracing::error!("audit entries have to wait: {error}; {}", error.hint());
        }
        for event in events {
            // There may be no subscriber.
            let _ = self.events.send(event);
        }
        if !self.state.decisions_pending() {
            for (entry, reply) in self.unconfirmed.drain(..) {
                let _ = reply.send(Ok(Ok(entry)));
            }
        }
        Ok(())
    }

    /// Brings the standings up to date. A decision that cannot be applied yet does not
    /// fail this: the standings without it are consistent, and it is applied later.
    fn settle(&mut self) -> Result<(), Failure> {
        let revisions = self.state.settle()?;
        self.late_log.add(revisions, &self.state.standings, Instant::now());
        if self.state.decisions_pending() && !waits(self.apply_after) {
            self.apply_after = None;
            match self.state.apply_decisions() {
                Ok(()) => {}
                Err(Failure::Retry(error)) => {
                    tracing::error!("a decision has to wait: {error}; {}", error.hint());
                    self.apply_after = Some(Instant::now() + RETRY);
                }
                Err(fatal) => return Err(fatal),
            }
        }
        if self.state.leaderboard_replaced {
            self.boards.clear();
        }
        Ok(())
    }

    fn answer(&mut self, query: Query) -> Result<(), EngineError> {
        match self.settle() {
            Ok(()) => {}
            Err(Failure::Retry(error)) => {
                tracing::error!("a query cannot be answered: {error}; {}", error.hint());
                query.fail((&error).into());
                return Ok(());
            }
            Err(Failure::Fatal(error)) => {
                query.fail((&error).into());
                return Err(error.into());
            }
        }
        let state = &self.state;
        let stored = |error: StoreError| {
            tracing::error!("a query cannot be answered: {error}; {}", error.hint());
            QueryError::from(&error)
        };
        // The receiver of a reply may be gone.
        match query {
            Query::Leaderboard { rule, as_of, reply } => {
                let board = match as_of {
                    Some(as_of) => Arc::new(state.leaderboard(rule, Some(as_of))),
                    None => self.current_leaderboard(rule),
                };
                drop(reply.send(Ok(board)));
            }
            Query::WhatIf { rule, baseline, reply } => {
                drop(reply.send(Ok(state.what_if(rule, baseline))));
            }
            Query::Insight { who, reply } => drop(reply.send(Ok(state.insight(who)))),
            Query::Series { who, range, step, reply } => {
                let points = match step {
                    SeriesStep::Seconds(seconds) => state.standings.series(who, range, seconds),
                    SeriesStep::LocalDays(days) => state.standings.daily_series(who, range, days),
                };
                drop(reply.send(Ok(points.into_iter().map(Into::into).collect())));
            }
            Query::Quarantine(reply) => drop(reply.send(Ok(state.standings.quarantine()))),
            Query::Rejections(reply) => drop(reply.send(Ok(state.rejections()))),
            Query::Gateways(reply) => drop(reply.send(Ok(state.gateways()))),
            Query::Counts(reply) => drop(reply.send(Ok(state.counts()))),
            Query::Decisions(reply) => {
                drop(reply.send(state.decision_summary().map_err(stored)));
            }
            Query::Log { after, reply } => {
                drop(reply.send(state.audit_entries(after).map_err(stored)));
            }
            Query::Decide { decision, reply } => match self.state.record_decision(*decision)? {
                Ok(entry) => {
                    self.apply_after = None;
                    self.unconfirmed.push((entry, reply));
                    self.publish()?;
                }
                Err(error) => {
                    if let DecisionError::Store(what) = &error {
                        tracing::error!("a decision is refused: {what}; {}", error.hint());
                    }
                    drop(reply.send(Ok(Err(error))));
                }
            },
        }
        Ok(())
    }

    /// The leaderboard of the moment by any rule, computed once for a snapshot.
    fn current_leaderboard(&mut self, rule: Rule) -> Arc<Leaderboard> {
        let version = self.publisher.version();
        self.boards.retain(|(_, made, _)| *made == version);
        if let Some((_, _, board)) = self.boards.iter().find(|(known, _, _)| *known == rule) {
            return board.clone();
        }
        let board = Arc::new(self.state.leaderboard(rule, None));
        self.boards.push((rule, version, board.clone()));
        board
    }
}

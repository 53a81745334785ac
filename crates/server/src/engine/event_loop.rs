//! The engine's thread: what it waits for, and in which order it does things.
use std::{
    io,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use competition::{Leaderboard, Rule};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

use super::{
    EngineClient, Snapshot,
    client::{Query, SeriesStep},
    late_log::LateLog,
    recover::Recovered,
    snapshot::SnapshotPublisher,
    state::EngineState,
};
use crate::{
    Settings,
    ingest::{DecodedBatch, Delivery, MeterDirectory, start_decoder},
    store::StoreError,
};

/// Parsed batches that wait; more would only delay their acknowledgements.
const BATCHES: usize = 2;
/// Questions that wait.
const QUERIES: usize = 256;
/// Events that a slow listener may lag behind.
const EVENTS: usize = 4096;
/// Readings that share a commit at most.
const MOST: usize = 8192;
/// Before a commit that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// At shutdown; days that are left are sealed after the next start.
const LAST_SEALS: Duration = Duration::from_secs(5);

/// Why there is no engine, or no longer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The store cannot be opened or read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The system gives no thread.
    #[error("a thread cannot be started: {0}")]
    Thread(#[from] io::Error),
    /// The thread ended before it could say why.
    #[error("the engine's thread ended unexpectedly")]
    Died,
}

impl EngineError {
    /// How to fix it, in one line.
    pub const fn hint(&self) -> &'static str {
        match self {
            Self::Store(error) => error.hint(),
            Self::Thread(_) => "raise the limit of threads or memory of this user",
            Self::Died => "report this with the log; start again, nothing acknowledged is lost",
        }
    }
}

/// The running engine; dropping it lets it run until the process ends.
#[derive(Debug)]
pub struct Engine {
    stop: watch::Sender<bool>,
    done: oneshot::Receiver<Result<(), EngineError>>,
}

impl Engine {
    /// Takes what is in the inbox, commits, acknowledges, checkpoints, closes.
    ///
    /// # Errors
    /// The store's, where the last of these failed.
    pub async fn shutdown(mut self) -> Result<(), EngineError> {
        // The receiver is gone only if the thread is.
        let _ = self.stop.send(true);
        self.ended().await
    }

    /// Waits until the engine ends by itself, which it does only in distress.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> Result<(), EngineError> {
        (&mut self.done).await.unwrap_or(Err(EngineError::Died))
    }
}

/// Opens the store, computes the standings, and starts the threads. When it
/// returns, the first snapshot is there.
///
/// # Errors
/// Where the store cannot be opened.
pub async fn start(
    settings: &Settings,
    inbox: mpsc::Receiver<Delivery>,
) -> Result<(EngineClient, Engine), EngineError> {
    crate::metrics::recorder();
    let directory = MeterDirectory::new(&settings.participants, &settings.gateways);
    let (stop, stopped) = watch::channel(false);
    let (batch_in, batches) = mpsc::channel(BATCHES);
    let (ready, opened) = oneshot::channel();
    let (finish, done) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let settings = settings.clone();
    let names = directory.clone();
    thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let began = Instant::now();
        let Settings { data, durability, competition, participants, clock, .. } = settings;
        let recovered = match Recovered::open(&data, durability, competition, participants) {
            Ok(recovered) => recovered,
            // Nobody waits any more where the caller was cancelled.
            Err(error) => return drop(ready.send(Err(error))),
        };
        if let Err(error) = recovered.store.audit.record_clock(&clock) {
            return drop(ready.send(Err(error)));
        }
        let core = match EngineState::new(recovered, directory, clock) {
            Ok(core) => core,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let (handle, thread) = Thread::new(core, batches);
        tracing::info!(
            readings = thread.core.store.readings.count(),
            milliseconds = began.elapsed().as_millis() as u64,
            "the standings are computed"
        );
        if ready.send(Ok(handle)).is_ok() {
            // Likewise.
            let _ = finish.send(runtime.block_on(thread.run()));
        }
    })?;
    let handle = opened.await.map_err(|_| EngineError::Died)??;
    start_decoder(inbox, names, batch_in, stopped)?;
    Ok((handle, Engine { stop, done }))
}

struct Thread {
    core: EngineState,
    batches: mpsc::Receiver<DecodedBatch>,
    queries: mpsc::Receiver<Query>,
    snapshot: Arc<ArcSwap<Snapshot>>,
    events: broadcast::Sender<super::EngineEvent>,
    publisher: SnapshotPublisher,
    news: bool,
    retry: Option<Instant>,
    /// Before which no checkpoint is tried: the last one failed.
    checkpoint_after: Option<Instant>,
    late_log: LateLog,
    /// Boards under other rules, as of the version they were asked for.
    boards: Vec<(Rule, u64, Arc<Leaderboard>)>,
}

impl Thread {
    fn new(mut core: EngineState, batches: mpsc::Receiver<DecodedBatch>) -> (EngineClient, Self) {
        let as_of = core.clock.now();
        let board = core.standings.leaderboard(core.standings.competition().rule, as_of);
        let empty = Arc::new(Snapshot {
            version: 0,
            as_of,
            board,
            participants: core.participants.clone(),
            figures: Vec::new(),
        });
        let mut publisher = SnapshotPublisher::new(empty);
        let (events, _) = broadcast::channel(EVENTS);
        let (first, _) = publisher.publish(&mut core);
        let snapshot = Arc::new(ArcSwap::new(first));
        let (query_in, queries) = mpsc::channel(QUERIES);
        let handle = EngineClient {
            snapshot: snapshot.clone(),
            events: events.clone(),
            queries: query_in,
            competition: Arc::new(core.standings.competition().clone()),
            participants: core.standings.participants().into(),
        };
        let thread = Self {
            core,
            batches,
            queries,
            snapshot,
            events,
            publisher,
            news: false,
            retry: None,
            checkpoint_after: None,
            late_log: LateLog::default(),
            boards: Vec::new(),
        };
        (handle, thread)
    }

    async fn run(mut self) -> Result<(), EngineError> {
        loop {
            let due = match self.retry {
                Some(retry) => retry,
                None if self.sealing() => Instant::now(),
                None => self.publisher.due(self.news),
            };
            tokio::select! {
                batch = self.batches.recv(), if self.retry.is_none() => match batch {
                    Some(batch) => self.batch(batch)?,
                    None => break,
                },
                Some(query) = self.queries.recv() => self.answer(query)?,
                () = tokio::time::sleep_until(due.into()) => {}
            }
            if self.retry.is_some_and(|retry| retry <= Instant::now()) {
                self.commit();
            }
            if self.retry.is_some() {
                continue;
            }
            if self.core.store.readings.checkpoint_due() {
                self.checkpoint_step();
            }
            if self.sealing() {
                self.seal_step();
            }
            if self.publisher.due(self.news) <= Instant::now() {
                self.publish()?;
            }
        }
        self.core.commit()?;
        self.core.checkpoint()?;
        self.publish()?;
        self.core.keep_trail(true)?;
        let until = Instant::now() + LAST_SEALS;
        while self.sealing() && Instant::now() < until {
            self.seal_step();
        }
        Ok(())
    }

    fn sealing(&self) -> bool {
        let waits = self.checkpoint_after.is_some_and(|after| Instant::now() < after);
        !waits && self.core.store.sealing_due(self.core.clock.now())
    }

    /// Some days get their seals; where the file refuses, later.
    fn seal_step(&mut self) {
        if let Err(error) = self.core.store.seal_step(self.core.clock.now()) {
            tracing::error!("seals have to wait: {error}; {}", error.hint());
            self.checkpoint_after = Some(Instant::now() + 10 * RETRY);
        }
    }

    fn batch(&mut self, first: DecodedBatch) -> Result<(), EngineError> {
        let mut taken = first.readings.len();
        self.core.take(first)?;
        while taken < MOST
            && let Ok(more) = self.batches.try_recv()
        {
            taken += more.readings.len();
            self.core.take(more)?;
        }
        self.news = true;
        metrics::histogram!("wattkampen_batch_readings").record(taken as f64);
        self.commit();
        Ok(())
    }

    /// Commits and acknowledges; where the disk refuses, keeps everything and comes
    /// back: the senders hold what is not acknowledged.
    fn commit(&mut self) {
        let began = Instant::now();
        match self.core.commit() {
            Ok(()) => {
                self.retry = None;
                metrics::histogram!("wattkampen_commit_seconds").record(began.elapsed());
            }
            Err(error) => {
                tracing::error!("readings are not taken: {error}; {}", error.hint());
                self.retry = Some(Instant::now() + RETRY);
            }
        }
    }

    fn checkpoint_step(&mut self) {
        let now = Instant::now();
        if self.checkpoint_after.is_some_and(|after| now < after) {
            return;
        }
        self.checkpoint_after = None;
        if let Err(error) = self.core.checkpoint_step() {
            tracing::error!("the checkpoint has to wait: {error}; {}", error.hint());
            self.checkpoint_after = Some(now + 10 * RETRY);
        }
    }

    fn publish(&mut self) -> Result<(), EngineError> {
        self.settle()?;
        self.news = false;
        self.core.rejections.tick(Instant::now());
        self.late_log.tick(&self.core.standings, Instant::now());
        let (snapshot, events) = self.publisher.publish(&mut self.core);
        self.snapshot.store(snapshot);
        if let Err(error) = self.core.keep_trail(false) {
            tracing::error!("the audit log lacks something: {error}; {}", error.hint());
        }
        for event in events {
            // Nobody may be listening; that is no error.
            let _ = self.events.send(event);
        }
        Ok(())
    }

    fn settle(&mut self) -> Result<(), EngineError> {
        let moved = self.core.settle()?;
        if std::mem::take(&mut self.core.foreign) {
            self.core.take_decisions()?;
        }
        if self.core.rebuilt {
            self.boards.clear();
        }
        self.late_log.add(moved, &self.core.standings, Instant::now());
        Ok(())
    }

    fn answer(&mut self, query: Query) -> Result<(), EngineError> {
        self.settle()?;
        // Who asked may have gone: each reply may fall on the floor.
        match query {
            Query::Leaderboard { rule, as_of, reply } => {
                let board = match as_of {
                    Some(as_of) => Arc::new(self.core.board(rule, Some(as_of))),
                    None => self.board(rule),
                };
                let _ = reply.send(board);
            }
            Query::WhatIf { rule, baseline, reply } => {
                let _ = reply.send(self.core.what_if(rule, baseline));
            }
            Query::Insight { who, reply } => {
                let _ = reply.send(self.core.insight(who));
            }
            Query::Decide { decision, reply } => {
                let decided = self.core.decide(*decision)?;
                self.publish()?;
                let _ = reply.send(decided);
            }
            Query::Decisions(reply) => {
                let _ = reply.send(self.core.decisions()?);
            }
            Query::Log { after, reply } => {
                let _ = reply.send(self.core.store.audit.entries(after)?);
            }
            Query::Series { who, range, step, reply } => {
                let standings = &self.core.standings;
                let points = match step {
                    SeriesStep::Seconds(seconds) => standings.series(who, range, seconds),
                    SeriesStep::LocalDays(days) => standings.daily_series(who, range, days),
                };
                let _ = reply.send(points.into_iter().map(Into::into).collect());
            }
            Query::Quarantine(reply) => {
                let _ = reply.send(self.core.standings.quarantine());
            }
            Query::Rejections(reply) => {
                let _ = reply.send(self.core.rejections.list());
            }
            Query::Gateways(reply) => {
                let _ = reply.send(self.core.gateways.values().cloned().collect());
            }
            Query::Counts(reply) => {
                let _ = reply.send(self.core.counts());
            }
        }
        Ok(())
    }

    fn board(&mut self, rule: Rule) -> Arc<Leaderboard> {
        let version = self.publisher.version();
        self.boards.retain(|(_, made, _)| *made == version);
        if let Some((_, _, board)) = self.boards.iter().find(|(known, _, _)| *known == rule) {
            return board.clone();
        }
        let board = Arc::new(self.core.board(rule, None));
        self.boards.push((rule, version, board.clone()));
        board
    }
}

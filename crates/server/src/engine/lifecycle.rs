//! Starting and ending the engine.
use std::{thread, time::Instant};

use tokio::sync::{mpsc, oneshot, watch};

use super::{
    EngineClient, EngineError, event_loop::EventLoop, recover::Recovered, state::EngineState,
};
use crate::{
    Settings,
    ingest::{Delivery, MeterDirectory, start_decoder},
};

/// Decoded batches that wait; more would only delay their acknowledgements.
const BATCHES: usize = 2;

/// The running engine; dropping it lets it run until the process ends.
#[derive(Debug)]
pub struct Engine {
    stop: watch::Sender<bool>,
    /// `None` once the outcome has been received.
    outcome: Option<oneshot::Receiver<Result<(), EngineError>>>,
}

impl Engine {
    /// Applies, commits and acknowledges what is in the inbox, then makes a checkpoint and
    /// ends. Does nothing where the engine has ended.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn shutdown(mut self) -> Result<(), EngineError> {
        // The receiver is gone only if the thread is.
        let _ = self.stop.send(true);
        self.ended().await
    }

    /// Waits until the engine ends, which it does by itself only where it cannot go on.
    /// The outcome is given once; later calls return `Ok` at once.
    ///
    /// # Errors
    /// Why it ended.
    pub async fn ended(&mut self) -> Result<(), EngineError> {
        let Some(outcome) = &mut self.outcome else { return Ok(()) };
        let outcome = outcome.await.unwrap_or(Err(EngineError::Died));
        self.outcome = None;
        outcome
    }
}

/// Opens the store, computes the standings and starts the threads. When it returns, the
/// first snapshot is published.
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
    let (finish, outcome) = oneshot::channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let settings = settings.clone();
    let names = directory.clone();
    let stop_engine = stopped.clone();
    thread::Builder::new().name("engine".to_owned()).spawn(move || {
        let began = Instant::now();
        let Settings { data, durability, competition, participants, clock, .. } = settings;
        let recovered = match Recovered::open(&data, durability, competition, participants) {
            Ok(recovered) => recovered,
            // The receiver is gone where the caller was cancelled.
            Err(error) => return drop(ready.send(Err(error))),
        };
        if let Err(error) = recovered.store.audit.record_clock(&clock) {
            return drop(ready.send(Err(error)));
        }
        let state = match EngineState::new(recovered, directory, clock) {
            Ok(state) => state,
            Err(error) => return drop(ready.send(Err(error))),
        };
        let (client, event_loop) = EventLoop::new(state, batches, stop_engine);
        tracing::info!(
            readings = event_loop.state.readings(),
            milliseconds = began.elapsed().as_millis() as u64,
            "the standings are computed"
        );
        if ready.send(Ok(client)).is_ok() {
            let outcome = runtime.block_on(event_loop.run());
            if let Err(error) = &outcome {
                tracing::error!("the engine ends: {error}; {}", error.hint());
            }
            // The receiver is gone where the engine was dropped.
            let _ = finish.send(outcome);
        }
    })?;
    let client = opened.await.map_err(|_| EngineError::Died)??;
    start_decoder(inbox, names, batch_in, stopped)?;
    Ok((client, Engine { stop, outcome: Some(outcome) }))
}

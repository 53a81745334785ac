//! The leaderboard on HTTP: pages, JSON, server-sent events, panel pictures.
//!
//! Everything is read from the engine's published snapshot; what only the engine's
//! thread can answer (another rule, another time, a load curve) is asked of it
//! through its engine. Nothing here writes; what the organiser decides
//! goes to the engine.
mod api;
mod assets;
mod cache;
mod events;
mod headers;
mod health;
mod language;
mod listener;
mod organiser;
mod organiser_api;
mod page;
mod pages;
mod panels;
mod params;
mod problem;
mod routes;
mod rule;
#[cfg(test)]
mod tests;

use std::{
    future::{Future, IntoFuture},
    io,
    net::SocketAddr,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{net::TcpListener, sync::oneshot};

use crate::{clock::Clock, engine::EngineClient, settings::Secret};
use wire::Language;

pub use api::{leaderboard_json, what_if_json};
pub use routes::router;

/// How long connections may take to finish once the service stops.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the pages need besides the engine.
#[derive(Debug, Clone)]
pub struct Options {
    /// The service's time.
    pub clock: Clock,
    /// Where the visitor does not choose.
    pub language: Language,
    /// What the organiser signs in with; without it loopback addresses only.
    pub organiser: Option<Secret>,
    /// Tells `/readyz` of the broker.
    pub readiness: Readiness,
}

/// Whether readings can arrive, which the owner of the broker or of its client sets.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// The embedded broker listens, or the external one is connected; or no longer.
    pub fn broker(&self, open: bool) {
        self.0.store(open, Ordering::Relaxed);
    }

    fn is_open(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What all requests share.
#[derive(Debug)]
pub struct Web {
    engine: EngineClient,
    clock: Clock,
    language: Language,
    organiser: Option<Secret>,
    readiness: Readiness,
    hub: events::Hub,
    boards: cache::Boards,
    pages: cache::Pages,
    pictures: cache::Pages,
    openapi: OnceLock<cache::Made>,
}

impl Web {
    /// For [`router`] and [`serve`].
    pub fn new(engine: EngineClient, options: Options) -> Arc<Self> {
        Arc::new(Self {
            engine,
            clock: options.clock,
            language: options.language,
            organiser: options.organiser,
            readiness: options.readiness,
            hub: events::Hub::default(),
            boards: cache::Boards::default(),
            pages: cache::Pages::default(),
            pictures: cache::Pages::default(),
            openapi: OnceLock::new(),
        })
    }
}

/// Answers on `listener` until `stop`; then lets what is under way finish for three
/// seconds at most. Event streams end at once: they come back by themselves.
///
/// # Errors
/// What the listener meets when it accepts.
pub async fn serve(
    listener: TcpListener,
    web: Arc<Web>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let pump = tokio::spawn(events::pump(Arc::clone(&web)));
    let (stopping, stopped) = oneshot::channel();
    let hub = Arc::clone(&web);
    let graceful = async move {
        stop.await;
        pump.abort();
        hub.hub.close();
        let _ = stopping.send(());
    };
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener::patient(listener), service).with_graceful_shutdown(graceful);
    let deadline = async {
        // The sender goes away unsent only if the server itself ended.
        match stopped.await {
            Ok(()) => tokio::time::sleep(PATIENCE).await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = server.into_future() => result,
        () = deadline => Ok(()),
    }
}

/// FNV-1a: names contents, hides nothing.
fn fingerprint(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

//! HTTP: pages, JSON, server-sent events and pictures of the panels.
//!
//! Handlers read the engine's published snapshot. What only the engine can compute
//! (another rule, another time, a load curve) is requested through its client, and so
//! are the organiser's decisions; nothing else here changes anything.
mod api;
mod assets;
mod cache;
mod events;
mod handlers;
mod health;
mod language;
mod organiser;
mod organiser_api;
mod panels;
mod problem;
mod query_params;
mod routes;
mod rule;
mod security_headers;
#[cfg(test)]
mod tests;
mod view;
mod write_timeout;

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

use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, sync::oneshot};

use crate::{clock::Clock, engine::EngineClient, settings::Secret};
use wire::Language;

pub use api::{leaderboard_json, what_if_json};
pub use routes::router;

/// How long open connections may take to finish once the service stops.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(3);

/// What the pages need besides the engine.
#[derive(Debug, Clone)]
pub struct Options {
    /// The service's clock.
    pub clock: Clock,
    /// The language where the visitor chooses none.
    pub language: Language,
    /// The organiser's password. Without it the organiser's page answers loopback
    /// addresses only.
    pub organiser: Option<Secret>,
    /// The state of the broker, for `/readyz`.
    pub readiness: Readiness,
}

/// Whether readings can arrive, which the owner of the broker or of its client sets.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<AtomicBool>);

impl Readiness {
    /// Records whether the embedded broker listens or the external one is connected.
    pub fn set_broker(&self, connected: bool) {
        self.0.store(connected, Ordering::Relaxed);
    }

    fn is_broker_connected(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The state that all requests share.
#[derive(Debug)]
pub struct Web {
    engine: EngineClient,
    clock: Clock,
    language: Language,
    organiser: Option<Secret>,
    readiness: Readiness,
    hub: events::Hub,
    boards: cache::BoardCache,
    pages: cache::BodyCache,
    pictures: cache::BodyCache,
    openapi: OnceLock<cache::CachedBody>,
}

impl Web {
    /// Creates the state for [`router`] and [`serve`].
    pub fn new(engine: EngineClient, options: Options) -> Arc<Self> {
        Arc::new(Self {
            engine,
            clock: options.clock,
            language: options.language,
            organiser: options.organiser,
            readiness: options.readiness,
            hub: events::Hub::default(),
            boards: cache::BoardCache::default(),
            pages: cache::BodyCache::default(),
            pictures: cache::BodyCache::default(),
            openapi: OnceLock::new(),
        })
    }
}

/// Serves `listener` until `stop` completes, then gives open requests three seconds to
/// finish. Event streams end at once: clients connect again by themselves.
///
/// # Errors
/// The I/O error of the listener when it cannot accept connections.
pub async fn serve(
    listener: TcpListener,
    web: Arc<Web>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let events = tokio::spawn(events::broadcast_events(Arc::clone(&web)));
    let (stopping, stopped) = oneshot::channel();
    let streams = Arc::clone(&web);
    let graceful = async move {
        stop.await;
        events.abort();
        streams.hub.close();
        let _ = stopping.send(());
    };
    let service = router(web).into_make_service_with_connect_info::<SocketAddr>();
    let listener = write_timeout::with_write_timeout(listener);
    let server = axum::serve(listener, service).with_graceful_shutdown(graceful);
    let deadline = async {
        match stopped.await {
            Ok(()) => tokio::time::sleep(SHUTDOWN_TIMEOUT).await,
            // The sender is dropped without a message only when the server itself ended.
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        result = server.into_future() => result,
        () = deadline => Ok(()),
    }
}

/// Identifies content in ETags and file names: the first eight bytes of its SHA-256.
fn fingerprint(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

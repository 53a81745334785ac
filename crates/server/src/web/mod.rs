//! HTTP: pages, JSON, server-sent events and pictures of the panels.
//!
//! Handlers read the engine's published snapshot. What only the engine can compute
//! (another rule, another time, a load curve) is requested through its client, and so
//! are the organiser's decisions; nothing else here changes anything.
mod api;
mod assets;
mod cache;
mod connections;
mod doubt_curves;
mod events;
mod handlers;
mod health;
mod language;
mod organiser;
mod organiser_api;
mod panels;
mod problem;
mod query_params;
mod readiness;
mod routes;
mod rule;
mod security_headers;
#[cfg(test)]
mod tests;
mod view;

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use sha2::{Digest, Sha256};

use crate::{clock::Clock, engine::EngineClient, settings::Secret};
use wire::Language;

pub use api::{leaderboard_json, what_if_json};
pub use connections::{ConnectionLimits, Listeners};
pub use readiness::Readiness;
pub use routes::router;

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
    /// The state of broker and disk, for `/readyz`.
    pub readiness: Readiness,
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

/// Serves `listeners` until `stop` completes, then gives open requests three seconds to
/// finish. Event streams end at once: clients connect again by themselves.
pub async fn serve(
    listeners: impl Into<Listeners>,
    web: Arc<Web>,
    limits: ConnectionLimits,
    stop: impl Future<Output = ()> + Send + 'static,
) {
    let events = tokio::spawn(events::broadcast_events(Arc::clone(&web)));
    let streams = Arc::clone(&web);
    let stop = async move {
        stop.await;
        events.abort();
        streams.hub.close();
    };
    connections::serve(listeners.into(), router(web), limits, stop).await;
}

/// Identifies content in ETags and file names: the first eight bytes of its SHA-256.
fn fingerprint(bytes: &[u8]) -> u64 {
    let hash = Sha256::digest(bytes);
    hash.iter().take(8).fold(0, |value, byte| value << 8 | u64::from(*byte))
}

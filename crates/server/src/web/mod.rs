//! HTTP: pages, JSON, server-sent events and pictures of the panels.
//!
//! Handlers read the engine's published snapshot. What only the engine can compute
//! (another rule, another time, a load curve) is requested through its client, and so
//! are the organiser's decisions; besides them only [`crate::access`] changes.
//!
//! Each request passes `hosts` first, which refuses foreign names and finds the client
//! behind trusted proxies; `visitor` says who sends it and whether its form is ours.
mod accounts;
mod api;
mod assets;
mod cache;
mod client;
mod connections;
mod doubt_curves;
mod events;
mod forms;
mod handlers;
mod health;
mod hosts;
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
mod sign_in;
#[cfg(test)]
mod tests;
mod town;
mod view;
mod visitor;

use std::{
    future::Future,
    sync::{Arc, OnceLock},
};

use ipnet::IpNet;
use sha2::{Digest, Sha256};

use crate::{access::Access, clock::Clock, engine::EngineClient};
use wire::Language;

pub use api::{leaderboard_json, what_if_json};
use client::TrustedProxies;
pub use connections::{ConnectionLimits, Listeners};
pub use hosts::Hosts;
pub use readiness::Readiness;
pub use routes::router;

/// What the pages need besides the engine.
#[derive(Debug, Clone)]
pub struct Options {
    /// The service's clock.
    pub clock: Clock,
    /// The language where the visitor chooses none.
    pub language: Language,
    /// Accounts, sessions and API tokens.
    pub access: Access,
    /// The hosts that requests may name.
    pub hosts: Hosts,
    /// Proxies whose headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// The state of broker and disk, for `/readyz`.
    pub readiness: Readiness,
}

/// The state that all requests share.
#[derive(Debug)]
pub struct Web {
    engine: EngineClient,
    clock: Clock,
    language: Language,
    access: Access,
    hosts: Hosts,
    proxies: TrustedProxies,
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
            access: options.access,
            hosts: options.hosts,
            proxies: TrustedProxies(options.trusted_proxies),
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

//! Response bodies and leaderboards of the current snapshot, made once and sent to
//! every client that asks for them before the next snapshot.
use std::{
    collections::HashMap,
    io::Write,
    sync::{Arc, Mutex, PoisonError},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use competition::{Leaderboard, Rule, Time};
use flate2::{Compression, write::GzEncoder};

use super::fingerprint;
use crate::engine::{EngineClient, QueryError, Snapshot};

/// Smaller bodies are not compressed, bytes.
const MIN_GZIP_LENGTH: usize = 1024;
/// Bodies kept of one snapshot. Visitors choose the addresses, so the cache needs a bound.
const MAX_ENTRIES: usize = 64;

/// A response body with its gzip form and its ETag.
#[derive(Debug)]
pub(super) struct CachedBody {
    content_type: &'static str,
    plain: Bytes,
    gzip: Option<Bytes>,
    etag: String,
}

impl CachedBody {
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let plain = body.into();
        let compressible = plain.len() >= MIN_GZIP_LENGTH && content_type != "image/png";
        let gzip = compressible.then(|| compress(&plain)).flatten();
        // The ETag follows the content: a new snapshot that does not change this body
        // does not make clients load it again.
        let etag = format!("W/\"{:016x}\"", fingerprint(&plain));
        Self { content_type, plain, gzip, etag }
    }

    /// The body, or 304 where the request's `If-None-Match` names it.
    pub(super) fn respond(&self, request: &HeaderMap) -> Response {
        let lists = |name, item: &str| {
            let list = request.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
            list.split(',').any(|entry| entry.trim() == item)
        };
        let mut response = if lists(header::IF_NONE_MATCH, &self.etag) {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            match self.gzip.as_ref().filter(|_| lists(header::ACCEPT_ENCODING, "gzip")) {
                Some(gzip) => {
                    let encoding = [(header::CONTENT_ENCODING, "gzip")];
                    (encoding, Body::from(gzip.clone())).into_response()
                }
                None => Response::new(Body::from(self.plain.clone())),
            }
        };
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.content_type));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

fn compress(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Identifies a snapshot. The version alone does not: a snapshot in which nothing
/// changed keeps its version and gets a later time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SnapshotId {
    version: u64,
    as_of: Time,
}

impl From<&Snapshot> for SnapshotId {
    fn from(snapshot: &Snapshot) -> Self {
        Self { version: snapshot.version, as_of: snapshot.as_of }
    }
}

/// Bodies of one snapshot, by a key of what was requested.
#[derive(Debug, Default)]
pub(super) struct BodyCache(Mutex<BodyEntries>);

#[derive(Debug, Default)]
struct BodyEntries {
    snapshot: Option<SnapshotId>,
    bodies: HashMap<String, Arc<CachedBody>>,
}

impl BodyCache {
    pub(super) fn get(&self, snapshot: &Snapshot, key: &str) -> Option<Arc<CachedBody>> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let current = entries.snapshot == Some(snapshot.into());
        entries.bodies.get(key).filter(|_| current).cloned()
    }

    /// Keeps `body` until the next snapshot.
    pub(super) fn insert(
        &self,
        snapshot: &Snapshot,
        key: String,
        body: CachedBody,
    ) -> Arc<CachedBody> {
        let body = Arc::new(body);
        let id = Some(snapshot.into());
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.snapshot != id || entries.bodies.len() >= MAX_ENTRIES {
            *entries = BodyEntries { snapshot: id, bodies: HashMap::new() };
        }
        entries.bodies.insert(key, Arc::clone(&body));
        body
    }
}

/// Leaderboards under rules other than the competition's own, computed by the engine
/// once a snapshot.
#[derive(Debug, Default)]
pub(super) struct BoardCache(Mutex<HashMap<Rule, (SnapshotId, Arc<Leaderboard>)>>);

impl BoardCache {
    /// The leaderboard under `rule`, of the snapshot or of `as_of` where it is given.
    pub(super) async fn get(
        &self,
        engine: &EngineClient,
        snapshot: &Snapshot,
        rule: Rule,
        as_of: Option<Time>,
    ) -> Result<Arc<Leaderboard>, QueryError> {
        if as_of.is_some() {
            return engine.leaderboard(rule, as_of).await;
        }
        if rule == snapshot.board.rule {
            return Ok(Arc::new(snapshot.board.clone()));
        }
        let id = SnapshotId::from(snapshot);
        let cached = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&rule).cloned();
        if let Some((_, board)) = cached.filter(|(cached_id, _)| *cached_id == id) {
            return Ok(board);
        }
        let board = engine.leaderboard(rule, None).await?;
        let entry = (id, Arc::clone(&board));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(rule, entry);
        Ok(board)
    }
}

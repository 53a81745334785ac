//! What was made once for a snapshot is sent to everybody who asks before the next.
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

/// Below this a smaller body costs more than it saves, bytes.
const WORTH_PACKING: usize = 1024;
/// Kept of one snapshot; visitors choose addresses, so there must be a bound.
const MOST: usize = 64;

/// A body, packed once, with its name.
#[derive(Debug)]
pub(super) struct Made {
    kind: &'static str,
    plain: Bytes,
    packed: Option<Bytes>,
    etag: String,
}

impl Made {
    pub(super) fn new(kind: &'static str, body: impl Into<Bytes>) -> Self {
        let plain = body.into();
        let packed = (plain.len() >= WORTH_PACKING && !kind.starts_with("image/png"))
            .then(|| pack(&plain))
            .flatten();
        // By content: a snapshot that changed nothing here costs nobody anything.
        let etag = format!("W/\"{:016x}\"", fingerprint(&plain));
        Self { kind, plain, packed, etag }
    }

    /// The whole body, or 304 for who has it.
    pub(super) fn answer(&self, asked: &HeaderMap) -> Response {
        let name = |key| asked.get(key).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let has = name(header::IF_NONE_MATCH).split(',').any(|tag| tag.trim() == self.etag);
        let mut response = if has {
            StatusCode::NOT_MODIFIED.into_response()
        } else {
            let gzip = name(header::ACCEPT_ENCODING).split(',').any(|item| item.trim() == "gzip");
            let mut response = Response::new(Body::empty());
            let body = match self.packed.as_ref().filter(|_| gzip) {
                Some(packed) => {
                    let gzip = HeaderValue::from_static("gzip");
                    response.headers_mut().insert(header::CONTENT_ENCODING, gzip);
                    packed
                }
                None => &self.plain,
            };
            *response.body_mut() = Body::from(body.clone());
            response
        };
        let headers = response.headers_mut();
        if let Ok(etag) = HeaderValue::from_str(&self.etag) {
            headers.insert(header::ETAG, etag);
        }
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.append(header::VARY, HeaderValue::from_static("accept-encoding"));
        response
    }
}

fn pack(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// A snapshot's name. Its version alone is not: what has not moved still has
/// another time on it.
pub(super) type Stamp = (u64, Time);

pub(super) fn stamp(snapshot: &Snapshot) -> Stamp {
    (snapshot.version, snapshot.as_of)
}

/// Bodies of one snapshot by what was asked for.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<(Stamp, HashMap<String, Arc<Made>>)>);

impl Pages {
    /// The body of `key` if it was made for this snapshot.
    pub(super) fn get(&self, of: Stamp, key: &str) -> Option<Arc<Made>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.get(key).filter(|_| kept.0 == of).cloned()
    }

    pub(super) fn keep(&self, of: Stamp, key: String, made: Made) -> Arc<Made> {
        let made = Arc::new(made);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.0 != of || kept.1.len() >= MOST {
            kept.1.clear();
            kept.0 = of;
        }
        kept.1.insert(key, Arc::clone(&made));
        made
    }
}

/// Boards by rules that are not the competition's own, asked of the engine once a
/// snapshot.
#[derive(Debug, Default)]
pub(super) struct Boards(Mutex<HashMap<Rule, (Stamp, Arc<Leaderboard>)>>);

impl Boards {
    /// The board of the moment; of another moment where `as_of` names one.
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
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&rule).cloned();
        if let Some((_, board)) = kept.filter(|(of, _)| *of == stamp(snapshot)) {
            return Ok(board);
        }
        let board = engine.leaderboard(rule, None).await?;
        let entry = (stamp(snapshot), Arc::clone(&board));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(rule, entry);
        Ok(board)
    }
}

//! `GET /api/v1/events`: server-sent events.
//!
//! One task writes each event once, and all clients share its bytes. A client that does
//! not read falls behind in a short channel and is disconnected. Its browser connects
//! again by itself and first gets the whole leaderboard, so no event needs to be
//! repeated and `Last-Event-ID` is ignored.
use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::header,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::{
    sync::broadcast::{self, error::RecvError},
    time::{Instant, MissedTickBehavior},
};
use utoipa::ToSchema;

use super::{Web, api, problem::Problem, query_params::QueryParams};
use crate::engine::{EngineEvent, Snapshot};
use crate::text::rfc3339;

/// Events that a client may be behind.
const CHANNEL_CAPACITY: usize = 32;
/// The shortest time between two events `leaderboard`, which are large.
const MIN_BOARD_INTERVAL: Duration = Duration::from_secs(2);
/// How often a comment is sent without an event: proxies close connections that are
/// silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The bytes of one or more events.
#[derive(Debug, Clone)]
struct EventBytes {
    /// For programs: `leaderboard` with all its rows.
    full: Bytes,
    /// For the service's own pages: `leaderboard` with its version only.
    version_only: Bytes,
}

/// Sends events to all open streams.
#[derive(Debug)]
pub(super) struct Hub(Mutex<Option<broadcast::Sender<EventBytes>>>);

impl Default for Hub {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::Sender::new(CHANNEL_CAPACITY))))
    }
}

impl Hub {
    fn subscribe(&self) -> Option<broadcast::Receiver<EventBytes>> {
        let hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hub.as_ref().map(broadcast::Sender::subscribe)
    }

    fn send(&self, events: EventBytes) {
        if let Some(hub) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // Sending fails only where no stream is open.
            let _ = hub.send(events);
        }
    }

    /// Ends every stream.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// The number of open streams.
    pub(super) fn listeners(&self) -> usize {
        let hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hub.as_ref().map_or(0, broadcast::Sender::receiver_count)
    }
}

/// The data of an event `reading`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadingEvent)]
struct ReadingJson<'a> {
    participant: &'a str,
    /// RFC 3339
    measured_at: String,
    /// Power of the whole building, W.
    power_w: Option<i64>,
    /// The step of the power where it just changed, W.
    step_w: Option<i64>,
}

fn board(web: &Web, snapshot: &Snapshot) -> EventBytes {
    let json = api::render(&snapshot.board, web.engine.participants());
    let json = String::from_utf8(json).unwrap_or_default();
    let head = format!("event: leaderboard\nid: {}\ndata: ", snapshot.version);
    let version_only = format!(
        "{head}{{\"as_of\":\"{}\",\"version\":{}}}\n\n",
        rfc3339(snapshot.as_of),
        snapshot.version
    );
    EventBytes {
        full: Bytes::from(format!("{head}{json}\n\n")),
        version_only: Bytes::from(version_only),
    }
}

fn reading(web: &Web, event: &EngineEvent) -> Option<String> {
    let EngineEvent::Reading { participant, measured_at, power, step } = event else { return None };
    let who = web.engine.participants().get(participant.0 as usize)?;
    let json = ReadingJson {
        participant: &who.id,
        measured_at: rfc3339(*measured_at),
        power_w: power.map(|p| p.0),
        step_w: step.map(|p| p.0),
    };
    let json = serde_json::to_string(&json).ok()?;
    Some(format!("event: reading\ndata: {json}\n\n"))
}

/// Turns the engine's events into server-sent events until the engine ends.
pub(super) async fn broadcast_events(web: Arc<Web>) {
    let mut events = web.engine.subscribe();
    let mut keep_alive = tokio::time::interval(KEEP_ALIVE);
    keep_alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut board_changed = false;
    let mut next_board = Instant::now();
    loop {
        tokio::select! {
            event = events.recv() => {
                let mut text = String::new();
                match event {
                    Ok(EngineEvent::Leaderboard(_)) | Err(RecvError::Lagged(_)) => board_changed = true,
                    Ok(event) => text.extend(reading(&web, &event)),
                    Err(RecvError::Closed) => return web.hub.close(),
                }
                // A burst of events is sent at once.
                while let Ok(event) = events.try_recv() {
                    match event {
                        EngineEvent::Leaderboard(_) => board_changed = true,
                        event => text.extend(reading(&web, &event)),
                    }
                }
                if !text.is_empty() {
                    let bytes = Bytes::from(text);
                    web.hub.send(EventBytes { full: bytes.clone(), version_only: bytes });
                    keep_alive.reset();
                }
            }
            () = tokio::time::sleep_until(next_board), if board_changed => {
                board_changed = false;
                next_board = Instant::now() + MIN_BOARD_INTERVAL;
                if web.hub.listeners() > 0 {
                    web.hub.send(board(&web, &web.engine.snapshot()));
                    keep_alive.reset();
                }
            }
            _ = keep_alive.tick() => {
                let comment = Bytes::from_static(b": nothing new\n\n");
                web.hub.send(EventBytes { full: comment.clone(), version_only: comment });
            }
        }
    }
}

/// Server-sent events: `leaderboard` with the body of `/api/v1/leaderboard`, at once
/// and after each change, and `reading` with a building's power for each reading.
#[utoipa::path(get, path = "/api/v1/events", tag = "standings",
    params(("board" = Option<String>, Query, description = "`version` reduces an event `leaderboard` to `as_of` and `version`")),
    responses(
        (status = 200, description = "a stream of `leaderboard` and `reading` events", content_type = "text/event-stream", body = ReadingJson),
        (status = 400, description = "a parameter is wrong", body = Problem)))]
pub(super) async fn events(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = QueryParams::parse_strict(query.as_deref(), &["board"])?;
    let version_only = match params.get("board") {
        None | Some("full") => false,
        Some("version") => true,
        Some(other) => {
            return Err(Problem::bad_request(
                format!("board={other} is not known"),
                "write board=version for short events, or leave it out",
            ));
        }
    };
    let receiver = web.hub.subscribe().ok_or_else(|| {
        Problem::unavailable("the service is shutting down", "connect again in a few seconds")
    })?;
    let choose =
        move |events: EventBytes| if version_only { events.version_only } else { events.full };
    let first = choose(board(&web, &web.engine.snapshot()));
    let first = Bytes::from([b"retry: 2000\n\n", first.as_ref()].concat());
    let rest = stream::unfold(receiver, move |mut receiver| async move {
        // A receiver that lags or is closed ends the stream, and with it the connection.
        let events = receiver.recv().await.ok()?;
        Some((choose(events), receiver))
    });
    let body = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would buffer the stream otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

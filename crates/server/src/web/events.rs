//! `GET /api/v1/events`: what happens, as it happens.
//!
//! One task writes each tick once; every client gets the same shared bytes. A
//! client that does not read falls off the end of a short channel and is cut: its
//! browser comes back by itself and begins with the whole board, so there is
//! nothing to catch up with and `Last-Event-ID` needs no answer.
use crate::text::rfc3339;
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

use super::{Web, api, params::Params, problem::Problem};
use crate::engine::{EngineEvent, Snapshot};

/// Ticks a client may be behind.
const BEHIND: usize = 32;
/// A board has many rows: not more often than this.
const BETWEEN_BOARDS: Duration = Duration::from_secs(2);
/// Proxies close what is silent for a minute.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One tick, for programs and for our own pages, which only need to know that
/// there is a newer board.
#[derive(Debug, Clone)]
struct Tick {
    full: Bytes,
    brief: Bytes,
}

/// Where streams hang on.
#[derive(Debug)]
pub(super) struct Hub(Mutex<Option<broadcast::Sender<Tick>>>);

impl Default for Hub {
    fn default() -> Self {
        Self(Mutex::new(Some(broadcast::Sender::new(BEHIND))))
    }
}

impl Hub {
    fn subscribe(&self) -> Option<broadcast::Receiver<Tick>> {
        let hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hub.as_ref().map(broadcast::Sender::subscribe)
    }

    fn send(&self, tick: Tick) {
        if let Some(hub) = &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            // Nobody listens: that is no error.
            let _ = hub.send(tick);
        }
    }

    /// Ends every stream.
    pub(super) fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    /// How many listen.
    pub(super) fn listeners(&self) -> usize {
        let hub = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hub.as_ref().map_or(0, broadcast::Sender::receiver_count)
    }
}

/// Data of an event `reading`.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ReadingEvent)]
struct ReadingJson<'a> {
    participant: &'a str,
    /// RFC 3339
    measured_at: String,
    /// Power of the whole building then.
    power_w: Option<i64>,
    /// It just jumped by this much.
    step_w: Option<i64>,
}

fn board(web: &Web, snapshot: &Snapshot) -> Tick {
    let json = api::render(&snapshot.board, web.engine.participants());
    let json = String::from_utf8(json).unwrap_or_default();
    let head = format!("event: leaderboard\nid: {}\ndata: ", snapshot.version);
    let brief = format!(
        "{head}{{\"as_of\":\"{}\",\"version\":{}}}\n\n",
        rfc3339(snapshot.as_of),
        snapshot.version
    );
    Tick { full: Bytes::from(format!("{head}{json}\n\n")), brief: Bytes::from(brief) }
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

/// Turns the engine's news into ticks until the engine is gone.
pub(super) async fn pump(web: Arc<Web>) {
    let mut events = web.engine.subscribe();
    let mut alive = tokio::time::interval(KEEP_ALIVE);
    alive.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut waiting = false;
    let mut next_board = Instant::now();
    loop {
        tokio::select! {
            event = events.recv() => {
                let mut text = String::new();
                match event {
                    Ok(EngineEvent::Leaderboard(_)) | Err(RecvError::Lagged(_)) => waiting = true,
                    Ok(event) => text.extend(reading(&web, &event)),
                    Err(RecvError::Closed) => return web.hub.close(),
                }
                // A burst becomes one tick.
                while let Ok(event) = events.try_recv() {
                    match event {
                        EngineEvent::Leaderboard(_) => waiting = true,
                        event => text.extend(reading(&web, &event)),
                    }
                }
                if !text.is_empty() {
                    let bytes = Bytes::from(text);
                    web.hub.send(Tick { full: bytes.clone(), brief: bytes });
                    alive.reset();
                }
            }
            () = tokio::time::sleep_until(next_board), if waiting => {
                waiting = false;
                next_board = Instant::now() + BETWEEN_BOARDS;
                if web.hub.listeners() > 0 {
                    web.hub.send(board(&web, &web.engine.snapshot()));
                    alive.reset();
                }
            }
            _ = alive.tick() => {
                let comment = Bytes::from_static(b": nothing new\n\n");
                web.hub.send(Tick { full: comment.clone(), brief: comment });
            }
        }
    }
}

/// Server-sent events: `leaderboard` with the whole board (the body of
/// `/api/v1/leaderboard`), first at once and then when it changed, and `reading`
/// with a building's power when it was heard.
#[utoipa::path(get, path = "/api/v1/events", tag = "standings",
    params(("board" = Option<String>, Query, description = "`version`: an event `leaderboard` has only `as_of` and `version`")),
    responses(
        (status = 200, description = "a stream of `leaderboard` and `reading` events", content_type = "text/event-stream", body = ReadingJson),
        (status = 400, description = "a parameter is wrong", body = Problem)))]
pub(super) async fn events(
    State(web): State<Arc<Web>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let params = Params::strict(query.as_deref(), &["board"])?;
    let brief = match params.get("board") {
        None | Some("full") => false,
        Some("version") => true,
        Some(other) => {
            return Err(Problem::bad(
                format!("board={other} is not known"),
                "write board=version for short events, or leave it out",
            ));
        }
    };
    let receiver = web.hub.subscribe().ok_or_else(|| {
        Problem::busy("the service is shutting down", "connect again in some seconds")
    })?;
    let choose = move |tick: Tick| if brief { tick.brief } else { tick.full };
    let first = choose(board(&web, &web.engine.snapshot()));
    let first = Bytes::from([b"retry: 2000\n\n", first.as_ref()].concat());
    let rest = stream::unfold(receiver, move |mut receiver| async move {
        // Lagged or closed: the stream ends, and with it the connection.
        let tick = receiver.recv().await.ok()?;
        Some((choose(tick), receiver))
    });
    let body = stream::once(async { first }).chain(rest).map(Ok::<_, Infallible>);
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        (header::CACHE_CONTROL, "no-store"),
        // nginx would collect the stream otherwise.
        (header::HeaderName::from_static("x-accel-buffering"), "no"),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

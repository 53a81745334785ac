//! Endpoints for operators: liveness, readiness and metrics.
use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Web, problem::Problem, readiness::Parts};
use crate::metrics;

/// Whether the process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "`ok`", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// The parts that the service needs before it is ready.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ready)]
struct ReadyJson {
    /// All of the parts below are ready.
    ready: bool,
    /// The engine's thread answers.
    engine: bool,
    /// A write transaction of the store has succeeded within 30 seconds, and none failed since.
    store: bool,
    /// The store's files are in the data directory, the same as at the start.
    data: bool,
    /// The disk of the data directory has room.
    disk: bool,
    /// The leaderboard has been computed.
    board: bool,
    /// The embedded broker answers, or the external one is connected.
    broker: bool,
    /// The clock is not behind the newest stored reading.
    clock: bool,
    /// What is wrong with each part that is not ready, and how to fix it.
    problems: Vec<&'static str>,
}

/// Whether the service receives readings, keeps them and shows a leaderboard, now.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "ready", body = ReadyJson),
        (status = 503, description = "not ready; the body shows which part is missing", body = ReadyJson)))]
pub(super) async fn readyz(State(web): State<Arc<Web>>) -> Response {
    let parts = web.readiness.parts(&web.engine).await;
    let Parts { engine, store, data, disk, board, broker, clock } = parts;
    let ready = parts.all();
    let problems = parts.named().into_iter().filter(|(_, ready, _)| !ready);
    let problems = problems.map(|(_, _, problem)| problem).collect();
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    let body = ReadyJson { ready, engine, store, data, disk, board, broker, clock, problems };
    (status, headers, axum::Json(body)).into_response()
}

/// Metrics in Prometheus' text format.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, description = "Prometheus text", content_type = "text/plain", body = String),
        (status = 503, description = "another recorder collects the metrics of this process", body = Problem)))]
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Result<Response, Problem> {
    let recorder = metrics::recorder().ok_or_else(|| {
        Problem::unavailable(
            "another recorder collects the metrics of this process",
            "run the service in a process of its own",
        )
    })?;
    for (name, ready, _) in web.readiness.parts(&web.engine).await.named() {
        ::metrics::gauge!("wattkampen_ready", "part" => name).set(f64::from(u8::from(ready)));
    }
    ::metrics::gauge!("wattkampen_event_listeners").set(web.hub.listeners() as f64);
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((content_type, recorder.render()).into_response())
}

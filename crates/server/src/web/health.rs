//! Endpoints for operators: liveness, readiness and metrics.
use std::sync::Arc;

use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Web, problem::Problem};
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
    /// The store is open and the engine runs.
    store: bool,
    /// The leaderboard has been computed.
    board: bool,
    /// The embedded broker listens, or the external one is connected.
    broker: bool,
    /// The clock is not behind the newest stored reading.
    clock: bool,
}

/// Whether the service receives readings and shows a leaderboard.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "ready", body = ReadyJson),
        (status = 503, description = "not ready; the body shows which part is missing", body = ReadyJson)))]
pub(super) async fn readyz(State(web): State<Arc<Web>>) -> Response {
    let store = web.engine.is_running();
    let board = web.engine.snapshot().version > 0;
    let broker = web.readiness.is_broker_connected();
    let clock = !web.engine.is_clock_behind();
    let ready = store && board && broker && clock;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, axum::Json(ReadyJson { ready, store, board, broker, clock })).into_response()
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
    ::metrics::gauge!("wattkampen_event_listeners").set(web.hub.listeners() as f64);
    let content_type = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((content_type, recorder.render()).into_response())
}

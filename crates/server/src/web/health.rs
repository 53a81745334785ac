//! For those who run the service: does it live, is it ready, what has it counted.
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

/// The process answers.
#[utoipa::path(get, path = "/healthz", tag = "operation",
    responses((status = 200, description = "`ok`", body = String)))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

/// What a service needs before it is of use.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ready)]
struct ReadyJson {
    ready: bool,
    /// The store is open and the engine runs.
    store: bool,
    /// The board is computed.
    board: bool,
    /// The embedded broker listens, or the external one is connected.
    broker: bool,
}

/// Whether readings can come in and a board can be shown.
#[utoipa::path(get, path = "/readyz", tag = "operation",
    responses(
        (status = 200, description = "ready", body = ReadyJson),
        (status = 503, description = "not yet, and what is missing", body = ReadyJson)))]
pub(super) async fn readyz(State(web): State<Arc<Web>>) -> Response {
    let store = web.engine.is_running();
    let snapshot = web.engine.snapshot();
    let board = snapshot.version > 0;
    let broker = web.readiness.is_open();
    let ready = store && board && broker;
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let headers = [(header::CACHE_CONTROL, "no-store")];
    (status, headers, axum::Json(ReadyJson { ready, store, board, broker })).into_response()
}

/// Counters in Prometheus' text form.
#[utoipa::path(get, path = "/metrics", tag = "operation",
    responses(
        (status = 200, description = "Prometheus text", content_type = "text/plain", body = String),
        (status = 503, description = "the process counts elsewhere", body = Problem)))]
pub(super) async fn metrics(State(web): State<Arc<Web>>) -> Result<Response, Problem> {
    let recorder = metrics::recorder().ok_or_else(|| {
        Problem::busy(
            "this process has another recorder of metrics",
            "start the service in a process of its own",
        )
    })?;
    ::metrics::gauge!("wattkampen_event_listeners").set(web.hub.listeners() as f64);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    Ok((kind, recorder.render()).into_response())
}

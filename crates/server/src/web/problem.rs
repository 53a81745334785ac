//! The error body of the API: what is wrong, and how to fix it (RFC 9457).
use axum::{
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::QueryError;

/// The body of every error of the API, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the status and the two texts describe the problem.
    #[serde(rename = "type")]
    type_uri: &'static str,
    /// The status as text.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong.
    pub(super) detail: String,
    /// How to fix it.
    #[serde(rename = "mend")]
    pub(super) hint: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            type_uri: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            hint: hint.into(),
        }
    }

    /// 400
    pub(super) fn bad_request(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, hint)
    }

    /// 401
    pub(super) fn unauthorized(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail, hint)
    }

    /// 403
    pub(super) fn forbidden(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail, hint)
    }

    /// 404
    pub(super) fn not_found(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail, hint)
    }

    /// 408
    pub(super) fn request_timeout(limit: std::time::Duration) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("the body of the request is not complete after {} s", limit.as_secs()),
            "send the whole request at once",
        )
    }

    /// 413
    pub(super) fn body_too_large(limit: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body of the request is not complete within {limit} bytes"),
            "send less in one request",
        )
    }

    /// 409
    pub(super) fn conflict(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail, hint)
    }

    /// 421
    pub(super) fn misdirected(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::MISDIRECTED_REQUEST, detail, hint)
    }

    /// 429
    pub(super) fn too_many_requests(wait: std::time::Duration) -> Self {
        let seconds = wait.as_secs() + 1;
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            "too many attempts have failed",
            format!("try again in {seconds} s"),
        )
    }

    /// 503
    pub(super) fn unavailable(detail: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail, hint)
    }

    /// 503 until the engine has published its first standings.
    pub(super) fn no_standings() -> Self {
        Self::unavailable(
            "the standings have not been computed yet",
            "repeat the request in a few seconds",
        )
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Whether an error is answered with a page, or with JSON for programs.
pub(super) fn wants_page(path: &str, headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    !path.starts_with("/api/") && accept.is_some_and(|types| types.contains("text/html"))
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        Self::unavailable(error.to_string(), error.hint())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let headers = [
            (header::CONTENT_TYPE, "application/problem+json"),
            (header::CACHE_CONTROL, "no-store"),
        ];
        (self.status(), headers, body).into_response()
    }
}

//! An error as its reader needs it: what is wrong, and how to mend it (RFC 9457).
use axum::{
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::engine::QueryError;

/// The body of every error of the API, `application/problem+json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(super) struct Problem {
    /// Always `about:blank`: the status and the words say it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong.
    pub(super) detail: String,
    /// How to mend it.
    pub(super) mend: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            mend: mend.into(),
        }
    }

    /// 400
    pub(super) fn bad(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail, mend)
    }

    /// 404
    pub(super) fn missing(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail, mend)
    }

    /// 403
    pub(super) fn forbidden(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail, mend)
    }

    /// 401
    pub(super) fn unknown(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail, mend)
    }

    /// 409
    pub(super) fn conflict(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail, mend)
    }

    /// 503
    pub(super) fn busy(detail: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail, mend)
    }

    pub(super) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl From<QueryError> for Problem {
    fn from(stopped: QueryError) -> Self {
        Self::busy(stopped.to_string(), "ask again in some seconds")
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

//! The organiser's decisions over HTTP: declarations, lock and amendments, as JSON for
//! programs and as forms for browsers; and the audit log. The same access rules hold as
//! for the organiser's page, and requests from pages of other sites are refused.
mod form;

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    body::Bytes,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Web,
    handlers::PageRequest,
    organiser::{Access, access, challenge, is_same_origin, organiser_page, require_organiser},
    problem::Problem,
    query_params::QueryParams,
};
use crate::text::rfc3339;
use crate::{
    audit::{AuditEntry, Declaration, DeclarationRequest, describe, hex},
    engine::{Decision, DecisionError},
};
use form::FormError;

/// Most entries of the log in one answer.
const MAX_ENTRIES: usize = 1000;

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// An entry of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEntry)]
struct EntryJson {
    /// Its number: 1, 2, …
    entry: i64,
    /// Time, by the service's clock, RFC 3339.
    at: String,
    /// In plain words.
    words: String,
    /// SHA-256 over the previous hash and this entry, hexadecimal.
    hash: String,
    /// What happened, for programs.
    #[schema(value_type = Object)]
    what: serde_json::Value,
}

impl From<&AuditEntry> for EntryJson {
    fn from(entry: &AuditEntry) -> Self {
        Self {
            entry: entry.seq,
            at: rfc3339(entry.at),
            words: describe(&entry.event()),
            hash: hex(&entry.hash),
            what: serde_json::from_str(&entry.body).unwrap_or_default(),
        }
    }
}

/// Declarations in force, and whether the result is locked.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Decisions)]
struct DecisionsJson {
    /// When the result was locked; null while it is open.
    locked_at: Option<String>,
    /// The newest entry of the audit log and its hash: keep a copy elsewhere.
    head: Option<HeadJson>,
    declarations: Vec<DeclaredJson>,
}

/// The end of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditHead)]
struct HeadJson {
    entry: i64,
    hash: String,
}

/// A declaration in force.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Declared)]
struct DeclaredJson {
    /// Its entry in the audit log; `withdraw` takes it.
    entry: i64,
    /// When it was made.
    at: String,
    #[schema(value_type = DeclarationRequest)]
    declared: Declaration,
}

/// A part of the audit log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditTrail)]
struct AuditPageJson {
    entries: Vec<EntryJson>,
    /// There are more: request them with `after` = the last entry's number.
    more: bool,
}

/// A request to lock the result.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Lock)]
pub(super) struct LockJson {
    /// Role, such as `head of the jury`.
    by: String,
    /// The decision behind it, or why now.
    reason: String,
}

impl From<DecisionError> for Problem {
    fn from(declined: DecisionError) -> Self {
        let (what, hint) = (declined.to_string(), declined.hint().to_owned());
        match declined {
            DecisionError::Invalid(_) => Self::bad_request(what, hint),
            DecisionError::Store(_) => Self::unavailable(what, hint),
            _ => Self::conflict(what, hint),
        }
    }
}

fn check_access(web: &Web, peer: Peer, headers: &HeaderMap) -> Result<(), Box<Response>> {
    match access(web, peer, headers) {
        Access::Granted => Ok(()),
        Access::PasswordRequired => {
            let problem = Problem::unauthorized(
                "the organiser's password is needed",
                "give it as HTTP basic, with any user name",
            );
            Err(Box::new(([challenge()], problem).into_response()))
        }
        Access::LocalOnly => Err(Box::new(
            Problem::forbidden(
                "this is answered only on the machine that runs the service",
                "set an organiser's password in the configuration to use it from here",
            )
            .into_response(),
        )),
    }
}

/// Parses JSON that a program or a page of this service sent. A form of another site
/// cannot send that content type.
fn parse_json<T: for<'a> Deserialize<'a>>(
    web: &Web,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<T, Problem> {
    if !is_same_origin(web, headers) {
        return Err(other_site());
    }
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Problem::bad_request(
            "the content type is not JSON",
            "send it with Content-Type: application/json",
        ));
    }
    serde_json::from_slice(body).map_err(|error| {
        Problem::bad_request(
            format!("the body is not what is expected: {error}"),
            "the fields stand in /api/openapi.json",
        )
    })
}

fn other_site() -> Problem {
    Problem::forbidden(
        "the request comes from a page that is not of this service",
        "use the organiser's page, or a program",
    )
}

/// Takes the decision that was sent, if the sender has access.
async fn decide<T: for<'a> Deserialize<'a>>(
    web: &Web,
    peer: Peer,
    headers: &HeaderMap,
    body: &[u8],
    decision: impl FnOnce(T) -> Result<Decision, DecisionError>,
) -> Response {
    if let Err(refused) = check_access(web, peer, headers) {
        return *refused;
    }
    let result = async {
        let entry = web.engine.decide(decision(parse_json(web, headers, body)?)?).await??;
        Ok::<_, Problem>((StatusCode::CREATED, json(&EntryJson::from(&entry))))
    };
    result.await.into_response()
}

fn json(value: &impl Serialize) -> Response {
    let body = serde_json::to_vec(value).unwrap_or_default();
    (json_headers(), body).into_response()
}

fn json_headers() -> [(header::HeaderName, HeaderValue); 2] {
    [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (header::CACHE_CONTROL, HeaderValue::from_static("private, no-store")),
    ]
}

/// Declares an event, excluded hours, a meter swap, a floor area, employees, an activity, or withdraws.
#[utoipa::path(post, path = "/api/v1/organiser/declarations", tag = "organiser",
    request_body = DeclarationRequest,
    responses(
        (status = 201, description = "it is in force; its entry in the audit log", body = EntryJson),
        (status = 400, description = "the request is invalid; the body explains why", body = Problem),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)", body = Problem),
        (status = 403, description = "not the organiser", body = Problem),
        (status = 409, description = "the result is locked", body = Problem)))]
pub(super) async fn declare(
    State(web): State<Arc<Web>>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let declare = |sent: DeclarationRequest| Ok(Decision::Declare(sent.try_into()?));
    decide(&web, peer, &headers, &body, declare).await
}

/// Changes a locked result: a declaration, with a reason, that every visitor can read.
#[utoipa::path(post, path = "/api/v1/organiser/amendments", tag = "organiser",
    request_body = DeclarationRequest,
    responses(
        (status = 201, description = "the locked result is computed anew; its entry in the audit log", body = EntryJson),
        (status = 400, description = "the request is invalid; the body explains why", body = Problem),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)", body = Problem),
        (status = 403, description = "not the organiser", body = Problem),
        (status = 409, description = "the result is not locked", body = Problem)))]
pub(super) async fn amend(
    State(web): State<Arc<Web>>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let amend = |sent: DeclarationRequest| Ok(Decision::Amend(sent.try_into()?));
    decide(&web, peer, &headers, &body, amend).await
}

/// Locks the result: readings and configuration no longer change the official leaderboard.
#[utoipa::path(post, path = "/api/v1/organiser/lock", tag = "organiser",
    request_body = LockJson,
    responses(
        (status = 201, description = "the result is locked; its entry in the audit log", body = EntryJson),
        (status = 400, description = "the request is invalid; the body explains why", body = Problem),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)", body = Problem),
        (status = 403, description = "not the organiser", body = Problem),
        (status = 409, description = "locked already, or the contest goes on", body = Problem)))]
pub(super) async fn lock(
    State(web): State<Arc<Web>>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let lock = |LockJson { by, reason }| Ok(Decision::Lock { by, reason });
    decide(&web, peer, &headers, &body, lock).await
}

/// Declarations in force, the lock, and the end of the audit log.
#[utoipa::path(get, path = "/api/v1/organiser/declarations", tag = "organiser",
    responses(
        (status = 200, description = "the decisions", body = DecisionsJson),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)", body = Problem),
        (status = 403, description = "not the organiser", body = Problem)))]
pub(super) async fn declarations(
    State(web): State<Arc<Web>>,
    peer: Peer,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = check_access(&web, peer, &headers) {
        return *refused;
    }
    let decisions = match web.engine.decisions().await {
        Ok(decisions) => decisions,
        Err(stopped) => return Problem::from(stopped).into_response(),
    };
    let head = |entry: &AuditEntry| HeadJson { entry: entry.seq, hash: hex(&entry.hash) };
    let declarations = decisions.declarations.into_iter().map(|it| DeclaredJson {
        entry: it.entry,
        at: rfc3339(it.declared_at),
        declared: it.declaration,
    });
    let json = DecisionsJson {
        locked_at: decisions.locked_at.map(rfc3339),
        head: decisions.head.as_ref().map(head),
        declarations: declarations.collect(),
    };
    self::json(&json)
}

/// The audit log, oldest first, at most 1000 entries at once.
#[utoipa::path(get, path = "/api/v1/organiser/audit", tag = "organiser",
    params(("after" = Option<i64>, Query, description = "only entries with a higher number")),
    responses(
        (status = 200, description = "entries", body = AuditPageJson),
        (status = 400, description = "a parameter is wrong", body = Problem),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)", body = Problem),
        (status = 403, description = "not the organiser", body = Problem)))]
pub(super) async fn trail(
    State(web): State<Arc<Web>>,
    peer: Peer,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    if let Err(refused) = check_access(&web, peer, &headers) {
        return *refused;
    }
    let entries = async {
        let params = QueryParams::parse_strict(query.as_deref(), &["after"])?;
        let after = params.get("after").unwrap_or("0").parse::<i64>();
        let after = after.map_err(|_| {
            Problem::bad_request("after is not a number", "give the number of an entry")
        })?;
        Ok::<_, Problem>(web.engine.log(after).await?)
    };
    match entries.await {
        Ok(entries) => {
            let json = AuditPageJson {
                more: entries.len() > MAX_ENTRIES,
                entries: entries.iter().take(MAX_ENTRIES).map(EntryJson::from).collect(),
            };
            self::json(&json)
        }
        Err(problem) => problem.into_response(),
    }
}

/// The forms of the organiser's page; answers with the page, or with what is wrong.
#[utoipa::path(post, path = "/organiser", tag = "pages",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "done: to the organiser's page"),
        (status = 400, description = "it makes no sense; a page says why", content_type = "text/html", body = String),
        (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)"),
        (status = 403, description = "not the organiser, or another site's form"),
        (status = 409, description = "locked already, not locked yet, or the contest goes on")))]
pub(super) async fn form(
    State(web): State<Arc<Web>>,
    peer: Peer,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = PageRequest::new(&web, None, &headers);
    if let Err(refused) = require_organiser(&request, peer, &headers) {
        return *refused;
    }
    let Ok(text) = std::str::from_utf8(&body) else {
        let problem = Problem::bad_request("the form is not text", "send it from this page");
        return request.error_page(&problem);
    };
    let sent = QueryParams::parse(Some(text));
    let result = async {
        if !is_same_origin(&web, &headers) {
            return Err(other_site().into());
        }
        let locked = web.engine.decisions().await.map_err(Problem::from)?.locked_at.is_some();
        let decided = web.engine.decide(form::read(&sent, locked)?).await;
        Ok::<_, FormError>(decided.map_err(Problem::from)??)
    };
    let refused = match result.await {
        Ok(entry) => {
            let done = format!("/organiser?done={}#declared", entry.seq);
            return (StatusCode::SEE_OTHER, [(header::LOCATION, done)]).into_response();
        }
        Err(error) => error.refused(&sent, request.language),
    };
    match refused {
        Ok((refused, problem)) => {
            let mut response = organiser_page(&request, Some(&refused)).await;
            *response.status_mut() = problem.status();
            response
        }
        Err(problem) => request.error_page(&problem),
    }
}

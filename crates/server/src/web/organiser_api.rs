//! The organiser's decisions over HTTP: declarations, lock and amendments, as JSON for
//! programs and as forms for browsers; and the audit log. A role says who may what, and
//! requests from pages of other sites are refused.
mod form;

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Web,
    forms::{denied_page, read_form},
    organiser::{declared, organiser_page, request_of},
    problem::Problem,
    query_params::QueryParams,
    town::town_page,
    visitor::Visitor,
};
use crate::text::rfc3339;
use crate::{
    access::{Identity, Role},
    audit::{
        AuditEntry, Change, Declaration, DeclarationInForce, DeclarationRequest, describe, hex,
    },
    engine::{Decision, DecisionError},
};
use form::FormError;

/// Most entries of the log in one answer.
const MAX_ENTRIES: usize = 1000;

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

/// Whether a role allows a decision. A town's is bound to its own activities, while the
/// result is open.
fn allows(role: &Role, decision: &Decision, in_force: &[DeclarationInForce]) -> bool {
    let Role::Town(_) = role else { return *role == Role::Organiser };
    let own = |change: &Change| match change {
        Change::Activity { participant, .. } => role.declares_activities_of(participant),
        _ => false,
    };
    match decision {
        Decision::Declare(Declaration { change: Change::Withdraw { entry }, .. }) => {
            in_force.iter().any(|it| it.entry == *entry && own(&it.declaration.change))
        }
        Decision::Declare(declaration) => own(&declaration.change),
        Decision::Amend(_) | Decision::Lock { .. } => false,
    }
}

/// Takes a decision of somebody who may take it.
async fn take(
    web: &Web,
    visitor: &Visitor,
    identity: &Identity,
    decision: Decision,
) -> Result<AuditEntry, FormError> {
    if identity.role != Role::Organiser {
        let in_force = web.engine.decisions().await.map_err(Problem::from)?.declarations;
        if !allows(&identity.role, &decision, &in_force) {
            return Err(Problem::from(visitor.beyond(identity)).into());
        }
    }
    let entry = web.engine.decide(decision).await.map_err(Problem::from)??;
    tracing::info!(account = %identity.principal, entry = entry.seq, "a decision was taken");
    Ok(entry)
}

/// Parses JSON that a program or a page of this service sent. A form of another site
/// cannot send that content type.
fn parse_json<T: for<'a> Deserialize<'a>>(
    web: &Web,
    visitor: &Visitor,
    body: &[u8],
) -> Result<T, Problem> {
    visitor.check_forgery(web, &QueryParams::default())?;
    let kind = visitor.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
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

/// Takes the decision that was sent, if the sender has access.
async fn decide<T: for<'a> Deserialize<'a>>(
    web: &Web,
    visitor: &Visitor,
    body: &[u8],
    decision: impl FnOnce(T) -> Result<Decision, DecisionError>,
) -> Response {
    let identity = match visitor.identify(web).await {
        Ok(identity) => identity,
        Err(denied) => return denied.into_response(),
    };
    let result = async {
        let decision = decision(parse_json(web, visitor, body)?)?;
        let entry = take(web, visitor, &identity, decision).await.map_err(Problem::from)?;
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
        (status = 401, description = "an API token is needed", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 409, description = "the result is locked", body = Problem)))]
pub(super) async fn declare(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
    let declare = |sent: DeclarationRequest| Ok(Decision::Declare(sent.try_into()?));
    decide(&web, &visitor, &body, declare).await
}

/// Changes a locked result: a declaration, with a reason, that every visitor can read.
#[utoipa::path(post, path = "/api/v1/organiser/amendments", tag = "organiser",
    request_body = DeclarationRequest,
    responses(
        (status = 201, description = "the locked result is computed anew; its entry in the audit log", body = EntryJson),
        (status = 400, description = "the request is invalid; the body explains why", body = Problem),
        (status = 401, description = "an API token is needed", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 409, description = "the result is not locked", body = Problem)))]
pub(super) async fn amend(State(web): State<Arc<Web>>, visitor: Visitor, body: Bytes) -> Response {
    let amend = |sent: DeclarationRequest| Ok(Decision::Amend(sent.try_into()?));
    decide(&web, &visitor, &body, amend).await
}

/// Locks the result: readings and configuration no longer change the official leaderboard.
#[utoipa::path(post, path = "/api/v1/organiser/lock", tag = "organiser",
    request_body = LockJson,
    responses(
        (status = 201, description = "the result is locked; its entry in the audit log", body = EntryJson),
        (status = 400, description = "the request is invalid; the body explains why", body = Problem),
        (status = 401, description = "an API token is needed", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem),
        (status = 409, description = "locked already, or the contest goes on", body = Problem)))]
pub(super) async fn lock(State(web): State<Arc<Web>>, visitor: Visitor, body: Bytes) -> Response {
    let lock = |LockJson { by, reason }| Ok(Decision::Lock { by, reason });
    decide(&web, &visitor, &body, lock).await
}

/// Declarations in force, the lock, and the end of the audit log.
#[utoipa::path(get, path = "/api/v1/organiser/declarations", tag = "organiser",
    responses(
        (status = 200, description = "the decisions", body = DecisionsJson),
        (status = 401, description = "an API token is needed", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem)))]
pub(super) async fn declarations(State(web): State<Arc<Web>>, visitor: Visitor) -> Response {
    if let Err(denied) = visitor.require(&web, |who| who.role.sees_desk()).await {
        return denied.into_response();
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
        (status = 401, description = "an API token is needed", body = Problem),
        (status = 403, description = "the role does not allow it", body = Problem)))]
pub(super) async fn trail(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    if let Err(denied) = visitor.require(&web, |who| who.role.sees_desk()).await {
        return denied.into_response();
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
        (status = 401, description = "sign in; a page", content_type = "text/html", body = String),
        (status = 403, description = "the role does not allow it, or another site's form"),
        (status = 409, description = "locked already, not locked yet, or the contest goes on")))]
pub(super) async fn form(State(web): State<Arc<Web>>, visitor: Visitor, body: Bytes) -> Response {
    let identity = match visitor.identify(&web).await {
        Ok(identity) => identity,
        Err(denied) => return denied_page(&web, &visitor, denied),
    };
    let request = request_of(&web, &visitor, &identity, None);
    let sent = match read_form(&web, &visitor, &body) {
        Ok(sent) => sent,
        Err(problem) => return request.error_page(&problem),
    };
    let result = async {
        let locked = web.engine.decisions().await.map_err(Problem::from)?.locked_at.is_some();
        take(&web, &visitor, &identity, form::read(&sent, locked)?).await
    };
    let refused = match result.await {
        Ok(entry) => return declared(&identity.role, entry.seq),
        Err(error) => error.refused(&sent, request.language),
    };
    match refused {
        Ok((refused, problem)) => {
            let mut response = match identity.role {
                Role::Town(_) => town_page(&web, &visitor, &identity, None, Some(&refused)).await,
                _ => organiser_page(&request, identity, Some(&refused)).await,
            };
            *response.status_mut() = problem.status();
            response
        }
        Err(problem) => request.error_page(&problem),
    }
}

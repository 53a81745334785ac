//! The organiser's page. Topics and meter ids are for the organiser only.
use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    response::Response,
};

use super::{
    Web,
    doubt_curves::doubt_curves,
    forms::{denied_page, see_other},
    handlers::PageRequest,
    problem::Problem,
    view::{self, OrganiserView, RefusedForm},
    visitor::Visitor,
};
use crate::access::{Identity, Role};

/// What was received, what was rejected and why, and the organiser's decisions.
#[utoipa::path(get, path = "/organiser", tag = "pages", responses(
    (status = 200, description = "a page", content_type = "text/html", body = String),
    (status = 303, description = "a town hall's account: to its own page"),
    (status = 401, description = "sign in; a page", content_type = "text/html", body = String)))]
pub(super) async fn organiser(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let identity = match visitor.identify(&web).await {
        Ok(identity) if identity.role.sees_desk() => identity,
        Ok(_) => return see_other("/town", None),
        Err(denied) => return denied_page(&web, &visitor, denied),
    };
    let request = request_of(&web, &visitor, &identity, query.as_deref());
    organiser_page(&request, identity, None).await
}

/// The request of somebody whose role sees the page.
pub(super) fn request_of<'a>(
    web: &'a Web,
    visitor: &'a Visitor,
    identity: &Identity,
    query: Option<&str>,
) -> PageRequest<'a> {
    let mut request = PageRequest::new(web, query, &visitor.headers);
    request.form_token = Some(visitor.form_token().0);
    request.decides = identity.role == Role::Organiser;
    request
}

/// The page, with the form that was sent and not accepted.
pub(super) async fn organiser_page(
    request: &PageRequest<'_>,
    identity: Identity,
    refused: Option<&RefusedForm>,
) -> Response {
    let engine = &request.web.engine;
    let view = async {
        Ok::<_, Problem>(OrganiserView {
            identity,
            quarantine: engine.quarantine().await?,
            rejections: engine.rejections().await?,
            gateways: engine.gateways().await?,
            counts: engine.counts().await?,
            decisions: engine.decisions().await?,
            doubts: doubt_curves(&request.context(), engine).await?,
            done: request.params.get("done").and_then(|entry| entry.parse().ok()),
        })
    };
    match view.await {
        Ok(view) => request.render_private(view::organiser(&request.context(), &view, refused)),
        Err(problem) => request.error_page(&problem),
    }
}

/// The answer after a form whose decision has this entry.
pub(super) fn declared(role: &Role, entry: i64) -> Response {
    match role {
        Role::Town(_) => see_other("/town", None),
        Role::Organiser | Role::Reader => {
            see_other(&format!("/organiser?done={entry}#declared"), None)
        }
    }
}

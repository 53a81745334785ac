//! The page of a town hall's account.
use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::StatusCode,
    response::Response,
};

use super::{
    Web,
    forms::{denied_page, form_page},
    handlers::PageRequest,
    view::{self, RefusedForm},
    visitor::Visitor,
};
use crate::access::{Identity, Role};

/// The activities of the account's own town hall, and the form for a new one.
#[utoipa::path(get, path = "/town", tag = "pages", responses(
    (status = 200, description = "a page", content_type = "text/html", body = String),
    (status = 401, description = "sign in; a page", content_type = "text/html", body = String),
    (status = 403, description = "not a town hall's account")))]
pub(super) async fn town(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let allowed = visitor.require(&web, |who| matches!(who.role, Role::Town(_))).await;
    let who = match allowed {
        Ok(who) => who,
        Err(denied) => return denied_page(&web, &visitor, denied),
    };
    town_page(&web, &visitor, &who, query.as_deref(), None).await
}

/// The page, with the form that was sent and not accepted.
pub(super) async fn town_page(
    web: &Web,
    visitor: &Visitor,
    who: &Identity,
    query: Option<&str>,
    refused: Option<&RefusedForm>,
) -> Response {
    let decisions = match web.engine.decisions().await {
        Ok(decisions) => decisions,
        Err(stopped) => {
            return PageRequest::new(web, query, &visitor.headers).error_page(&stopped.into());
        }
    };
    let participants = web.engine.participants().iter();
    let own: Vec<_> =
        participants.filter(|it| who.role.participants().contains(&it.id)).cloned().collect();
    form_page(web, visitor, query, StatusCode::OK, |context| {
        view::town(context, &who.principal.to_string(), &own, &decisions, refused)
    })
}

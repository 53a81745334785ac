//! The page of accounts, for organisers who are signed in. An API token cannot make
//! accounts: a script that leaks it would otherwise outlive its removal.
use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::Response,
};

use super::{
    Web,
    forms::{denied_page, form_page, read_form, see_other},
    handlers::PageRequest,
    problem::Problem,
    query_params::QueryParams,
    view::{self, AccountsPage},
    visitor::{Denied, Visitor},
};
use crate::access::{AccessError, AccountName, Identity, Principal, RandomSecret, Role};

async fn organiser(web: &Web, visitor: &Visitor) -> Result<AccountName, Denied> {
    let allowed = |who: &Identity| {
        matches!((&who.principal, &who.role), (Principal::Account(_), Role::Organiser))
    };
    match visitor.require(web, allowed).await?.principal {
        Principal::Account(name) => Ok(name),
        Principal::Token(_) => Err(Denied::Role),
    }
}

/// Who may sign in.
#[utoipa::path(get, path = "/organiser/accounts", tag = "pages", responses(
    (status = 200, description = "a page", content_type = "text/html", body = String),
    (status = 401, description = "sign in; a page", content_type = "text/html", body = String),
    (status = 403, description = "not an organiser's account")))]
pub(super) async fn page(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    match organiser(&web, &visitor).await {
        Ok(own) => {
            let page = AccountsPage { own: own.to_string(), ..AccountsPage::default() };
            show(&web, &visitor, query.as_deref(), StatusCode::OK, page).await
        }
        Err(denied) => denied_page(&web, &visitor, denied),
    }
}

async fn show(
    web: &Web,
    visitor: &Visitor,
    query: Option<&str>,
    status: StatusCode,
    mut page: AccountsPage,
) -> Response {
    match web.access.administer(|accounts| accounts.accounts()).await {
        Ok(accounts) => page.accounts = accounts,
        Err(error) => return denied_page(web, visitor, error.into()),
    }
    form_page(web, visitor, query, status, |context| view::accounts(context, &page))
}

/// A change that the page asks for.
enum AccountChange {
    Add(AccountName, Role),
    Reset(AccountName),
    Remove(AccountName),
}

fn read(web: &Web, form: &QueryParams) -> Result<AccountChange, AccessError> {
    let name: AccountName = form.get("name").unwrap_or_default().parse()?;
    match form.get("change") {
        Some("reset") => Ok(AccountChange::Reset(name)),
        Some("remove") => Ok(AccountChange::Remove(name)),
        _ => {
            let role = form.get("role").unwrap_or_default();
            // The list of town halls is there for every role.
            let participant = form.get("participant").filter(|_| role == "town");
            let participants: Vec<String> = participant.map(str::to_owned).into_iter().collect();
            let known = |id: &String| web.engine.participants().iter().any(|who| who.id == *id);
            if let Some(unknown) = participants.iter().find(|id| !known(id)) {
                return Err(AccessError::Missing(format!("participant {unknown}")));
            }
            Ok(AccountChange::Add(name, Role::new(role, participants)?))
        }
    }
}

/// Adds, resets or removes an account; a new link is on the page that answers.
#[utoipa::path(post, path = "/organiser/accounts", tag = "pages",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "done; the page has the link", content_type = "text/html", body = String),
        (status = 303, description = "removed: to the page"),
        (status = 400, description = "not accepted; the page says why", content_type = "text/html", body = String),
        (status = 401, description = "sign in; a page", content_type = "text/html", body = String),
        (status = 403, description = "not an organiser's account, or another site's form")))]
pub(super) async fn change(State(web): State<Arc<Web>>, visitor: Visitor, body: Bytes) -> Response {
    let own = match organiser(&web, &visitor).await {
        Ok(own) => own,
        Err(denied) => return denied_page(&web, &visitor, denied),
    };
    let form = match read_form(&web, &visitor, &body) {
        Ok(form) => form,
        Err(problem) => return PageRequest::new(&web, None, &visitor.headers).error_page(&problem),
    };
    let change = match read(&web, &form) {
        Ok(AccountChange::Reset(name) | AccountChange::Remove(name)) if name == own => {
            Err(Problem::bad_request("this is your own account", "let another organiser do it"))
        }
        Ok(change) => Ok(change),
        Err(error) => Err(Problem::bad_request(error.to_string(), error.hint())),
    };
    let mut page = AccountsPage { own: own.to_string(), ..AccountsPage::default() };
    let change = match change {
        Ok(change) => change,
        Err(problem) => {
            page.error = Some(format!("{}: {}.", problem.detail, problem.hint));
            return show(&web, &visitor, None, StatusCode::BAD_REQUEST, page).await;
        }
    };
    let done = web.access.administer(move |accounts| apply(accounts, change, own.as_str())).await;
    match done {
        Ok(None) => see_other("/organiser/accounts", None),
        Ok(Some((name, secret))) => {
            page.link = Some((name.to_string(), link(&visitor, &secret)));
            show(&web, &visitor, None, StatusCode::OK, page).await
        }
        Err(error) => {
            page.error = Some(format!("{error}: {}.", error.hint()));
            show(&web, &visitor, None, StatusCode::BAD_REQUEST, page).await
        }
    }
}

fn apply(
    accounts: &crate::access::Administration<'_>,
    change: AccountChange,
    by: &str,
) -> Result<Option<(AccountName, RandomSecret)>, AccessError> {
    let (name, link) = match change {
        AccountChange::Add(name, role) => {
            let link = accounts.add(&name, &role, None, by)?;
            (name, link)
        }
        AccountChange::Reset(name) => {
            let link = accounts.reset(&name, None, by)?;
            (name, link)
        }
        AccountChange::Remove(name) => {
            accounts.remove(&name, by)?;
            return Ok(None);
        }
    };
    Ok(link.map(|link| (name, link)))
}

/// The address of an invitation, as this visitor reaches the service.
fn link(visitor: &Visitor, secret: &RandomSecret) -> String {
    let scheme = if visitor.client.https { "https" } else { "http" };
    let host = visitor.headers.get(header::HOST).and_then(|host| host.to_str().ok());
    format!("{scheme}://{}/invitation/{}", host.unwrap_or("localhost"), secret.reveal())
}

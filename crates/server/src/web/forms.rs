//! Pages with forms: the tokens of forms that are shown and sent, and the answer to visitors
//! who may not see a page.
use axum::{
    body::Bytes,
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use maud::Markup;

use super::{
    Web,
    handlers::PageRequest,
    problem::Problem,
    query_params::QueryParams,
    view::{self, SignInPage},
    visitor::{Denied, Visitor},
};
use crate::access::Role;

/// The page that an account sees first.
pub(super) const fn home(role: &Role) -> &'static str {
    match role {
        Role::Organiser | Role::Reader => "/organiser",
        Role::Town(_) => "/town",
    }
}

/// A redirect after a form.
pub(super) fn see_other(path: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let headers = response.headers_mut();
    if let Ok(path) = HeaderValue::from_str(path) {
        headers.insert(header::LOCATION, path);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    if let Some(cookie) = cookie {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// Parses the body of a form that this visitor's own page has sent.
pub(super) fn read_form(
    web: &Web,
    visitor: &Visitor,
    body: &Bytes,
) -> Result<QueryParams, Problem> {
    let text = std::str::from_utf8(body)
        .map_err(|_| Problem::bad_request("the form is not text", "send it from this page"))?;
    let form = QueryParams::parse(Some(text));
    visitor.check_forgery(web, &form)?;
    Ok(form)
}

/// A page with a form for a visitor who need not be signed in.
pub(super) fn form_page(
    web: &Web,
    visitor: &Visitor,
    query: Option<&str>,
    status: StatusCode,
    markup: impl FnOnce(&view::ViewContext<'_>) -> Markup,
) -> Response {
    let mut request = PageRequest::new(web, query, &visitor.headers);
    let (token, cookie) = visitor.form_token();
    request.form_token = Some(token);
    let mut response = request.render_private(markup(&request.context()));
    *response.status_mut() = status;
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Answers a visitor who may not see a page with the form to sign in, or with the reason.
pub(super) fn denied_page(web: &Web, visitor: &Visitor, denied: Denied) -> Response {
    match denied {
        Denied::SignIn { accounts } => {
            let page = SignInPage { accounts, ..sign_in_page(web) };
            let mut response = form_page(web, visitor, None, StatusCode::UNAUTHORIZED, |context| {
                view::sign_in(context, &page)
            });
            let challenge = HeaderValue::from_static("Bearer realm=\"Wattkampen\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
            response
        }
        Denied::Role => {
            let request = PageRequest::new(web, None, &visitor.headers);
            request.error_page(&Problem::forbidden(
                request
                    .language
                    .pick("Kontot har inte rätt till detta", "The account may not do this"),
                request.language.pick("fråga en arrangör", "ask an organiser"),
            ))
        }
        other => PageRequest::new(web, None, &visitor.headers).error_page(&other.into()),
    }
}

/// The page to sign in, without an attempt.
pub(super) fn sign_in_page(web: &Web) -> SignInPage {
    SignInPage {
        accounts: true,
        demonstration: web.access.is_demonstration(),
        name: String::new(),
        error: None,
    }
}

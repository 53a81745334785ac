//! Signing in and out, and the links that choose a password: of the first account, of an
//! invitation, and of a demonstration.
use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, RawQuery, State},
    http::StatusCode,
    response::Response,
};
use wire::Language;

use super::{
    Web,
    forms::{denied_page, form_page, home, read_form, see_other, sign_in_page},
    handlers::PageRequest,
    view::{self, PasswordPage, SignInPage},
    visitor::{Denied, Visitor},
};
use crate::access::{AccessError, Identity, RandomSecret, SignInError};

/// The text for a failed sign-in or link, and its status.
fn explain(error: &SignInError, wrong: &'static str, l: Language) -> (StatusCode, String) {
    match error {
        SignInError::Wrong => (StatusCode::UNAUTHORIZED, wrong.to_owned()),
        SignInError::Wait(wait) => {
            let seconds = wait.as_secs() + 1;
            let text = match l {
                Language::Swedish => {
                    format!("För många misslyckade försök. Försök igen om {seconds} sekunder.")
                }
                Language::English => {
                    format!("Too many failed attempts. Try again in {seconds} seconds.")
                }
            };
            (StatusCode::TOO_MANY_REQUESTS, text)
        }
        SignInError::Failed(error) => {
            let (status, text) = match error {
                AccessError::Password(_) => (
                    StatusCode::BAD_REQUEST,
                    l.pick(
                        "Lösenordet ska ha minst 12 tecken, högst 200, och inte innehålla kontots namn.",
                        "The password needs 12 characters at least, 200 at most, and must not contain the account's name.",
                    ),
                ),
                AccessError::Name(_) => (
                    StatusCode::BAD_REQUEST,
                    l.pick(
                        "Namnet får ha bokstäverna a–z, siffror och . @ _ + -, till exempel en e-postadress.",
                        "The name may have the letters a–z, digits and . @ _ + -, such as an e-mail address.",
                    ),
                ),
                AccessError::Exists(_) => (
                    StatusCode::CONFLICT,
                    l.pick("Det finns redan ett konto med det namnet.", "There is an account of that name already."),
                ),
                AccessError::Busy => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    l.pick(
                        "Många loggar in just nu. Försök igen om några sekunder.",
                        "Many are signing in just now. Try again in a few seconds.",
                    ),
                ),
                other => return (StatusCode::SERVICE_UNAVAILABLE, format!("{other}: {}.", other.hint())),
            };
            (status, text.to_owned())
        }
    }
}

/// Begins a session: the browser's earlier one ends, so that no session that was there
/// before a sign-in goes on after it.
async fn begin(
    web: &Web,
    visitor: &Visitor,
    (cookie, identity): (RandomSecret, Identity),
) -> Response {
    if let Some(earlier) = visitor.session_cookie()
        && let Err(error) = web.access.sign_out(earlier.to_owned()).await
    {
        tracing::warn!("an earlier session cannot be ended: {error}");
    }
    see_other(home(&identity.role), visitor.begin_session(&cookie))
}

/// The page to sign in.
#[utoipa::path(get, path = "/sign-in", tag = "pages", responses(
    (status = 200, description = "a page", content_type = "text/html", body = String)))]
pub(super) async fn page(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    RawQuery(query): RawQuery,
) -> Response {
    let accounts = match web.access.has_accounts().await {
        Ok(accounts) => accounts,
        Err(error) => return denied_page(&web, &visitor, error.into()),
    };
    let page = SignInPage { accounts, ..sign_in_page(&web) };
    form_page(&web, &visitor, query.as_deref(), StatusCode::OK, |context| {
        view::sign_in(context, &page)
    })
}

/// Signs in: the fields `name` and `password`.
#[utoipa::path(post, path = "/sign-in", tag = "pages",
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "signed in: to the account's page, with a cookie"),
        (status = 401, description = "the name or the password is wrong; a page", content_type = "text/html", body = String),
        (status = 403, description = "another site's form, or one without its token"),
        (status = 429, description = "too many attempts have failed")))]
pub(super) async fn sign_in(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
    let form = match read_form(&web, &visitor, &body) {
        Ok(form) => form,
        Err(problem) => return PageRequest::new(&web, None, &visitor.headers).error_page(&problem),
    };
    let name = form.get("name").unwrap_or_default().to_owned();
    let password = form.untrimmed("password").unwrap_or_default().to_owned();
    match web.access.sign_in(&name, password, visitor.client.address).await {
        Ok(signed_in) => begin(&web, &visitor, signed_in).await,
        Err(error) => {
            let l = PageRequest::new(&web, None, &visitor.headers).language;
            let wrong =
                l.pick("Namnet eller lösenordet är fel.", "The name or the password is wrong.");
            let (status, text) = explain(&error, wrong, l);
            let page = SignInPage { name, error: Some(text), ..sign_in_page(&web) };
            form_page(&web, &visitor, None, status, |context| view::sign_in(context, &page))
        }
    }
}

/// Signs out: the session ends.
#[utoipa::path(post, path = "/sign-out", tag = "pages", responses(
    (status = 303, description = "signed out: to the leaderboard"),
    (status = 403, description = "another site's form, or one without its token")))]
pub(super) async fn sign_out(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    body: Bytes,
) -> Response {
    let request = PageRequest::new(&web, None, &visitor.headers);
    if let Err(problem) = read_form(&web, &visitor, &body) {
        return request.error_page(&problem);
    }
    if let Some(cookie) = visitor.session_cookie()
        && let Err(error) = web.access.sign_out(cookie.to_owned()).await
    {
        return request.error_page(&Denied::from(error).into());
    }
    see_other("/", visitor.end_session())
}

/// The link of a demonstration: signs in for its run.
#[utoipa::path(get, path = "/enter/{secret}", tag = "pages",
    params(("secret" = String, Path, description = "from the link that the demonstration printed")),
    responses(
        (status = 303, description = "signed in: to the organiser's page"),
        (status = 401, description = "the link is wrong; a page", content_type = "text/html", body = String)))]
pub(super) async fn enter(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(secret): Path<String>,
) -> Response {
    match web.access.enter(&secret, visitor.client.address).await {
        Ok(signed_in) => begin(&web, &visitor, signed_in).await,
        Err(error) => link_error(&web, &visitor, &error),
    }
}

fn link_error(web: &Web, visitor: &Visitor, error: &SignInError) -> Response {
    let request = PageRequest::new(web, None, &visitor.headers);
    let wrong = request.language.pick(
        "Länken gäller inte. Den är fel, redan använd eller för gammal.",
        "The link is not valid. It is wrong, was used before or is too old.",
    );
    let (status, text) = explain(error, wrong, request.language);
    let mut response = request.render_private(view::error(&request.context(), &text));
    *response.status_mut() = status;
    response
}

fn password_page(
    web: &Web,
    visitor: &Visitor,
    query: Option<&str>,
    status: StatusCode,
    page: &PasswordPage,
) -> Response {
    form_page(web, visitor, query, status, |context| view::choose_password(context, page))
}

/// The link of a service without an account: the page that creates the first one.
#[utoipa::path(get, path = "/setup/{secret}", tag = "pages",
    params(("secret" = String, Path, description = "from the link that the service printed")),
    responses(
        (status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 401, description = "the link is wrong or used; a page", content_type = "text/html", body = String)))]
pub(super) async fn setup_page(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(secret): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match web.access.check_setup_link(&secret, visitor.client.address).await {
        Ok(()) => {
            let page = PasswordPage::first_account(&secret);
            password_page(&web, &visitor, query.as_deref(), StatusCode::OK, &page)
        }
        Err(error) => link_error(&web, &visitor, &error),
    }
}

/// Creates the first account: the fields `name`, `password` and `repeated`.
#[utoipa::path(post, path = "/setup/{secret}", tag = "pages",
    params(("secret" = String, Path, description = "from the link that the service printed")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "created and signed in: to the organiser's page"),
        (status = 400, description = "name or password are not accepted; a page", content_type = "text/html", body = String),
        (status = 401, description = "the link is wrong or used; a page", content_type = "text/html", body = String)))]
pub(super) async fn set_up(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(secret): Path<String>,
    body: Bytes,
) -> Response {
    let page = PasswordPage::first_account(&secret);
    choose(&web, &visitor, &body, page, async |name, password| {
        web.access.set_up(&secret, &name, password, visitor.client.address).await
    })
    .await
}

/// The link of an invitation: the page that chooses a password.
#[utoipa::path(get, path = "/invitation/{secret}", tag = "pages",
    params(("secret" = String, Path, description = "from the link")),
    responses(
        (status = 200, description = "a page", content_type = "text/html", body = String),
        (status = 401, description = "the link is wrong, used or expired; a page", content_type = "text/html", body = String)))]
pub(super) async fn invitation_page(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(secret): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    match web.access.invited(&secret, visitor.client.address).await {
        Ok(account) => {
            let page = PasswordPage::invitation(&secret, account.name.as_str());
            password_page(&web, &visitor, query.as_deref(), StatusCode::OK, &page)
        }
        Err(error) => link_error(&web, &visitor, &error),
    }
}

/// Uses an invitation: the fields `password` and `repeated`.
#[utoipa::path(post, path = "/invitation/{secret}", tag = "pages",
    params(("secret" = String, Path, description = "from the link")),
    request_body(content = String, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 303, description = "signed in: to the account's page"),
        (status = 400, description = "the password is not accepted; a page", content_type = "text/html", body = String),
        (status = 401, description = "the link is wrong, used or expired; a page", content_type = "text/html", body = String)))]
pub(super) async fn accept(
    State(web): State<Arc<Web>>,
    visitor: Visitor,
    Path(secret): Path<String>,
    body: Bytes,
) -> Response {
    let account = match web.access.invited(&secret, visitor.client.address).await {
        Ok(account) => account,
        Err(error) => return link_error(&web, &visitor, &error),
    };
    let page = PasswordPage::invitation(&secret, account.name.as_str());
    choose(&web, &visitor, &body, page, async |_, password| {
        web.access.accept(&secret, password, visitor.client.address).await
    })
    .await
}

/// Reads a new password from a form, does what it is for, and signs in.
async fn choose(
    web: &Web,
    visitor: &Visitor,
    body: &Bytes,
    page: PasswordPage,
    work: impl AsyncFnOnce(String, String) -> Result<(RandomSecret, Identity), SignInError>,
) -> Response {
    let request = PageRequest::new(web, None, &visitor.headers);
    let l = request.language;
    let form = match read_form(web, visitor, body) {
        Ok(form) => form,
        Err(problem) => return request.error_page(&problem),
    };
    let name = form.get("name").unwrap_or_default().to_owned();
    let password = form.untrimmed("password").unwrap_or_default().to_owned();
    let fail = |status, text: String| {
        let mut page = page.clone();
        if page.asks_name {
            page.name.clone_from(&name);
        }
        page.error = Some(text);
        password_page(web, visitor, None, status, &page)
    };
    if form.untrimmed("repeated") != Some(&password) {
        let text = l.pick("De två lösenorden är olika.", "The two passwords differ.");
        return fail(StatusCode::BAD_REQUEST, text.to_owned());
    }
    match work(name.clone(), password).await {
        Ok(signed_in) => begin(web, visitor, signed_in).await,
        Err(error @ SignInError::Failed(_)) => {
            let (status, text) = explain(&error, "", l);
            fail(status, text)
        }
        Err(error) => link_error(web, visitor, &error),
    }
}

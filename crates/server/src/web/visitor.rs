//! The sender of a request: session, API token, and the tokens of forms.
use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, HeaderName, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{Web, client::Client, problem::Problem, query_params::QueryParams};
use crate::access::{
    AccessError, Identity, RandomSecret, RefusedBy, SESSION, SignInError, form_key, form_token,
    is_form_token,
};

/// Field of forms with their token.
pub(super) const FORM_FIELD: &str = "csrf";
/// Header with that token, for requests of programs with a session's cookie.
const FORM_HEADER: HeaderName = HeaderName::from_static("x-csrf-token");

/// Over TLS a browser accepts the prefix only from this host itself.
const SESSION_COOKIES: [&str; 2] = ["wattkampen", "__Host-wattkampen"];
const FORM_COOKIES: [&str; 2] = ["wattkampen_form", "__Host-wattkampen_form"];

/// The sender of a request, before it is known who that is.
#[derive(Debug)]
pub(super) struct Visitor {
    pub(super) headers: HeaderMap,
    pub(super) client: Client,
}

impl FromRequestParts<Arc<Web>> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<Web>) -> Result<Self, Infallible> {
        let client = parts.extensions.get::<Client>().copied().unwrap_or_default();
        Ok(Self { headers: parts.headers.clone(), client })
    }
}

/// Why a request is not that of somebody who may do it.
#[derive(Debug)]
pub(super) enum Denied {
    /// There is no session, or it has ended; whether there is an account to sign in to.
    SignIn { accounts: bool },
    /// The API token is not valid.
    Token,
    /// Too many attempts have failed.
    Wait(Duration),
    /// The role does not allow it.
    Role,
    /// The file of accounts failed.
    Failed(AccessError),
}

impl From<AccessError> for Denied {
    fn from(error: AccessError) -> Self {
        Self::Failed(error)
    }
}

impl From<SignInError> for Denied {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::Wrong => Self::Token,
            SignInError::Wait(wait) => Self::Wait(wait),
            SignInError::Failed(error) => Self::Failed(error),
        }
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::SignIn { accounts: true } => Self::unauthorized(
                "this needs an account or an API token",
                "send Authorization: Bearer with a token of wattkampen token add, or sign in at /sign-in",
            ),
            Denied::SignIn { accounts: false } => Self::unauthorized(
                "there is no account yet",
                "open the setup link that the service printed when it started, or run wattkampen user add",
            ),
            Denied::Token => Self::unauthorized(
                "the API token is not valid, or has expired",
                "make a new one: wattkampen token add",
            ),
            Denied::Wait(wait) => Self::too_many_requests(wait),
            Denied::Role => Self::forbidden(
                "the role of this account or token does not allow this",
                "ask an organiser",
            ),
            Denied::Failed(error) => Self::unavailable(error.to_string(), error.hint()),
        }
    }
}

impl IntoResponse for Denied {
    fn into_response(self) -> Response {
        let asks = matches!(self, Self::SignIn { .. } | Self::Token);
        let mut response = Problem::from(self).into_response();
        if asks {
            let challenge = HeaderValue::from_static("Bearer realm=\"Wattkampen\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl Visitor {
    fn text(&self, name: &HeaderName) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    fn cookie(&self, names: [&str; 2]) -> Option<&str> {
        let name = names[usize::from(self.client.https)];
        let cookies = self.headers.get_all(header::COOKIE).iter();
        cookies
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(other, value)| *other == name && !value.is_empty())
            .map(|(_, value)| value)
    }

    /// The cookie of a session, valid or not.
    pub(super) fn session_cookie(&self) -> Option<&str> {
        self.cookie(SESSION_COOKIES)
    }

    /// The text of an API token, valid or not.
    fn bearer(&self) -> Option<&str> {
        let (scheme, token) = self.text(&header::AUTHORIZATION)?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// Who sends the request: an API token goes before a session.
    pub(super) async fn identify(&self, web: &Web) -> Result<Identity, Denied> {
        if let Some(token) = self.bearer() {
            return Ok(web.access.token(token.to_owned(), self.client.address).await?);
        }
        if let Some(cookie) = self.session_cookie()
            && let Some(identity) = web.access.session(cookie.to_owned()).await?
        {
            return Ok(identity);
        }
        Err(Denied::SignIn { accounts: web.access.has_accounts().await? })
    }

    /// Who sends it, if the role allows it.
    pub(super) async fn require(
        &self,
        web: &Web,
        allowed: impl FnOnce(&Identity) -> bool,
    ) -> Result<Identity, Denied> {
        let identity = self.identify(web).await?;
        if allowed(&identity) {
            return Ok(identity);
        }
        Err(self.beyond(&identity))
    }

    /// Counts and logs a request that a role does not allow.
    pub(super) fn beyond(&self, identity: &Identity) -> Denied {
        RefusedBy::Role.count();
        tracing::warn!(
            account = %identity.principal, address = %self.client.address,
            "a request is beyond the role {}", identity.role.name()
        );
        Denied::Role
    }

    /// The token for forms of this visitor, and the cookie that it is bound to where the
    /// visitor has none yet.
    pub(super) fn form_token(&self) -> (String, Option<HeaderValue>) {
        if let Some(cookie) = self.session_cookie().or_else(|| self.cookie(FORM_COOKIES)) {
            return (form_token(cookie), None);
        }
        let key = form_key();
        let cookie = set_cookie(FORM_COOKIES, self.client.https, key.reveal(), "");
        (form_token(key.reveal()), cookie)
    }

    /// Refuses what a page of another site has sent with this visitor's cookies (cross-site
    /// request forgery): by its origin, and by the token that only pages of this service know.
    ///
    /// A program with an API token sends no cookie, and needs no token of a form.
    pub(super) fn check_forgery(&self, web: &Web, form: &QueryParams) -> Result<(), Problem> {
        if !self.is_same_origin(web) {
            RefusedBy::Origin.count();
            return Err(Problem::forbidden(
                "the request comes from a page that is not of this service",
                "use the organiser's page, or a program",
            ));
        }
        if self.bearer().is_some() {
            return Ok(());
        }
        let presented =
            form.get(FORM_FIELD).or_else(|| self.text(&FORM_HEADER)).unwrap_or_default();
        let mut cookies = [self.session_cookie(), self.cookie(FORM_COOKIES)].into_iter().flatten();
        if cookies.any(|cookie| is_form_token(cookie, presented)) {
            return Ok(());
        }
        RefusedBy::Form.count();
        Err(Problem::forbidden(
            "the form does not belong to this session",
            "reload the page and send the form again",
        ))
    }

    fn is_same_origin(&self, web: &Web) -> bool {
        let site = self.text(&HeaderName::from_static("sec-fetch-site"));
        let host = self.text(&header::HOST).unwrap_or_default();
        let origin = self.text(&header::ORIGIN);
        let origin = origin.map(|origin| origin.split("://").nth(1).unwrap_or_default());
        site.is_none_or(|site| matches!(site, "same-origin" | "none"))
            // A proxy may put its own name for the service into Host.
            && origin.is_none_or(|origin| origin == host || web.hosts.is_configured(origin))
    }

    /// The cookie of a session that begins. It replaces whatever the browser had before.
    pub(super) fn begin_session(&self, cookie: &RandomSecret) -> Option<HeaderValue> {
        let age = format!("; Max-Age={SESSION}");
        set_cookie(SESSION_COOKIES, self.client.https, cookie.reveal(), &age)
    }

    /// Deletes the cookie of a session that ends.
    pub(super) fn end_session(&self) -> Option<HeaderValue> {
        set_cookie(SESSION_COOKIES, self.client.https, "", "; Max-Age=0")
    }
}

fn set_cookie(names: [&str; 2], https: bool, value: &str, more: &str) -> Option<HeaderValue> {
    let name = names[usize::from(https)];
    let secure = if https { "; Secure" } else { "" };
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    HeaderValue::from_str(&cookie).ok()
}

//! Access to the organiser's page. Topics and meter ids are for the organiser only.
use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use subtle::ConstantTimeEq;

use super::{
    Web,
    doubt_curves::doubt_curves,
    handlers::PageRequest,
    problem::Problem,
    view::{self, OrganiserView, RefusedForm},
};
use crate::settings::Secret;

/// Headers by which a proxy names the visitor: the peer's address is then the proxy's.
const FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// What was received, what was rejected and why, and the organiser's decisions.
#[utoipa::path(get, path = "/organiser", tag = "pages", responses(
    (status = 200, description = "a page", content_type = "text/html", body = String),
    (status = 401, description = "sign in with the organiser's password (HTTP basic, any user)"),
    (status = 403, description = "no password is configured, and the visitor is not on this machine")))]
pub(super) async fn organiser(
    State(web): State<Arc<Web>>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = PageRequest::new(&web, query.as_deref(), &headers);
    if let Err(refused) = require_organiser(&request, peer, &headers) {
        return *refused;
    }
    organiser_page(&request, None).await
}

/// The page, with the form that was sent and not accepted.
pub(super) async fn organiser_page(
    request: &PageRequest<'_>,
    refused: Option<&RefusedForm>,
) -> Response {
    let engine = &request.web.engine;
    let view = async {
        Ok::<_, Problem>(OrganiserView {
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
        Ok(view) => {
            let page = view::organiser(&request.context(), &view, refused);
            let mut response = request.render(page);
            let private = HeaderValue::from_static("private, no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, private);
            response
        }
        Err(problem) => request.error_page(&problem),
    }
}

/// Passes the organiser; answers all other visitors with a page that explains how to sign in.
pub(super) fn require_organiser(
    request: &PageRequest<'_>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: &HeaderMap,
) -> Result<(), Box<Response>> {
    let l = request.language;
    match access(request.web, peer, headers) {
        Access::Granted => Ok(()),
        Access::PasswordRequired => {
            let text = l.pick("Ange arrangörens lösenord.\n", "Enter the organiser's password.\n");
            Err(Box::new((StatusCode::UNAUTHORIZED, [challenge()], text).into_response()))
        }
        Access::LocalOnly => Err(Box::new(request.error_page(&Problem::forbidden(
            l.pick(
                "Sidan visas bara på den dator där tjänsten körs",
                "This page is shown only on the machine that runs the service",
            ),
            l.pick(
                "ange ett lösenord för arrangören i konfigurationen för att se den härifrån",
                "set an organiser's password in the configuration to see it from here",
            ),
        )))),
    }
}

/// Whether a request has the organiser's rights.
pub(super) enum Access {
    Granted,
    /// The password is missing or wrong.
    PasswordRequired,
    /// No password is configured, and the visitor is not on this machine.
    LocalOnly,
}

pub(super) fn access(
    web: &Web,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: &HeaderMap,
) -> Access {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    match &web.organiser {
        Some(secret) if has_password(headers, secret) => Access::Granted,
        Some(_) => Access::PasswordRequired,
        None if is_local(peer, headers) => Access::Granted,
        None => Access::LocalOnly,
    }
}

pub(super) fn challenge() -> (HeaderName, HeaderValue) {
    let realm = HeaderValue::from_static("Basic realm=\"Wattkampen\", charset=\"UTF-8\"");
    (header::WWW_AUTHENTICATE, realm)
}

/// Whether a request that changes something comes from this service's own pages or
/// from a program, and not from another site (cross-site request forgery).
///
/// A browser repeats the password for forms of other sites, and on this machine no
/// password is needed at all. Without a password the host must also be a loopback name,
/// so that a foreign name that resolves to this machine is refused (DNS rebinding).
pub(super) fn is_same_origin(web: &Web, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).map(|origin| origin.split("://").nth(1).unwrap_or_default());
    let is_loopback_name = || {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
        && origin.is_none_or(|origin| origin == host)
        && (web.organiser.is_some() || is_loopback_name())
}

fn is_local(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let proxied = FORWARDED.iter().any(|name| headers.contains_key(name));
    !proxied && peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

/// HTTP basic authentication with any user name; the comparison takes constant time.
fn has_password(headers: &HeaderMap, secret: &Secret) -> bool {
    let credentials = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| BASE64_STANDARD.decode(encoded.trim()).ok());
    let Some(credentials) = credentials else { return false };
    let colon = credentials.iter().position(|byte| *byte == b':');
    let password = colon.map(|colon| &credentials[colon + 1..]);
    password.is_some_and(|password| password.ct_eq(secret.0.as_bytes()).into())
}

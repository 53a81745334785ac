//! Who may see the organiser's page: topics and meter names are nobody else's matter.
use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    extract::{ConnectInfo, RawQuery, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::{
    Web,
    page::{self, Desk},
    pages::Visit,
    problem::Problem,
};
use crate::settings::Secret;

/// Where a proxy says that the visitor is somebody else than the connection.
const FORWARDED: [HeaderName; 3] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
];

/// What came in and what did not, for the organiser.
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
    let visit = Visit::new(&web, query.as_deref(), &headers);
    if let Err(refused) = admit(&visit, peer, &headers) {
        return *refused;
    }
    let desk = async {
        Ok::<_, Problem>(Desk {
            quarantine: web.engine.quarantine().await?,
            rejections: web.engine.rejections().await?,
            gateways: web.engine.gateways().await?,
            counts: web.engine.counts().await?,
            decisions: web.engine.decisions().await?,
        })
    };
    match desk.await {
        Ok(desk) => {
            let mut response = visit.once(page::organiser(&visit.scene(), &desk));
            let private = HeaderValue::from_static("private, no-store");
            response.headers_mut().insert(header::CACHE_CONTROL, private);
            response
        }
        Err(problem) => visit.trouble(&problem),
    }
}

/// The organiser, or an answer for somebody else.
pub(super) fn admit(
    visit: &Visit<'_>,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: &HeaderMap,
) -> Result<(), Box<Response>> {
    let l = visit.scene().l;
    match access(visit.web, peer, headers) {
        Access::Granted => Ok(()),
        Access::SignIn => {
            let words =
                l.pick("Arrangörens lösenord behövs.\n", "The organiser's password is needed.\n");
            Err(Box::new((StatusCode::UNAUTHORIZED, [challenge()], words).into_response()))
        }
        Access::Elsewhere => Err(Box::new(visit.trouble(&Problem::forbidden(
            l.pick(
                "Sidan visas bara på den dator där tjänsten går",
                "This page is shown only on the machine that runs the service",
            ),
            l.pick(
                "ange ett lösenord för arrangören i konfigurationen för att se den härifrån",
                "set an organiser's password in the configuration to see it from here",
            ),
        )))),
    }
}

/// Whether a request is the organiser's.
pub(super) enum Access {
    Granted,
    /// The password is wrong, or not given.
    SignIn,
    /// There is no password, and the visitor is not on this machine.
    Elsewhere,
}

pub(super) fn access(
    web: &Web,
    peer: Option<Extension<ConnectInfo<SocketAddr>>>,
    headers: &HeaderMap,
) -> Access {
    let peer = peer.map(|Extension(ConnectInfo(peer))| peer);
    match &web.organiser {
        Some(secret) if signed_in(headers, secret) => Access::Granted,
        Some(_) => Access::SignIn,
        None if is_here(peer, headers) => Access::Granted,
        None => Access::Elsewhere,
    }
}

pub(super) fn challenge() -> (HeaderName, HeaderValue) {
    let realm = HeaderValue::from_static("Basic realm=\"Wattkampen\", charset=\"UTF-8\"");
    (header::WWW_AUTHENTICATE, realm)
}

/// Whether a request that changes something comes from a page of ours or from a
/// program. A browser signs in by itself wherever a form was, and on this machine
/// nobody signs in at all: a form on somebody else's page must not decide anything,
/// nor one whose name was made to point here.
pub(super) fn is_ours(web: &Web, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let host = text(header::HOST).unwrap_or_default();
    let origin = text(header::ORIGIN).map(|origin| origin.split("://").nth(1).unwrap_or_default());
    let named_here = || {
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let address = name.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
        name == "localhost" || address.is_ok_and(|address| address.is_loopback())
    };
    site.is_none_or(|site| matches!(site, "same-origin" | "none"))
        && origin.is_none_or(|origin| origin == host)
        && (web.organiser.is_some() || named_here())
}

fn is_here(peer: Option<SocketAddr>, headers: &HeaderMap) -> bool {
    let proxied = FORWARDED.iter().any(|name| headers.contains_key(name));
    !proxied && peer.is_some_and(|peer| peer.ip().to_canonical().is_loopback())
}

fn signed_in(headers: &HeaderMap, secret: &Secret) -> bool {
    let given = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, coded)| BASE64_STANDARD.decode(coded.trim()).ok());
    let Some(given) = given else { return false };
    let password = given.iter().position(|b| *b == b':').map(|colon| &given[colon + 1..]);
    password.is_some_and(|password| same(password, secret.0.as_bytes()))
}

/// Takes as long for a wrong first byte as for a wrong last one.
fn same(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len() && a.iter().zip(b).fold(0, |wrong, (a, b)| wrong | (a ^ b)) == 0
}

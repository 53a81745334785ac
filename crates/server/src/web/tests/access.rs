//! Who gets which page: hosts, proxies, sessions, tokens, forms and roles, at the router.
use std::{net::SocketAddr, path::Path};

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, Request, StatusCode, header},
};
use tempfile::TempDir;

use super::{Answer, Arc, Web, ask, cookie_of, enter, fixture, get, get_with};
use crate::access::{Administration, Role};

pub(super) const PASSWORD: &str = "fyra ord utan samband";
const FORM: &str = "application/x-www-form-urlencoded";
const ACTIVITY: &str = "kind=activity&activity=night-walk&day=2027-04-01&by=caretaker&reason=done";

fn accounts(dir: &Path) -> Administration<'static> {
    Administration::open(dir).expect("the file of accounts")
}

pub(super) fn with_accounts() -> (TempDir, Arc<Web>) {
    let dir = tempfile::tempdir().expect("a folder");
    let towns = || Role::Town(vec!["soderhamn".to_owned()]);
    for (name, role) in [("anna", Role::Organiser), ("tord", towns()), ("rut", Role::Reader)] {
        let name = name.parse().expect("a name");
        accounts(dir.path()).add(&name, &role, Some(PASSWORD), "test").expect("a new account");
    }
    let web = fixture::web_with_accounts(24, dir.path());
    (dir, web)
}

fn token(dir: &Path, role: &Role) -> String {
    let until = jiff::Timestamp::now().as_second() + 3600;
    let (_, token) = accounts(dir).add_token(role, until, "test").expect("a token");
    format!("Bearer {}", token.reveal())
}

/// A form from a peer, with headers.
pub(super) async fn post_from(
    web: &Arc<Web>,
    peer: [u8; 4],
    path: &str,
    headers: &[(HeaderName, &str)],
    body: String,
) -> Answer {
    let peer = ConnectInfo(SocketAddr::from((peer, 40_000)));
    let mut request = Request::post(path).extension(peer).header(header::CONTENT_TYPE, FORM);
    for (name, value) in headers {
        request = request.header(name, *value);
    }
    ask(web, request.body(Body::from(body)).expect("a request")).await
}

async fn post(web: &Arc<Web>, path: &str, cookie: &str, body: String) -> Answer {
    post_from(web, [127, 0, 0, 1], path, &[(header::COOKIE, cookie)], body).await
}

/// The token in a page's forms.
pub(super) fn form_token(page: &Answer) -> String {
    let text = page.text();
    let rest = text.split("name=\"csrf\" value=\"").nth(1).expect("a form with its token");
    rest.split('"').next().expect("a value").to_owned()
}

/// Signs in with a form as a browser does; the answer.
pub(super) async fn sign_in_from(
    web: &Arc<Web>,
    peer: [u8; 4],
    name: &str,
    password: &str,
    more: &[(HeaderName, &str)],
) -> Answer {
    let page = get(web, "/sign-in").await;
    let mut cookie = cookie_of(&page);
    if let Some((_, other)) = more.iter().find(|(header, _)| *header == header::COOKIE) {
        cookie = format!("{cookie}; {other}");
    }
    let mut headers: Vec<_> =
        more.iter().filter(|(header, _)| *header != header::COOKIE).cloned().collect();
    headers.push((header::COOKIE, &cookie));
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("csrf", &form_token(&page))
        .append_pair("name", name)
        .append_pair("password", password)
        .finish();
    post_from(web, peer, "/sign-in", &headers, body).await
}

async fn sign_in(web: &Arc<Web>, name: &str) -> String {
    let answer = sign_in_from(web, [127, 0, 0, 1], name, PASSWORD, &[]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text());
    cookie_of(&answer)
}

async fn desk(web: &Arc<Web>, cookie: &str) -> Answer {
    get_with(web, "/organiser", &[(header::COOKIE, cookie)]).await
}

#[tokio::test]
async fn loopback_opens_nothing() {
    let dir = tempfile::tempdir().expect("a folder");
    let web = fixture::web_with_accounts(4, dir.path());
    let forwarded = HeaderName::from_static("x-forwarded-for");
    for headers in [&[][..], &[(forwarded, "192.0.2.7")]] {
        let page = get_with(&web, "/organiser", headers).await;
        assert_eq!(page.status, StatusCode::UNAUTHORIZED);
        assert!(page.text().contains("Det finns inget konto ännu"), "{}", page.text());
        assert!(!page.text().contains("wattkampen/v1/"), "no topic");
        for path in ["declarations", "audit"] {
            let answer = get_with(&web, &format!("/api/v1/organiser/{path}"), headers).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
            assert!(answer.text().contains("setup link"));
        }
    }
    for path in ["declarations", "amendments", "lock"] {
        let path = format!("/api/v1/organiser/{path}");
        let answer = post_from(&web, [127, 0, 0, 1], &path, &[], "{}".to_owned()).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{path}");
    }
    for path in ["/organiser", "/organiser/accounts"] {
        assert_eq!(post(&web, path, "", ACTIVITY.to_owned()).await.status, 401, "{path}");
    }
    assert_eq!(get(&web, "/town").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_setup_link_creates_the_first_account_with_a_form() {
    let dir = tempfile::tempdir().expect("a folder");
    let web = fixture::web_with_accounts(4, dir.path());
    let link = web.access.link().expect("a link").path();
    assert_eq!(get(&web, "/setup/guess").await.status, StatusCode::UNAUTHORIZED);
    let page = get(&web, &link).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header(header::CACHE_CONTROL), "private, no-store");
    let (cookie, csrf) = (cookie_of(&page), form_token(&page));
    let form = |csrf: &str, second: &str| {
        format!("csrf={csrf}&name=Anna&password=fyra+ord+utan+samband&repeated={second}")
    };
    let right = "fyra+ord+utan+samband";
    let refused = post(&web, &link, &cookie, form("", right)).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "without the form's token");
    let differ = post(&web, &link, &cookie, form(&csrf, "another")).await;
    assert_eq!(differ.status, StatusCode::BAD_REQUEST);
    assert!(differ.text().contains("value=\"Anna\""), "the name stays");
    let done = post(&web, &link, &cookie, form(&csrf, right)).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.text());
    let page = desk(&web, &cookie_of(&done)).await;
    assert!(page.text().contains("Inloggad som") && page.text().contains("wattkampen/v1/"));
    assert_eq!(get(&web, &link).await.status, StatusCode::UNAUTHORIZED, "once");
}

#[tokio::test]
async fn a_session_is_new_at_each_sign_in_and_ends() {
    let (dir, web) = with_accounts();
    // A cookie that somebody else has put into the browser is never a session.
    let planted = "wattkampen=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let more = [(header::COOKIE, planted)];
    let answer = sign_in_from(&web, [127, 0, 0, 1], "anna", PASSWORD, &more).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    let set = answer.header(header::SET_COOKIE);
    assert!(set.contains("; HttpOnly; SameSite=Strict") && !set.contains("Secure"), "{set}");
    let first = cookie_of(&answer);
    assert_ne!(first, planted);
    assert_eq!(desk(&web, planted).await.status, StatusCode::UNAUTHORIZED);
    let page = desk(&web, &first).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header(header::CACHE_CONTROL), "private, no-store");
    // Signing in again ends the session that the browser had.
    let more = [(header::COOKIE, first.as_str())];
    let again = sign_in_from(&web, [127, 0, 0, 1], "anna", PASSWORD, &more).await;
    let second = cookie_of(&again);
    assert_eq!(desk(&web, &first).await.status, StatusCode::UNAUTHORIZED);
    let page = desk(&web, &second).await;
    let without = post(&web, "/sign-out", &second, String::new()).await;
    assert_eq!(without.status, StatusCode::FORBIDDEN, "a form of another site");
    let out = post(&web, "/sign-out", &second, format!("csrf={}", form_token(&page))).await;
    assert_eq!(out.status, StatusCode::SEE_OTHER);
    assert!(out.header(header::SET_COOKIE).contains("Max-Age=0"));
    assert_eq!(desk(&web, &second).await.status, StatusCode::UNAUTHORIZED);
    // A command beside the service ends sessions at once.
    let third = sign_in(&web, "anna").await;
    accounts(dir.path()).remove(&"anna".parse().expect("a name"), "test").expect("an account");
    assert_eq!(desk(&web, &third).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_needs_the_token_of_its_session_and_our_origin() {
    let (_dir, web) = with_accounts();
    let (anna, rut) = (sign_in(&web, "anna").await, sign_in(&web, "rut").await);
    let own = form_token(&desk(&web, &anna).await);
    let other = form_token(&desk(&web, &rut).await);
    let body = |csrf: &str| format!("csrf={csrf}&participant=soderhamn&{ACTIVITY}");
    for wrong in ["", "x", &other] {
        let answer = post(&web, "/organiser", &anna, body(wrong)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{wrong:?}");
    }
    // The engine of this test has no store, which is behind all checks.
    let passed = post(&web, "/organiser", &anna, body(&own)).await;
    assert_eq!(passed.status, StatusCode::SERVICE_UNAVAILABLE);
    let site = HeaderName::from_static("sec-fetch-site");
    for foreign in [(header::ORIGIN, "http://example.org"), (site, "cross-site")] {
        let headers = [(header::COOKIE, anna.as_str()), foreign];
        let answer = post_from(&web, [127, 0, 0, 1], "/organiser", &headers, body(&own)).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
    }
    // Behind a proxy that replaces Host, the configured name is ours.
    let headers =
        [(header::COOKIE, anna.as_str()), (header::ORIGIN, "https://tavling.example.org")];
    let answer = post_from(&web, [127, 0, 0, 1], "/organiser", &headers, body(&own)).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    // JSON with a cookie needs the token too.
    let json = r#"{"by":"jury","reason":"all have agreed"}"#;
    let csrf = HeaderName::from_static("x-csrf-token");
    for (token, status) in [("x", 403), (own.as_str(), 503)] {
        let request = Request::post("/api/v1/organiser/lock")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::COOKIE, &anna)
            .header(&csrf, token);
        let answer = ask(&web, request.body(Body::from(json)).expect("a request")).await;
        assert_eq!(answer.status, status);
    }
}

#[tokio::test]
async fn a_town_has_its_own_activities_and_nothing_else() {
    let (_dir, web) = with_accounts();
    let cookie = sign_in(&web, "tord").await;
    let away = desk(&web, &cookie).await;
    assert_eq!((away.status, away.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/town"));
    let page = get_with(&web, "/town", &[(header::COOKIE, &cookie)]).await;
    assert!(page.text().contains("Söderhamn") && !page.text().contains("Piteå"));
    let csrf = form_token(&page);
    let sent = async |more: &str| {
        post(&web, "/organiser", &cookie, format!("csrf={csrf}&{more}")).await.status.as_u16()
    };
    assert_eq!(sent(&format!("participant=soderhamn&{ACTIVITY}")).await, 503, "allowed");
    let words = "by=caretaker&reason=because";
    for wrong in [
        format!("participant=mora&{ACTIVITY}"),
        format!("kind=employees&participant=soderhamn&from=2027-01-01&count=5&{words}"),
        format!("kind=withdraw&entry=1&{words}"),
        format!("kind=lock&{words}"),
    ] {
        assert_eq!(sent(&wrong).await, 403, "{wrong}");
    }
    for path in ["/organiser/accounts", "/api/v1/organiser/audit", "/api/v1/organiser/declarations"]
    {
        let answer = get_with(&web, path, &[(header::COOKIE, &cookie)]).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn a_reader_sees_the_desk_and_changes_nothing() {
    let (_dir, web) = with_accounts();
    let cookie = sign_in(&web, "rut").await;
    let page = desk(&web, &cookie).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("wattkampen/v1/") && !page.text().contains("name=\"kind\""));
    let csrf = form_token(&page);
    let body = format!("csrf={csrf}&participant=soderhamn&{ACTIVITY}");
    assert_eq!(post(&web, "/organiser", &cookie, body).await.status, StatusCode::FORBIDDEN);
    let accounts = get_with(&web, "/organiser/accounts", &[(header::COOKIE, &cookie)]).await;
    assert_eq!(accounts.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_token_has_the_scope_of_its_role() {
    let (dir, web) = with_accounts();
    let town = token(dir.path(), &Role::Town(vec!["soderhamn".to_owned()]));
    let reader = token(dir.path(), &Role::Reader);
    let organiser = token(dir.path(), &Role::Organiser);
    let declare = async |token: &str, participant: &str| {
        let json = format!(
            r#"{{"kind":"activity","participant":"{participant}","activity":"night-walk","day":"2027-04-01","by":"caretaker","reason":"done"}}"#
        );
        let request = Request::post("/api/v1/organiser/declarations")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, token);
        let answer = ask(&web, request.body(Body::from(json)).expect("a request")).await;
        answer.status.as_u16()
    };
    // 503 is the engine of this test, behind all checks.
    assert_eq!(declare(&organiser, "mora").await, 503);
    assert_eq!((declare(&town, "soderhamn").await, declare(&town, "mora").await), (503, 403));
    assert_eq!(declare(&reader, "soderhamn").await, 403);
    assert_eq!(declare("Bearer guess", "soderhamn").await, 401);
    assert_eq!(declare("Basic YTpi", "soderhamn").await, 401, "no password over basic");
    let audit = async |token: &str, path: &str| {
        get_with(&web, path, &[(header::AUTHORIZATION, token)]).await.status.as_u16()
    };
    let path = "/api/v1/organiser/audit";
    assert_eq!((audit(&reader, path).await, audit(&town, path).await), (200, 403));
    assert_eq!(audit(&organiser, "/organiser/accounts").await, 403, "accounts need an account");
    accounts(dir.path()).remove_token(3, "test").expect("it is there");
    assert_eq!(declare(&organiser, "mora").await, 401, "removed beside the service");
}

#[tokio::test]
async fn an_organiser_invites_resets_and_removes_on_the_page_of_accounts() {
    let (_dir, web) = with_accounts();
    let cookie = sign_in(&web, "anna").await;
    let page = get_with(&web, "/organiser/accounts", &[(header::COOKIE, &cookie)]).await;
    assert!(page.text().contains("tord") && page.text().contains("Söderhamn"));
    let csrf = form_token(&page);
    let send = async |more: &str| {
        post(&web, "/organiser/accounts", &cookie, format!("csrf={csrf}&{more}")).await
    };
    let added = send("change=add&name=Eva%40mora.example&role=town&participant=mora").await;
    assert_eq!(added.status, StatusCode::OK);
    let text = added.text();
    let link = text.split("http://localhost").nth(1).expect("a link").split('<').next();
    let link = link.expect("its end").to_owned();
    let form = get(&web, &link).await;
    assert!(form.text().contains("eva@mora.example"), "{}", form.text());
    let body = format!(
        "csrf={}&password=fem+andra+ord+utan+samband&repeated=fem+andra+ord+utan+samband",
        form_token(&form)
    );
    let done = post(&web, &link, &cookie_of(&form), body).await;
    assert_eq!((done.status, done.header(header::LOCATION)), (StatusCode::SEE_OTHER, "/town"));
    assert_eq!(get(&web, &link).await.status, StatusCode::UNAUTHORIZED, "once");
    let eva = cookie_of(&done);
    assert_eq!(send("change=reset&name=eva%40mora.example").await.status, StatusCode::OK);
    let ended = get_with(&web, "/town", &[(header::COOKIE, &eva)]).await;
    assert_eq!(ended.status, StatusCode::UNAUTHORIZED);
    assert_eq!(send("change=remove&name=eva%40mora.example").await.status, StatusCode::SEE_OTHER);
    for wrong in [
        "change=remove&name=anna",
        "change=add&name=tord&role=reader",
        "change=add&name=x&role=town",
        "change=add&name=x&role=town&participant=nowhere",
        "change=add&name=%3Cb%3E&role=reader",
    ] {
        assert_eq!(send(wrong).await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn a_demonstration_opens_its_desk_with_its_link_alone() {
    let web = fixture::web(4);
    assert_eq!(get(&web, "/organiser").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(get(&web, "/enter/guess").await.status, StatusCode::UNAUTHORIZED);
    let cookie = enter(&web).await;
    assert_eq!(desk(&web, &cookie).await.status, StatusCode::OK);
    let page = get(&web, "/sign-in?lang=en").await;
    assert!(page.text().contains("Open the link that the program printed"));
}

//! Hosts, proxies and addresses, at the router.
use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{HeaderName, Request, StatusCode, header},
};

use super::{
    access::{PASSWORD, form_token, post_from, sign_in_from, with_accounts},
    ask, cookie_of, fixture, get, get_with,
};

#[tokio::test]
async fn guesses_are_slowed_and_counted_by_address_behind_the_proxy() {
    let (_dir, web) = with_accounts();
    crate::metrics::recorder().expect("the process's own recorder");
    let proxy = [10, 0, 0, 1];
    let from = |address| [(HeaderName::from_static("x-forwarded-for"), address)];
    for n in 0..6 {
        let name = format!("guess-{n}");
        let answer = sign_in_from(&web, proxy, &name, "gissning nummer", &from("192.0.2.7")).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{n}");
        assert!(!answer.headers.contains_key(header::WWW_AUTHENTICATE), "no browser's own form");
    }
    let slowed = sign_in_from(&web, proxy, "anna", PASSWORD, &from("192.0.2.7")).await;
    assert_eq!(slowed.status, StatusCode::TOO_MANY_REQUESTS);
    let other = sign_in_from(&web, proxy, "anna", PASSWORD, &from("192.0.2.8")).await;
    assert_eq!(other.status, StatusCode::SEE_OTHER, "a neighbour signs in");
    // What a client writes itself does not change its address.
    let lied = sign_in_from(&web, proxy, "anna", PASSWORD, &from("192.0.2.8, 192.0.2.7")).await;
    assert_eq!(lied.status, StatusCode::TOO_MANY_REQUESTS);
    let metrics = get(&web, "/metrics").await.text().to_owned();
    for reason in ["password", "delay"] {
        let name = format!("wattkampen_access_refused_total{{reason=\"{reason}\"}}");
        assert!(metrics.contains(&name), "{metrics}");
    }
}

#[tokio::test]
async fn a_cookie_is_secure_where_a_trusted_proxy_reports_tls() {
    let (_dir, web) = with_accounts();
    let proto = [(HeaderName::from_static("x-forwarded-proto"), "https")];
    let headers = [proto[0].clone()];
    let page = {
        let peer = ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 40_000)));
        let request = Request::get("/sign-in").extension(peer).header(&headers[0].0, "https");
        ask(&web, request.body(Body::empty()).expect("a request")).await
    };
    let key = cookie_of(&page);
    assert!(page.header(header::SET_COOKIE).contains("; Secure"));
    let body = format!("csrf={}&name=anna&password=fyra+ord+utan+samband", form_token(&page));
    let more = [headers[0].clone(), (header::COOKIE, key.as_str())];
    let done = post_from(&web, [10, 0, 0, 1], "/sign-in", &more, body.clone()).await;
    let set = done.header(header::SET_COOKIE);
    assert!(set.starts_with("__Host-wattkampen=") && set.contains("; Secure"), "{set}");
    let untrusted = post_from(&web, [192, 0, 2, 7], "/sign-in", &more, body).await;
    assert_eq!(untrusted.status, StatusCode::FORBIDDEN, "another peer is not believed");
}

#[tokio::test]
async fn only_our_hosts_are_answered_for_reads_too() {
    let web = fixture::web(4);
    for (host, status) in [
        ("tavling.example.org", 200),
        ("127.0.0.1:8080", 200),
        ("evil.example.org", 421),
        ("tavling.example.org.evil.example", 421),
    ] {
        for path in ["/", "/api/v1/leaderboard", "/metrics"] {
            let answer = get_with(&web, path, &[(header::HOST, host)]).await;
            assert_eq!(answer.status, status, "{host} {path}");
        }
    }
    let headers = [(header::HOST, "a<b>.example:81"), (header::ACCEPT, "text/html")];
    let odd = get_with(&web, "/", &headers).await;
    assert_eq!(odd.status, 421);
    let headers = [(header::HOST, "evil.example.org:81"), (header::ACCEPT, "text/html")];
    let page = get_with(&web, "/?lang=en", &headers).await;
    assert!(page.text().contains("hosts = [&quot;evil.example.org&quot;]"), "{}", page.text());
    let api = get_with(&web, "/api/v1/leaderboard", &headers).await;
    assert!(api.text().contains("hosts = ["));
    let twice =
        Request::get("/").header(header::HOST, "localhost").header(header::HOST, "127.0.0.1");
    let twice = ask(&web, twice.body(Body::empty()).expect("a request")).await;
    assert_eq!(twice.status, StatusCode::BAD_REQUEST);
    let absolute = Request::get("http://evil.example.org/").header(header::HOST, "localhost");
    let absolute = ask(&web, absolute.body(Body::empty()).expect("a request")).await;
    assert_eq!(absolute.status, 421);
}

//! Endpoints for operators, and the organiser's page.
use axum::http::{StatusCode, header};

use super::{enter, fixture, get, get_as_organiser, get_with};

#[tokio::test]
async fn ready_means_store_board_broker_and_a_clock_that_is_not_behind() {
    let web = fixture::web(4);
    assert_eq!(get(&web, "/healthz").await.text(), "ok\n");
    let ready = get(&web, "/readyz").await;
    assert_eq!((ready.status, &ready.json()["ready"]), (StatusCode::OK, &true.into()));
    let web = fixture::web(4);
    web.readiness.set_broker(false);
    let waiting = get(&web, "/readyz").await;
    assert_eq!(waiting.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(
        waiting.text(),
        r#"{"ready":false,"engine":true,"store":true,"data":true,"disk":true,"board":true,"broker":false,"clock":true,"problems":["the broker does not answer or is not connected; see the log and the network"]}"#
    );
    let web = fixture::web(4);
    web.engine.set_clock_behind(true);
    let waiting = get(&web, "/readyz").await;
    assert_eq!(waiting.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(waiting.json()["clock"], false);
}

#[tokio::test]
async fn metrics_explain_rejected_messages() {
    let web = fixture::web(4);
    // Whatever else this process has counted before.
    crate::metrics::recorder().expect("the process's own recorder");
    metrics::counter!("wattkampen_refused_total", "reason" => "json").increment(1);
    let answer = get(&web, "/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    let text = answer.text();
    assert!(text.contains("# HELP wattkampen_refused_total Messages that were rejected"), "{text}");
    assert!(text.contains("wattkampen_refused_total{reason=\"json\"}"), "{text}");
    assert!(text.contains("wattkampen_event_listeners 0"), "{text}");
}

#[tokio::test]
async fn every_route_is_described_and_every_description_answers() {
    let web = fixture::web(4);
    let described = get(&web, "/api/openapi.json").await.json();
    let paths = described["paths"].as_object().expect("paths");
    for path in [
        "/",
        "/participants/{id}",
        "/kiosk/{id}",
        "/organiser",
        "/organiser/accounts",
        "/sign-in",
        "/api/v1/leaderboard",
        "/api/v1/participants/{id}",
        "/api/v1/participants/{id}/series",
        "/api/v1/panels/{file}",
        "/api/v1/events",
        "/healthz",
        "/readyz",
        "/metrics",
        "/api/openapi.json",
    ] {
        let operation =
            &paths.get(path).unwrap_or_else(|| panic!("{path} is not described"))["get"];
        assert!(operation["summary"].is_string(), "{path} has no summary");
        if path == "/api/v1/events" {
            continue; // An endless stream, which has its own tests.
        }
        let address = path.replace("{id}", "soderhamn").replace("{file}", "soderhamn.png");
        let web = fixture::web(24);
        let cookie = enter(&web).await;
        let answer = get_with(&web, &address, &[(header::COOKIE, &cookie)]).await;
        assert_eq!(answer.status, StatusCode::OK, "{address}");
    }
    let row = &described["components"]["schemas"]["Row"]["properties"];
    assert!(row["saving_percent"].is_object(), "{row}");
}

#[tokio::test]
async fn the_organisers_page_shows_rejected_messages_and_escapes_them() {
    let text = get_as_organiser(&fixture::web(24), "/organiser").await.text().to_owned();
    assert!(text.contains("wattkampen/v1/&lt;script&gt;"), "the topic is shown as text");
    assert!(!text.contains("<script>alert"));
    for part in [
        "1\u{a0}204",
        "expected value at line 1",
        "735999100000000004",
        "Mätarställningen sjönk",
        "referensperiodens timmar saknas",
        "soderhamn-1",
    ] {
        assert!(text.contains(part), "{part:?} is missing");
    }
}

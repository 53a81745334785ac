//! JSON: its exact form, unknown values and mistakes in requests.
use axum::http::{StatusCode, header};

use super::{fixture, get, get_with};

#[tokio::test]
async fn the_leaderboard_has_the_fields_of_the_contract_in_their_order() {
    let answer = get(&fixture::web(4), "/api/v1/leaderboard").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_TYPE), "application/json");
    let lines = answer.text().replace("},{", "},\n{").replace("\"rows\":[", "\"rows\":[\n");
    insta::assert_snapshot!(lines);
}

#[tokio::test]
async fn unknown_values_are_null_and_never_zero() {
    let web = fixture::web(24);
    let board = get(&web, "/api/v1/leaderboard").await.json();
    let rows = board["rows"].as_array().expect("rows");
    let last = rows.last().expect("a row");
    for field in ["rank", "group", "saving_percent", "saved_kwh", "kwh_per_m2", "power_w"] {
        assert!(last[field].is_null(), "{field} is {}", last[field]);
    }
    assert_eq!(last["eligible"], false);
    assert!(last["reason"].as_str().expect("a reason").contains("April"));
    let ranks: Vec<_> = rows.iter().map(|row| row["rank"].as_u64()).collect();
    let unranked = ranks.iter().position(Option::is_none).expect("some are not ranked");
    assert!(ranks[unranked..].iter().all(Option::is_none), "the unranked come last: {ranks:?}");
}

#[tokio::test]
async fn the_engine_answers_another_rule_and_another_time() {
    let web = fixture::web(24);
    let board = get(&web, "/api/v1/leaderboard?rule=night&as_of=2027-04-01T10:00:00+02:00").await;
    assert_eq!(board.json()["rule"], "night");
    assert_eq!(board.json()["as_of"], "2027-04-01T08:00:00Z");
}

#[tokio::test]
async fn one_participant_and_its_curve() {
    let web = fixture::web(24);
    let answer = get(&web, "/api/v1/participants/soderhamn").await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&answer.json()).expect("JSON"));
    let address = "/api/v1/participants/soderhamn/series?from=2027-04-11T04:00:00Z&to=2027-04-11T06:00:00Z&step=1h";
    insta::assert_snapshot!(get(&web, address).await.text());
    let gap =
        "/api/v1/participants/soderhamn/series?from=2027-04-10T13:00:00Z&to=2027-04-10T13:15:00Z";
    let point = &get(&web, gap).await.json()["points"][0];
    assert!(point["energy_kwh"].is_null() && point["provenance"] == "missing", "{point}");
}

#[tokio::test]
async fn a_mistake_is_explained_with_a_hint() {
    let web = fixture::web(24);
    let series = "/api/v1/participants/soderhamn/series";
    for (address, status, detail, hint) in [
        ("/api/v1/leaderboard?rule=luck".into(), 400, "rule=luck", "saving, intensity, night"),
        ("/api/v1/leaderboard?as_of=now".into(), 400, "as_of=now", "as_of=2027-04-11T10:00:00Z"),
        ("/api/v1/leaderboard?as_of=2099-01-01T00:00:00Z".into(), 400, "future", "leave it out"),
        ("/api/v1/leaderboard?asof=x".into(), 400, "\"asof\"", "rule, as_of"),
        ("/api/v1/participants/kiruna".into(), 404, "\"kiruna\"", "/api/v1/leaderboard"),
        (format!("{series}?step=7"), 400, "7 s", "step=15m"),
        (format!("{series}?step=-900"), 400, "-900", "step=15m"),
        (
            format!("{series}?from=2027-04-11T10:00:00Z&to=2027-04-10T10:00:00Z"),
            400,
            "not before",
            "earlier",
        ),
        (format!("{series}?from=2020-04-11T10:00:00Z"), 400, "40000 points", "shorter"),
        ("/api/v1/panels/soderhamn.png?size=9x9".into(), 400, "size=9x9", "128x64 or size=64x32"),
        ("/api/v1/panels/kiruna.png".into(), 404, "\"kiruna\"", "/api/v1/leaderboard"),
        ("/api/v1/panels/soderhamn.gif".into(), 404, "soderhamn.gif", ".png"),
        ("/api/v1/events?board=half".into(), 400, "board=half", "board=version"),
        ("/api/v1/nothing".into(), 404, "/api/v1/nothing", "openapi"),
    ] {
        let answer = get(&web, &address).await;
        assert_eq!(answer.status.as_u16(), status, "{address}");
        assert_eq!(answer.header(header::CONTENT_TYPE), "application/problem+json", "{address}");
        let problem = answer.json();
        assert_eq!(problem["status"], status);
        let text = |name: &str| problem[name].as_str().expect("text").to_owned();
        assert!(text("detail").contains(detail), "{address}: {problem}");
        assert!(text("mend").contains(hint), "{address}: {problem}");
    }
}

#[tokio::test]
async fn bodies_are_revalidated_and_compressed() {
    let web = fixture::web(24);
    let whole = get(&web, "/api/v1/leaderboard").await;
    let etag = whole.header(header::ETAG);
    let again = get_with(&web, "/api/v1/leaderboard", &[(header::IF_NONE_MATCH, etag)]).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
    assert!(again.body.is_empty());
    let packed =
        get_with(&web, "/api/v1/leaderboard", &[(header::ACCEPT_ENCODING, "br, gzip")]).await;
    assert_eq!(packed.header(header::CONTENT_ENCODING), "gzip");
    let mut plain = String::new();
    std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(&packed.body[..]), &mut plain)
        .expect("gzip");
    assert_eq!(plain, whole.text());
    assert!(packed.body.len() * 3 < whole.body.len(), "{} bytes", packed.body.len());
}

#[tokio::test]
async fn a_panel_picture_has_a_pixel_for_each_led() {
    let web = fixture::web(24);
    for (query, width, height) in
        [("", 128, 64), ("?size=128x64&lang=en", 128, 64), ("?size=64x32", 64, 32)]
    {
        let answer = get(&web, &format!("/api/v1/panels/soderhamn.png{query}")).await;
        assert_eq!(answer.status, StatusCode::OK);
        assert_eq!(answer.header(header::CONTENT_TYPE), "image/png");
        let mut reader =
            png::Decoder::new(std::io::Cursor::new(&answer.body)).read_info().expect("a PNG");
        assert_eq!((reader.info().width, reader.info().height), (width, height));
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        assert!(pixels.iter().any(|value| *value > 0), "something is lit");
    }
}

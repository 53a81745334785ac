//! HTML pages: complete without a script, in both languages, safe with any name.
use axum::http::{StatusCode, header};

use competition::{MilliWattHours, Status, Time};

use super::{Answer, fixture, get, get_with};
use crate::{
    clock::Clock,
    engine::fake::publish,
    web::{Options, Readiness, Web},
};

/// Rows of the board in the page, by the id of their participant.
fn rows(answer: &Answer) -> Vec<&str> {
    let rows = answer.text().split("<tr id=\"p-").skip(1);
    rows.map(|row| row.split('"').next().expect("an id")).collect()
}

#[tokio::test]
async fn the_front_page_is_complete_without_a_script() {
    let answer = get(&fixture::web(24), "/").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.header(header::CONTENT_TYPE), "text/html; charset=utf-8");
    let text = answer.text();
    for part in [
        "Energispartävling 2027",
        "1 mars – 31 maj 2027",
        "60\u{a0}229 <span class=\"unit\">kWh",
        "51 <span class=\"unit\">dagar",
        "Söderhamn</a>",
        "22,4\u{a0}%",
        "tyst sedan 10 april 17:00",
        "senast 11:46",
        "Utan placering",
        "referensperiodens timmar saknas",
        "Vad siffrorna betyder",
        "/api/v1/panels/soderhamn.png?size=128x64",
    ] {
        assert!(text.contains(part), "{part:?} is missing");
    }
    assert_eq!(rows(&answer).len(), 24);
    assert_eq!(rows(&answer)[0], "soderhamn");
}

#[tokio::test]
async fn the_language_follows_the_visitor_and_is_remembered() {
    let web = fixture::web(24);
    let english = get_with(&web, "/", &[(header::ACCEPT_LANGUAGE, "en-GB,en;q=0.9")]).await;
    assert!(english.text().contains("<html lang=\"en\">") && english.text().contains("60,229"));
    assert!(!english.text().contains("Ställningen"));
    assert_eq!(english.header(header::SET_COOKIE), "");
    let chosen = get(&web, "/?lang=en&rule=night").await;
    assert!(chosen.header(header::SET_COOKIE).starts_with("lang=en; Path=/;"));
    // The switch keeps the rest of the address.
    assert!(chosen.text().contains("href=\"/?rule=night&amp;lang=sv\""));
    let back = get_with(&web, "/", &[(header::COOKIE, "lang=en"), (header::ACCEPT_LANGUAGE, "sv")]);
    assert!(back.await.text().contains("Standings"));
}

#[tokio::test]
async fn the_leaderboard_can_be_searched_filtered_and_ranked_by_another_rule() {
    let web = fixture::web(24);
    let found = get(&web, "/?q=ÄLV").await;
    assert_eq!(rows(&found), ["alvdalen"]);
    assert!(found.text().contains("1 av 24 rådhus"));
    let cluster = get(&web, "/?cluster=V%C3%A4stra+G%C3%B6taland").await;
    assert_eq!(rows(&cluster), ["alingsas", "lerum"]);
    let none = get(&web, "/?q=kiruna").await;
    assert!(none.text().contains("Inget rådhus passar"));
    let night = get(&web, "/?rule=night").await;
    assert!(night.text().contains("Detta är inte tävlingens egen regel"));
    let wrong = get(&web, "/?rule=luck").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("rule=luck is no rule"));
}

#[tokio::test]
async fn most_improved_shows_the_improvement_and_names_it() {
    let web = fixture::web(24);
    let swedish = get(&web, "/?rule=most-improved").await;
    let english = get(&web, "/?rule=most-improved&lang=en").await;
    for (text, title, value) in [
        (swedish.text(), "Förbättring de senaste 14 dagarna</th>", "+0,9 procentenheter"),
        (english.text(), "Improvement of the last 14 days</th>", "+0.9 percentage points"),
    ] {
        assert!(text.contains(title), "{title:?} is missing");
        let scores = text.split("td class=\"score\"").skip(1);
        let scores: Vec<&str> = scores.map(|it| it.split("<svg").next().expect("a bar")).collect();
        assert!(scores[6].contains(value), "{}", scores[6]);
        assert!(scores.iter().all(|score| !score.contains('%')), "{scores:?}");
    }
    let board = get(&web, "/api/v1/leaderboard?rule=most-improved").await.json();
    assert_eq!(board["rows"][6]["improvement_points"], 0.9);
    let last = board["rows"][23].as_object().expect("a row");
    assert_eq!(last.get("improvement_points"), Some(&serde_json::Value::Null));
}

#[tokio::test]
async fn only_a_demonstration_is_marked_as_one() {
    let words = "Vilka 24 av programmets kommuner som deltog 2011 är inte känt";
    assert!(get(&fixture::web(24), "/").await.text().contains(words));
    let real = Web::new(
        fixture::engine(24),
        Options {
            clock: Clock::real(),
            language: wire::Language::Swedish,
            access: fixture::demonstration(),
            hosts: crate::web::Hosts::new(std::net::Ipv4Addr::LOCALHOST.into(), &[]),
            trusted_proxies: vec![],
            readiness: Readiness::default(),
        },
    );
    assert!(!get(&real, "/").await.text().contains(words));
}

#[tokio::test]
async fn nothing_is_inline_and_nothing_comes_from_elsewhere() {
    let web = fixture::web(24);
    for address in ["/", "/participants/soderhamn", "/kiosk/soderhamn", "/sign-in", "/nowhere"] {
        let answer = get_with(&web, address, &[(header::ACCEPT, "text/html")]).await;
        let text = answer.text();
        assert!(
            answer.header("content-security-policy").contains("default-src 'none'"),
            "{address}"
        );
        assert!(!text.contains(" style=\"") && !text.contains("<style"), "{address}");
        assert!(!text.contains("onclick") && !text.contains("javascript:"), "{address}");
        assert!(!text.contains("http://") && !text.contains("https://"), "{address}");
        for file in text.split("/assets/").skip(1) {
            let file = file.split('"').next().expect("a name");
            let asset = get(&web, &format!("/assets/{file}")).await;
            assert_eq!(asset.status, StatusCode::OK, "{file}");
            assert!(asset.header(header::CACHE_CONTROL).contains("immutable"));
        }
    }
    assert_eq!(get(&web, "/assets/wattkampen-0.css").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_town_hall_shows_its_load_curve_night_load_and_certainty() {
    let web = fixture::web(24);
    let text = get(&web, "/participants/soderhamn").await.text().to_owned();
    for part in [
        "<h1>Söderhamn",
        "21,5 till 23,4\u{a0}%",
        "path class=\"used\"",
        "path class=\"estimated\"",
        "99,8\u{a0}%",
        "0,3 kW lägre",
        "size=64x32",
    ] {
        assert!(text.contains(part), "{part:?} is missing");
    }
    // The hour without a measurement is a gap: a new line begins after it.
    let wide = text.split("<svg class=\"chart wide\"").nth(1).expect("a chart");
    let wide = wide.split("</svg>").next().expect("its end");
    assert_eq!(wide.matches("class=\"used\"").count(), 2);
    assert_eq!(get_with(&web, "/participants/kiruna", &[]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_lobby_without_contact_shows_no_power() {
    let web = fixture::web(24);
    let heard = get(&web, "/kiosk/soderhamn").await.text().to_owned();
    assert!(heard.contains("data-power=\"soderhamn\"") && heard.contains("slogs just på"));
    assert!(heard.contains("http-equiv=\"refresh\""), "it renews itself without a script");
    let silent = get(&web, "/kiosk/karlskrona").await.text().to_owned();
    for part in ["Ingen kontakt med mätaren", "17:00", "lördag 10 april"] {
        assert!(silent.contains(part), "{part:?} is missing");
    }
    assert!(!silent.contains("data-power"));
}

#[tokio::test]
async fn a_large_competition_is_one_page_with_few_pictures() {
    let web = fixture::web(290);
    let answer = get(&web, "/").await;
    assert_eq!(rows(&answer).len(), 290);
    assert_eq!(answer.text().matches("data-panel").count(), 24);
    assert!(answer.text().contains("panels=all"));
    let packed = get_with(&web, "/", &[(header::ACCEPT_ENCODING, "gzip")]).await;
    assert!(packed.body.len() < 60_000, "{} bytes over the network", packed.body.len());
}

#[tokio::test]
async fn the_summary_shows_the_state_of_the_contest() {
    for (day, status, parts) in [
        ("2027-02-20T12:00:00Z", Status::Upcoming, ["Börjar om", "9 <span class=\"unit\">dagar"]),
        (
            "2027-05-31T12:00:00Z",
            Status::Running,
            ["Kvar av tävlingen", "1 <span class=\"unit\">dag<"],
        ),
        ("2027-06-02T12:00:00Z", Status::Ended, ["Avslutad", "sena avläsningar"]),
        ("2027-07-02T12:00:00Z", Status::Locked, ["Slutresultat", "låst av arrangören"]),
    ] {
        let web = fixture::web(24);
        let mut snapshot = fixture::snapshot(18, web.engine.participants());
        snapshot.as_of = Time(day.parse::<wire::Time>().expect("a time").unix());
        snapshot.board.status = status;
        if status == Status::Upcoming {
            snapshot.board.total_saved = MilliWattHours(0);
            for row in &mut snapshot.board.rows {
                row.saved = None;
            }
        }
        publish(&web.engine, snapshot, &[]);
        let text = get(&web, "/").await.text().to_owned();
        for part in parts {
            assert!(text.contains(part), "{status:?}: {part:?} is missing");
        }
        assert_eq!(text.contains("<dd>–</dd>"), status == Status::Upcoming, "{status:?}");
    }
}

#[tokio::test]
async fn a_board_without_intervals_gives_the_reason() {
    let web = fixture::web(24);
    let reasons =
        [("sv", "längre än vad referensperioden"), ("en", "longer than the baseline can")];
    for (language, reason) in reasons {
        let page = get(&web, &format!("/?lang={language}")).await;
        assert!(!page.text().contains(reason), "every ranked saving has an interval");
    }
    let mut snapshot = fixture::snapshot(2, web.engine.participants());
    snapshot.board.rows[0].interval_percent = None;
    publish(&web.engine, snapshot, &[]);
    for (language, reason) in reasons {
        let page = get(&web, &format!("/?lang={language}")).await;
        assert!(page.text().contains(reason), "{language}: the reason is missing");
    }
}

#[tokio::test]
async fn the_what_if_page_is_marked_as_not_official() {
    let web = fixture::web(24);
    let page = get(&web, "/what-if?rule=night&baseline=last-year").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Inte officiellt."), "it does not say what it is");
    assert_eq!(rows(&page).len(), 24);
    let chosen = "<option value=\"last-year\" selected>";
    assert!(page.text().contains(chosen), "the baseline is not kept");
    let json = get(&web, "/api/v1/what-if?rule=night&baseline=last-year").await.json();
    assert_eq!(json["official"], false);
    assert_eq!((&json["rule"], &json["baseline"]), (&"night".into(), &"last-year".into()));
    assert_eq!(json["rows"].as_array().map(Vec::len), Some(24));
    assert!(json["no_interval"].as_str().is_some_and(|it| it.contains("too short")), "{json}");
    assert!(
        page.text().contains("osäkerheten kan inte beräknas"),
        "it does not say why there is none"
    );
    let other = get(&web, "/api/v1/what-if?baseline=hours").await.json();
    assert_eq!(other["no_interval"], serde_json::Value::Null);
    let wrong = get(&web, "/api/v1/what-if?baseline=next-year").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.text().contains("three-weeks-before"), "it does not say what there is");
}

#[tokio::test]
async fn a_town_hall_shows_its_activities_and_its_energy_traps() {
    let web = fixture::web(24);
    let text = get(&web, "/participants/soderhamn?lang=en").await.text().to_owned();
    for part in ["Night walk", "not distinguishable", "to 3.5", "permanent load", "2027-03-23"] {
        assert!(text.contains(part), "{part:?} is missing");
    }
    for part in ["SEK a year if the load stays", "likely", "12 hours of the contest are unknown."] {
        assert!(text.contains(part), "{part:?} is missing");
    }
}

/// The level that the baseline follows, with its hours, in both languages.
#[tokio::test]
async fn a_participants_page_shows_its_level_and_the_spread_of_its_days() {
    let web = fixture::web(24);
    let swedish = get(&web, "/participants/soderhamn").await;
    for part in [
        "Nivån de sista tolv veckorna före tävlingen",
        "+3,3\u{a0}% mot vad året förklarar (7 december 2026 – 28 februari 2027, 2\u{a0}016 timmar)",
        "det normala är ändrat med +2,3\u{a0}%",
        "Modellens spridning per dygn</dt><dd>7\u{a0}%",
    ] {
        assert!(swedish.text().contains(part), "{part:?} is missing");
    }
    let english = get(&web, "/participants/soderhamn?lang=en").await;
    assert!(english.text().contains("2,016 hours); normal use is changed by +2.3\u{a0}%"));
}

/// A reference building has its own part of the board, and is none of the town halls that
/// a rank is of.
#[tokio::test]
async fn reference_buildings_are_shown_apart_from_the_unranked() {
    // The last row but one is unranked and has a saving.
    let web = fixture::web_with_reference(24, 22);
    let page = get(&web, "/").await;
    let (before, after) =
        page.text().split_once("Referenshus, som inte tävlar").expect("their heading");
    assert!(before.contains("Utan placering") && before.contains("23 rådhus tävlar"));
    assert_eq!(after.matches("<tr id=\"p-").count(), 1);
    assert_eq!(rows(&page).len(), 24);
    let own = get(&web, "/participants/soderhamn").await;
    assert!(own.text().contains("av 23"), "the rank is among those that compete");
    assert!(!get(&fixture::web(24), "/").await.text().contains("Referenshus"));
}

/// The leader of a group shares it with others, and the page states that.
#[tokio::test]
async fn a_leader_within_a_group_is_not_celebrated_alone() {
    let web = fixture::web(24);
    let certain = "går inte att skilja från";
    assert!(!get(&web, "/").await.text().contains(certain), "the first is a group of its own");
    let mut snapshot = fixture::snapshot(2, web.engine.participants());
    for row in snapshot.board.rows.iter_mut().take(3) {
        row.group = Some(1);
    }
    publish(&web.engine, snapshot, &[]);
    assert!(get(&web, "/").await.text().contains("går inte att skilja från 2 andra"));
    let mut snapshot = fixture::snapshot(3, web.engine.participants());
    snapshot.board.rows.iter_mut().for_each(|row| row.group = None);
    publish(&web.engine, snapshot, &[]);
    let page = get(&web, "/").await;
    assert!(!page.text().contains("samma grupp") && !page.text().contains("group several"));
    assert!(page.text().contains("om två rådhus går att skilja åt med säkerhet är inte känt"));
}

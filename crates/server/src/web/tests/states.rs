//! What pages say of meters that send nothing: imports, and the time after the contest.
use std::sync::Arc;

use competition::{Contact, MilliWattHours, Score, Status, Time};

use super::{fixture, get};
use crate::{
    engine::{Snapshot, fake::publish},
    web::Web,
};

fn web(change: impl FnOnce(&mut Snapshot)) -> Arc<Web> {
    let web = fixture::web(24);
    let mut snapshot = fixture::snapshot(18, web.engine.participants());
    change(&mut snapshot);
    publish(&web.engine, snapshot, &[]);
    web
}

/// However new they are, imported values are not live.
#[tokio::test]
async fn imported_values_are_not_called_live() {
    let web = web(|snapshot| {
        for row in &mut snapshot.board.rows {
            (row.contact, row.power) = (Contact::Imported, None);
            row.measured_at = Some(Time(fixture::NOW.0 - 3600));
        }
    });
    let board = get(&web, "/?lang=sv").await;
    assert!(board.text().contains("importerat till 11:00"), "{}", board.text());
    let table = board.text().split("id=\"board\"").nth(1).expect("the table");
    let table = table.split("</table>").next().expect("its end");
    assert!(!table.contains("direkt") && !table.contains("state live"));
    assert!(board.text().contains("siffrorna kommer från elmätarna"));
    let kiosk = get(&web, "/kiosk/soderhamn?lang=sv").await;
    assert!(kiosk.text().contains("Mätvärdena importeras, de senaste är från"));
    let json = get(&web, "/api/v1/leaderboard").await.json();
    assert_eq!(json["rows"][0]["state"], "stale");
}

/// 1 June 2027, local midnight.
const END: Time = Time(1_811_800_800);

/// After the contest a silent meter is no fault: neither the board nor the lobby warns.
#[tokio::test]
async fn after_the_contest_a_silent_meter_is_no_warning_and_the_kiosk_has_the_result() {
    let web = web(|snapshot| {
        snapshot.as_of = Time(END.0 + 9 * 86_400);
        snapshot.board.status = Status::Locked;
        for row in &mut snapshot.board.rows {
            (row.contact, row.measured_at) = (Contact::Silent, Some(END));
        }
        // the second of the board
        snapshot.board.rows[1].saved = Some(MilliWattHours(-210_000_000));
        snapshot.board.rows[1].saving_percent = Some(-1.2);
        snapshot.board.rows[1].score = Score::saving(Some(-1.2), None);
    });
    let board = get(&web, "/?lang=sv").await;
    assert!(board.text().contains("mätt till och med 31 maj"), "{}", board.text());
    assert!(!board.text().contains("state silent") && !board.text().contains("tyst sedan"));
    let english = get(&web, "/?lang=en").await;
    assert!(english.text().contains("measured to the end of 31 May"));
    let ids: Vec<String> = {
        let rows = &web.engine.snapshot().board.rows;
        let id = |index: usize| rows[index].participant.0 as usize;
        [0, 1].map(|row| web.engine.participants()[id(row)].id.clone()).into()
    };
    let first = get(&web, &format!("/kiosk/{}?lang=sv", ids[0])).await;
    for part in ["Slutresultat", "Plats 1 ", "mindre än normalt", "sparat sedan starten"] {
        assert!(first.text().contains(part), "{part:?} is missing: {}", first.text());
    }
    assert!(!first.text().contains("Ingen kontakt med mätaren"));
    let second = get(&web, &format!("/kiosk/{}?lang=sv", ids[1])).await;
    let loss = "<strong class=\"worse\">210\u{a0}kWh</strong> mer än normalt sedan starten";
    assert!(second.text().contains(loss), "{}", second.text());
    assert!(second.text().contains("class=\"huge worse\""), "a loss is not green");
}

/// Where the last day has no values, the charts end with the contest.
#[tokio::test]
async fn after_the_contest_the_charts_show_its_last_week() {
    let ended = |snapshot: &mut Snapshot| {
        snapshot.as_of = Time(END.0 + 9 * 86_400);
        snapshot.board.status = Status::Ended;
        for row in &mut snapshot.board.rows {
            (row.contact, row.measured_at) = (Contact::Silent, Some(END));
        }
    };
    let web = web(ended);
    let page = get(&web, "/participants/soderhamn?lang=sv").await;
    assert!(page.text().contains("Tävlingens sista vecka"), "{}", page.text());
    assert!(page.text().contains("path class=\"used\""));
    let kiosk = get(&web, "/kiosk/soderhamn?lang=sv").await;
    assert!(kiosk.text().contains("Tävlingens sista vecka."));
    let running = get(&fixture::web(24), "/participants/soderhamn?lang=sv").await;
    assert!(running.text().contains("Senaste veckan"));
}

/// The total names the town halls that it is the sum of.
#[tokio::test]
async fn the_total_says_of_how_many_it_is_the_sum() {
    let page = get(&fixture::web(24), "/?lang=sv").await;
    assert!(page.text().contains("i 22 av 24 rådhus, jämfört med"), "{}", page.text());
    let all = web(|snapshot| snapshot.board.total_participants = 24);
    assert!(!get(&all, "/?lang=sv").await.text().contains("av 24 rådhus, jämfört"));
}

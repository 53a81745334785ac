//! Open doubts on the pages: in a line on the board, in words on the town hall's own page,
//! with chart and decisions on the organiser's.
use competition::{Bilingual, Consequence, Doubt, DoubtKind, Time};

use super::{fixture, get, get_as_organiser};
use crate::engine::fake::publish;

/// The board says in a line why a town hall is not ranked, its own page in full, and the
/// lobby's page that the readings are checked.
#[tokio::test]
async fn a_doubt_is_one_line_on_the_board_and_none_in_the_lobby() {
    let web = fixture::web(24);
    let mut snapshot = fixture::snapshot(24, web.engine.participants());
    let headline = Bilingual::new(
        "meter 735999100000000001 has nothing but zeros".to_owned(),
        "mätare 735999100000000001 har bara nollor".to_owned(),
    );
    let row = snapshot.board.rows.last_mut().expect("rows");
    (row.rank, row.group) = (None, None);
    row.doubts = vec![Doubt {
        headline: headline.clone(),
        words: Bilingual::new(
            format!("{}; ask the utility", headline.english),
            format!("{}; begär timmarna av nätbolaget", headline.swedish),
        ),
        ..doubt(DoubtKind::ZeroRun)
    }];
    row.reason = Some(Bilingual::new(
        format!("not ranked: 16 % of its energy is in doubt: {}", headline.english),
        format!("rangordnas inte: 16 % av husets el är ifrågasatt: {}", headline.swedish),
    ));
    row.public_reason = row.reason.clone();
    let id = web.engine.participants()[row.participant.0 as usize].id.clone();
    publish(&web.engine, snapshot, &[]);
    let board = get(&web, "/?lang=sv").await;
    assert!(
        board.text().contains("Nollor i rad, 21 mars–3 april · arrangören beslutar"),
        "{}",
        board.text()
    );
    let english = get(&web, "/?lang=en").await;
    assert!(english.text().contains("Zeros in a row, 21 March–3 April · the organiser decides"));
    let kiosk = get(&web, &format!("/kiosk/{id}?lang=sv")).await;
    assert!(kiosk.text().contains("Mätvärdena kontrolleras av arrangören"));
    for page in [&board, &kiosk] {
        assert!(!page.text().contains(&headline.swedish));
    }
    let own = get(&web, &format!("/participants/{id}?lang=sv")).await;
    assert!(own.text().contains(&headline.swedish));
    assert!(own.text().contains("timmarna räknas som okända tills arrangören beslutar."));
    let desk = get_as_organiser(&web, "/organiser?lang=sv").await;
    assert!(desk.text().contains("begär timmarna av nätbolaget"));
    for page in [&board, &kiosk, &own] {
        assert!(!page.text().contains("nätbolaget"), "what to do is for the organiser only");
    }
}

/// 21 March to the end of 3 April, local time.
fn doubt(kind: DoubtKind) -> Doubt {
    let text = Bilingual::new("something is in doubt", "något är ifrågasatt");
    Doubt {
        kind,
        meter: None,
        from: Time(1_805_583_600),
        until: Time(1_805_583_600 + 14 * 86_400 - 3600),
        kwh: Some(12_884.0),
        consequence: Consequence::Quarantined,
        open: false,
        correction: (kind == DoubtKind::LevelStep).then_some(1.5),
        headline: text.clone(),
        words: text,
        share: 0.16,
    }
}

/// The organiser sees the load around each doubt about energy, with a text alternative,
/// and the decisions that fit it.
#[tokio::test]
async fn the_organiser_sees_a_chart_and_the_fitting_decisions_of_a_doubt() {
    let web = fixture::web(24);
    for (kind, decisions, others) in [
        (
            DoubtKind::Closure,
            &["Anmäl en händelse", "name=\"until\" required value=\"2027-04-04\"", "Godta värdena"]
                [..],
            &["Undanta timmarna", "Rätta faktorn"][..],
        ),
        (
            DoubtKind::LevelStep,
            &["Rätta faktorn", "value=\"1,5\"", "Godta värdena", "Undanta timmarna"],
            &["Anmäl en händelse"],
        ),
        (DoubtKind::StuckRegister, &["Godta nollorna", "Undanta timmarna"], &["Rätta faktorn"]),
        (DoubtKind::TemperatureUnit, &["Godta temperaturerna"], &["Undanta timmarna"]),
    ] {
        let mut snapshot = fixture::snapshot(24, web.engine.participants());
        snapshot.board.rows[3].doubts = vec![doubt(kind)];
        publish(&web.engine, snapshot, &[]);
        let page = get_as_organiser(&web, "/organiser?lang=sv").await;
        let (_, article) = page.text().split_once("<article class=\"doubt\">").expect("a doubt");
        let (article, _) = article.split_once("</article>").expect("its end");
        for part in decisions {
            assert!(article.contains(part), "{kind}: {part:?} is missing in {article}");
        }
        for part in others {
            assert!(!article.contains(part), "{kind}: {part:?} does not fit");
        }
        let chart = "Lastkurva. Ifrågasatt 21 mars – 3 april 2027: använt";
        assert_eq!(article.contains(chart), !kind.is_temperature(), "{kind}: {article}");
        assert_eq!(article.contains("<rect class=\"doubted\""), !kind.is_temperature());
        assert_eq!(article.matches("Det gäller 12\u{a0}884\u{a0}kWh.").count(), 1);
    }
}

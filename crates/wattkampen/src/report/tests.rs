//! The forms of a board with one of each kind: ranked, improved by nothing, unranked.
use competition::{
    Contact, Dated, MilliWattHours, ParticipantIndex, Period, Reason, Row, SquareMetres, Status,
    Time, Watts,
};
use jiff::{civil::date, tz::TimeZone};

use super::*;

/// 2027-04-20T08:00:00Z
const NOW: Time = Time(1_808_208_000);

fn who(id: &str, municipality: &str) -> Participant {
    Participant {
        id: id.to_owned(),
        municipality: municipality.to_owned(),
        cluster: "Dalarna, Gävleborg".to_owned(),
        floor_area: Dated(vec![(date(2026, 1, 1), SquareMetres(6200.0))]),
        ..Participant::default()
    }
}

fn row(participant: u32) -> Row {
    Row {
        participant: ParticipantIndex(participant),
        rank: None,
        group: None,
        saving_percent: None,
        interval_percent: None,
        saved: None,
        energy: None,
        kwh_per_m2: None,
        night_w_per_m2: None,
        power: None,
        measured_at: None,
        contact: Contact::Silent,
        coverage: None,
        cv_rmse: None,
        nmbe: None,
        reason: None,
    }
}

fn scene() -> (Leaderboard, Competition, Vec<Participant>) {
    let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
    let baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    let contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
    let competition = Competition::new("Spring", zone, baseline, contest);
    let participants =
        vec![who("soderhamn", "Söderhamn"), who("sala", "Sala"), who("mora", "Mora \"M\"")];
    let ranked = |participant, rank, saving, interval, saved| Row {
        rank: Some(rank),
        group: Some(rank),
        saving_percent: Some(saving),
        interval_percent: Some(interval),
        saved: Some(MilliWattHours(saved)),
        energy: Some(MilliWattHours(17_800_000_000)),
        kwh_per_m2: Some(2.871),
        night_w_per_m2: Some(1.23),
        power: Some(Watts(18_250)),
        measured_at: Some(NOW),
        contact: Contact::Live,
        coverage: Some(0.998),
        cv_rmse: Some(0.14),
        nmbe: Some(0.0),
        ..row(participant)
    };
    let rows = vec![
        ranked(0, 1, 22.44, [22.1, 22.8], 5_120_300_000),
        Row {
            measured_at: Some(Time(NOW.0 - 7200)),
            contact: Contact::Stale,
            ..ranked(1, 2, -0.3, [-2.4, 1.9], -53_400_000)
        },
        Row { reason: Some(Reason::new("no readings, yet", "inga avläsningar än")), ..row(2) },
    ];
    let board = Leaderboard {
        as_of: NOW,
        rule: competition.rule,
        status: Status::Running,
        total_saved: MilliWattHours(5_066_900_000),
        rows,
    };
    (board, competition, participants)
}

fn rendered(format: Format) -> String {
    let (board, competition, participants) = scene();
    let bytes = render(format, &board, &competition, &participants).expect("renders");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn a_table_to_read() {
    insta::assert_snapshot!(rendered(Format::Text));
}

#[test]
fn columns_for_spreadsheets() {
    insta::assert_snapshot!(rendered(Format::Csv));
}

#[test]
fn the_json_is_that_of_the_service() {
    let text = rendered(Format::Json);
    assert!(text.ends_with("}\n") && !text[..text.len() - 1].contains('\n'));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["total"]["saved_kwh"], 5066.9);
    assert_eq!(json["rows"][0]["interval_percent"][1], 22.8);
    assert_eq!(json["rows"][2]["rank"], serde_json::Value::Null);
    assert_eq!(json["rows"][2]["reason"], "no readings, yet");
}

#[test]
fn a_workbook_with_numbers_and_a_total_that_follows_the_board() {
    use calamine::{Data, Reader, Xlsx};
    let (board, competition, participants) = scene();
    let bytes = render(Format::Xlsx, &board, &competition, &participants).expect("renders");
    let mut book = Xlsx::new(std::io::Cursor::new(bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["Board", "Total", "Data quality"]);
    let ranked = book.worksheet_range("Board").expect("a sheet");
    assert_eq!(ranked.get_value((1, 7)), Some(&Data::Float(5120.3)));
    let unknown = ranked.get_value((3, 7));
    assert!(matches!(unknown, None | Some(Data::Empty)), "{unknown:?} is not nothing");
    let formulas = book.worksheet_formula("Total").expect("a sheet");
    let sum = formulas.get_value((2, 1)).map(String::as_str);
    assert_eq!(sum, Some("SUMIF(Board!A2:A4,\">0\",Board!H2:H4)"));
    let total = book.worksheet_range("Total").expect("a sheet");
    assert_eq!(total.get_value((2, 1)), Some(&Data::Float(5066.9)));
    let quality = book.worksheet_range("Data quality").expect("a sheet");
    assert!(matches!(quality.get_value((1, 4)), Some(Data::DateTime(_))));
    assert_eq!(
        quality.get_value((3, 5)).map(ToString::to_string).as_deref(),
        Some("no readings, yet")
    );
}

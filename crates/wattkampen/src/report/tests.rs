//! The formats of a report whose participants are ranked, without saving, and unranked.
use competition::{
    Activity, ActivityKind, Bilingual, ClusterRow, Competition, Confidence, Contact, Dated, Effect,
    Leaderboard, MilliWattHours, Notice, NoticeKind, OpportunityKind, Participant,
    ParticipantIndex, Period, Portfolio, Row, SavingOpportunity, Score, SquareMetres, Status, Time,
    Watts,
};
use jiff::{civil::date, tz::TimeZone};
use server::audit::AuditEntry;

use super::{summary::Week, *};

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
        score: Score::saving(None, None),
        saving_percent: None,
        interval_percent: None,
        improvement_points: None,
        saved: None,
        expected: None,
        energy: None,
        kwh_per_m2: None,
        night_w_per_m2: None,
        power: None,
        measured_at: None,
        contact: Contact::Silent,
        coverage: None,
        cv_rmse: None,
        cv_rmse_daily: None,
        level: None,
        nmbe: None,
        doubts: vec![],
        reason: None,
        public_reason: None,
    }
}

fn scene() -> (Leaderboard, Competition, Vec<Participant>) {
    let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
    let baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    let contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
    let competition = Competition::new("Spring", zone, baseline, contest);
    let participants =
        vec![who("soderhamn", "Söderhamn"), who("sala", "Sala"), who("mora", "Mora \"M\"")];
    let percent = |saved: i64| Some(saved as f64 / (17_800_000_000 + saved) as f64 * 100.0);
    let ranked = |participant, rank, interval: [f64; 2], saved: i64| Row {
        rank: Some(rank),
        group: Some(rank),
        score: Score::saving(percent(saved), Some(interval.into())),
        saving_percent: percent(saved),
        interval_percent: Some(interval.into()),
        saved: Some(MilliWattHours(saved)),
        expected: Some(MilliWattHours(17_800_000_000 + saved)),
        energy: Some(MilliWattHours(17_800_000_000)),
        kwh_per_m2: Some(17_800.0 / 6200.0),
        night_w_per_m2: Some(1.23),
        power: Some(Watts(18_250)),
        measured_at: Some(NOW),
        contact: Contact::Live,
        coverage: Some(0.998),
        cv_rmse: Some(0.14),
        cv_rmse_daily: Some(0.071),
        level: Some(competition::Level {
            log_ratio: 0.032,
            from: Time(1_796_598_000),
            until: Time(1_803_855_600),
            hours: 2_016,
        }),
        nmbe: Some(0.0),
        ..row(participant)
    };
    let rows = vec![
        ranked(0, 1, [22.0, 22.7], 5_120_300_000),
        Row {
            measured_at: Some(Time(NOW.0 - 7200)),
            contact: Contact::Stale,
            ..ranked(1, 2, [-2.4, 1.9], -53_400_000)
        },
        Row { reason: Some(Bilingual::new("no readings, yet", "inga avläsningar än")), ..row(2) },
    ];
    let board = Leaderboard {
        as_of: NOW,
        rule: competition.rule,
        status: Status::Running,
        total_saved: MilliWattHours(5_066_900_000),
        total_participants: 2,
        rows,
    };
    (board, competition, participants)
}

fn entry(seq: i64, body: &str) -> AuditEntry {
    AuditEntry { seq, at: NOW, body: body.to_owned(), hash: [7; 32] }
}

/// Has a distinguishable and an indistinguishable effect, a saving opportunity and a week.
fn summary() -> Summary {
    let (board, competition, mut participants) = scene();
    let activity = |kind, place: &str| Activity {
        kind,
        day: date(2027, 3, 20),
        place: place.to_owned(),
        by: "caretaker".to_owned(),
        note: String::new(),
    };
    let plain = Effect {
        before_percent: 18.0,
        after_percent: 24.0,
        change_percent: 6.0,
        interval_percent: [3.0, 9.0].into(),
        distinguishable: true,
    };
    let vague = Effect {
        change_percent: 0.5,
        interval_percent: [-2.5, 3.5].into(),
        distinguishable: false,
        ..plain
    };
    let soderhamn = ParticipantIndex(0);
    let activities = vec![
        (soderhamn, activity(ActivityKind::NightWalk, "floor <2>"), Some(plain)),
        (soderhamn, activity(ActivityKind::Survey, ""), Some(vague)),
        (ParticipantIndex(2), activity(ActivityKind::Target, ""), None),
    ];
    participants[0].activities = activities[..2].iter().map(|it| it.1.clone()).collect();
    let trap = SavingOpportunity {
        kind: OpportunityKind::NeverAsleep,
        reference: competition::ReferenceLoad::Others,
        since: date(2027, 3, 23),
        at_least: false,
        kwh_per_year: 12_000.0,
        sek_per_year: 18_000.0,
        confidence: Confidence::Medium,
    };
    Summary {
        clusters: vec![ClusterRow {
            cluster: "Dalarna, Gävleborg".to_owned(),
            rank: Some(1),
            ranked: 2,
            saving_percent: Some((5120.3 / 22_920.3 - 53.4 / 17_746.6) / 2.0 * 100.0),
            kwh_per_m2: Some(17_800.0 / 6200.0),
            saved: MilliWattHours(5_066_900_000),
        }],
        activities,
        traps: vec![(ParticipantIndex(1), trap)],
        quarantined: vec![0, 3, 0],
        notices: vec![
            Vec::new(),
            vec![Notice {
                kind: NoticeKind::GapOverEdge,
                range: None,
                hours: 12,
                energy: None,
                text: Bilingual::new("12 hours are unknown", "12 timmar är okända"),
            }],
            Vec::new(),
        ],
        weeks: vec![Week {
            start: date(2027, 3, 1),
            last: date(2027, 3, 7),
            used: MilliWattHours(35_600_000_000),
            expected: MilliWattHours(40_666_900_000),
        }],
        project: Some(Portfolio {
            ranked: 2,
            saved: MilliWattHours(5_066_900_000),
            expected: MilliWattHours(40_666_900_000),
            log_half_width: Some(0.05),
        }),
        entries: vec![entry(
            1,
            r#"{"event":"declaration","declared":{"kind":"floor-area","by":"coordinator",
                "reason":"measured anew","participant":"sala","from":"2027-04-01","m2":6100.0}}"#,
        )],
        board,
        competition,
        participants,
    }
}

fn rendered(format: Format) -> String {
    let bytes = render(format, &summary(), Language::English).expect("renders");
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn the_page_has_the_total_and_every_table() {
    let english = rendered(Format::Html);
    for expected in [
        "Total saving in the project",
        // 5066.9 kWh, 40 666.9 times e^0.05 or e^−0.05, at 1.50 SEK and 0.090 kg
        "5,000 kWh",
        "with 90 % certainty 3,000 to 7,000",
        "8,000 SEK",
        "460 kg CO₂e",
        "with 90 % certainty 280 to 640",
        "IVL, SMED 4/2021",
        "not distinguishable",
        "3 to 9",
        "the building used less",
        "Sala: floor area, from 1 April 2027: 6,100 m²",
        "coordinator",
        "measured anew",
        "too few known hours before or after",
        "floor &lt;2&gt;, caretaker",
        "A permanent load",
        "18,000",
        "not ranked: no readings, yet",
    ] {
        assert!(english.contains(expected), "{expected:?} is not in the report:\n{english}");
    }
    // Nothing from elsewhere, so that the file can be mailed and kept.
    for foreign in ["http:", "https:", "<script", "<link", "src="] {
        assert!(!english.contains(foreign), "{foreign} is in the report");
    }
    let swedish = render(Format::Html, &summary(), Language::Swedish).expect("renders");
    let swedish = String::from_utf8(swedish).expect("UTF-8");
    for expected in [
        "Total besparing i projektet",
        "går inte att särskilja",
        "22,3\u{a0}%",
        "5\u{a0}000 kWh",
        "8\u{a0}000 SEK",
        "inga avläsningar än",
    ] {
        assert!(swedish.contains(expected), "{expected:?} is not in the report");
    }
}

#[test]
fn a_saving_without_an_interval_has_the_reason_in_the_notes() {
    let mut summary = summary();
    summary.board.rows[0].interval_percent = None;
    for (language, reason) in [
        (Language::Swedish, "längre än vad referensperioden"),
        (Language::English, "longer than the baseline"),
    ] {
        for format in [Format::Html, Format::Text] {
            let bytes = render(format, &summary, language).expect("renders");
            let text = String::from_utf8(bytes).expect("UTF-8");
            let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(reason), "{reason:?} is missing:\n{text}");
        }
    }
}

#[test]
fn the_text_report() {
    insta::assert_snapshot!(rendered(Format::Text));
}

#[test]
fn the_csv_of_the_standings() {
    insta::assert_snapshot!(rendered(Format::Csv));
}

#[test]
fn the_json_extends_that_of_the_service() {
    let text = rendered(Format::Json);
    assert!(text.ends_with("}\n") && !text[..text.len() - 1].contains('\n'));
    let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!(json["total"]["saved_kwh"], 5066.9);
    assert_eq!(json["rows"][0]["interval_percent"][1], 22.7);
    assert_eq!(json["tables"]["total"][1]["saved"], 7600.4);
    assert_eq!(json["tables"]["activities"][0]["effect"], "less");
    assert_eq!(json["tables"]["activities"][2]["change_points"], serde_json::Value::Null);
    assert_eq!(json["rows"][2]["rank"], serde_json::Value::Null);
    assert_eq!(json["rows"][2]["reason"], "no readings, yet");
}

mod forms;

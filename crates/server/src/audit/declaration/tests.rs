//! What is taken, what is refused and with which words, and what it does.
use competition::{Competition, Dated, Meter, Participant, Period, SquareMetres, Time};
use jiff::{civil::date, tz::TimeZone};

use super::*;

fn competition() -> Competition {
    Competition::new(
        "test",
        TimeZone::get("Europe/Stockholm").unwrap(),
        Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
        Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
    )
}

fn participants() -> Vec<Participant> {
    vec![Participant {
        id: "a".to_owned(),
        floor_area: Dated(vec![(date(2026, 1, 1), SquareMetres(6200.0))]),
        meters: vec![Meter::new("m")],
        ..Participant::default()
    }]
}

fn asked(json: &str) -> DeclarationRequest {
    let mut asked: DeclarationRequest = serde_json::from_str(json).unwrap();
    asked.by = "energy coordinator".to_owned();
    asked.reason = "as measured on site".to_owned();
    asked
}

fn refused(json: &str) -> String {
    let mistake = check_declaration(&asked(json), &competition(), &participants(), &[])
        .expect_err("it is wrong");
    assert!(!mistake.hint.is_empty());
    mistake.what
}

fn logged(seq: i64, asked: DeclarationRequest) -> AuditEntry {
    let event = AuditEvent::Declaration { declared: asked };
    let body = serde_json::to_string(&event).unwrap();
    AuditEntry { seq, at: Time(0), body, hash: [0; 32] }
}

#[test]
fn mistakes_are_told_in_words() {
    insta::assert_snapshot!(refused(r#"{"kind":"holiday"}"#), @r#"kind = "holiday" is not known"#);
    insta::assert_snapshot!(refused(r#"{"kind":"floor-area","participant":"a","from":"2027-03-01"}"#), @"floor-area needs m2");
    insta::assert_snapshot!(refused(r#"{"kind":"floor-area","participant":"b","from":"2027-03-01","m2":100}"#), @r#"no participant is called "b""#);
    insta::assert_snapshot!(refused(r#"{"kind":"employees","participant":"a","from":"1 March","count":9}"#), @r#"from = "1 March" is no date"#);
    insta::assert_snapshot!(refused(r#"{"kind":"event","participant":"a","from":"2027-03-09","until":"2027-03-09"}"#), @"until is not after from");
    insta::assert_snapshot!(refused(r#"{"kind":"event","participant":"a","from":"2020-03-09","until":"2020-03-10"}"#), @"the hours lie outside of the baseline year and the contest");
    insta::assert_snapshot!(refused(r#"{"kind":"excluded-hours","participant":"a","from":"2026-10-25T02:30","until":"2026-10-25T05:00"}"#), @r#"from = "2026-10-25T02:30" is not one moment: the clocks change then"#);
    insta::assert_snapshot!(refused(r#"{"kind":"meter-swap","meter":"m","at":"2027-03-09T10:00","last_wh":-1,"first_wh":0}"#), @"a register is negative or absurd");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"party","day":"2027-04-01"}"#), @r#"activity = "party" is not known"#);
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"night-walk"}"#), @"activity needs day");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"night-walk","day":"2027-06-01"}"#), @"day is outside of the baseline year and the contest");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"b","activity":"night-walk","day":"2027-04-01"}"#), @r#"no participant is called "b""#);
    insta::assert_snapshot!(refused(r#"{"kind":"withdraw","entry":4}"#), @"entry 4 is no declaration that is in force");
    let nobody =
        DeclarationRequest { by: " ".to_owned(), ..asked(r#"{"kind":"withdraw","entry":4}"#) };
    let mistake = check_declaration(&nobody, &competition(), &participants(), &[]).unwrap_err();
    assert_eq!(mistake.what, "by says who declares it");
}

#[test]
fn what_is_declared_holds_until_it_is_withdrawn() {
    let competition = competition();
    let zone = &competition.timezone;
    let area = asked(r#"{"kind":"floor-area","participant":"a","from":"2027-04-01","m2":6100}"#);
    let swap = asked(
        r#"{"kind":"meter-swap","meter":"m","at":"2027-03-09T10:00:00Z","last_wh":9000,"first_wh":12}"#,
    );
    let event =
        asked(r#"{"kind":"event","participant":"a","from":"2027-03-28","until":"2027-03-29"}"#);
    let mut log = vec![logged(3, area.clone()), logged(5, swap), logged(8, event)];
    let in_force = declarations_in_force(&log, zone);
    let who = &apply_declarations(&participants(), &in_force)[0];
    assert_eq!(who.floor_area.0[1], (date(2027, 4, 1), SquareMetres(6100.0)));
    assert_eq!(who.meters[0].epochs[0].last.0, 9000);
    // A day of 23 hours.
    assert_eq!(who.exclusions[0].until.0 - who.exclusions[0].from.0, 23 * 3600);

    let again = check_declaration(&area, &competition, &participants(), &in_force).unwrap_err();
    assert_eq!(again.what, "the same is in force since entry 3");
    let withdraw = asked(r#"{"kind":"withdraw","entry":3}"#);
    check_declaration(&withdraw, &competition, &participants(), &in_force).unwrap();
    log.push(logged(9, withdraw));
    let in_force = declarations_in_force(&log, zone);
    assert_eq!(in_force.len(), 2);
    assert_eq!(
        apply_declarations(&participants(), &in_force)[0].floor_area,
        participants()[0].floor_area
    );
}

#[test]
fn an_activity_that_is_configured_too_is_shown_once() {
    let competition = competition();
    let walk = |place: &str| {
        let (kind, day) = (r#""kind":"activity","activity":"night-walk""#, "2027-04-01");
        asked(&format!(r#"{{{kind},"participant":"a","day":"{day}","place":"{place}"}}"#))
    };
    let log = [logged(3, walk("floor 2")), logged(4, walk("floor 3"))];
    let in_force = declarations_in_force(&log, &competition.timezone);
    let mut configured = participants();
    let Change::Done(_, done) = in_force[0].change.clone() else { panic!("no activity") };
    let quiet = Activity { by: String::new(), note: String::new(), ..done };
    configured[0].activities.push(quiet);
    let shown = &apply_declarations(&configured, &in_force)[0].activities;
    let told: Vec<_> = shown.iter().map(|it| (it.place.as_str(), it.by.as_str())).collect();
    assert_eq!(told, [("floor 2", "energy coordinator"), ("floor 3", "energy coordinator")]);
    assert_eq!(apply_declarations(&configured, &[])[0].activities, configured[0].activities);
}

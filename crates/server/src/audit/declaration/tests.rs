//! What is taken, what is refused and with which words, and what it does.
use competition::{
    Activity, ActivityKind, Competition, Dated, Meter, Participant, Period, SquareMetres, Time,
};
use jiff::{civil::date, tz::TimeZone};

use super::*;
use crate::audit::{AuditEntry, AuditEvent};

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

fn request(json: &str) -> DeclarationRequest {
    let mut request: DeclarationRequest = serde_json::from_str(json).unwrap();
    request.by = "energy coordinator".to_owned();
    request.reason = "as measured on site".to_owned();
    request
}

fn declaration(json: &str) -> Declaration {
    request(json).try_into().unwrap()
}

fn validate(request: DeclarationRequest) -> Result<(), DeclarationError> {
    let declaration = Declaration::try_from(request)?;
    validate_declaration(&declaration, &competition(), &participants(), &[])
}

fn refused(json: &str) -> String {
    let error = validate(request(json)).expect_err("it is wrong");
    assert!(!error.hint.is_empty());
    error.what
}

fn logged(seq: i64, declared: Declaration) -> AuditEntry {
    let event = AuditEvent::Declaration { declared };
    let body = serde_json::to_string(&event).unwrap();
    AuditEntry { seq, at: Time(0), body, hash: [0; 32] }
}

#[test]
fn an_error_names_the_field_and_what_is_wrong() {
    insta::assert_snapshot!(refused(r#"{"kind":"holiday"}"#), @r#"kind = "holiday" is not known"#);
    insta::assert_snapshot!(refused(r#"{"kind":"floor-area","participant":"a","from":"2027-03-01"}"#), @"floor-area needs m2");
    insta::assert_snapshot!(refused(r#"{"kind":"floor-area","participant":"b","from":"2027-03-01","m2":100}"#), @r#"no participant is called "b""#);
    insta::assert_snapshot!(refused(r#"{"kind":"employees","participant":"a","from":"1 March","count":9}"#), @r#"from = "1 March" is no date"#);
    insta::assert_snapshot!(refused(r#"{"kind":"event","participant":"a","from":"2027-03-09","until":"2027-03-09"}"#), @"until is not after from");
    insta::assert_snapshot!(refused(r#"{"kind":"event","participant":"a","from":"2020-03-09","until":"2020-03-10"}"#), @"the hours lie outside of the baseline year and the contest");
    insta::assert_snapshot!(refused(r#"{"kind":"excluded-hours","participant":"a","from":"2026-10-25T02:30","until":"2026-10-25T05:00"}"#), @r#"from = "2026-10-25T02:30" is not one moment: the clocks change then"#);
    insta::assert_snapshot!(refused(r#"{"kind":"meter-swap","meter":"m","at":"2027-03-09T10:00","last_wh":-1,"first_wh":0}"#), @"a register is negative or too large");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"party","day":"2027-04-01"}"#), @r#"activity = "party" is not known"#);
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"night-walk"}"#), @"activity needs day");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"a","activity":"night-walk","day":"2027-06-01"}"#), @"day is outside of the baseline year and the contest");
    insta::assert_snapshot!(refused(r#"{"kind":"activity","participant":"b","activity":"night-walk","day":"2027-04-01"}"#), @r#"no participant is called "b""#);
    insta::assert_snapshot!(refused(r#"{"kind":"withdraw","entry":4}"#), @"entry 4 is no declaration that is in force");
    let no_role =
        DeclarationRequest { by: " ".to_owned(), ..request(r#"{"kind":"withdraw","entry":4}"#) };
    let error = validate(no_role).unwrap_err();
    assert_eq!(error.what, "by is empty or has more than 80 characters");
    for (by, reason, what) in [
        ("\u{1b}[2J role", "because", "by has the control character U+001B"),
        ("role", "x\r  99 the result was locked", "reason has the control character U+000D"),
        ("role", "\u{202e}desrever", "reason has the control character U+202E"),
    ] {
        let (by, reason) = (by.to_owned(), reason.to_owned());
        let hostile =
            DeclarationRequest { by, reason, ..request(r#"{"kind":"withdraw","entry":4}"#) };
        assert_eq!(validate(hostile).unwrap_err().what, what);
    }
}

#[test]
fn a_declaration_is_in_force_until_it_is_withdrawn() {
    let competition = competition();
    let zone = &competition.timezone;
    let area =
        declaration(r#"{"kind":"floor-area","participant":"a","from":"2027-04-01","m2":6100}"#);
    let swap = declaration(
        r#"{"kind":"meter-swap","meter":"m","at":"2027-03-09T10:00:00Z","last_wh":9000,"first_wh":12}"#,
    );
    let event = declaration(
        r#"{"kind":"event","participant":"a","from":"2027-03-28","until":"2027-03-29"}"#,
    );
    let mut log = vec![logged(3, area.clone()), logged(5, swap), logged(8, event)];
    let in_force = declarations_in_force(&log, zone);
    let who = &apply_declarations(&participants(), &in_force)[0];
    assert_eq!(who.floor_area.0[1], (date(2027, 4, 1), SquareMetres(6100.0)));
    assert_eq!(who.meters[0].epochs[0].last.0, 9000);
    // A day of 23 hours.
    assert_eq!(who.exclusions[0].until.0 - who.exclusions[0].from.0, 23 * 3600);

    let again = validate_declaration(&area, &competition, &participants(), &in_force).unwrap_err();
    assert_eq!(again.what, "the same is in force since entry 3");
    let withdraw = declaration(r#"{"kind":"withdraw","entry":3}"#);
    validate_declaration(&withdraw, &competition, &participants(), &in_force).unwrap();
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
        declaration(&format!(r#"{{{kind},"participant":"a","day":"{day}","place":"{place}"}}"#))
    };
    let log = [logged(3, walk("floor 2")), logged(4, walk("floor 3"))];
    let in_force = declarations_in_force(&log, &competition.timezone);
    let mut configured = participants();
    configured[0].activities.push(Activity {
        kind: ActivityKind::NightWalk,
        day: date(2027, 4, 1),
        place: "floor 2".to_owned(),
        by: String::new(),
        note: String::new(),
    });
    let shown = &apply_declarations(&configured, &in_force)[0].activities;
    let shown: Vec<_> = shown.iter().map(|it| (it.place.as_str(), it.by.as_str())).collect();
    assert_eq!(shown, [("floor 2", "energy coordinator"), ("floor 3", "energy coordinator")]);
    assert_eq!(apply_declarations(&configured, &[])[0].activities, configured[0].activities);
}

/// Bodies as earlier versions of the program wrote them, also with fields of other kinds.
#[test]
fn stored_declarations_are_read_and_unreadable_ones_are_left_out() {
    let zone = competition().timezone;
    let stored = |seq, declared: &str| {
        let event = if seq < 10 { "declaration" } else { "amendment" };
        let body = format!(r#"{{"event":"{event}","declared":{declared}}}"#);
        AuditEntry { seq, at: Time(0), body, hash: [0; 32] }
    };
    let log = [
        stored(
            1,
            r#"{"kind":"excluded-hours","by":"caretaker","reason":"a fair","participant":"a","from":"2027-03-09T10:00","until":"2027-03-09T12:00:00+01:00","m2":5.0}"#,
        ),
        stored(2, r#"{"kind":"holiday","by":"caretaker","reason":"a fair"}"#),
        stored(3, r#"{"kind":"floor-area","by":"caretaker","reason":"a fair","participant":"a"}"#),
        stored(
            4,
            r#"{"kind":"excluded-hours","by":"caretaker","reason":"a fair","participant":"a","from":"2026-10-25T02:30","until":"2026-10-25T05:00"}"#,
        ),
        stored(11, r#"{"kind":"late-data","by":"caretaker","reason":"appeal","participant":"a"}"#),
        stored(
            12,
            r#"{"kind":"employees","by":"caretaker","reason":"grown","participant":"a","from":"2027-03-15","count":9}"#,
        ),
    ];
    let in_force = declarations_in_force(&log, &zone);
    assert_eq!(in_force.iter().map(|it| it.entry).collect::<Vec<_>>(), [1, 12]);
    let hours = &apply_declarations(&participants(), &in_force)[0].exclusions[0];
    assert_eq!(hours.until.0 - hours.from.0, 2 * 3600);
    // Written again, the entry has its fields as they were declared.
    let again = serde_json::to_string(&in_force[0].declaration).unwrap();
    assert_eq!(
        again,
        r#"{"kind":"excluded-hours","by":"caretaker","reason":"a fair","participant":"a","from":"2027-03-09T10:00","until":"2027-03-09T12:00:00+01:00"}"#
    );
}

#[test]
fn every_kind_is_read_as_it_is_written() {
    for json in [
        r#"{"kind":"event","participant":"a","from":"2027-03-09","until":"2027-03-10"}"#,
        r#"{"kind":"excluded-hours","participant":"a","from":"2027-03-09T10:00:00Z","until":"2027-03-09T12:00:00Z"}"#,
        r#"{"kind":"meter-swap","meter":"m","at":"2027-03-09T10:00","last_wh":9000,"first_wh":12}"#,
        r#"{"kind":"floor-area","participant":"a","from":"2027-04-01","m2":6100.5}"#,
        r#"{"kind":"employees","participant":"a","from":"2027-04-01","count":9}"#,
        r#"{"kind":"activity","participant":"a","activity":"night-walk","day":"2027-04-01","place":"attic"}"#,
        r#"{"kind":"late-data","participant":"a"}"#,
        r#"{"kind":"withdraw","entry":4}"#,
    ] {
        let sent = request(json);
        let declaration = Declaration::try_from(sent.clone()).unwrap();
        assert_eq!(declaration.change.kind().id(), sent.kind);
        assert_eq!(DeclarationRequest::from(declaration), sent);
    }
    let unknown = serde_json::from_str::<DeclarationRequest>(r#"{"kind":"event","colour":1}"#);
    assert!(unknown.unwrap_err().to_string().contains("unknown field `colour`"));
}

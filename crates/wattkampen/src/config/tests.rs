//! Configurations with and without mistakes.
use std::path::Path;

use ::competition::{DayKind, Sign};
use ::server::BrokerKind;
use jiff::civil::date;

use super::*;

const EXAMPLE: &str = include_str!("../../../../deploy/example.toml");

fn parse(text: &str) -> Result<Config, Vec<Diagnostic>> {
    Config::parse(text, Path::new("/folder"))
}

/// Mistakes as `line: message`.
fn mistakes(text: &str) -> Vec<String> {
    parse(text)
        .expect_err("has mistakes")
        .iter()
        .map(|it| format!("{}: {}", it.line, it.message))
        .collect()
}

#[test]
fn the_example_has_no_mistake() {
    let config = parse(EXAMPLE).expect("no mistake");
    assert_eq!(config.participants.len(), 2);
    let days = [(date(2027, 5, 7), DayKind::Holiday), (date(2027, 4, 30), DayKind::Half)];
    assert_eq!(config.competition.special_days, days);
    assert_eq!(config.participants[0].special_days, [(date(2027, 3, 25), DayKind::Half)]);
    let pitea = &config.participants[1];
    assert_eq!(pitea.floor_area.0.len(), 2);
    assert_eq!((pitea.meters[0].multiplier, pitea.meters[1].sign), (60, Sign::Minus));
    assert_eq!(pitea.meters[0].epochs.len(), 1);
    assert_eq!(pitea.exclusions.len(), 1);
    assert_eq!(config.gateways["735999100000000003"].as_str(), "pitea-2");
    assert_eq!(config.data, Path::new("/folder/./data"));
    assert!(matches!(config.broker, BrokerKind::Embedded { .. }));
}

#[test]
fn all_mistakes_are_reported_with_their_lines() {
    let text = EXAMPLE
        .replace("\"Europe/Stockholm\"", "\"Europe/Söderhamn\"")
        .replace("\"SE\" ", "\"XX\" ")
        .replace("end = \"2027-06-01\"", "end = \"2027-02-30\"")
        .replace("\"saving\"", "\"savings\"")
        .replace("\"127.0.0.1:8080\"", "8080")
        .replace("language = \"sv\"", "langauge = \"sv\"")
        .replace("\"735999100000000002\", gateway", "\"735999100000000001\", gateway")
        .replace("m2 = 6200", "m2 = 0");
    insta::assert_snapshot!(mistakes(&text).join("\n"));
}

#[test]
fn a_listener_with_tls_needs_files_that_can_be_used() {
    let with = |lines: &str| EXAMPLE.replace("[server]\n", &format!("[server]\n{lines}\n"));
    let found = mistakes(&with("https = \"127.0.0.1:0\"\nmqtts = \"127.0.0.1:0\""));
    assert!(found.iter().any(|line| line.ends_with("https needs a certificate")), "{found:?}");
    assert!(found.iter().any(|line| line.ends_with("mqtts needs a certificate")), "{found:?}");
    let found = mistakes(&with("tls = { certificate = \"none.pem\", key = \"none.key\" }"));
    assert!(found[0].contains("/folder/none.key cannot be read"), "{found:?}");
}

#[test]
fn backups_have_a_folder_and_bounds() {
    let with = |lines: &str| EXAMPLE.replace("[server]\n", &format!("[server]\n{lines}\n"));
    let backup = parse(&with("backup = { to = \"copies\" }")).expect("no mistake").backup;
    let backup = backup.expect("a schedule");
    assert_eq!((backup.to.as_path(), backup.keep), (Path::new("/folder/copies"), 14));
    assert_eq!(backup.every.as_secs(), 24 * 3600);
    assert_eq!(mistakes(&with("backup = { keep = 0 }")).len(), 2);
}

#[test]
fn a_special_day_of_an_unknown_kind_or_listed_twice_is_a_mistake() {
    let text = EXAMPLE
        .replace("date = \"2027-04-30\", kind = \"half\"", "date = \"2027-05-07\", kind = \"half\"")
        .replace(
            "date = \"2027-03-25\", kind = \"half\"",
            "date = \"2027-03-25\", kind = \"halv\"",
        );
    let expected = [
        "14: 2027-05-07 is listed twice in special_days",
        "65: kind of day \"halv\" is not known; did you mean \"half\"?",
    ];
    assert_eq!(mistakes(&text), expected);
}

#[test]
fn a_missing_name_does_not_hide_other_mistakes() {
    let without_name = EXAMPLE.replacen("municipality", "municpality", 1);
    assert_ne!(without_name, EXAMPLE);
    let text = format!(
        "{without_name}\n[[participant.activity]]\nkind = \"night-walk\"\nday = \"2027-03-09\"\n"
    );
    let found = mistakes(&text);
    assert!(found.iter().any(|text| text.contains("has no municipality")), "{found:?}");
    assert!(!found.iter().any(|text| text.contains("activity")), "{found:?}");
    let unknown: Vec<_> = found.iter().filter(|text| text.contains("municpality")).collect();
    assert_eq!(unknown.len(), 1, "{found:?}");
    let keys: Vec<&str> = unknown[0].split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    assert!(keys.iter().filter(|key| **key == "meters").count() <= 1, "{unknown:?}");
}

#[test]
fn an_empty_file_has_three_mistakes() {
    insta::assert_snapshot!(mistakes("").join("\n"));
}

#[test]
fn broken_syntax_is_a_mistake_with_a_line() {
    let found = mistakes("[competition]\nname = \"x\n");
    assert!(found.iter().any(|text| text.starts_with("2: not TOML")), "{found:?}");
}

#[test]
fn a_mistake_of_syntax_is_reported_alone() {
    let text = EXAMPLE.replacen("m2 = 6200 }]", "m2 = 6200 ]", 1);
    assert_ne!(text, EXAMPLE);
    let line = 1 + text[..text.find("m2 = 6200 ]").unwrap()].matches('\n').count();
    let found = mistakes(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with(&format!("{line}: not TOML")), "{found:?}");
}

#[test]
fn a_floor_area_with_a_mistake_is_not_reported_as_absent() {
    let found = mistakes(&EXAMPLE.replacen("m2 = 6200", "m2 = \"3100\"", 1));
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("m2 in"), "{found:?}");
}

#[test]
fn a_password_in_an_address_is_refused() {
    let text = EXAMPLE.replace("broker   = \"embedded\"", "broker = \"mqtt://u:secret@host\"");
    let found = parse(&text).expect_err("refused");
    assert!(found[0].hint.contains("do not write a password in this file"), "{found:?}");
}

#[test]
fn an_external_broker_is_parsed() {
    let text = EXAMPLE.replace("broker   = \"embedded\"", "broker = \"mqtts://wk@mqtt.kommun.se\"");
    let config = parse(&text).expect("no mistake");
    let BrokerKind::External(broker) = config.broker else { panic!("external") };
    assert_eq!((broker.tls, broker.port, broker.user.as_deref()), (true, 8883, Some("wk")));
}

#[test]
fn a_reference_building_needs_no_floor_area_and_a_reference_ends_within_the_baseline() {
    let with = |until: &str, flag: &str| {
        let until = format!("rule     = \"saving\"\nreference_until = {until}");
        let house = format!(
            "[[participant]]\nid = \"library\"\nmunicipality = \"Sala\"\nreference = {flag}\n\
             meters = [{{ id = \"735999100000000009\" }}]\n\n[[participant]]\nid             = \"soderhamn\""
        );
        EXAMPLE.replacen("rule     = \"saving\"", &until, 1).replacen(
            "[[participant]]\nid             = \"soderhamn\"",
            &house,
            1,
        )
    };
    let config = parse(&with("\"2027-01-01\"", "true")).expect("no mistake");
    assert_eq!(config.competition.reference_until, Some(date(2027, 1, 1)));
    let reference: Vec<bool> = config.participants.iter().map(|who| who.reference).collect();
    assert_eq!(reference, [true, false, false]);
    let late = mistakes(&with("\"2027-04-01\"", "true"));
    assert!(late.len() == 1 && late[0].contains("reference_until is 2027-04-01"), "{late:?}");
    let early = mistakes(&with("\"2026-03-05\"", "true"));
    assert!(early.len() == 1 && early[0].contains("leaves no baseline"), "{early:?}");
    let wrong = mistakes(&with("\"2027-01-01\"", "1"));
    assert!(
        wrong.iter().any(|it| it.contains("reference in participant library has the wrong type")),
        "{wrong:?}"
    );
    let competes = mistakes(&with("\"2027-01-01\"", "false"));
    assert!(competes[0].contains("library has no floor area"), "{competes:?}");
}

#[test]
fn hosts_and_proxies_are_names_and_networks() {
    let with = |lines: &str| EXAMPLE.replace("[server]\n", &format!("[server]\n{lines}\n"));
    let good = "hosts = [\"a.example\"]\ntrusted_proxies = [\"127.0.0.1\", \"10.0.0.0/8\"]";
    let access = parse(&with(good)).expect("no mistake").access;
    assert_eq!(access.hosts, ["a.example"]);
    let networks: Vec<String> = access.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(networks, ["127.0.0.1/32", "10.0.0.0/8"]);
    let bad = "hosts = [\"https://a.example\", \"a.example:80\"]\ntrusted_proxies = [\"proxy\"]";
    assert_eq!(mistakes(&with(bad)).len(), 3);
    let gone = mistakes(&with("organiser_password_file = \"secret\""));
    assert!(gone[0].contains("is no longer used"), "{gone:?}");
}

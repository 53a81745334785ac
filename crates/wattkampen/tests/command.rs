//! What a user types and sees: help, exit codes, and errors that say what is wrong
//! and how to mend it.
use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Output},
};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wattkampen"))
        .args(arguments)
        .env_remove("RUST_LOG")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .output()
        .expect("wattkampen starts")
}

fn said(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Fails with this code, nothing on standard output, and two lines on standard
/// error: what is wrong and how to mend it.
fn refused(code: i32, arguments: &[&str], what: &str, mend: &str) {
    let done = run(arguments);
    let errors = said(&done.stderr);
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {errors}");
    assert_eq!(said(&done.stdout), "", "{arguments:?}");
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines.len(), 2, "{arguments:?}: {errors}");
    assert!(lines[0].starts_with("wattkampen: ") && lines[0].contains(what), "{errors}");
    assert!(lines[1].starts_with("  ") && lines[1].contains(mend), "{errors}");
}

fn example(folder: &Path) -> String {
    let text = include_str!("../../../deploy/example.toml");
    let file = folder.join("example.toml");
    fs::write(&file, text).expect("the example is written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn help_of_every_command() {
    let mut all = said(&run(&["--help"]).stdout).to_owned();
    for command in [
        "serve", "demo", "simulate", "gateway", "report", "panel", "import", "audit", "declare",
        "amend", "lock", "check",
    ] {
        let done = run(&[command, "--help"]);
        assert_eq!(done.status.code(), Some(0));
        all.push_str(&format!("\n---- {command}\n{}", said(&done.stdout)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_usage_exits_with_2() {
    for arguments in
        [&[] as &[&str], &["serv"], &["serve"], &["simulate"], &["demo", "--spede", "2"]]
    {
        let done = run(arguments);
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert_eq!(said(&done.stdout), "", "{arguments:?}");
    }
    refused(2, &["demo", "--speed", "0"], "--speed 0 is no speed", "600 ten minutes a second");
    refused(
        2,
        &["demo", "--fault", "soderhamn:nois=1"],
        "soderhamn:nois=1",
        "there are noise=SHARE",
    );
    refused(2, &["demo", "--fault", "atlantis:repeat"], "no house is called", "the houses are");
    refused(2, &["simulate", "--broker", "http://x"], "no address of a broker", "write mqtt://");
}

#[test]
fn the_example_is_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = run(&["check", "--config", &example(folder.path())]);
    assert_eq!(done.status.code(), Some(0), "{}", said(&done.stderr));
    let told = "Energispartävling 2027: 2 participants, 3 meters, \
                contest 2027-03-01 to 2027-06-01: no mistake found\n";
    assert_eq!(said(&done.stdout), told);
}

#[test]
fn a_configuration_with_mistakes_exits_with_2_and_tells_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = example(folder.path());
    let text = fs::read_to_string(&file).expect("the example");
    fs::write(&file, text.replace("m2 = 6200", "m2 = -1").replace("\"saving\"", "\"luck\""))
        .expect("written");
    for command in ["check", "serve", "report"] {
        let done = run(&[command, "--config", &file]);
        assert_eq!(done.status.code(), Some(2), "{command}");
        assert_eq!(said(&done.stdout), "", "{command}");
        let errors = said(&done.stderr);
        assert!(errors.contains("2 mistakes"), "{errors}");
        let at = |found: &str| 1 + text.lines().position(|line| line.contains(found)).expect(found);
        let lines = [
            format!("line {}: rule \"luck\"", at("\"saving\"")),
            format!("line {}: m2 in floor_area", at("m2 = 6200")),
        ];
        assert!(lines.iter().all(|line| errors.contains(line)), "{errors}");
    }
    let absent = folder.path().join("absent.toml");
    let absent = absent.to_str().expect("UTF-8");
    refused(2, &["check", "--config", absent], "cannot read", "--config FILE");
}

#[test]
fn commands_that_look_say_when_there_is_nothing_to_see() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    refused(1, &["report", "--config", &config], "there is no store", "wattkampen serve");
    let out = folder.path().join("panel.png");
    let out = out.to_str().expect("UTF-8");
    let panel = |who: &'static str, size: &'static str| {
        ["panel", "--config", &config, "--participant", who, "--size", size, "--out", out]
            .map(str::to_owned)
    };
    for (who, size, code, what, mend) in [
        ("pitea", "128x64", 1, "there is no store", "wattkampen serve"),
        ("pitea", "32x32", 2, "no size of a panel", "64x32 or 128x64"),
        ("atlantis", "64x32", 2, "\"atlantis\" is not in", "soderhamn, pitea"),
    ] {
        let arguments = panel(who, size);
        refused(code, &arguments.each_ref().map(String::as_str), what, mend);
    }
    assert!(!Path::new(out).exists());
}

#[test]
fn an_address_that_is_taken_is_told() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let done = run(&["demo", "--http", &address, "--mqtt", "127.0.0.1:0"]);
    let errors = said(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{errors}");
    assert_eq!(said(&done.stdout), "");
    assert!(errors.contains(&address) && errors.contains("port 0"), "{errors}");
}

#[test]
fn the_truth_can_be_asked_for() {
    let done = run(&["simulate", "--truth", "--participants", "30"]);
    let houses: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let houses = houses.as_array().expect("a list");
    assert_eq!(houses.len(), 30);
    assert_eq!(houses[4]["participant"], "soderhamn");
    assert_eq!(houses[4]["saving_percent"], 22.6);
}

#[test]
fn an_import_says_what_is_wrong_and_what_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    let import = ["import", "--config", &config];
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file is written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let nobody = file("nobody.csv", "timestamp,energy_wh\n2026-03-01T00:00:00Z,5\n");
    let unitless = file("a.csv", "timestamp,energy\n2026-03-01T00:00:00Z,5\n");
    let meter = "735999100000000001";
    let with = |rest: &[&'static str], file: &str| -> Vec<String> {
        import.iter().chain(rest).map(|word| (*word).to_owned()).chain([file.to_owned()]).collect()
    };
    for (arguments, code, what, mend) in [
        (with(&["readings"], &nobody), 2, "is called \"nobody\"", meter),
        (with(&["temperature"], &nobody), 2, "no participant", "soderhamn"),
        (with(&["readings", "--meter", meter], "absent.csv"), 2, "absent.csv", "path of a CSV"),
        (with(&["readings", "--meter", meter], &unitless), 2, "the unit", "--unit kWh"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        refused(code, &arguments, what, mend);
    }
}

#[test]
fn the_fleets_weather_is_imported_like_any_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    let weather = folder.path().join("weather");
    let weather = weather.to_str().expect("UTF-8");
    let from = ["--from", "2026-03-01T00:00:00Z", "--contest-end", "2026-03-03"];
    let done = run(&[&["simulate", "--weather", weather][..], &from].concat());
    assert_eq!(done.status.code(), Some(0), "{}", said(&done.stderr));
    let file = format!("{weather}/soderhamn.csv");
    let done = run(&["import", "--config", &config, "temperature", &file]);
    let told = said(&done.stdout);
    assert!(told.contains("47 taken, 0 repeated, 0 empty, 0 refused"), "{told}");
}

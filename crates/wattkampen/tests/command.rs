//! What a user types and sees: help, exit codes, and errors that say what is wrong and
//! how to fix it.
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

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Asserts that a command fails with this code, nothing on standard output, and two lines
/// on standard error, what is wrong and how to fix it, which commands may follow.
fn assert_fails(code: i32, arguments: &[&str], what: &str, hint: &str) {
    let done = run(arguments);
    let errors = utf8(&done.stderr);
    assert_eq!(done.status.code(), Some(code), "{arguments:?}: {errors}");
    assert_eq!(utf8(&done.stdout), "", "{arguments:?}");
    let lines: Vec<&str> = errors.lines().collect();
    let commands = lines.iter().skip(2).all(|line| line.starts_with("    wattkampen "));
    assert!(lines.len() >= 2 && commands, "{arguments:?}: {errors}");
    assert!(lines[0].starts_with("wattkampen: ") && lines[0].contains(what), "{errors}");
    assert!(lines[1].starts_with("  ") && lines[1].contains(hint), "{errors}");
}

fn example(folder: &Path) -> String {
    let text = include_str!("../../../deploy/example.toml");
    let file = folder.join("example.toml");
    fs::write(&file, text).expect("the example is written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn help_of_every_command() {
    let mut all = utf8(&run(&["--help"]).stdout).to_owned();
    for command in [
        "serve", "demo", "simulate", "gateway", "report", "what-if", "panel", "init", "import",
        "audit", "backup", "restore", "store", "declare", "amend", "lock", "check",
    ] {
        let done = run(&[command, "--help"]);
        assert_eq!(done.status.code(), Some(0));
        all.push_str(&format!("\n---- {command}\n{}", utf8(&done.stdout)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn wrong_usage_exits_with_2() {
    let done = run(&[]);
    assert_eq!(done.status.code(), Some(2));
    assert_eq!(utf8(&done.stdout), "");
    assert!(utf8(&done.stderr).contains("Usage: wattkampen <COMMAND>"));
    assert_fails(2, &["demo", "--speed", "0"], "--speed is 0", "600 lets ten minutes pass");
    assert_fails(
        2,
        &["demo", "--fault", "soderhamn:nois=1"],
        "soderhamn:nois=1",
        "the faults are noise=SHARE",
    );
    assert_fails(2, &["demo", "--fault", "atlantis:repeat"], "no town hall is called", "soderhamn");
    assert_fails(
        2,
        &["demo", "--fault", "sodrhamn:repeat"],
        "did you mean \"soderhamn\"?",
        "the town halls are",
    );
    assert_fails(
        2,
        &["simulate", "--broker", "http://x"],
        "not the URL of a broker",
        "write mqtt://",
    );
}

#[test]
fn refusals_of_the_argument_parser_say_how_to_fix_them() {
    for (arguments, what, hint) in [
        (&["serv"] as &[&str], "unrecognized subcommand 'serv'", "did you mean 'serve'?"),
        (&["serve"], "were not provided: --config <FILE>", "usage: wattkampen serve --config"),
        (&["simulate"], "were not provided: --broker <URL>", "usage: wattkampen simulate"),
        (&["demo", "--spede", "2"], "unexpected argument '--spede'", "did you mean '--speed'?"),
        (&["demo", "--speed"], "a value is required for '--speed <X>'", "--help"),
        (&["demo", "--speed", "fast"], "invalid value 'fast' for '--speed <X>'", "--help"),
        (
            &["report", "--config", "x", "--as-of", "1 april"],
            "invalid value '1 april' for '--as-of <TIME>'",
            "--help",
        ),
        (&["demo", "--participants", "1"], "1 is not in 2..", "--help"),
        (
            &["report", "--config", "x", "--format", "jsn"],
            "invalid value 'jsn' for '--format <FORMAT>' [possible values: text, json,",
            "did you mean 'json'?",
        ),
        (
            &["report", "--config", "x", "--json", "--format", "csv"],
            "'--json' cannot be used with '--format <FORMAT>'",
            "usage: wattkampen report",
        ),
        (&["import", "--config", "x"], "import has nothing to import", "readings or temperature"),
    ] {
        assert_fails(2, arguments, what, hint);
    }
}

#[test]
fn the_example_configuration_is_accepted() {
    let folder = tempfile::tempdir().expect("a folder");
    let done = run(&["check", "--config", &example(folder.path())]);
    assert_eq!(done.status.code(), Some(0), "{}", utf8(&done.stderr));
    let expected = "Energispartävling 2027: 2 participants, 4 meters, \
                contest 2027-03-01 to 2027-06-01: no mistake found\n";
    assert_eq!(utf8(&done.stdout), expected);
}

#[test]
fn a_configuration_with_mistakes_exits_with_2_and_lists_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = example(folder.path());
    let text = fs::read_to_string(&file).expect("the example");
    fs::write(&file, text.replace("m2 = 6200", "m2 = -1").replace("\"saving\"", "\"luck\""))
        .expect("written");
    for command in ["check", "serve", "report"] {
        let done = run(&[command, "--config", &file]);
        assert_eq!(done.status.code(), Some(2), "{command}");
        assert_eq!(utf8(&done.stdout), "", "{command}");
        let errors = utf8(&done.stderr);
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
    assert_fails(2, &["check", "--config", absent], "cannot read", "--config FILE");
}

#[test]
fn commands_that_read_a_store_fail_where_there_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    assert_fails(1, &["report", "--config", &config], "there is no store", "wattkampen serve");
    let out = folder.path().join("panel.png");
    let out = out.to_str().expect("UTF-8");
    let panel = |who: &'static str, size: &'static str| {
        ["panel", "--config", &config, "--participant", who, "--size", size, "--out", out]
            .map(str::to_owned)
    };
    for (who, size, code, what, hint) in [
        ("pitea", "128x64", 1, "there is no store", "wattkampen serve"),
        ("pitea", "32x32", 2, "not the size of a panel", "64x32 or 128x64"),
        ("atlantis", "64x32", 2, "no participant is called \"atlantis\"", "soderhamn, pitea"),
        ("sodrhamn", "64x32", 2, "\"sodrhamn\"; did you mean \"soderhamn\"?", "soderhamn, pitea"),
    ] {
        let arguments = panel(who, size);
        assert_fails(code, &arguments.each_ref().map(String::as_str), what, hint);
    }
    assert!(!Path::new(out).exists());
}

#[test]
fn declarations_suggest_the_ids_of_the_configuration() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    let common = ["--config", &config, "--by", "coordinator", "--reason", "measured"];
    let declare = |rest: &[&'static str], what: &str, hint: &str| {
        assert_fails(2, &[&["declare"], rest, &common[..]].concat(), what, hint);
    };
    declare(
        &["floor-area", "--participant", "sodrhamn", "--from", "2027-04-01", "--m2", "6100"],
        "no participant is called \"sodrhamn\"; did you mean \"soderhamn\"?",
        "soderhamn, pitea",
    );
    declare(
        &["meter-swap", "--meter", "73599910000000002", "--at", "2027-04-01T00:00:00Z"],
        "did you mean \"735999100000000002\"?",
        "735999100000000002 (Piteå, Stadshuset)",
    );
}

#[test]
fn an_address_in_use_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let done = run(&["demo", "--http", &address, "--mqtt", "127.0.0.1:0"]);
    let errors = utf8(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{errors}");
    assert_eq!(utf8(&done.stdout), "");
    assert!(errors.contains(&address) && errors.contains("port 0"), "{errors}");
}

#[test]
fn the_true_savings_are_printed() {
    let done = run(&["simulate", "--truth", "--participants", "30"]);
    let town_halls: serde_json::Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let town_halls = town_halls.as_array().expect("a list");
    assert_eq!(town_halls.len(), 30);
    assert_eq!(town_halls[4]["participant"], "soderhamn");
    assert_eq!(town_halls[4]["saving_percent"], 22.6);
}

#[test]
fn a_failed_import_says_what_is_wrong_and_how_to_fix_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    let import = ["import", "--config", &config];
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file is written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let unknown = file("unknown.csv", "timestamp,energy_wh\n2026-03-01T00:00:00Z,5\n");
    let weather = file("weather.csv", "timestamp,outdoor_c\n2026-03-01T00:00:00Z,5\n");
    let unitless = file("a.csv", "timestamp,energy\n2026-03-01T00:00:00Z,5\n");
    let meter = "735999100000000001";
    let with = |rest: &[&'static str], file: &str| -> Vec<String> {
        import.iter().chain(rest).map(|word| (*word).to_owned()).chain([file.to_owned()]).collect()
    };
    for (arguments, code, what, hint) in [
        (with(&["readings"], &unknown), 2, "no meter is called \"unknown\"", "--meter ID"),
        (with(&["temperature"], &weather), 2, "no participant", "--participant ID"),
        (with(&["temperature"], &unknown), 2, "a file of energies", "import readings"),
        (
            with(&["temperature", "--participant", "sodrhamn"], &unknown),
            2,
            "did you mean \"soderhamn\"?",
            "soderhamn, pitea",
        ),
        (
            with(&["readings", "--meter", "73599910000000001"], &unknown),
            2,
            "did you mean \"735999100000000001\"?",
            meter,
        ),
        (with(&["readings", "--meter", meter], "absent.csv"), 2, "absent.csv", "path of a CSV"),
    ] {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        assert_fails(code, &arguments, what, hint);
    }
    // What is not clear comes with the command for each answer.
    let arguments = with(&["readings", "--meter", meter], &unitless);
    let done = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let errors = utf8(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{errors}");
    assert!(errors.contains("does not contain the unit\n  state it with --unit Wh"), "{errors}");
    let command = format!(
        "    wattkampen import --config {config} readings --meter {meter} --unit kWh {unitless}  # "
    );
    assert!(errors.lines().any(|line| line.starts_with(&command)), "{errors}");
}

#[test]
fn the_weather_of_the_simulation_can_be_imported() {
    let folder = tempfile::tempdir().expect("a folder");
    let config = example(folder.path());
    let weather = folder.path().join("weather");
    let weather = weather.to_str().expect("UTF-8");
    let from = ["--from", "2026-03-01T00:00:00Z", "--contest-end", "2026-03-03"];
    let done = run(&[&["simulate", "--weather", weather][..], &from].concat());
    assert_eq!(done.status.code(), Some(0), "{}", utf8(&done.stderr));
    let file = format!("{weather}/soderhamn.csv");
    let done = run(&["import", "--config", &config, "temperature", &file]);
    let counts = utf8(&done.stdout);
    assert!(counts.contains("47 taken, 0 repeated, 0 empty, 0 refused"), "{counts}");
}

//! Imports that went wrong are exchanged or taken back, with and without a look before.
use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

const CONFIGURATION: &str = r#"
[competition]
name     = "corrections"
baseline = { start = "2026-01-01", end = "2026-03-01" }
contest  = { start = "2026-03-01", end = "2026-04-01" }

[server]

[[participant]]
id           = "hall"
municipality = "Hall"
floor_area   = [{ from = "2026-01-01", m2 = 5000 }]
meters       = [{ id = "m" }]
"#;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wattkampen"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("wattkampen starts")
}

/// What a command prints that succeeds.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).expect("text")
}

fn import(folder: &Path, options: &[&str]) -> String {
    let arguments = ["import", "--config", "c.toml", "readings", "--meter", "m"];
    done(folder, &[&arguments, options].concat())
}

fn remove(range: [&'static str; 2]) -> Vec<&'static str> {
    vec!["import", "--config", "c.toml", "--remove", range[0], range[1], "--meter", "m"]
}

/// Rows of 4 kWh an hour, from the start of March UTC on.
fn rows(minutes: usize, days: usize) -> String {
    let wh = 4000 * minutes / 60;
    let row = |number: usize| {
        let minute = number * minutes;
        let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
        format!("2026-03-{day:02}T{hour:02}:{minute:02}:00Z,{wh}\n")
    };
    let rows: String = (0..days * 1440 / minutes).map(row).collect();
    format!("timestamp,energy_wh\n{rows}")
}

/// kWh of the contest so far.
fn energy(folder: &Path) -> Option<f64> {
    let arguments =
        ["report", "--config", "c.toml", "--as-of", "2026-03-21T00:00:00Z", "--format", "json"];
    let report: serde_json::Value = serde_json::from_str(&done(folder, &arguments)).expect("JSON");
    report["rows"][0]["energy_kwh"].as_f64()
}

#[test]
fn a_wrong_import_is_exchanged_whole_or_taken_back() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("c.toml"), CONFIGURATION).expect("the configuration");
    // Twenty days of quarter-hours, whose every fourth row is stored as an hour.
    let quarters = rows(15, 20);
    let every_fourth: String = quarters
        .lines()
        .enumerate()
        .filter(|(n, _)| n % 4 == 1 || *n == 0)
        .map(|(_, line)| format!("{line}\n"))
        .collect();
    fs::write(folder.join("wrong.csv"), every_fourth).expect("a file");
    fs::write(folder.join("right.csv"), quarters).expect("a file");
    assert!(import(folder, &["--interval", "60", "wrong.csv"]).contains("480 taken"));
    assert_eq!(energy(folder), Some(480.0));
    let refused = run(
        folder,
        &[
            "import",
            "--config",
            "c.toml",
            "readings",
            "--meter",
            "m",
            "--interval",
            "15",
            "right.csv",
        ],
    );
    let printed = String::from_utf8_lossy(&refused.stdout);
    assert!(!refused.status.success() && printed.contains("--replace exchanges it"), "{printed}");
    assert_eq!(energy(folder), Some(480.0), "nothing has changed");
    let printed = import(folder, &["--interval", "15", "--replace", "right.csv"]);
    assert!(printed.contains("1920 taken") && printed.contains("in place of 480"), "{printed}");
    assert_eq!(energy(folder), Some(1920.0));
    // The option may be stated before what is imported, as `--dry-run` may.
    let before =
        ["import", "--config", "c.toml", "--replace", "readings", "--meter", "m", "wrong.csv"];
    let printed = done(folder, &[&before[..], &["--interval", "60", "--dry-run"]].concat());
    assert!(printed.contains("480 taken"), "{printed}");
    assert_eq!(energy(folder), Some(1920.0));

    let range = remove(["2026-03-11", "2026-03-13"]);
    let shown = done(folder, &[&range[..], &["--dry-run"]].concat());
    assert!(shown.contains("192 intervals would be taken back, 192.0 kWh"), "{shown}");
    assert_eq!(energy(folder), Some(1920.0));
    let printed = done(folder, &range);
    assert!(printed.contains("192 intervals taken back"), "{printed}");
    assert_eq!(energy(folder), Some(1728.0));
    assert_eq!(run(folder, &range).status.code(), Some(1), "there is nothing more");
    let audit = done(folder, &["audit", "--config", "c.toml"]);
    for part in ["in place of 480 rows of other lengths", "taken back: 192 rows of interval of m"] {
        assert!(audit.contains(part), "{part:?} is missing in {audit}");
    }
    for wrong in [["2026-03-13", "2026-03-11"], ["yesterday", "2026-03-11"]] {
        assert_eq!(run(folder, &remove(wrong)).status.code(), Some(2), "{wrong:?}");
    }
    let nothing = run(folder, &["import", "--config", "c.toml"]);
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn a_store_that_a_kill_left_empty_is_created_by_an_import() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("c.toml"), CONFIGURATION).expect("written");
    fs::write(folder.join("h.csv"), rows(60, 1)).expect("written");
    fs::create_dir(folder.join("data")).expect("a folder");
    fs::write(folder.join("data/wattkampen.sqlite"), "").expect("written");
    let report = run(folder, &["report", "--config", "c.toml"]);
    let errors = String::from_utf8_lossy(&report.stderr).into_owned();
    assert!(!report.status.success() && errors.contains("is empty"), "{errors}");
    assert!(import(folder, &["h.csv"]).contains("24 taken"));
    done(folder, &["report", "--config", "c.toml"]);
}

#[test]
fn files_beside_remove_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("c.toml"), CONFIGURATION).expect("written");
    fs::write(folder.join("h.csv"), rows(60, 1)).expect("written");
    import(folder, &["h.csv"]);
    let both = [&remove(["2026-03-01", "2026-03-02"])[..], &["readings", "h.csv"]].concat();
    let output = run(folder, &both);
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    assert!(errors.contains("with a second command"), "{errors}");
    assert!(import(folder, &["h.csv"]).contains("0 taken, 24 repeated"));
}

#[test]
fn a_quotation_mark_that_is_not_closed_takes_no_other_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    fs::write(folder.join("c.toml"), CONFIGURATION).expect("written");
    let all = rows(60, 1);
    let mut lines: Vec<String> = all.lines().map(str::to_owned).collect();
    lines[5] = lines[5].replace(',', ",\"");
    fs::write(folder.join("h.csv"), lines.join("\n") + "\n").expect("written");
    assert!(import(folder, &["h.csv"]).contains("24 taken"));
}

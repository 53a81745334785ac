//! The demonstration from its first line to the contest's end: the injected savings are
//! found, the leaderboard is that of 2011, and `report`, `panel` and a second start read
//! the same from the same store.
use std::{collections::HashMap, fmt::Write, fs, path::Path, process::Command};

use serde_json::Value;
use tests::{Server, process, until, wattkampen};

/// The rest of the contest in some twenty seconds; meters then send once an hour.
const SPEED: [&str; 2] = ["--speed", "200000"];
const END: &str = "2027-05-31T22:00:00Z";

/// Standard output of a command that succeeds.
fn output(arguments: &[&str]) -> Vec<u8> {
    let done = process::output(Command::new(wattkampen()).args(arguments));
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {errors}");
    done.stdout
}

fn json(arguments: &[&str]) -> Value {
    serde_json::from_slice(&output(arguments)).expect("JSON")
}

/// The participants and what each of them truly saves.
fn truth() -> Vec<Value> {
    let Value::Array(halls) = json(&["simulate", "--truth"]) else {
        panic!("a list of town halls")
    };
    halls
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value[key].as_str().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn number(value: &Value, key: &str) -> f64 {
    value[key].as_f64().unwrap_or_else(|| panic!("{key} in {value}"))
}

fn rows(board: &Value) -> &[Value] {
    board["rows"].as_array().expect("rows")
}

/// Waits until the demonstration has printed its result.
fn result(server: &Server) -> String {
    until("the final table", || {
        let printed = server.printed();
        printed.contains("Total saving in the project").then_some(printed)
    })
}

fn the_board_is_that_of_2011(board: &Value) {
    assert_eq!(board["status"], "ended");
    let rows = rows(board);
    assert_eq!(rows.len(), 24);
    let first: Vec<&str> = rows[..2].iter().map(|row| text(row, "participant")).collect();
    assert_eq!(first, ["soderhamn", "pitea"]);
    assert!(number(&rows[0], "saving_percent") > 21.0);
    let most =
        rows[2..].iter().filter(|r| (5.0..=10.0).contains(&number(r, "saving_percent"))).count();
    assert!(most >= 16, "{most} of the others lie between 5 and 10 %");
    let intensities = rows.iter().map(|row| number(row, "kwh_per_m2"));
    let (least, most) = intensities.fold((f64::MAX, 0.0_f64), |(a, b), v| (a.min(v), b.max(v)));
    assert!((1.5..3.0).contains(&least) && (12.0..15.0).contains(&most), "{least} to {most}");
    let total = number(&board["total"], "saved_kwh");
    let sum: f64 = rows.iter().map(|row| number(row, "saved_kwh")).sum();
    assert!(total > 5000.0 && (total - sum).abs() < 2.0, "{total}, the rows have {sum}");
}

fn the_truth_is_found(board: &Value, truth: &[Value]) {
    let injected: HashMap<&str, f64> = truth
        .iter()
        .map(|hall| (text(hall, "participant"), number(hall, "saving_percent")))
        .collect();
    let far: Vec<String> = rows(board)
        .iter()
        .filter_map(|row| {
            let (found, true_saving) =
                (number(row, "saving_percent"), injected[text(row, "participant")]);
            let near = (found - true_saving).abs() <= 2.0;
            (!near).then(|| format!("{}: {found} for {true_saving}", row["participant"]))
        })
        .collect();
    assert!(far.len() <= 4, "more than 2 percentage points off: {far:?}");
}

/// A configuration over the demonstration's data, for the commands that only read.
fn configuration(folder: &Path, truth: &[Value]) -> String {
    let mut toml = String::from(
        r#"[competition]
name     = "Energispartävling 2027"
timezone = "Europe/Stockholm"
holidays = "SE"
baseline = { start = "2026-03-01", end = "2027-03-01" }
contest  = { start = "2027-03-01", end = "2027-06-01" }
rule     = "saving"

[server]
http = "127.0.0.1:0"
mqtt = "127.0.0.1:0"
data = "data"
"#,
    );
    for hall in truth {
        writeln!(
            toml,
            r#"
[[participant]]
id           = "{}"
municipality = "{}"
cluster      = "{}"
building     = "Stadshuset"
floor_area   = [{{ from = "2026-03-01", m2 = {} }}]
employees    = [{{ from = "2026-03-01", count = {} }}]
meters       = [{{ id = "{}", gateway = "{}", capacity_kw = 2000 }}]"#,
            text(hall, "participant"),
            text(hall, "municipality"),
            text(hall, "cluster"),
            hall["area_m2"],
            hall["employees"],
            text(hall, "meter"),
            text(hall, "gateway"),
        )
        .expect("a string takes everything");
    }
    let file = folder.join("demo.toml");
    fs::write(&file, toml).expect("the configuration is written");
    file.to_str().expect("UTF-8").to_owned()
}

#[test]
fn a_whole_competition_ends_as_in_2011() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let truth = truth();
    let server = Server::demo(&data, &SPEED);
    let printed = result(&server);
    let board = server.get("/api/v1/leaderboard").json();
    the_board_is_that_of_2011(&board);
    the_truth_is_found(&board, &truth);

    let total = number(&board["total"], "saved_kwh");
    let line = printed.lines().find_map(|line| line.strip_prefix("Total saving in the project: "));
    let whole = line.and_then(|line| line.strip_suffix(" kWh")?.parse::<f64>().ok());
    // The leaderboard rounds to a tenth, the line to a whole number.
    assert!(whole.is_some_and(|whole| (whole - total).abs() <= 0.55), "{total} in:\n{printed}");
    let winner = printed.lines().find(|line| line.contains("Söderhamn")).expect("the winner");
    assert!(winner.trim_start().starts_with("1 ") && winner.contains("22.6"), "{winner}");

    // Another process reads the store while the service runs.
    let config = configuration(folder.path(), &truth);
    let report = json(&["report", "--config", &config, "--as-of", END, "--json"]);
    let (shown, printed) = (rows(&board), rows(&report));
    for (shown, printed) in shown.iter().zip(printed) {
        for key in
            ["rank", "participant", "saving_percent", "saved_kwh", "energy_kwh", "kwh_per_m2"]
        {
            assert_eq!(shown[key], printed[key], "{key}");
        }
    }
    let csv = output(&["report", "--config", &config, "--as-of", END, "--format", "csv"]);
    let csv = String::from_utf8(csv).expect("UTF-8");
    assert_eq!(csv.lines().count(), 25);
    let winner = csv.lines().nth(1).expect("a first row");
    assert!(winner.starts_with("1,") && winner.contains(",soderhamn,Söderhamn,"), "{winner}");

    for size in ["64x32", "128x64"] {
        let file = folder.path().join(format!("{size}.png"));
        let out = file.to_str().expect("UTF-8");
        output(&[
            "panel",
            "--config",
            &config,
            "--participant",
            "pitea",
            "--size",
            size,
            "--out",
            out,
        ]);
        let png = fs::read(&file).expect("the picture");
        assert!(png.starts_with(b"\x89PNG"));
        let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().expect("4 bytes"));
        assert_eq!(format!("{}x{}", side(16), side(20)), size);
    }

    assert!(server.terminate().success(), "the demo ends cleanly");
    let again = Server::demo(&data, &SPEED);
    result(&again);
    let kept = again.get("/api/v1/leaderboard").json();
    assert_eq!(rows(&kept), rows(&board), "the same store, the same board");
    assert!(again.terminate().success());
}

//! Imports as an organiser does them: compressed, repeated, killed, while the service runs,
//! across both clock changes, and up to where a gateway's readings begin.
use std::{
    fmt::Write as _,
    fs::{self, File},
    io::Write as _,
    path::Path,
    process::{Child, Command, Output, Stdio},
    thread,
};

use flate2::{Compression, write::GzEncoder};
use jiff::{SignedDuration, Timestamp};
use tests::{
    Fleet, PAST, Place, Server, TownHall, local, process, reading, until, wattkampen, write_config,
};

const QUARTER: SignedDuration = SignedDuration::from_mins(15);

fn import(config: &Path, what: &[&str]) -> Command {
    let mut command = Command::new(wattkampen());
    command.arg("import").arg("--config").arg(config).args(what);
    command
}

fn done(mut command: Command) -> String {
    let Output { status, stdout, stderr } = process::output(&mut command);
    let errors = String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {errors}");
    String::from_utf8(stdout).expect("UTF-8")
}

/// Energies of all quarter-hours of both periods, as a utility would export them.
fn rows(hall: usize, percent: u64) -> Vec<String> {
    let (mut at, end) = (local("2024-03-01T00:00"), local("2025-06-01T00:00"));
    let contest = local("2025-03-01T00:00");
    let mut rows = vec!["timestamp,energy_wh\n".to_owned()];
    while at < end {
        let hour = at.as_second().unsigned_abs() / 3600;
        let day = if (6..17).contains(&(hour % 24)) { 4000 } else { 2000 };
        let used = day + (hour.wrapping_mul(2_654_435_761) >> 7) % 400 + hall as u64;
        let used = if at < contest { used } else { used * percent / 100 };
        rows.push(format!("{at},{used}\n"));
        at += QUARTER;
    }
    rows
}

fn packed(path: &Path, rows: &[String]) {
    let mut file = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    file.write_all(rows.concat().as_bytes()).unwrap();
    file.finish().unwrap();
}

/// Everything that the API reports about the participants after the contest's end.
fn api(server: &Server, halls: &[TownHall]) -> String {
    let mut all = server.get("/api/v1/leaderboard?as_of=2025-06-02T00:00:00Z").text().to_owned();
    for hall in halls {
        let path = format!("/api/v1/participants/{}/series?step=1d", hall.id);
        let range = "from=2024-02-29T23:00:00Z&to=2025-06-01T22:00:00Z";
        let series = server.get(&format!("{path}&{range}"));
        assert_eq!(series.status, 200, "{}", series.text());
        all.push_str(series.text());
    }
    all
}

/// kWh of hours from a moment on; `None` where one is not known.
fn hours(server: &Server, hall: &TownHall, from: Timestamp, count: i64) -> Vec<Option<f64>> {
    let to = from + SignedDuration::from_hours(count);
    let path = format!("/api/v1/participants/{}/series?step=1h&from={from}&to={to}", hall.id);
    let json = server.get(&path).json();
    let points = json["points"].as_array().unwrap_or_else(|| panic!("{json}"));
    points.iter().map(|point| point["energy_kwh"].as_f64()).collect()
}

#[test]
fn an_import_killed_half_way_and_repeated_gives_the_same_board() {
    let halls = TownHall::several(2);
    let rows = [rows(0, 80), rows(1, 95)];
    let straight = {
        let folder = tempfile::tempdir().unwrap();
        let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
        let files: Vec<_> = halls
            .iter()
            .zip(&rows)
            .map(|(hall, rows)| {
                let path = folder.path().join(format!("{}.csv.gz", hall.meter));
                packed(&path, rows);
                path.to_str().unwrap().to_owned()
            })
            .collect();
        let printed = done(import(&config, &["readings", &files[0], &files[1]]));
        assert_eq!(
            printed.matches("43868 taken, 0 repeated, 0 empty, 0 refused").count(),
            2,
            "{printed}"
        );
        api(&Server::serve(&config), &halls)
    };
    // Not equal for being empty: both are ranked, in the order of their load.
    let board: serde_json::Value = serde_json::Deserializer::from_str(&straight)
        .into_iter()
        .next()
        .expect("the board")
        .expect("JSON");
    assert_eq!(board["rows"][0]["participant"], "hall-1", "{board}");
    assert_eq!(board["rows"][1]["rank"], 2, "{board}");

    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
    let server = Server::serve(&config);
    let pipe = folder.path().join(format!("{}.csv", halls[0].meter));
    let made = Command::new("mkfifo").arg(&pipe).status().expect("mkfifo starts");
    assert!(made.success());
    let mut command = import(&config, &["readings"]);
    let mut half: Child =
        command.arg(&pipe).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    // Not a scoped thread: a failure must not wait for an import that reads no more.
    let (to, text) = (pipe.clone(), rows[0][..30_000].concat());
    let feeder = thread::spawn(move || {
        let mut file = File::options().write(true).open(to).expect("the import reads");
        file.write_all(text.as_bytes()).expect("the import is not killed yet");
        file
    });
    let first = local("2024-03-01T00:00");
    until("the first batch is on the board of the running service", || {
        hours(&server, &halls[0], first, 1)[0]
    });
    half.kill().expect("it waits for more");
    half.wait().expect("it has ended");
    drop(feeder.join().expect("it wrote"));
    fs::remove_file(&pipe).unwrap();
    for (hall, rows) in halls.iter().zip(&rows).rev() {
        let path = folder.path().join(format!("{}.csv", hall.meter));
        fs::write(&path, rows.concat()).unwrap();
        let printed = done(import(&config, &["readings", path.to_str().unwrap()]));
        let expected = if hall.id == "hall-1" {
            "23868 taken, 20000 repeated, 0 empty"
        } else {
            "43868 taken, 0 repeated, 0 empty"
        };
        assert!(printed.contains(expected), "{printed}");
        let printed = done(import(&config, &["readings", path.to_str().unwrap()]));
        assert!(printed.contains("0 taken, 43868 repeated"), "{printed}");
    }
    until("the running service has it all", || (api(&server, &halls) == straight).then_some(()));
    server.kill();
    assert_eq!(api(&Server::serve(&config), &halls), straight, "after a restart");
}

#[test]
fn local_hours_are_exact_over_both_changes_of_the_clocks() {
    let hall = &TownHall::several(1)[0];
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, std::slice::from_ref(hall), Place::Embedded);
    let server = Server::serve(&config);
    let mut text = "\u{feff}Tidpunkt;Förbrukning (kWh)\r\n".to_owned();
    let mut row = |day: &str, hour: usize, tenths: usize| {
        write!(text, "{day} {hour:02}:00;{},{}\r\n", tenths / 10, tenths % 10).unwrap();
    };
    // 31 March 2024 lacks its third hour, but the export has it; 27 October has it twice.
    (0..24).for_each(|hour| row("2024-03-31", hour, 10 + hour));
    let autumn = (0..3).chain(2..24);
    autumn.clone().enumerate().for_each(|(n, hour)| row("2024-10-27", hour, 50 + n));
    text.push_str("2024-10-28 00:00;\r\n2024-10-28 01:00;n/a\r\n");
    let file = folder.path().join("export.csv");
    fs::write(&file, text).unwrap();
    let printed =
        done(import(&config, &["readings", "--meter", &hall.meter, file.to_str().unwrap()]));
    assert!(printed.contains("48 taken, 0 repeated, 1 empty, 2 refused"), "{printed}");
    assert!(printed.contains("clocks were put forward over it (line 4)"), "{printed}");
    assert!(printed.contains("not a number, as in \"n/a\" (line 52)"), "{printed}");
    let known = |from: &str, count: i64| {
        until("the day is on the board", || {
            let hours = hours(&server, hall, local(from), count);
            hours[0].is_some().then_some(hours)
        })
    };
    let tenths = |n: usize| Some(n as f64 / 10.0);
    let spring: Vec<_> = (0..24).filter(|hour| *hour != 2).map(|hour| tenths(10 + hour)).collect();
    assert_eq!(known("2024-03-31T00:00", 23), spring);
    let autumn: Vec<_> = (0..25).map(|n| tenths(50 + n)).chain([None, None]).collect();
    assert_eq!(known("2024-10-27T00:00", 27), autumn);
}

#[test]
fn where_the_gateway_begins_no_energy_is_mangled() {
    let hall = &TownHall::several(1)[0];
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, std::slice::from_ref(hall), Place::Embedded);
    let server = Server::serve(&config);
    let eight = local("2024-04-10T08:00");
    // The register is far above zero, and begins in the middle of the third hour.
    let gateway: Vec<_> = (28..=60)
        .map(|n: i64| {
            let at = eight + SignedDuration::from_mins(5 * n);
            reading(hall, at, 70_000_000 + 120 * n.unsigned_abs(), 1440, n as u32)
        })
        .collect();
    Fleet::start(server.broker(), vec![gateway]).finish();
    let file = folder.path().join(format!("{}.csv", hall.meter));
    let rows = (0..4).map(|n| format!("{},{}\n", eight + SignedDuration::from_hours(n), 5000 + n));
    fs::write(&file, format!("timestamp,energy_wh\n{}", rows.collect::<String>())).unwrap();
    done(import(&config, &["readings", file.to_str().unwrap()]));
    let expected = [Some(5.0), Some(5.001), Some(5.002), Some(1.44), Some(1.44)];
    until("hours of the export, then hours of the register", || {
        (hours(&server, hall, eight, 5) == expected).then_some(())
    });
    let printed = done(import(&config, &["readings", file.to_str().unwrap()]));
    assert!(printed.contains("0 taken, 4 repeated"), "{printed}");

    // While the service runs, only it writes registers; the import refuses them with a hint.
    let file = folder.path().join("register.csv");
    fs::write(&file, format!("timestamp,register_wh\n{eight},70000000\n")).unwrap();
    let what = ["readings", "--meter", &hall.meter, file.to_str().unwrap()];
    let refused = process::output(&mut import(&config, &what));
    let errors = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert_eq!(refused.status.code(), Some(1), "{errors}");
    assert!(
        errors.contains("registers cannot be imported while it runs\n  stop the service"),
        "{errors}"
    );
    assert!(server.terminate().success());
    let printed = done(import(&config, &what));
    assert!(printed.contains("1 taken"), "{printed}");
    let server = Server::serve(&config);
    server.until_stored(34);
    let late = hours(&server, hall, eight, 5);
    // What the register counted over those hours is the truth, and the export its shape.
    assert_eq!(late, [Some(1.44); 5]);
}

//! The audit trail as a losing participant uses it: the organiser's decisions change the
//! leaderboard, are in the log and survive a restart; one changed byte of the log, of a
//! stored reading or of an imported row is found, with its place.
use std::{
    path::PathBuf,
    process::{Command, Output},
};

use rusqlite::Connection;
use serde_json::{Value, json};
use tests::{
    Fleet, History, Message, PAST, Place, Response, Server, TownHall, local, process, until,
    wattkampen, write_config,
};

#[path = "audit/forms.rs"]
mod forms;
#[path = "audit/store_locked.rs"]
mod store_locked;
#[path = "audit/tamper.rs"]
mod tamper;

const BOARD: &str = "/api/v1/leaderboard";
/// Percent of the usual load that each hall uses in the contest.
const LOADS: [u64; 3] = [95, 78, 88];

struct Contest {
    _folder: tempfile::TempDir,
    config: PathBuf,
    halls: Vec<TownHall>,
}

impl Contest {
    /// A contest that has ended, without any reading.
    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let halls = TownHall::several(LOADS.len());
        let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
        Self { _folder: folder, config, halls }
    }

    /// The same contest with all its readings.
    fn new() -> (Self, Server) {
        let contest = Self::empty();
        let server = Server::serve(&contest.config);
        Fleet::start(server.broker(), contest.readings()).finish();
        // Acknowledged readings are on the next leaderboard, some milliseconds later.
        let known = server.get(&format!("{BOARD}?as_of=2025-06-02T00:00:00Z")).json();
        let energies = |board: &Value| -> Vec<Value> {
            board["rows"]
                .as_array()
                .expect("rows")
                .iter()
                .map(|it| it["energy_kwh"].clone())
                .collect()
        };
        until("the board has all readings", || {
            (energies(&server.get(BOARD).json()) == energies(&known)).then_some(())
        });
        (contest, server)
    }

    fn readings(&self) -> Vec<Vec<Message>> {
        let one = |(hall, percent)| {
            let mut history = History::new(hall, local("2024-03-01T00:00"));
            let mut all = history.run(local("2025-03-01T00:00"), 3600, 100);
            all.extend(history.run(local("2025-06-01T01:00"), 3600, percent));
            all
        };
        self.halls.iter().zip(LOADS).map(one).collect()
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(wattkampen());
        command.arg(arguments[0]).arg("--config").arg(&self.config).args(&arguments[1..]);
        process::output(&mut command)
    }

    /// Imports hours of 2 April 2024 and returns the printed result.
    fn import(&self, what: &str, id: &str, column: &str, values: &[&str], more: &[&str]) -> String {
        let file = self.config.with_file_name("import.csv");
        let rows = values.iter().enumerate();
        let rows: String =
            rows.map(|(hour, value)| format!("2024-04-02T{hour:02}:00Z,{value}\n")).collect();
        std::fs::write(&file, format!("timestamp,{column}\n{rows}")).unwrap();
        let whose = if what == "readings" { "--meter" } else { "--participant" };
        let arguments = ["import", what, whose, id, file.to_str().unwrap()];
        let Output { status, stdout, stderr } = self.run(&[&arguments[..], more].concat());
        assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
        String::from_utf8(stdout).unwrap()
    }

    /// `wattkampen audit --json`, and whether it found everything as it was.
    fn audit(&self) -> (Value, bool) {
        let Output { status, stdout, stderr } = self.run(&["audit", "--json"]);
        let errors = String::from_utf8_lossy(&stderr);
        let json = serde_json::from_slice(&stdout).unwrap_or_else(|_| panic!("{errors}"));
        (json, status.success())
    }

    fn store(&self) -> Connection {
        Connection::open(self.config.with_file_name("data").join("wattkampen.sqlite")).unwrap()
    }

    /// Stops the service, so that everything is sealed and the file is closed.
    fn close(&self, server: Server) {
        assert!(server.terminate().success());
        let (json, verified) = self.audit();
        assert!(verified, "{json}");
        assert_eq!(json["sealed"]["waiting_days"], 0, "{}", json["sealed"]);
    }
}

fn rows(server: &Server) -> Value {
    let board = server.get(BOARD);
    assert_eq!(board.status, 200, "{}", board.text());
    board.json()["rows"].clone()
}

fn row(rows: &Value, id: &str) -> Value {
    let rows = rows.as_array().expect("rows");
    rows.iter().find(|row| row["participant"] == id).expect("its row").clone()
}

fn ask(server: &Server, path: &str, body: &Value) -> Response {
    let path = format!("/api/v1/organiser/{path}");
    server.post_as_organiser(&path, "application/json", &body.to_string())
}

fn declared(server: &Server, path: &str, body: &Value) -> i64 {
    let answer = ask(server, path, body);
    assert_eq!(answer.status, 201, "{}", answer.text());
    answer.json()["entry"].as_i64().expect("its entry")
}

/// An event that takes March out of a hall's sums.
fn march(hall: &str) -> Value {
    json!({"kind": "event", "participant": hall, "from": "2025-03-01", "until": "2025-04-01",
        "by": "energy coordinator", "reason": "a wing was closed"})
}

fn events(audit: &Value, kind: &str) -> Vec<Value> {
    let entries = audit["entries"].as_array().expect("entries").iter();
    entries.filter(|entry| entry["what"]["event"] == kind).cloned().collect()
}

#[test]
fn a_declaration_moves_the_board_and_a_restart_gives_the_same() {
    let (contest, server) = Contest::new();
    let before = rows(&server);
    let entry = declared(&server, "declarations", &march("hall-1"));
    let after = rows(&server);
    let energy = |rows: &Value, id: &str| row(rows, id)["energy_kwh"].as_f64().unwrap();
    // A third of the contest's hours is excluded from both sides, for this hall alone.
    let share = energy(&after, "hall-1") / energy(&before, "hall-1");
    assert!((0.6..0.72).contains(&share), "{share}");
    assert_eq!(row(&after, "hall-2"), row(&before, "hall-2"));
    let swap = json!({"kind": "floor-area", "participant": "hall-2", "from": "2020-01-01",
        "m2": 7000, "by": "energy coordinator", "reason": "measured anew"});
    declared(&server, "declarations", &swap);
    let shown = server.get("/api/v1/participants/hall-2").json();
    assert_eq!(shown["floor_area_m2"], 7000.0, "{shown}");
    let after = rows(&server);

    let page = server.get_as_organiser("/organiser?lang=en");
    assert!(page.text().contains("a wing was closed"), "{}", page.text());
    assert_eq!(ask(&server, "declarations", &march("hall-1")).status, 400, "it is in force");
    let nonsense =
        ask(&server, "declarations", &json!({"kind": "event", "by": "x", "reason": "y z"}));
    assert_eq!((nonsense.status, &nonsense.json()["detail"]), (400, &json!("event needs from")));

    server.kill();
    let server = Server::serve(&contest.config);
    assert_eq!(rows(&server), after, "after a restart");
    let withdrawn = json!({"kind": "withdraw", "entry": entry, "by": "energy coordinator",
        "reason": "it was another house"});
    declared(&server, "declarations", &withdrawn);
    assert_eq!(energy(&rows(&server), "hall-1"), energy(&before, "hall-1"));

    contest.close(server);
    let (audit, _) = contest.audit();
    let made = events(&audit, "declaration");
    assert_eq!(made.len(), 3);
    assert_eq!(made[0]["entry"], entry);
    let words = made[0]["words"].as_str().unwrap();
    assert!(words.contains("hall-1") && words.contains("a wing was closed"), "{words}");
    let moved = events(&audit, "moved");
    assert_eq!(moved[0]["what"]["cause"], entry);
    assert_eq!(moved[0]["what"]["places"][0][0]["participant"], "hall-1");
    assert!(!events(&audit, "sealed").is_empty());
}

#[test]
fn an_activity_is_declared_while_the_service_runs_and_its_effect_is_measured() {
    let (contest, server) = Contest::new();
    let before = rows(&server);
    let done = json!({"kind": "activity", "participant": "hall-1", "activity": "night-walk",
        "day": "2025-04-15", "place": "whole house", "by": "caretaker", "reason": "14 screens were on"});
    let entry = declared(&server, "declarations", &done);
    let shown =
        |server: &Server| server.get("/api/v1/participants/hall-1").json()["activities"].clone();
    let activities = shown(&server);
    let words = &activities[0];
    assert_eq!((&words["kind"], &words["by"]), (&json!("night-walk"), &json!("caretaker")));
    assert_eq!(words["note"], "14 screens were on");
    let effect = &words["effect"];
    let bound = |at: usize| effect["interval_points"][at].as_f64().expect("an interval");
    let change = effect["change_points"].as_f64().expect("a change");
    assert!(bound(0) < change && change < bound(1), "{effect}");
    assert_eq!(effect["distinguishable"], bound(0) > 0.0 || bound(1) < 0.0, "{effect}");
    assert_eq!(rows(&server), before, "an activity does not change the ranking");
    let page = server.get("/participants/hall-1?lang=en").text().to_owned();
    assert!(page.contains("Night walk") && page.contains("14 screens were on"), "{page}");
    assert!(
        server.get_as_organiser("/organiser?lang=en").text().contains("15 April 2025: Night walk")
    );

    let wrong = json!({"kind": "activity", "participant": "hall-1", "activity": "party",
        "day": "2025-04-15", "by": "caretaker", "reason": "for fun"});
    let refused = ask(&server, "declarations", &wrong);
    assert_eq!(
        (refused.status, &refused.json()["detail"]),
        (400, &json!("activity = \"party\" is not known"))
    );

    server.kill();
    let server = Server::serve(&contest.config);
    assert_eq!(shown(&server), activities, "after a restart");
    let withdrawn = json!({"kind": "withdraw", "entry": entry, "by": "caretaker",
        "reason": "it was another house"});
    declared(&server, "declarations", &withdrawn);
    assert_eq!(shown(&server), json!([]));
    contest.close(server);
    let (audit, _) = contest.audit();
    assert_eq!(events(&audit, "declaration").len(), 2, "nothing is deleted");
}

#[test]
fn a_form_declares_without_a_script_and_only_from_our_own_page() {
    let (_desk, server) = Contest::new();
    let form = "kind=employees&participant=hall-1&from=2020-01-01&count=50&by=jury&reason=counted";
    let kind = "application/x-www-form-urlencoded";
    let done = server.post_as_organiser("/organiser", kind, form);
    assert_eq!(done.status, 303, "{}", done.text());
    assert_eq!(server.get("/api/v1/participants/hall-1").json()["employees"], 50);
    let wrong = server.post_as_organiser("/organiser", kind, &form.replace("=50", "=many"));
    assert_eq!(wrong.status, 400);
    let foreign = format!("{kind}\r\nOrigin: http://example.org");
    let form = form.replace("=50", "=60");
    assert_eq!(server.post_as_organiser("/organiser", &foreign, &form).status, 403);
    assert_eq!(server.get("/api/v1/participants/hall-1").json()["employees"], 50);
}

#[test]
fn a_locked_result_holds_until_it_is_amended() {
    let (contest, server) = Contest::new();
    let lock = json!({"by": "head of the jury", "reason": "all have agreed"});
    let amend = |server: &Server| ask(server, "amendments", &march("hall-1"));
    assert_eq!(amend(&server).status, 409, "nothing is locked");
    declared(&server, "lock", &lock);
    assert_eq!(ask(&server, "lock", &lock).status, 409, "once is enough");
    let board = server.get(BOARD).json();
    assert_eq!(board["status"], "locked");
    assert!(server.get("/?lang=en").text().contains("locked by the organiser <time>"));

    // Neither a reading, nor a declaration, nor the configuration changes it.
    let hall = &contest.halls[0];
    let late = tests::reading(hall, local("2025-04-01T12:30"), 9_000_000, 10, 1);
    Fleet::start(server.broker(), vec![vec![late]]).finish();
    until("the late reading is refused", || {
        (server.metric("wattkampen_refused_total{reason=\"locked\"}") == 1).then_some(())
    });
    assert_eq!(ask(&server, "declarations", &march("hall-1")).status, 409);
    assert_eq!(rows(&server), board["rows"]);
    assert!(server.terminate().success());
    let text = std::fs::read_to_string(&contest.config).unwrap();
    std::fs::write(&contest.config, text.replace("m2 = 3250", "m2 = 9999")).unwrap();
    let server = Server::serve(&contest.config);
    assert_eq!(server.get(BOARD).json()["rows"], board["rows"], "after a restart");
    let report: Value = serde_json::from_slice(&contest.run(&["report", "--json"]).stdout).unwrap();
    assert_eq!(report["rows"], board["rows"]);

    // From the command line, while the service runs.
    let amended = contest.run(&[
        "amend",
        "event",
        "--participant",
        "hall-1",
        "--from",
        "2025-03-01",
        "--until",
        "2025-04-01",
        "--by",
        "head of the jury",
        "--reason",
        "the appeal was upheld",
    ]);
    assert!(amended.status.success(), "{}", String::from_utf8_lossy(&amended.stderr));
    let after = until("the service applies the amendment", || {
        let after = rows(&server);
        (after != board["rows"]).then_some(after)
    });
    assert_eq!(server.get(BOARD).json()["status"], "locked");
    assert_ne!(row(&after, "hall-1"), row(&board["rows"], "hall-1"));
    server.kill();
    let server = Server::serve(&contest.config);
    assert_eq!(rows(&server), after, "after another restart");

    // Data that arrives after the lock counts only by an amendment.
    let kept = || -> i64 {
        contest.store().query_row("SELECT count(*) FROM post_lock", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(kept(), 1, "the late reading");
    let shown = contest.import("temperature", "hall-1", "outdoor_c", &["1.5", "2.5"], &[]);
    assert!(shown.contains("the result is locked: 2 rows are stored and do not count"), "{shown}");
    assert_eq!((kept(), rows(&server)), (3, after));
    let stored = || server.metric("wattkampen_stored_readings");
    let before = stored();
    let by = ["--by", "head of the jury", "--reason", "the appeal was upheld"];
    let amended =
        contest.run(&[&["amend", "late-data", "--participant", "hall-1"], &by[..]].concat());
    assert!(amended.status.success(), "{}", String::from_utf8_lossy(&amended.stderr));
    until("the amended data is applied", || (kept() == 0).then_some(()));
    until("it is on the next board", || (stored() == before + 1).then_some(()));

    contest.close(server);
    let (audit, _) = contest.audit();
    let late = events(&audit, "aside");
    let late: Vec<_> = late.iter().map(|it| (&it["what"]["what"], &it["what"]["rows"])).collect();
    assert_eq!(late, [(&json!("reading"), &json!(1)), (&json!("temperature"), &json!(2))]);
    assert_eq!(events(&audit, "import")[0]["what"]["taken"], 2);
    assert_eq!(events(&audit, "lock").len(), 1);
    let results = events(&audit, "result");
    let changes: Vec<_> = results.iter().map(|it| &it["what"]["changes"]).collect();
    let area = json!([{"path": "participants.hall-1.floor_area",
        "before": [["2020-01-01", 3250.0]], "after": [["2020-01-01", 9999.0]]}]);
    assert_eq!(changes, [&json!([]), &area, &area], "changes that no amendment covers are named");
    let words = results[1]["words"].as_str().unwrap();
    assert!(words.contains("WITH ANOTHER CONFIGURATION") && words.contains("9999"), "{words}");
    let amendment = &events(&audit, "amendment")[0]["words"];
    assert!(amendment.as_str().unwrap().contains("the appeal was upheld"), "{amendment}");
    let changed = &events(&audit, "configuration")[1]["what"]["changes"];
    assert_eq!(changed[0]["path"], "participants.hall-1.floor_area", "{changed}");
}

#[test]
fn late_readings_are_in_the_audit_trail() {
    let (contest, server) = Contest::new();
    let before = row(&rows(&server), "hall-1")["energy_kwh"].as_f64().unwrap();
    // The last hours of the contest once more, later ones, out of order.
    let mut history = History::new(&contest.halls[0], local("2025-06-02T00:00"));
    let mut late = history.run(local("2025-06-02T05:00"), 3600, 100);
    late.reverse();
    Fleet::start(server.broker(), vec![late]).finish();
    contest.close(server);
    let (audit, _) = contest.audit();
    let late = events(&audit, "late");
    let of: Vec<&Value> = late.iter().filter(|it| it["what"]["participant"] == "hall-1").collect();
    let meters: Vec<&Value> =
        of.iter().flat_map(|it| it["what"]["meters"].as_array().unwrap()).collect();
    let count: u64 = meters.iter().map(|it| it["readings"].as_u64().unwrap()).sum();
    // All readings of the contest arrive after its end, and five more.
    let contest = contest.readings()[0].len() as u64 - 365 * 24;
    assert_eq!(count, contest + 5, "{late:?}");
    let energy: f64 = of.iter().map(|it| it["what"]["energy_kwh"].as_f64().unwrap()).sum();
    assert!((energy - before).abs() < 1.0, "{energy} and {before}");
}

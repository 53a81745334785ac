//! A store of schema version 3, as the program of November 2026 wrote it, with the answers
//! that program gave: this one migrates it, verifies it, gives the same locked result and
//! the same energies. Savings that are computed anew are by the baseline of now, and
//! `total.participants` counts those that are summed.
//!
//! `store_v3/` has readings of registers, imported intervals and temperatures, each kind
//! of declaration, a lock, two amendments, and readings that arrived after the lock.
use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
};

use flate2::read::GzDecoder;
use serde_json::Value;

/// A copy of the stored competition.
struct Competition {
    folder: tempfile::TempDir,
}

impl Competition {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let data = folder.path().join("data");
        fs::create_dir(&data).expect("the data directory");
        let mut store = Vec::new();
        let packed = File::open(fixture("store.sqlite.gz")).expect("the stored competition");
        GzDecoder::new(packed).read_to_end(&mut store).expect("gzip");
        fs::write(data.join("wattkampen.sqlite"), store).expect("the store");
        fs::copy(fixture("wattkampen.toml"), folder.path().join("wattkampen.toml"))
            .expect("the configuration");
        Self { folder }
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_wattkampen"))
            .current_dir(self.folder.path())
            .arg(arguments[0])
            .args(["--config", "wattkampen.toml"])
            .args(&arguments[1..])
            .output()
            .expect("wattkampen starts")
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(arguments);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("JSON")
    }
}

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_v3").join(name)
}

fn golden(name: &str) -> Value {
    serde_json::from_slice(&fs::read(fixture(name)).expect(name)).expect("JSON")
}

/// Fields that depend on the baseline's method.
const BY_METHOD: [&str; 6] =
    ["baseline", "saving_percent", "interval_percent", "saved_kwh", "cv_rmse", "nmbe"];

/// Every field of `before` is in `after` with the same value; fields may be added, and a
/// reason is a text that may be rewritten.
fn assert_contains(after: &Value, before: &Value, path: &str) {
    assert_contains_but(after, before, path, &["reason"]);
}

fn assert_contains_but(after: &Value, before: &Value, path: &str, skipped: &[&str]) {
    match (after, before) {
        (Value::Object(after), Value::Object(before)) => {
            for (key, value) in before.iter().filter(|(key, _)| !skipped.contains(&key.as_str())) {
                let path = format!("{path}.{key}");
                let after = after.get(key).unwrap_or(&Value::Null);
                assert_contains_but(after, value, &path, skipped);
            }
        }
        (Value::Array(after), Value::Array(before)) => {
            assert_eq!(after.len(), before.len(), "{path}");
            for (index, (after, before)) in after.iter().zip(before).enumerate() {
                assert_contains_but(after, before, &format!("{path}[{index}]"), skipped);
            }
        }
        _ => assert_eq!(after, before, "{path}"),
    }
}

const AS_OF: [&str; 3] = ["--as-of", "2025-03-10T00:00:00Z", "--json"];

#[test]
fn store_of_version_3_verifies_and_gives_the_same_standings() {
    let competition = Competition::new();
    assert_contains(&competition.json(&["audit", "--json"]), &golden("audit.json"), "audit");
    // Imported values were live or silent by their age.
    let locked = competition.json(&["report", "--json"]);
    assert_contains_but(&locked, &golden("locked.json"), "locked", &["reason", "state"]);
    let by_energy = |after: &Value, name: &str| {
        let before = golden(&format!("{name}.json"));
        let skipped = [&["reason", "state"], &BY_METHOD[..]].concat();
        assert_contains_but(after, &before, name, &skipped);
        // The two methods disagree by less than they know.
        let rows = |board: &Value| board["rows"].as_array().expect("rows").clone();
        for (after, before) in rows(after).iter().zip(rows(&before)) {
            let Some(before) = before["saving_percent"].as_f64() else { continue };
            let [low, high] = [0, 1].map(|end| after["interval_percent"][end].as_f64());
            assert!(low < Some(before) && Some(before) < high, "{before}: {after}");
        }
    };
    by_energy(&competition.json(&[&["report"], &AS_OF[..]].concat()), "as-of");
    let intensity = [&["what-if", "--rule", "intensity"], &AS_OF[..]].concat();
    by_energy(&competition.json(&intensity), "what-if");
    // What the official method would show at a past moment is what was shown then.
    let [report, what_if] = ["report", "what-if"]
        .map(|command| competition.json(&[&[command], &AS_OF[..]].concat())["rows"].clone());
    assert_eq!(report, what_if);
}

#[test]
fn migrated_store_takes_further_decisions() {
    let competition = Competition::new();
    let amended = competition.run(&[
        "amend",
        "late-data",
        "--participant",
        "hall-2",
        "--by",
        "jury",
        "--reason",
        "the appeal was upheld",
    ]);
    assert!(amended.status.success(), "{}", String::from_utf8_lossy(&amended.stderr));
    let audit = competition.json(&["audit", "--json"]);
    let before = golden("audit.json");
    let (entries, before) = (audit["entries"].as_array(), before["entries"].as_array());
    let (entries, before) = (entries.expect("entries"), before.expect("entries"));
    assert!(entries.len() > before.len());
    for (entry, before) in entries.iter().zip(before) {
        assert_contains(entry, before, "entry");
    }
    // The two readings that arrived after the lock conflict with stored ones or add to them.
    let stored = |audit: &Value| audit["sealed"]["waiting_days"].as_u64();
    assert!(stored(&audit) > Some(0), "{}", audit["sealed"]);
}

#[test]
fn store_of_an_older_version_in_use_is_not_migrated() {
    let competition = Competition::new();
    let lock = File::create(competition.folder.path().join("data/lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let output = competition.run(&["audit", "--json"]);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{errors}");
    assert!(errors.contains("the store has schema version 3, and version 5 is needed"), "{errors}");
    assert!(errors.contains("an older version of the service is running"), "{errors}");
    drop(lock);
    assert!(competition.run(&["audit", "--json"]).status.success());
}

#[test]
fn several_commands_may_migrate_the_store_at_once() {
    let competition = Competition::new();
    let start = |_| {
        Command::new(env!("CARGO_BIN_EXE_wattkampen"))
            .current_dir(competition.folder.path())
            .args(["audit", "--config", "wattkampen.toml", "--json"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("wattkampen starts")
    };
    let commands: Vec<Child> = (0..6).map(start).collect();
    for command in commands {
        let output = command.wait_with_output().expect("an end");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

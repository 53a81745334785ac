//! One changed byte, or a row more or less, and what the audit reports.
use serde_json::{Value, json};

use super::{Contest, events};

#[test]
fn a_changed_byte_is_found_where_it_is() {
    let (contest, server) = Contest::new();
    contest.close(server);
    let (audit, _) = contest.audit();
    let head = audit["head"]["hash"].as_str().unwrap().to_owned();
    assert!(contest.run(&["audit", "--expect", &head]).status.success());
    let store = contest.store();
    let findings = || {
        let (json, verified) = contest.audit();
        assert!(!verified, "{json}");
        json["wrong"].as_array().unwrap().clone()
    };

    // One byte of the log.
    let body: String =
        store.query_row("SELECT body FROM audit WHERE seq = 2", [], |row| row.get(0)).unwrap();
    let changed = body.replacen('1', "2", 1);
    assert_ne!(body, changed);
    let set = |seq: i64, body: &str| {
        store.execute("UPDATE audit SET body = ? WHERE seq = ?", (body, seq)).unwrap()
    };
    set(2, &changed);
    let wrong = findings();
    assert_eq!(wrong[0]["entry"], 2, "{wrong:?}");
    let output = contest.run(&["audit"]);
    assert_eq!(output.status.code(), Some(1));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(errors.contains("entry 2 of the log is not what was written"), "{errors}");
    set(2, &body);
    assert!(contest.audit().1);

    // One byte in the middle of a block of readings: the meter, and the day.
    let (key, data): (i64, Vec<u8>) = store
        .query_row("SELECT key, data FROM block ORDER BY key LIMIT 1 OFFSET 20", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    let mut torn = data.clone();
    let middle = torn.len() / 2;
    torn[middle] ^= 1;
    let put = |data: &[u8]| {
        store.execute("UPDATE block SET data = ? WHERE key = ?", (data, key)).unwrap()
    };
    put(&torn);
    let wrong = findings();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    let meter: String = store
        .query_row("SELECT name FROM meter WHERE key = ?", [key >> 38], |row| row.get(0))
        .unwrap();
    assert_eq!(wrong[0]["meter"], meter.as_str());
    // 512 hours a block: the middle is ten or eleven days after its beginning.
    let begin = jiff::Timestamp::from_second(key & ((1 << 38) - 1)).unwrap();
    let day: jiff::civil::Date = wrong[0]["day"].as_str().unwrap().parse().unwrap();
    let after = day.since(begin.to_zoned(jiff::tz::TimeZone::UTC).date()).unwrap().get_days();
    assert!((8..=13).contains(&after), "{wrong:?}");
    put(&data);
    assert!(contest.audit().1);

    // A block that is gone, and a seal that was made to fit.
    store.execute("DELETE FROM block WHERE key = ?", [key]).unwrap();
    assert_eq!(findings()[0]["meter"], meter.as_str());
    store.execute("DELETE FROM seal WHERE key >> 38 = ?", [key >> 38]).unwrap();
    let wrong = findings();
    assert!(wrong[0]["words"].as_str().unwrap().contains("the seals of entry"), "{wrong:?}");
}

#[test]
fn a_changed_imported_row_is_found_where_it_is() {
    let contest = Contest::empty();
    let meter = &contest.halls[1].meter;
    contest.import("readings", meter, "energy_wh", &["4000", "4100", "4200"], &[]);
    contest.import("readings", meter, "energy_wh", &["4000", "4150"], &["--replace"]);
    contest.import("temperature", "hall-2", "outdoor_c", &["1.5", "2.5"], &[]);
    let (audit, verified) = contest.audit();
    assert!(verified, "{audit}");
    let imports = events(&audit, "import");
    let counts: Vec<_> =
        imports.iter().map(|it| (&it["what"]["taken"], &it["what"]["replaced"])).collect();
    assert_eq!(
        counts,
        [(&json!(3), &json!(0)), (&json!(0), &json!(1)), (&json!(2), &json!(0))],
        "{imports:?}"
    );
    let store = contest.store();
    let changed = |sql: &str, back: &str, what: &str, name: &str, entry: &Value| {
        assert_eq!(store.execute(sql, []).unwrap(), 1, "{sql}");
        let (audit, verified) = contest.audit();
        assert!(!verified, "{sql}");
        let wrong = &audit["wrong"][0];
        let found = (&wrong["what"], &wrong["name"], &wrong["day"], &wrong["entry"]);
        assert_eq!(found, (&json!(what), &json!(name), &json!("2024-04-02"), entry), "{audit}");
        assert_eq!(contest.run(&["audit"]).status.code(), Some(1));
        store.execute(back, []).unwrap();
        assert!(contest.audit().1, "{back}");
    };
    let second = "(SELECT max(key) FROM interval)";
    changed(
        &format!("UPDATE interval SET energy = energy + 1 WHERE key = {second}"),
        &format!("UPDATE interval SET energy = energy - 1 WHERE key = {second}"),
        "interval",
        meter,
        &imports[1]["entry"],
    );
    changed(
        "UPDATE temperature SET hundredths = 151 WHERE hundredths = 150",
        "UPDATE temperature SET hundredths = 150 WHERE hundredths = 151",
        "temperature",
        "hall-2",
        &imports[2]["entry"],
    );
    changed(
        "INSERT INTO temperature SELECT 'hall-3', hour, hundredths FROM temperature LIMIT 1",
        "DELETE FROM temperature WHERE participant = 'hall-3'",
        "temperature",
        "hall-3",
        &Value::Null,
    );
}

#[test]
fn a_day_that_is_only_marked_as_changed_is_named() {
    let (contest, server) = Contest::new();
    contest.close(server);
    let store = contest.store();
    let (key, entry): (i64, i64) = store
        .query_row("SELECT key, entry FROM seal ORDER BY key LIMIT 1 OFFSET 20", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    store.execute("INSERT INTO unsealed (key) VALUES (?)", [key]).unwrap();
    let (audit, _) = contest.audit();
    let changed = &audit["sealed"]["changed"];
    assert_eq!(changed.as_array().map(Vec::len), Some(1), "{changed}");
    assert_eq!(changed[0]["entry"], entry);
    let day = changed[0]["day"].as_str().unwrap().to_owned();
    let text = String::from_utf8(contest.run(&["audit"]).stdout).unwrap();
    let line = text.lines().find(|line| line.starts_with("NOT COVERED")).expect("a line of it");
    assert!(line.contains(&day), "{line}");
}

#[test]
fn an_end_that_was_cut_off_is_missed() {
    let (contest, server) = Contest::new();
    contest.close(server);
    let (audit, _) = contest.audit();
    let (last, head) = (audit["head"]["entry"].as_i64().unwrap(), &audit["head"]["hash"]);
    let store = contest.store();
    store.execute("DELETE FROM audit WHERE seq = ?", [last]).unwrap();
    let (json, verified) = contest.audit();
    assert!(!verified);
    assert_eq!(json["wrong"][0]["entry"], last, "{json}");
    // If the file's own counts are corrected as well, only the hash on paper detects it.
    store.execute("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit'", [last - 1]).unwrap();
    store.execute("DELETE FROM seal WHERE entry = ?", [last]).unwrap();
    let output = contest.run(&["audit", "--expect", head.as_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stdout));
    let gone = contest.run(&["audit", "--expect", "lorem"]);
    assert_eq!(gone.status.code(), Some(2));
}

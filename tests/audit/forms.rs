//! Activities and late data from the organiser's forms: in every format of the report,
//! and after the result is locked.
use super::*;

fn sent(server: &Server, form: &str) {
    let kind = "application/x-www-form-urlencoded";
    let answer = server.post_as_organiser("/organiser", kind, form);
    assert_eq!(answer.status, 303, "{}", answer.text());
}

#[test]
fn the_report_has_an_activity_from_a_form() {
    let (contest, server) = Contest::new();
    for (language, title) in [("sv", "Aktivitet"), ("en", "Activity")] {
        let page =
            server.get_as_organiser(&format!("/organiser?lang={language}")).text().to_owned();
        assert!(page.contains(title) && page.contains("value=\"night-walk\""), "{page}");
        assert!(!page.contains("value=\"late-data\""), "nothing is locked");
    }
    let form = "kind=activity&participant=hall-2&activity=power-strips&day=2025-04-15&place=\
                &by=IT+department&reason=40+strips+with+a+switch";
    sent(&server, form);
    let words = "40 strips with a switch";
    assert!(server.get("/participants/hall-2?lang=sv").text().contains(words));
    let hall = server.get("/api/v1/participants/hall-2").json();
    let effect = &hall["activities"][0]["effect"];
    let report = |more: &[&str]| {
        let done = contest.run(&[&["report", "--format"], more].concat());
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).expect("text")
    };
    for more in [&["text"][..], &["html"], &["json"], &["csv", "--table", "activities"]] {
        assert!(report(more).contains(words), "{more:?}");
    }
    let json: Value = serde_json::from_str(&report(&["json"])).expect("JSON");
    let row = &json["tables"]["activities"][0];
    assert!(row["change_points"].is_number(), "{row}");
    assert_eq!(row["change_points"], effect["change_points"]);
    assert_eq!(row["interval_low_points"], effect["interval_points"][0]);
    contest.close(server);
}

#[test]
fn after_the_lock_an_activity_changes_no_rank_and_a_form_accepts_late_data() {
    let (contest, server) = Contest::new();
    declared(&server, "lock", &json!({"by": "head of the jury", "reason": "all have agreed"}));
    assert!(server.get_as_organiser("/organiser?lang=sv").text().contains("value=\"late-data\""));
    let locked = rows(&server);
    assert!(server.terminate().success());
    let text = std::fs::read_to_string(&contest.config).unwrap();
    std::fs::write(&contest.config, text.replace("m2 = 3250", "m2 = 9999")).unwrap();
    let server = Server::serve(&contest.config);
    let late = tests::reading(&contest.halls[0], local("2025-04-01T12:30"), 9_000_000, 10, 1);
    Fleet::start(server.broker(), vec![vec![late]]).finish();
    let kept = || -> i64 {
        contest.store().query_row("SELECT count(*) FROM post_lock", [], |row| row.get(0)).unwrap()
    };
    until("the late reading is stored apart", || (kept() == 1).then_some(()));

    let activities =
        |server: &Server| server.get("/api/v1/participants/hall-2").json()["activities"].clone();
    let words = json!({"kind": "activity", "participant": "hall-2", "activity": "night-walk",
        "day": "2025-04-15", "by": "caretaker", "reason": "it was forgotten"});
    let entry = declared(&server, "amendments", &words);
    assert_eq!((activities(&server)[0]["kind"].as_str(), kept()), (Some("night-walk"), 1));
    assert_eq!(rows(&server), locked);
    server.kill();
    let server = Server::serve(&contest.config);
    assert_eq!(activities(&server)[0]["kind"], "night-walk", "after a restart");
    assert_eq!(rows(&server), locked, "after a restart");
    sent(&server, &format!("kind=withdraw&entry={entry}&by=caretaker&reason=another+house"));
    assert_eq!((activities(&server), rows(&server)), (json!([]), locked));

    sent(&server, "kind=late-data&participant=hall-1&by=head+of+the+jury&reason=appeal+upheld");
    until("it is taken in", || (kept() == 0).then_some(()));
    contest.close(server);
    let (audit, _) = contest.audit();
    let count = |kind: &str| events(&audit, kind).len();
    // The lock's result and that with the late reading.
    assert_eq!((count("amendment"), count("result")), (3, 2));
}

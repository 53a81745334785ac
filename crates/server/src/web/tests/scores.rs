//! The score that the JSON and the page show is the number that ranks, with standings
//! computed from readings.
use competition::{
    Competition, MeterIndex, NoStoredReadings, Period, Rule, Sample, Standings, Thresholds, Time,
    WattHours,
};
use jiff::civil::{Date, date};

use super::{fixture, get};
use crate::engine::fake::publish;

/// Two participants that each use 20 kWh an hour and save 2 kWh an hour from 1 April on.
/// The first has 10 employees, from 24 April on 100; the second has 20.
fn after_a_change_of_staff() -> Standings {
    let competition = Competition {
        baseline: Period { start: date(2026, 10, 1), end: date(2027, 4, 1) },
        contest: Period { start: date(2027, 4, 1), end: date(2027, 7, 1) },
        rule: Rule::SavingPerEmployee,
        thresholds: Thresholds { baseline_days: 28, ..Thresholds::default() },
        ..fixture::competition()
    };
    let at = |day: Date| {
        let midnight = day.to_zoned(competition.timezone.clone()).expect("a time");
        midnight.timestamp().as_second()
    };
    let (baseline, contest, now) =
        (at(date(2026, 10, 1)), at(date(2027, 4, 1)), at(date(2027, 5, 1)));
    let mut participants = fixture::participants(2);
    participants[0].employees.0 = vec![(date(2026, 1, 1), 10), (date(2027, 4, 24), 100)];
    participants[1].employees.0 = vec![(date(2026, 1, 1), 20)];
    let mut standings = Standings::new(competition, participants);
    for meter in [MeterIndex(0), MeterIndex(1)] {
        let mut register = 1_000_000;
        for at in (baseline..=now).step_by(3600) {
            let import = WattHours(register);
            standings.append(meter, Sample { at: Time(at), import, export: None, power: None });
            register += if at < contest { 20_000 } else { 18_000 };
        }
    }
    standings.settle(&NoStoredReadings);
    standings
}

#[tokio::test]
async fn the_scores_shown_are_in_the_order_of_the_ranks_after_a_change_of_staff() {
    let standings = after_a_change_of_staff();
    let now = Time("2027-05-01T00:00:00+02:00".parse::<wire::Time>().expect("a time").unix());
    let web = fixture::web(2);
    let mut snapshot = fixture::snapshot(2, standings.participants());
    snapshot.as_of = now;
    snapshot.board = standings.leaderboard(Rule::SavingPerEmployee, now);
    publish(&web.engine, snapshot, &[]);

    let json = get(&web, "/api/v1/leaderboard").await.json();
    assert_eq!(json["rule"], "saving-per-employee");
    let rows = json["rows"].as_array().expect("rows");
    let ranks: Vec<_> = rows.iter().map(|row| row["rank"].as_u64()).collect();
    assert_eq!(ranks, [Some(1), Some(2)]);
    // 23 days of 48 kWh by 10 and 7 by 100 employees; 30 days by 20. All by the employees
    // of the last day would be 14.4 and 72.0.
    let scores: Vec<_> = rows.iter().map(|row| row["score"]["value"].as_f64()).collect();
    assert_eq!(scores, [Some(113.8), Some(72.0)]);
    assert!(rows.iter().all(|row| row["score"]["unit"] == "kWh/employee"), "{json}");

    let page = get(&web, "/?lang=en").await;
    let [first, second] =
        ["113.8\u{a0}kWh", "72.0\u{a0}kWh"].map(|score| page.text().rfind(score).expect(score));
    assert!(first < second, "the page has the scores in another order");
}

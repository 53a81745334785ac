//! Clusters and effects of activities, on synthetic loads.
use competition::{
    ConfidenceInterval, MeterIndex, ParticipantIndex, Period, Rule, SquareMetres, Standings, Time,
};
use jiff::civil::date;

use crate::support::{Map, competition, midnight, participant, sample};

const WHO: ParticipantIndex = ParticipantIndex(0);

/// A contest from 1 April 2027 after half a year, of hourly readings; Wh by hour.
fn run(loads: &[&dyn Fn(i64) -> i64], areas: &[f64], until: i64) -> Standings {
    let mut rules = competition();
    rules.baseline = Period { start: date(2026, 10, 1), end: date(2027, 4, 1) };
    rules.contest = Period { start: date(2027, 4, 1), end: date(2027, 7, 1) };
    let mut all = Vec::new();
    for (number, area) in areas.iter().enumerate() {
        let mut one = participant(&number.to_string(), 1);
        one.cluster = if number < 2 { "north" } else { "south" }.to_owned();
        one.floor_area.0[0].1 = SquareMetres(*area);
        all.push(one);
    }
    let mut standings = Standings::new(rules, all);
    for (meter, load) in loads.iter().enumerate() {
        let mut register = 1_000_000;
        for hour in midnight(2026, 10, 1) / 3600..=until / 3600 {
            standings.append(MeterIndex(meter as u32), sample(hour * 3600, register));
            register += load(hour);
        }
    }
    standings.settle(&Map::default());
    standings
}

/// 10 kWh an hour, 30 by day, with noise that no model explains.
fn usual(hour: i64) -> i64 {
    let weekend = matches!((hour / 24 + 3) % 7, 5 | 6); // 1970 began on a Thursday
    let day = (5..16).contains(&(hour % 24)) && !weekend;
    let noise = (hour / 24 * 7919) % 1009;
    noise + if day { 30_000 } else { 10_000 }
}

#[test]
fn clusters_are_weighted_by_area() {
    let contest = midnight(2027, 4, 1) / 3600;
    let less =
        |percent: i64| move |hour: i64| if hour < contest { 20_000 } else { 200 * (100 - percent) };
    let until = midnight(2027, 5, 1);
    let standings = run(&[&less(10), &less(20), &less(14)], &[1000.0, 3000.0, 500.0], until);
    let clusters = standings.clusters(Rule::Saving, Time(until));
    assert_eq!((clusters[0].cluster.as_str(), clusters[0].rank), ("north", Some(1)));
    assert!((clusters[0].saving_percent.unwrap() - 17.5).abs() < 1e-6);
    assert!((clusters[1].saving_percent.unwrap() - 14.0).abs() < 1e-6);
    // the large building weighs more: less energy on more area
    let by_intensity = standings.clusters(Rule::Intensity, Time(until));
    assert_eq!(by_intensity[0].cluster, "north");
    let days = 30.0 * 24.0;
    let south = days * 20.0 * 0.86 / 500.0;
    assert!((by_intensity[1].kwh_per_m2.unwrap() - south).abs() < 1e-6);
}

#[test]
fn an_effect_is_found_where_there_is_one() {
    let day = midnight(2027, 5, 12);
    let helped = |hour: i64| if hour * 3600 < day { usual(hour) } else { usual(hour) * 85 / 100 };
    let until = midnight(2027, 6, 10);
    let standings = run(&[&helped, &usual], &[1000.0, 1000.0], until);
    let effect = standings.effect(WHO, Time(day + 50_000), Time(until)).unwrap();
    assert!(effect.distinguishable, "{effect:?}");
    let ConfidenceInterval { low, high } = effect.interval_percent;
    assert!(low < 15.0 && high > 15.0, "{effect:?}");
    let none = standings.effect(ParticipantIndex(1), Time(day + 50_000), Time(until)).unwrap();
    assert!(!none.distinguishable, "{none:?}");
    assert_eq!(standings.effect(WHO, Time(day), Time(day + 6 * 86_400)), None);
}

#[test]
fn most_improved_has_its_percentage_points() {
    let split = midnight(2027, 5, 17);
    let better = |hour: i64| if hour * 3600 < split { 20_000 } else { 17_000 };
    let worse = |hour: i64| if hour * 3600 < split { 20_000 } else { 21_000 };
    let until = midnight(2027, 5, 31);
    let standings = run(&[&worse, &better], &[1000.0, 1000.0], until);
    let board = standings.leaderboard(Rule::MostImproved, Time(until));
    let rows: Vec<_> = board.rows.iter().map(|row| (row.rank, row.improvement_points)).collect();
    let near = |points: Option<f64>, truth: f64| (points.unwrap() - truth).abs() < 1e-6;
    assert!(rows[0].0 == Some(1) && near(rows[0].1, 15.0), "{rows:?}");
    assert!(rows[1].0 == Some(2) && near(rows[1].1, -5.0), "{rows:?}");
    let saving = standings.leaderboard(Rule::Saving, Time(until));
    assert!(saving.rows.iter().all(|row| row.improvement_points.is_none()));
}

//! The score on a board is the value that ranked it.
use competition::{MeterIndex, Period, Row, Rule, ScoreUnit, Standings, Time};
use jiff::civil::date;

use crate::support::{Map, competition, midnight, participant, sample};

/// Two participants that each use 20 kWh an hour and save 2 kWh an hour from 1 April on.
/// The first has 10 employees, from 24 April on 100; the second has 20.
fn after_a_change_of_staff() -> (Standings, i64) {
    let mut rules = competition();
    rules.baseline = Period { start: date(2026, 10, 1), end: date(2027, 4, 1) };
    rules.contest = Period { start: date(2027, 4, 1), end: date(2027, 7, 1) };
    rules.rule = Rule::SavingPerEmployee;
    let mut participants = [participant("grows", 1), participant("stays", 1)];
    participants[0].employees.0.push((date(2027, 4, 24), 100));
    participants[1].employees.0[0].1 = 20;
    let mut standings = Standings::new(rules, participants.to_vec());
    let (contest, until) = (midnight(2027, 4, 1), midnight(2027, 5, 1));
    for meter in [MeterIndex(0), MeterIndex(1)] {
        let mut register = 1_000_000;
        for at in (midnight(2026, 10, 1)..=until).step_by(3600) {
            standings.append(meter, sample(at, register));
            register += if at < contest { 20_000 } else { 18_000 };
        }
    }
    standings.settle(&Map::default());
    (standings, until)
}

#[test]
fn ranks_follow_the_score_across_a_change_of_staff() {
    let (standings, until) = after_a_change_of_staff();
    let board = standings.leaderboard(Rule::SavingPerEmployee, Time(until));
    let id = |row: &Row| standings.participants()[row.participant.0 as usize].id.as_str();
    assert_eq!([0, 1].map(|at| id(&board.rows[at])), ["grows", "stays"]);
    assert_eq!([0, 1].map(|at| board.rows[at].rank), [Some(1), Some(2)]);
    // 23 days of 48 kWh by 10 and 7 by 100 employees; 30 days by 20.
    for (row, truth) in board.rows.iter().zip([113.76, 72.0]) {
        assert_eq!(row.score.unit, ScoreUnit::KwhPerEmployee);
        assert!((row.score.value.unwrap() - truth).abs() < 1e-6, "{row:?}");
    }
    // Dividing all by the employees of the last day would reverse the order.
    let by_last_day =
        board.rows.iter().zip([100.0, 20.0]).map(|(row, count)| row.saved.unwrap().kwh() / count);
    assert!(by_last_day.is_sorted_by(|first, second| first < second));
}

#[test]
fn the_score_is_the_figure_of_the_rule() {
    let (standings, until) = after_a_change_of_staff();
    for rule in Rule::ALL {
        let board = standings.leaderboard(rule, Time(until));
        for row in &board.rows {
            let figure = match rule {
                Rule::Saving => row.saving_percent,
                Rule::Intensity => row.kwh_per_m2,
                Rule::Night => row.night_w_per_m2,
                Rule::SavingPerEmployee => row.score.value,
                Rule::MostImproved => row.improvement_points,
            };
            assert!(figure.is_some() && row.score.value == figure, "{rule}: {row:?}");
            assert_eq!(row.score.unit, rule.unit());
            let interval = row.interval_percent.filter(|_| rule == Rule::Saving);
            assert_eq!(row.score.interval, interval);
        }
    }
}

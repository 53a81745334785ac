//! Reference buildings do not compete, are in no total, and correct the competitors.
use competition::{MeterIndex, Method, Participant, Row, Rule, Standings, Time};

use crate::support::{Map, competition, midnight, participant, sample};

const END: i64 = 17 * 24;

/// Each participant uses 20 kWh an hour, and this factor of it in the contest.
fn standings(participants: &[(f64, bool)], compare: bool) -> Standings {
    let mut rules = competition();
    rules.method.comparison_group = compare;
    let one = |number: usize, reference: bool| Participant {
        reference,
        ..participant(&number.to_string(), 1)
    };
    let all = participants.iter().enumerate().map(|(number, it)| one(number, it.1)).collect();
    let mut standings = Standings::new(rules, all);
    let contest = midnight(2027, 3, 15);
    for (number, (factor, _)) in participants.iter().enumerate() {
        let mut register = 1_000_000.0;
        for at in (midnight(2027, 2, 1)..=midnight(2027, 4, 1)).step_by(3600) {
            standings.append(MeterIndex(number as u32), sample(at, register as i64));
            let unrest = 500.0 * ((at / 3600 * 7919 % 1009) as f64 / 1009.0 - 0.5);
            register += (20_000.0 + unrest) * if at < contest { 1.0 } else { *factor };
        }
    }
    standings.settle(&Map::default());
    standings
}

fn row(standings: &Standings, number: u32) -> Row {
    let board = standings.leaderboard(Rule::Saving, Time(midnight(2027, 3, 15) + END * 3600));
    board.rows.into_iter().find(|row| row.participant.0 == number).unwrap()
}

fn near(found: Option<f64>, truth: f64) -> bool {
    (found.unwrap() - truth).abs() < 0.2
}

/// A spring in which every building uses a tenth less: only the second half of the first
/// one's fifth is its own.
#[test]
fn the_median_shift_of_three_reference_buildings_is_no_saving() {
    let all = [(0.81, false), (0.9, false), (0.9, true), (0.9, true), (0.6, true)];
    let with = standings(&all, true);
    let first = row(&with, 0);
    assert!(near(first.saving_percent, 10.0), "{first:?}");
    assert!(near(row(&with, 1).saving_percent, 0.0));
    // The figures of a row agree with each other.
    let (saved, expected) = (first.saved.unwrap().kwh(), first.expected.unwrap().kwh());
    assert!(near(Some(saved / expected * 100.0), 10.0), "{saved} {expected}");
    let without = row(&standings(&all, false), 0);
    assert!(near(without.saving_percent, 19.0), "{without:?}");
    let width = |row: &Row| row.interval_percent.unwrap().width();
    assert!(width(&first) > width(&without), "the median has an error, too");
}

#[test]
fn competitors_and_two_reference_buildings_correct_nothing() {
    let two = [(0.81, false), (0.9, false), (0.9, false), (0.9, true), (0.9, true)];
    assert!(near(row(&standings(&two, true), 0).saving_percent, 19.0));
    let none = [(0.81, false), (0.9, false), (0.9, false), (0.9, false)];
    assert!(near(row(&standings(&none, true), 0).saving_percent, 19.0));
}

#[test]
fn a_reference_building_is_not_ranked_and_in_no_total() {
    let all = [(0.9, false), (0.5, true), (1.0, false)];
    let standings = standings(&all, true);
    let now = Time(midnight(2027, 3, 15) + END * 3600);
    for rule in Rule::ALL {
        let board = standings.leaderboard(rule, now);
        let reference = board.rows.iter().find(|row| row.participant.0 == 1).unwrap();
        assert_eq!((reference.rank, reference.group), (None, None), "{rule}");
        let reason = reference.reason.as_ref().expect("a reason");
        assert!(reason.english.contains("does not compete"), "{}", reason.english);
        assert!(reason.swedish.contains("tävlar inte"), "{}", reason.swedish);
    }
    let board = standings.leaderboard(Rule::Saving, now);
    assert_eq!(board.total_participants, 2);
    let own: i64 = [0, 2].iter().map(|it| row(&standings, *it).saved.unwrap().0).sum();
    assert_eq!(board.total_saved.0, own);
    let portfolio = standings.portfolio(&board).expect("two are ranked");
    assert_eq!((portfolio.ranked, portfolio.saved), (2, board.total_saved));
}

/// What a method would have shown at a moment is what the board showed then.
#[test]
fn the_official_method_as_a_question_agrees_with_the_board_of_a_past_moment() {
    let standings = standings(&[(0.9, false), (0.8, false), (1.0, false)], true);
    let method = standings.competition().method;
    for hours in [24, 100, 250, END] {
        let at = Time(midnight(2027, 3, 15) + hours * 3600);
        for rule in [Rule::Saving, Rule::Intensity, Rule::MostImproved] {
            let board = standings.leaderboard_at(rule, at);
            assert_eq!(standings.what_if_at(rule, method, at), board, "after {hours} hours");
        }
    }
    let plain = Method::of(competition::Baseline::Hours);
    let early = standings.what_if_at(Rule::Saving, plain, Time(midnight(2027, 3, 16)));
    let energy = early.rows[0].energy.unwrap().kwh();
    assert!(energy < 24.0 * 21.0, "one day counts: {energy}");
}

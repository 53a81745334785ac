//! Doubts about the input: what is found, what it does to the leaderboard, and that the
//! organiser's declarations end it.
use competition::{
    Acceptance, Competition, Correction, DoubtKind, IntervalReading, MeterIndex, MilliWattHours,
    Participant, Period, Row, Rule, Sign, Standings, Time, Watts,
};
use jiff::civil::date;

use crate::support::{Map, competition, midnight, participant, sample};

/// A year of baseline before a contest of March to May.
pub(crate) fn rules() -> Competition {
    let mut rules = competition();
    rules.baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    rules.contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
    rules.thresholds.baseline_days = 329;
    rules
}

pub(crate) fn first() -> i64 {
    midnight(2026, 3, 1) / 3600
}

pub(crate) fn contest() -> i64 {
    midnight(2027, 3, 1) / 3600
}

pub(crate) fn end() -> i64 {
    midnight(2027, 6, 1) / 3600
}

/// −1 to 1.
pub(crate) fn noise(seed: i64) -> f64 {
    (seed.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64 as i64) >> 40) as f64 / 8_388_608.0
}

/// Wh of an hour of a house: nights, days, weekends, a season, and noise.
pub(crate) fn load(hour: i64) -> i64 {
    let noise = noise(hour);
    let weekday = (hour / 24 + 3) % 7 < 5;
    let day = if weekday && (6..17).contains(&(hour % 24)) { 22_000.0 } else { 9_000.0 };
    let season = ((hour - first()) as f64 / 8766.0 * std::f64::consts::TAU).cos();
    (day * (1.0 + 0.03 * season) * (1.0 + 0.1 * noise)) as i64
}

/// Standings of meters whose hours are imported.
fn imported(who: Participant, loads: &[&dyn Fn(i64) -> Option<i64>]) -> Standings {
    let mut standings = Standings::new(rules(), vec![who]);
    for (meter, load) in loads.iter().enumerate() {
        for hour in first()..end() {
            let Some(energy) = load(hour) else { continue };
            let interval = IntervalReading {
                start: Time(hour * 3600),
                seconds: 3600,
                energy: MilliWattHours(energy * 1000),
            };
            standings.interval(MeterIndex(meter as u32), &interval);
        }
    }
    standings.settle(&Map::default());
    standings
}

/// Standings of one meter whose register is read every hour.
fn read(who: Participant, register: impl Fn(i64) -> i64) -> Standings {
    let mut standings = Standings::new(rules(), vec![who]);
    let mut readings = Map::default();
    for hour in first()..=end() {
        readings.take(&mut standings, MeterIndex(0), sample(hour * 3600, register(hour)));
    }
    standings.settle(&readings);
    standings
}

pub(crate) fn row(standings: &Standings) -> Row {
    standings.leaderboard(Rule::Saving, Time(end() * 3600)).rows.remove(0)
}

pub(crate) fn kinds(row: &Row) -> Vec<DoubtKind> {
    row.doubts.iter().map(|doubt| doubt.kind).collect()
}

#[test]
fn a_clean_house_is_not_doubted() {
    let row = row(&imported(participant("a", 1), &[&|hour| Some(load(hour))]));
    assert_eq!(kinds(&row), []);
    assert_eq!((row.rank, row.coverage), (Some(1), Some(1.0)));
    assert!(row.saving_percent.unwrap().abs() < 5.0, "{row:?}");
}

/// A gateway repeats the last register that it saw.
#[test]
fn a_register_that_stays_is_unknown_and_not_a_saving() {
    let registers: Vec<i64> = (first()..=end())
        .scan(1_000_000, |register, hour| {
            let now = *register;
            *register += if hour < contest() { load(hour) } else { 0 };
            Some(now)
        })
        .collect();
    let register = |hour: i64| registers[(hour - first()) as usize];
    let stuck = row(&read(participant("a", 1), register));
    assert_eq!(kinds(&stuck), [DoubtKind::StuckRegister]);
    assert_eq!((stuck.rank, stuck.energy, stuck.saving_percent), (None, None, None));
    assert_eq!(stuck.coverage, Some(0.0));
    let doubt = &stuck.doubts[0];
    assert_eq!(doubt.from, Time(contest() * 3600));
    assert_eq!(doubt.until, Time(end() * 3600));
    let reason = stuck.reason.unwrap();
    insta::assert_snapshot!(reason.english);
    insta::assert_snapshot!(reason.swedish);
    // The organiser declares that the building was switched off.
    let accepted = Acceptance { kind: doubt.kind, from: doubt.from, until: doubt.until };
    let who = Participant { acceptances: vec![accepted], ..participant("a", 1) };
    let implausible = row(&read(who.clone(), register));
    assert_eq!((kinds(&implausible), implausible.rank), (vec![DoubtKind::ImplausibleSaving], None));
    let saving = Acceptance { kind: DoubtKind::ImplausibleSaving, ..accepted };
    let who = Participant { acceptances: vec![accepted, saving], ..who };
    let accepted = row(&read(who, register));
    assert_eq!((kinds(&accepted), accepted.rank), (vec![], Some(1)));
    assert_eq!(accepted.saving_percent, Some(100.0));
}

/// A house that is never at zero: any zero is missing, and a fortnight of them gains nothing.
#[test]
fn zeros_of_a_house_that_has_none_are_missing() {
    let from = contest() + 240;
    let stays = |hours: i64| move |hour: i64| (from..from + hours).contains(&hour);
    let nightly = |hour: i64| hour >= contest() && hour % 24 < 5;
    let scattered = |hour: i64| hour >= contest() && hour % 7 == 0;
    type Zero<'a> = &'a dyn Fn(i64) -> bool;
    let cases: [(&str, Zero<'_>, bool); 6] = [
        ("1 hour", &stays(1), true),
        ("3 hours", &stays(3), true),
        ("a day", &stays(24), true),
        ("a fortnight", &stays(336), false),
        ("every night", &nightly, false),
        ("single hours", &scattered, false),
    ];
    for (name, is_zero, is_ranked) in cases {
        let zero = |hour: i64| Some(if is_zero(hour) { 0 } else { load(hour) });
        let row = row(&imported(participant("a", 1), &[&zero]));
        assert_eq!(kinds(&row), [DoubtKind::ZeroRun], "{name}");
        assert!(row.saving_percent.unwrap() < 5.0, "{name}: {row:?}");
        assert_eq!(row.rank.is_some(), is_ranked, "{name}: {row:?}");
    }
}

/// A house that is at zero now and then: three zeros in a row are missing, two are not.
#[test]
fn zeros_of_a_house_that_has_some_are_missing_from_three_in_a_row() {
    let from = contest() + 240;
    for (hours, expected) in [(2, vec![]), (3, vec![DoubtKind::ZeroRun])] {
        let zero = |hour: i64| {
            let now_and_then = hour < contest() && (hour / 24) % 8 == 0 && hour % 24 == 3;
            let run = (from..from + hours).contains(&hour);
            Some(if now_and_then || run { 0 } else { load(hour) })
        };
        let row = row(&imported(participant("a", 1), &[&zero]));
        assert_eq!(kinds(&row), expected, "{hours} hours: {row:?}");
    }
}

/// One hour with a digit too many does not spoil the baseline.
#[test]
fn an_hour_many_times_the_highest_is_unknown() {
    let spike = |hour: i64| Some(load(hour) * if hour == first() + 5_000 { 30 } else { 1 });
    let row = row(&imported(participant("a", 1), &[&spike]));
    assert_eq!(kinds(&row), [DoubtKind::Spike]);
    assert!(row.cv_rmse.unwrap() < 0.2, "{row:?}");
    assert_eq!(row.rank, Some(1));
}

/// Baseline in Wh, contest in kWh, and the reverse; 60 for a transformer's ratio.
#[test]
fn a_factor_of_units_is_held_back_until_it_is_corrected() {
    for factor in [10.0, 60.0, 100.0, 1000.0, 0.1, 1.0 / 60.0, 0.01, 0.001] {
        let scaled = |hour: i64| {
            // No day of the coarse values repeats another.
            let energy = (load(hour) + hour % 20_011 * hour % 1009) as f64;
            Some((energy * if hour < contest() { 1.0 } else { factor }).round() as i64)
        };
        let doubted = row(&imported(participant("a", 1), &[&scaled]));
        assert_eq!(kinds(&doubted), [DoubtKind::LevelStep], "{factor}");
        assert_eq!((doubted.rank, doubted.saving_percent), (None, None), "{factor}");
        let doubt = &doubted.doubts[0];
        assert_eq!(doubt.from, Time(contest() * 3600), "{factor}");
        let correction = doubt.correction.unwrap();
        assert!((correction * factor - 1.0).abs() < 1e-9, "{factor}: {correction}");
        let mut who = participant("a", 1);
        let (from, until) = (doubt.from, doubt.until);
        who.meters[0].corrections.push(Correction { from, until, factor: 1.0 / factor });
        let corrected = row(&imported(who, &[&scaled]));
        assert_eq!((kinds(&corrected), corrected.rank), (vec![], Some(1)), "{factor}");
        assert!(corrected.saving_percent.unwrap().abs() < 5.0, "{factor}: {corrected:?}");
    }
}

/// kWh for Wh in a contest in which less is used than before: the proposed factor is that
/// of the unit, since a factor that is only measured takes the saving away. A factor that
/// no unit explains is not proposed.
#[test]
fn a_proposed_correction_leaves_the_saving() {
    let faulty = |factor: f64| {
        move |hour: i64| {
            let energy = (load(hour) + hour % 20_011 * hour % 1009) as f64;
            Some((energy * if hour < contest() { 1.0 } else { 0.88 * factor }).round() as i64)
        }
    };
    let correction =
        |factor| row(&imported(participant("a", 1), &[&faulty(factor)])).doubts[0].correction;
    assert_eq!(correction(0.001).map(f64::round), Some(1000.0));
    assert_eq!(correction(1.0 / 37.0), None);
    let mut who = participant("a", 1);
    let from = Time(contest() * 3600);
    who.meters[0].corrections.push(Correction { from, until: Time(i64::MAX), factor: 1000.0 });
    let saving = row(&imported(who, &[&faulty(0.001)])).saving_percent.unwrap();
    assert!((saving - 12.0).abs() < 3.0, "{saving}");
}

/// A register that stands still for six days and catches up by more than the connection
/// carries in an hour: a gap, whose sum is known. By less, it may have been a load, so the
/// days and the hour of catching up are unknown.
#[test]
fn a_register_that_catches_up_costs_no_saving() {
    let (from, until) = (contest() + 30 * 24, contest() + 36 * 24);
    let mut register = vec![1_000_000];
    for hour in first()..=end() {
        let saved = if hour < contest() { 1.0 } else { 0.9 };
        register.push(register.last().unwrap() + (load(hour) as f64 * saved) as i64);
    }
    let honest = |hour: i64| register[(hour - first()) as usize];
    let stuck = |hour: i64| honest(if (from..until).contains(&hour) { from } else { hour });
    let saving = row(&read(participant("a", 1), honest)).saving_percent.unwrap();
    for (capacity, doubts) in [(1_000_000, 0), (5_000_000, 1)] {
        let mut who = participant("a", 1);
        who.meters[0].capacity = Watts(capacity);
        let found = row(&read(who, stuck));
        assert_eq!(kinds(&found), vec![DoubtKind::StuckRegister; doubts], "{found:?}");
        assert!(found.doubts.iter().all(|it| it.until >= Time(until * 3600)), "{found:?}");
        let lost = saving - found.saving_percent.unwrap();
        assert!(lost.abs() < 1.0, "{capacity}: {lost}");
    }
}

#[test]
fn a_load_that_is_constant_to_the_digit_is_unknown() {
    let from = contest() + 100;
    let constant =
        |hour: i64| Some(if (from..from + 400).contains(&hour) { 5_432 } else { load(hour) });
    let row = row(&imported(participant("a", 1), &[&constant]));
    assert_eq!(kinds(&row), [DoubtKind::ConstantLoad]);
    assert_eq!((row.rank, row.doubts[0].from), (None, Time(from * 3600)));
    assert!(row.saving_percent.unwrap() < 5.0);
}

/// A gap that is filled with copies of the week before it; a load that is so steady, at a
/// coarse register, that its days repeat by chance; and a timer.
#[test]
fn days_that_repeat_other_days_are_unknown() {
    let (from, days) = (contest() + 21 * 24, 20);
    let copied = |hour: i64| {
        let inside = (from..from + days * 24).contains(&hour);
        Some(load(if inside { from - 7 * 24 + (hour - from) % (7 * 24) } else { hour }) * 7 / 10)
    };
    let found = row(&imported(participant("a", 1), &[&copied]));
    assert_eq!(kinds(&found), [DoubtKind::RepeatedDays], "{found:?}");
    assert_eq!((found.doubts[0].from.0 / 3600, found.rank), (from, None));
    let steady = |hour: i64| {
        let more = i64::from(noise(hour * 31).abs() > 0.97);
        Some((2 + hour % 24 / 3 + more) * 1000)
    };
    let timer = |hour: i64| Some((2 + hour % 24 / 3) * 1000);
    for load in [&steady as &dyn Fn(i64) -> Option<i64>, &timer] {
        let found = row(&imported(participant("a", 1), &[load]));
        assert!(!kinds(&found).contains(&DoubtKind::RepeatedDays), "{found:?}");
    }
}

/// A third or a half of the load is not measured from a day of the contest on.
#[test]
fn a_phase_that_is_not_measured_is_flagged_and_not_ranked() {
    let from = contest() + 20 * 24 + 10;
    for part in [2.0 / 3.0, 0.5, 1.0 / 3.0, 1.5, 2.0, 3.0] {
        let scaled = |hour: i64| {
            let energy = load(hour) as f64 * if hour < from { 1.0 } else { part };
            Some(energy.round() as i64)
        };
        let row = row(&imported(participant("a", 1), &[&scaled]));
        assert_eq!(kinds(&row)[0], DoubtKind::LevelStep, "{part}: {row:?}");
        assert!((row.doubts[0].from.0 / 3600 - from).abs() <= 12, "{part}");
        // A contest that is too high gains nothing.
        assert_eq!(row.rank.is_none(), part < 1.0, "{part}");
    }
}

/// The sub-meter of a tenant with a multiplier that is too large.
#[test]
fn a_sub_meter_above_the_main_meter_is_unknown() {
    let sub = |hour: i64| {
        let usual = load(hour + 1000) as f64 * 0.4;
        Some((usual * if hour < contest() { 1.0 } else { 3.5 }) as i64)
    };
    let mut who = participant("a", 2);
    who.meters[1].sign = Sign::Minus;
    let standings = imported(who, &[&|hour| Some(load(hour)), &sub]);
    let found = row(&standings);
    assert!(kinds(&found).contains(&DoubtKind::SubmeterAboveMain), "{found:?}");
    assert_eq!(found.rank, None);
    for rule in Rule::ALL {
        let row = standings.leaderboard(rule, Time(end() * 3600)).rows.remove(0);
        assert!(row.saving_percent.is_none_or(|saving| saving <= 100.0), "{row:?}");
        assert!(row.interval_percent.is_none_or(|it| it.low <= it.high), "{row:?}");
        assert!(row.energy.is_none_or(|energy| energy.0 >= 0), "{row:?}");
        assert_eq!(row.rank, None);
    }
}

/// A sub-meter with a multiplier that is too large, but below the main meter: the more it
/// shows, the less the building seems to use.
#[test]
fn a_step_of_a_meter_that_is_subtracted_gains_when_it_goes_up() {
    let from = contest() + 20 * 24 + 10;
    for factor in [1.5, 2.0 / 3.0] {
        let sub = move |hour: i64| {
            let usual = load(hour) as f64 * 0.4;
            Some((usual * if hour < from { 1.0 } else { factor }).round() as i64)
        };
        let mut who = participant("a", 2);
        who.meters[1].sign = Sign::Minus;
        let row = row(&imported(who, &[&|hour| Some(load(hour)), &sub]));
        assert_eq!(kinds(&row), [DoubtKind::LevelStep], "{factor}: {row:?}");
        assert_eq!(row.rank.is_none(), factor > 1.0, "{factor}");
    }
}

/// A week in which the house uses a fifth, in the contest and in the baseline period.
#[test]
fn a_closed_building_is_named_with_its_dates() {
    for (from, is_ranked) in [(contest() + 14 * 24, false), (first() + 70 * 24, true)] {
        let closed = |hour: i64| {
            let share = if (from..from + 21 * 24).contains(&hour) { 5 } else { 1 };
            Some(load(hour) / share)
        };
        let row = row(&imported(participant("a", 1), &[&closed]));
        assert_eq!(kinds(&row), [DoubtKind::Closure], "{row:?}");
        assert!((row.doubts[0].from.0 / 3600 - from).abs() <= 7 * 24, "{row:?}");
        assert_eq!(row.rank.is_some(), is_ranked);
    }
}

/// High use for some weeks before the contest: its energy does not raise the baseline, and
/// the town hall wins nothing by it.
#[test]
fn a_use_that_is_high_for_two_weeks_of_the_baseline_period_does_not_teach() {
    let raised = |from: i64, days: i64| {
        move |hour: i64| {
            let percent = if (from..from + days * 24).contains(&hour) { 230 } else { 100 };
            Some(load(hour) * percent / 100)
        }
    };
    let clean = row(&imported(participant("a", 1), &[&|hour| Some(load(hour))]));
    for (from, days) in [(contest() - 14 * 24, 14), (contest() - 45 * 24, 9)] {
        let row = row(&imported(participant("a", 1), &[&raised(from, days)]));
        assert_eq!(kinds(&row), [DoubtKind::RaisedUse], "{row:?}");
        assert_eq!(row.doubts[0].from.0 / 3600, from);
        assert_eq!(row.doubts[0].until.0 / 3600, from + days * 24);
        let gain = row.saving_percent.unwrap() - clean.saving_percent.unwrap();
        assert!(gain.abs() < 1.0, "{gain}: {row:?}");
    }
    // It is one question, whichever end of it looks like a step.
    let wide = row(&imported(participant("a", 1), &[&raised(contest() - 100 * 24, 15)]));
    assert_eq!(kinds(&wide), [DoubtKind::RaisedUse], "{wide:?}");
    // What goes on is no doubt of this kind.
    let row = row(&imported(participant("a", 1), &[&raised(contest() - 14 * 24, 200)]));
    assert!(!kinds(&row).contains(&DoubtKind::RaisedUse), "{row:?}");
}

/// A building that uses about half from the third week of the contest on.
#[test]
fn a_saving_beyond_what_measures_reach_is_not_ranked_until_it_is_accepted() {
    let (from, until) = (contest() + 20 * 24, contest() + 91 * 24);
    let less = |hour: i64| {
        // People leave over two days.
        let share = (1.0 - (hour - from) as f64 / 60.0).clamp(0.55, 1.0);
        Some((load(hour) as f64 * if (from..until).contains(&hour) { share } else { 1.0 }) as i64)
    };
    let found = row(&imported(participant("a", 1), &[&less]));
    assert_eq!(kinds(&found), [DoubtKind::ImplausibleSaving], "{found:?}");
    assert_eq!(found.rank, None);
    let doubt = &found.doubts[0];
    let accepted = Acceptance { kind: doubt.kind, from: doubt.from, until: doubt.until };
    let who = Participant { acceptances: vec![accepted], ..participant("a", 1) };
    let accepted = row(&imported(who, &[&less]));
    assert_eq!((kinds(&accepted), accepted.rank), (vec![], Some(1)));
}

//! The model: baseline, temperature, gaps and intervals, all a function of the set of
//! samples.
use competition::{
    Baseline, Celsius, ConfidenceInterval, Exclusion, MeterIndex, Method, ParticipantIndex, Period,
    Rule, Sample, Standings, Time,
};
use jiff::civil::date;
use proptest::prelude::*;

use crate::support::{Map, boards, competition, midnight, participant, sample};

const METER: MeterIndex = MeterIndex(0);
const WHO: ParticipantIndex = ParticipantIndex(0);

fn outdoor(hour: i64) -> f64 {
    let day = (hour / 24 % 90) as f64;
    5.0 + 8.0 * (day / 3.0).sin() + 3.0 * ((hour % 24) as f64 / 4.0).sin()
}

/// The temperature that the building follows: its walls store the heat of a day.
fn stored(hour: i64) -> f64 {
    let weight = |age: i64| (-(age as f64) / 24.0).exp();
    let sum: f64 = (0..240).map(|age| weight(age) * outdoor(hour - age)).sum();
    sum / (0..240).map(weight).sum::<f64>()
}

/// kWh: night 10, day 30, half a kWh for each degree below 17.
fn load(hour: i64) -> f64 {
    let day = if (6..17).contains(&(hour % 24)) { 20.0 } else { 0.0 };
    10.0 + day + 0.5 * (17.0 - stored(hour))
}

/// Hourly readings of February and March, of `factor` the load in the contest.
fn building(factor: f64, skew: i64) -> Vec<Sample> {
    let contest = midnight(2027, 3, 15) / 3600;
    let (from, until) = (midnight(2027, 2, 1) / 3600, midnight(2027, 4, 1) / 3600);
    let mut register = 5_000_000.0;
    let mut samples = Vec::new();
    for hour in from..=until {
        samples.push(sample(hour * 3600 + skew, register as i64));
        let share = if hour >= contest { factor } else { 1.0 };
        register += 1000.0 * share * load(hour);
    }
    samples
}

fn warm(standings: &mut Standings, hours: impl Iterator<Item = i64>) {
    for hour in hours {
        standings.temperature(WHO, Time(hour * 3600), Celsius(outdoor(hour)));
    }
}

fn hours() -> std::ops::Range<i64> {
    midnight(2027, 2, 1) / 3600..midnight(2027, 4, 1) / 3600
}

fn fed(samples: &[Sample], temperature: bool) -> Standings {
    let mut standings = Standings::new(competition(), vec![participant("a", 1)]);
    if temperature {
        warm(&mut standings, hours());
    }
    for sample in samples {
        standings.append(METER, *sample);
    }
    standings.settle(&Map(samples.iter().map(|it| ((METER, it.at), *it)).collect()));
    standings
}

/// A load that follows the model exactly is predicted exactly, and a load times f has the
/// saving 1 − f(1 − s).
#[test]
fn injected_savings_are_found() {
    for factor in [1.0, 0.95, 0.9, 0.8] {
        let standings = fed(&building(factor, 0), true);
        // before summer time, which shifts the load by an hour against the sun
        let spring = Time(midnight(2027, 3, 28));
        let row = &standings.leaderboard_at(Rule::Saving, spring).rows[0];
        let found = row.saving_percent.unwrap();
        assert!((found - 100.0 * (1.0 - factor)).abs() < 0.3, "{factor}: {found}");
        let ConfidenceInterval { low, high } = row.interval_percent.unwrap();
        assert!(low <= found && found <= high);
        assert!(row.cv_rmse.unwrap() < 0.01, "{:?}", row.cv_rmse);
    }
}

#[test]
fn temperature_is_used_where_it_helps() {
    let cold = fed(&building(1.0, 0), false);
    let warm = fed(&building(1.0, 0), true);
    let row = |standings: &Standings| {
        standings.leaderboard(Rule::Saving, Time(midnight(2027, 4, 1))).rows[0].clone()
    };
    assert!(row(&warm).cv_rmse < row(&cold).cv_rmse);
    let width =
        |standings: &Standings| row(standings).interval_percent.map(ConfidenceInterval::width);
    assert!(width(&warm) < width(&cold));
    let plain = Method::of(Baseline::Hours);
    let if_plain = warm.what_if(Rule::Saving, plain, Time(midnight(2027, 4, 1)));
    let cold_if_plain = cold.what_if(Rule::Saving, plain, Time(midnight(2027, 4, 1)));
    assert_eq!(if_plain.rows[0].saving_percent, cold_if_plain.rows[0].saving_percent);
    let three = Method::of(Baseline::ThreeWeeksBefore);
    let three = warm.what_if(Rule::Saving, three, Time(midnight(2027, 4, 1)));
    let ConfidenceInterval { low, high } =
        three.rows[0].interval_percent.expect("from its error within the training");
    let saving = three.rows[0].saving_percent.unwrap();
    assert!(low < saving && saving < high, "{low} {saving} {high}");
    // one year alone gives no error of the year before
    let year = Method::of(Baseline::LastYear);
    let year = warm.what_if(Rule::Saving, year, Time(midnight(2027, 4, 1)));
    assert_eq!(year.rows[0].interval_percent, None);
    assert!(year.no_interval(Baseline::LastYear).is_some());
    assert_eq!(three.no_interval(Baseline::ThreeWeeksBefore), None);
    assert_eq!(
        warm.what_if(Rule::Saving, Method::default(), Time(midnight(2027, 4, 1))).rows[0],
        row(&warm)
    );
}

/// A baseline without the contest's months describes a contest of half its length. After
/// that the interval is unknown, and the leaderboard gives the reason in both languages.
#[test]
fn a_contest_longer_than_half_its_baseline_has_no_interval_but_a_reason() {
    let mut rules = competition();
    rules.baseline = Period { start: date(2027, 2, 1), end: date(2027, 3, 1) };
    rules.contest = Period { start: date(2027, 3, 1), end: date(2027, 4, 1) };
    let mut standings = Standings::new(rules, vec![participant("a", 1)]);
    for sample in building(1.0, 0) {
        standings.append(METER, sample);
    }
    standings.settle(&Map::default());
    for (days, known) in [(13, true), (15, false), (31, false)] {
        let at = Time(midnight(2027, 3, 1) + days * 86_400 - 3600);
        let board = standings.leaderboard_at(Rule::Saving, at);
        let row = &board.rows[0];
        assert!(row.rank.is_some() && row.saving_percent.is_some(), "{row:?}");
        assert_eq!(row.interval_percent.is_some(), known, "after {days} days");
        let reason = board.no_interval(Baseline::Level);
        assert_eq!(row.group.is_some(), known, "no group without an interval");
        assert_eq!(reason.is_none(), known, "after {days} days");
        for text in reason.iter().flat_map(|it| [&it.english, &it.swedish]) {
            let known = ["longer than the baseline", "längre än vad referensperioden"];
            assert!(known.iter().any(|it| text.contains(it)), "{text}");
        }
    }
}

/// Three days without readings: the energy of the register is kept exactly and divided by
/// the load profile.
#[test]
fn a_gap_takes_the_shape_of_the_baseline() {
    let gap = midnight(2027, 3, 20)..midnight(2027, 3, 23);
    let samples = building(1.0, 0);
    let thin: Vec<_> =
        samples.iter().filter(|it| it.at.0 <= gap.start || it.at.0 >= gap.end).copied().collect();
    let standings = fed(&thin, false);
    let kwh = |from: i64, until: i64| {
        standings.energy_comparison(WHO, Time(from)..Time(until)).energy.unwrap().0 as f64 / 1e6
    };
    let truth: f64 = (gap.start / 3600..gap.end / 3600).map(load).sum();
    assert!((kwh(gap.start, gap.end) - truth).abs() < 0.01);
    let (night, day) = (gap.start + 86_400 + 3600, gap.start + 86_400 + 12 * 3600);
    assert!(kwh(day, day + 3600) > 1.5 * kwh(night, night + 3600));
    let row = &standings.leaderboard(Rule::Saving, Time(midnight(2027, 4, 1))).rows[0];
    assert_eq!(row.coverage, Some(1.0));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_model_is_a_function_of_the_set_of_samples(
        keep in proptest::collection::vec(0u8..100, 1500),
        late in proptest::collection::vec(0u8..100, 1500),
        skew in prop_oneof![Just(0i64), Just(12), Just(700), Just(1800)],
        every in 20usize..400,
        missing in 0i64..600,
    ) {
        let samples: Vec<Sample> = building(0.9, skew)
            .into_iter()
            .zip(&keep)
            .filter(|(_, keep)| **keep >= 8)
            .map(|(sample, _)| sample)
            .collect();
        let mut who = participant("a", 1);
        let odd = midnight(2027, 3, 18);
        who.exclusions = vec![Exclusion { from: Time(odd), until: Time(odd + 50_000), reason: "x".to_owned() }];
        let new = || Standings::new(competition(), vec![who.clone()]);
        let known = || hours().filter(move |hour| hour % 97 != missing % 97);
        let end = midnight(2027, 4, 1);
        let seen = |standings: &Standings| {
            let past = standings.leaderboard_at(Rule::Saving, Time(end));
            let series = standings.series(WHO, Time(end - 30 * 86_400)..Time(end), 900);
            format!("{}{past:?}{series:?}", boards(standings, end))
        };
        let mut straight = new();
        let map = Map(samples.iter().map(|it| ((METER, it.at), *it)).collect());
        for sample in &samples {
            straight.append(METER, *sample);
        }
        warm(&mut straight, known());
        straight.settle(&map);
        let expected = seen(&straight);
        prop_assert_eq!(
            straight.leaderboard(Rule::Saving, Time(end + 7200)),
            straight.leaderboard_at(Rule::Saving, Time(end + 7200))
        );

        let mut crooked = new();
        let mut map = Map::default();
        let (first, second): (Vec<_>, Vec<_>) =
            samples.iter().zip(&late).partition(|(_, late)| **late >= 10);
        warm(&mut crooked, known().filter(|hour| hour % 3 == 0));
        for (number, (sample, _)) in first.iter().chain(second.iter().rev()).enumerate() {
            map.take(&mut crooked, METER, **sample);
            if number % every == 0 {
                crooked.settle(&map);
            }
        }
        warm(&mut crooked, known().rev_all());
        crooked.settle(&map);
        prop_assert_eq!(seen(&crooked), expected.clone());

        // restored from its days
        let mut restored = new();
        for record in crooked.days(METER) {
            restored.restore(METER, &record).unwrap();
        }
        warm(&mut restored, known());
        restored.settle(&map);
        prop_assert_eq!(seen(&restored), expected);
    }
}

trait ReverseAll: Iterator<Item = i64> + Sized {
    /// Backwards, however the iterator is made.
    fn rev_all(self) -> std::vec::IntoIter<i64> {
        let mut all: Vec<i64> = self.collect();
        all.reverse();
        all.into_iter()
    }
}

impl<I: Iterator<Item = i64>> ReverseAll for I {}

//! Properties of registers: whether readings are split, merged, repeated or reordered, and
//! whatever meter takes over, energy is last minus first of every epoch; and no input gives
//! a leaderboard with NaN.
use competition::{
    Baseline, Celsius, Competition, Dated, Epoch, IntervalReading, MeterIndex, Method,
    MilliWattHours, Participant, ParticipantIndex, Rule, Sample, SquareMetres, Standings, Time,
    WattHours, Watts,
};
use jiff::civil::date;
use proptest::prelude::*;

use crate::support::{Map, boards, competition, midnight, participant, sample};

const METER: MeterIndex = MeterIndex(0);
const WHO: ParticipantIndex = ParticipantIndex(0);
const FIRST: i64 = 700_000_000;

fn start() -> i64 {
    midnight(2027, 2, 1)
}

fn end() -> i64 {
    midnight(2027, 4, 1)
}

/// Energy of the whole range, mWh.
fn energy(standings: &Standings) -> i64 {
    let all = standings.energy_comparison(WHO, Time(start())..Time(end()));
    all.energy.map_or(0, |energy| energy.0)
}

fn fed(who: Participant, samples: impl IntoIterator<Item = Sample>) -> Standings {
    let (mut standings, mut map) = (Standings::new(competition(), vec![who]), Map::default());
    for sample in samples {
        map.take(&mut standings, METER, sample);
    }
    standings.settle(&map);
    standings
}

/// What a meter counts: steps of (quarter-hours or seconds, watts).
fn steps() -> impl Strategy<Value = Vec<(i64, i64)>> {
    let seconds = prop_oneof![4 => 1i64..900, 2 => Just(900), 2 => Just(3600), 1 => 1i64..40_000];
    proptest::collection::vec((seconds, 0i64..200_000), 1..60)
}

/// Readings of a counting register from the start of a quarter-hour to another.
fn counted(steps: &[(i64, i64)], mut at: i64, mut register: i64) -> Vec<Sample> {
    let mut samples = vec![sample(at, register)];
    for (seconds, watts) in steps {
        at += seconds;
        register += watts * seconds / 3600;
        samples.push(sample(at, register));
    }
    let rest = at.rem_euclid(900);
    if rest > 0 {
        samples.push(sample(at + 900 - rest, register));
    }
    samples
}

/// All rules, also under every other baseline, as text.
fn everything(standings: &Standings, now: i64) -> String {
    let mut text = boards(standings, now);
    for baseline in Baseline::ALL {
        for (half_life, comparison_group) in [(None, true), (Some(30.0), false), (Some(0.0), true)]
        {
            let method = Method { half_life, comparison_group, ..Method::of(baseline) };
            text += &format!("{:?}", standings.what_if(Rule::Saving, method, Time(now)));
        }
    }
    text
}

/// Any bits, and what edges are made of.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        prop_oneof![Just(f64::NAN), Just(f64::INFINITY), Just(0.0), Just(-0.0), Just(-40.0)],
        -90.0..70.0f64,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Readings between the first and the last are left out (merged), repeated and
    /// reordered.
    #[test]
    fn energy_is_last_minus_first_in_any_order_of_readings(
        (samples, received) in steps().prop_flat_map(|steps| {
            let samples = counted(&steps, start(), FIRST);
            let last = samples.len() - 1;
            let received = proptest::collection::vec(0usize..4, samples.len());
            let received = received.prop_flat_map({
                let samples = samples.clone();
                move |times| {
                    let all = samples.iter().zip(times).enumerate().flat_map(|(number, (it, times))| {
                        let ends = number == 0 || number == last;
                        std::iter::repeat_n(*it, times.max(usize::from(ends)))
                    });
                    Just(all.collect::<Vec<_>>()).prop_shuffle()
                }
            });
            (Just(samples), received)
        }),
    ) {
        let expected = (samples[samples.len() - 1].import.0 - FIRST) * 1000;
        prop_assert_eq!(energy(&fed(participant("a", 1), samples)), expected);
        prop_assert_eq!(energy(&fed(participant("a", 1), received)), expected);
    }

    /// Meters take over from each other, new ones at zero too; the old one counted
    /// on until then, unread.
    #[test]
    fn every_epoch_gives_its_last_minus_its_first(
        meters in proptest::collection::vec(
            (steps(), prop_oneof![Just(0i64), 1i64..3_000_000_000], 1i64..20, 0i64..200_000),
            1..5,
        ),
        reversed in any::<bool>(),
    ) {
        let mut who = participant("a", 1);
        let (mut samples, mut expected, mut at) = (Vec::new(), 0, start());
        let count = meters.len();
        for (number, (steps, first, quarters, watts)) in meters.into_iter().enumerate() {
            let mine = counted(&steps, at, first);
            let last = mine[mine.len() - 1];
            expected += last.import.0 - first;
            samples.extend(mine);
            at = last.at.0 + quarters * 900;
            if number + 1 < count {
                let unread = watts * quarters / 4;
                expected += unread;
                let last = WattHours(last.import.0 + unread);
                who.meters[0].epochs.push(Epoch { at: Time(at), last, first: WattHours(0) });
            }
        }
        // each epoch's first is what its first reading shows
        let starts: Vec<(Time, WattHours)> = samples.iter().map(|it| (it.at, it.import)).collect();
        for epoch in &mut who.meters[0].epochs {
            let shown = starts.iter().find(|(at, _)| *at == epoch.at).unwrap();
            epoch.first = shown.1;
        }
        // a register of ten times the last value is quarantined
        let tenfold = |pair: &[Sample]| {
            pair[0].import.0 > 0 && pair[1].import.0 / pair[0].import.0 >= 9
        };
        if at >= end() || samples.windows(2).any(tenfold) {
            return Ok(());
        }
        if reversed {
            samples.reverse();
        }
        prop_assert_eq!(energy(&fed(who, samples)), expected * 1000);
    }

    /// Areas, employees, temperatures, imports and registers that were not screened.
    #[test]
    fn no_input_gives_a_leaderboard_with_nan(
        areas in proptest::collection::vec(number(), 0..3),
        staff in proptest::collection::vec(any::<u32>(), 0..3),
        multiplier in any::<u32>(),
        temperatures in proptest::collection::vec((0i64..59 * 24, number()), 0..60),
        rows in proptest::collection::vec((0i64..59 * 96, 0usize..3, any::<i64>()), 0..60),
        samples in proptest::collection::vec((0i64..59 * 86_400, any::<i64>(), any::<Option<i64>>()), 0..40),
        hourly in any::<bool>(),
    ) {
        let mut who = participant("a", 1);
        let from = |number: usize| date(2027, 1, 1 + number as i8);
        who.floor_area = Dated(areas.into_iter().enumerate().map(|(n, area)| (from(n), SquareMetres(area))).collect());
        who.employees = Dated(staff.into_iter().enumerate().map(|(n, count)| (from(n), count)).collect());
        who.meters[0].multiplier = multiplier;
        let mut standings = Standings::new(competition(), vec![who, participant("b", 1), participant("c", 1), participant("d", 1)]);
        let mut map = Map::default();
        for hour in 0..59 * 24 * i64::from(hourly) {
            let wh = hour * 20_000 + hour % 24 * 300;
            for meter in 0..4 {
                map.take(&mut standings, MeterIndex(meter), sample(start() + hour * 3600, FIRST + wh));
            }
        }
        for (hour, outdoor) in temperatures {
            standings.temperature(WHO, Time(start() + hour * 3600), Celsius(outdoor));
        }
        for (quarter, length, energy) in rows {
            let seconds = [900, 1800, 3600][length];
            let at = start() + quarter * 900;
            let row = IntervalReading { start: Time(at - at % seconds), seconds, energy: MilliWattHours(energy >> 16) };
            standings.interval(METER, &row);
        }
        for (at, wh, power) in samples {
            map.take(&mut standings, METER, Sample { power: power.map(Watts), ..sample(start() + at, wh) });
        }
        standings.settle(&map);
        let text = everything(&standings, end());
        for wrong in ["NaN", "inf"] {
            let found = text.find(wrong).map(|at| &text[at.saturating_sub(40)..at + 3]);
            prop_assert_eq!(found, None);
        }
    }

    /// A participant with a known saving among any number of others.
    #[test]
    fn an_additional_participant_changes_no_other(
        others in proptest::collection::vec((1i64..90_000, 0i64..60), 0..4),
    ) {
        let load = |watts: i64, swing: i64| (0..59 * 24).map(move |hour| {
            let wh = hour * watts + (hour % 24) * swing * 10 - (hour / 24 % 7) * swing;
            sample(start() + hour * 3600, FIRST + wh)
        });
        let with = |others: &[(i64, i64)]| {
            let people = (0..=others.len()).map(|number| participant(&number.to_string(), 1)).collect();
            let (mut standings, mut map) = (Standings::new(competition(), people), Map::default());
            for (number, (watts, swing)) in [(21_000, 31)].iter().chain(others).enumerate() {
                for sample in load(*watts, *swing) {
                    map.take(&mut standings, MeterIndex(number as u32), sample);
                }
            }
            standings.settle(&map);
            let board = standings.leaderboard(Rule::Saving, Time(end()));
            let mut row = board.rows.into_iter().find(|row| row.participant == WHO).unwrap();
            (row.rank, row.group) = (None, None);
            row
        };
        let alone = with(&[]);
        prop_assert!(alone.saving_percent.is_some() && alone.interval_percent.is_some());
        prop_assert_eq!(with(&others), alone);
    }
}

/// A competition without participants.
#[test]
fn an_empty_competition_has_an_empty_board() {
    let mut nothing: Competition = competition();
    nothing.thresholds.baseline_days = 0;
    let standings = Standings::new(nothing, Vec::new());
    let board = standings.leaderboard(Rule::Saving, Time(end()));
    assert_eq!((board.rows.len(), board.total_saved.0), (0, 0));
}

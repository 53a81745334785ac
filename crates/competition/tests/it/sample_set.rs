//! Properties: the standings are a function of the set of samples, and energy is
//! the difference of registers, however messages are lost, repeated or reordered.
use competition::{
    Epoch, MeterIndex, ParticipantIndex, Provenance, Rule, Sample, Standings, Time, WattHours,
    Watts,
};
use proptest::prelude::*;

use crate::support::{Map, boards, competition, midnight, participant, sample};

const METER: MeterIndex = MeterIndex(0);
const WHO: ParticipantIndex = ParticipantIndex(0);

fn start() -> i64 {
    midnight(2027, 2, 1)
}

fn end() -> i64 {
    midnight(2027, 4, 1)
}

/// A plausible stream: (seconds to the next sample, watts, displayed register).
fn stream(longest: i64) -> impl Strategy<Value = Vec<Sample>> {
    let step = (
        prop_oneof![8 => 1i64..1200, 4 => Just(3600), 1 => 1i64..longest],
        0i64..40_000,
        prop_oneof![
            30 => Just(None),
            1 => Just(Some(0i64)),
            1 => (0i64..5_000_000_000).prop_map(Some),
            1 => Just(Some(-10)),
        ],
        any::<bool>(),
    );
    proptest::collection::vec(step, 1..300).prop_map(|steps| {
        let (mut at, mut register) = (start() + 400_000, 1_000_000);
        let mut samples = Vec::new();
        for (seconds, watts, wrong, powered) in steps {
            at += seconds;
            register += watts * seconds / 3600;
            let shown = match wrong {
                Some(-10) => register * 10,
                Some(value) => value,
                None => register,
            };
            let power = powered.then_some(Watts(watts));
            samples.push(Sample { power, ..sample(at, shown) });
        }
        samples.retain(|sample| sample.at.0 < end());
        samples
    })
}

/// Few readings, minutes to days apart, of a register that seldom changes, in any order.
fn sparse() -> impl Strategy<Value = Vec<Sample>> {
    let seconds = prop_oneof![
        1 => Just(60i64),
        1 => Just(600),
        2 => Just(3600),
        1 => Just(20_000),
        1 => Just(90_000),
        1 => Just(200_000),
    ];
    let rise = prop_oneof![6 => Just(0i64), 2 => Just(1), 1 => 1i64..200];
    let wrong = prop_oneof![11 => Just(None), 1 => (0i64..3_000_000_000).prop_map(Some)];
    proptest::collection::vec((seconds, 0i64..50, rise, wrong), 3..17)
        .prop_map(|steps| {
            let (mut at, mut register) = (start() + 400_000, 1_000_000);
            let step = |(seconds, more, rise, wrong): (i64, i64, i64, Option<i64>)| {
                at += seconds + more;
                register += rise;
                Sample { power: None, ..sample(at, wrong.unwrap_or(register)) }
            };
            steps.into_iter().map(step).collect::<Vec<Sample>>()
        })
        .prop_shuffle()
}

/// Late readings on both sides of days without a change of the register: the days between
/// are computed again although the state at the end of the first is what it was.
#[test]
fn late_readings_beside_a_quiet_time_change_nothing() {
    let all =
        [(404_344, 1_000_001), (403_632, 1_000_001), (625_119, 1_000_058), (605_009, 1_000_001)];
    let all = all.map(|(at, register)| sample(start() + at, register));
    let mut sorted = all;
    sorted.sort_by_key(|sample| sample.at);
    assert_eq!(seen(&fed(all, 1).0), seen(&fed(sorted, usize::MAX).0));
}

/// Applies samples as the server does: one by one, with `settle` now and then.
fn fed(samples: impl IntoIterator<Item = Sample>, every: usize) -> (Standings, Map) {
    let (mut standings, mut map) =
        (Standings::new(competition(), vec![participant("a", 1)]), Map::default());
    for (number, sample) in samples.into_iter().enumerate() {
        map.take(&mut standings, METER, sample);
        if number % every == every - 1 {
            standings.settle(&map);
        }
    }
    standings.settle(&map);
    (standings, map)
}

/// All results of the standings.
fn seen(standings: &Standings) -> String {
    let series = standings.series(WHO, Time(start())..Time(end()), 900);
    let past = standings.leaderboard_at(Rule::Saving, Time(end() - 300_000));
    format!("{}{:?}{:?}{:?}", boards(standings, end()), standings.quarantine(), past, series)
}

fn energy(standings: &Standings) -> i64 {
    let all = standings.energy_comparison(WHO, Time(start() - 90_000)..Time(end() + 90_000));
    all.energy.map_or(0, |energy| energy.0)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn order_repeats_and_interleaving_change_nothing(
        samples in stream(400_000),
        order in any::<proptest::sample::Index>(),
        seed in any::<u64>(),
        every in 1usize..50,
    ) {
        let expected = seen(&fed(samples.clone(), usize::MAX).0);
        let mut shuffled = samples.clone();
        shuffled.extend(samples.iter().take(order.index(samples.len() + 1)));
        let mut state = seed | 1;
        for i in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            shuffled.swap(i, (state >> 33) as usize % (i + 1));
        }
        let (standings, map) = fed(shuffled, every);
        prop_assert_eq!(seen(&standings), expected.clone());
        // recomputed from scratch
        let mut scratch = Standings::new(competition(), vec![participant("a", 1)]);
        for sample in map.0.values() {
            scratch.append(METER, *sample);
        }
        scratch.settle(&map);
        prop_assert_eq!(seen(&scratch), expected.clone());
        let reversed: Vec<_> = samples.iter().rev().copied().collect();
        prop_assert_eq!(seen(&fed(reversed, every).0), expected);
    }

    #[test]
    fn the_order_of_sparse_readings_changes_nothing(samples in sparse(), every in 1usize..5) {
        let mut sorted = samples.clone();
        sorted.sort_by_key(|sample| sample.at);
        prop_assert_eq!(seen(&fed(samples, every).0), seen(&fed(sorted, usize::MAX).0));
    }

    #[test]
    fn days_restore_the_standings(samples in stream(400_000), cut in any::<proptest::sample::Index>()) {
        let cut = cut.index(samples.len() + 1);
        let (mut before, mut map) = fed(samples[..cut].to_vec(), 40);
        let records = before.days(METER);
        prop_assert!(before.days(METER).is_empty());
        let mut after = Standings::new(competition(), vec![participant("a", 1)]);
        for record in &records {
            after.restore(METER, record).unwrap();
        }
        for sample in &samples[cut..] {
            map.take(&mut before, METER, *sample);
            after.append(METER, *sample);
        }
        before.settle(&map);
        after.settle(&map);
        prop_assert_eq!(seen(&after), seen(&before));
        prop_assert_eq!(after.newest(METER), before.newest(METER));
    }

    #[test]
    fn energy_is_last_minus_first(watts in proptest::collection::vec((1i64..90_000, 0i64..200_000), 1..60)) {
        let (mut at, mut register) = (start(), 700_000_000);
        let mut samples = vec![sample(at, register)];
        for (seconds, watts) in watts {
            at += seconds;
            register += watts * seconds / 3600;
            samples.push(sample(at, register));
        }
        // to the end of a quarter-hour, at rest
        samples.push(sample(at + 900 - at % 900, register));
        samples.retain(|sample| sample.at.0 < end());
        let last = samples.last().copied().unwrap();
        let (standings, _) = fed(samples, usize::MAX);
        let partial = standings.series(WHO, Time(start())..last.at, 900);
        prop_assert!(partial.iter().all(|point| point.provenance != Provenance::Missing || last.at.0 % 900 != 0));
        if last.at.0 % 900 == 0 {
            prop_assert_eq!(energy(&standings), (last.import.0 - 700_000_000) * 1000);
        }
    }

    #[test]
    fn splitting_a_gap_moves_no_energy(hours in 1i64..300, parts in 1i64..20, watts in 0i64..100_000) {
        let seconds = hours * 3600;
        let ends = [sample(start(), 500), sample(start() + seconds, 500 + watts * hours)];
        let mut split = ends.to_vec();
        for part in 1..parts {
            let at = seconds * part / parts / 3600 * 3600;
            split.push(sample(start() + at, 500 + watts * at / 3600));
        }
        let whole = fed(ends, usize::MAX).0;
        prop_assert_eq!(energy(&whole), watts * hours * 1000);
        prop_assert_eq!(energy(&fed(split, 1).0), watts * hours * 1000);
    }

    /// Undeclared resets, declared swaps and rollovers at any moment.
    #[test]
    fn no_register_change_gives_absurd_energy(
        samples in stream(20_000),
        at in any::<proptest::sample::Index>(),
        first in 0i64..3_000_000_000,
        declared in any::<bool>(),
        rollover in proptest::option::of(1_000_000i64..20_000_000),
    ) {
        let Some(change) = samples.get(at.index(samples.len().max(1))).map(|sample| sample.at) else { return Ok(()) };
        let mut who = participant("a", 1);
        who.meters[0].rollover = rollover.map(WattHours);
        let last = samples.iter().take_while(|sample| sample.at < change).last();
        let last = last.map_or(WattHours(1_000_000), |sample| sample.import);
        if declared {
            who.meters[0].epochs.push(Epoch { at: change, last, first: WattHours(first) });
        }
        let mut standings = Standings::new(competition(), vec![who]);
        let base = samples.iter().find(|sample| sample.at >= change).map_or(0, |it| it.import.0);
        for sample in &samples {
            let mut sample = *sample;
            if sample.at >= change {
                sample.import.0 = (sample.import.0 - base).max(0) + first;
            }
            standings.append(METER, sample);
        }
        standings.settle(&Map::default());
        let span = end() - start();
        let most = 1_000_000 * span / 3600 * 1000;
        prop_assert!((0..=most).contains(&energy(&standings)));
        for point in standings.series(WHO, Time(start())..Time(end()), 900) {
            prop_assert!(point.energy.is_none_or(|energy| energy.0 >= 0), "{:?}", point);
        }
    }

    /// Values that were not screened.
    #[test]
    fn no_value_gives_a_leaderboard_with_nan(
        values in proptest::collection::vec((any::<i64>(), any::<i64>(), any::<Option<i64>>()), 0..50),
        now in any::<i32>(),
    ) {
        let mut standings = Standings::new(competition(), vec![participant("a", 1), participant("b", 0)]);
        let mut map = Map::default();
        for (at, wh, power) in values {
            let at = start() + at.rem_euclid(end() - start());
            map.take(&mut standings, METER, Sample { power: power.map(Watts), ..sample(at, wh) });
        }
        standings.settle(&map);
        let text = boards(&standings, end()) + &boards(&standings, i64::from(now));
        prop_assert!(!text.contains("NaN") && !text.contains("inf"), "{}", text);
    }

    #[test]
    fn participants_do_not_affect_each_other(mine in stream(400_000), theirs in stream(400_000)) {
        let alone = fed(mine.clone(), 10).0;
        let mut both = Standings::new(competition(), vec![participant("a", 1), participant("b", 1)]);
        let mut map = Map::default();
        for sample in theirs {
            map.take(&mut both, MeterIndex(1), sample);
        }
        for sample in mine {
            map.take(&mut both, METER, sample);
        }
        both.settle(&map);
        let row = |standings: &Standings| {
            let board = standings.leaderboard(Rule::Saving, Time(end()));
            let mut row = board.rows.into_iter().find(|row| row.participant == WHO).unwrap();
            (row.rank, row.group) = (None, None);
            format!("{row:?}")
        };
        prop_assert_eq!(row(&both), row(&alone));
    }
}

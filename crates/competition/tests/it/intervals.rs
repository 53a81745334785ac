//! Imported intervals: exact to the milliwatt-hour, in any order, and never mixed with
//! register readings of the same meter.
use competition::{
    Celsius, Contact, ImportValidator, IntervalReading, Meter, MeterIndex, MilliWattHours,
    ParticipantIndex, Provenance, RejectReason, Sample, Standings, Time, Watts,
};
use proptest::prelude::*;

use crate::support::{Map, boards, competition, midnight, participant, sample};

const METER: MeterIndex = MeterIndex(0);
const HALL: ParticipantIndex = ParticipantIndex(0);
const HOUR: i64 = 3600;

fn interval(start: i64, seconds: i64, energy: i64) -> IntervalReading {
    IntervalReading { start: Time(start), seconds, energy: MilliWattHours(energy) }
}

fn standings() -> Standings {
    Standings::new(competition(), vec![participant("a", 1)])
}

#[derive(Debug, Clone, Copy)]
enum Row {
    IntervalReading(IntervalReading),
    Sample(Sample),
    Outdoor(Time, Celsius),
}

fn take(rows: impl IntoIterator<Item = Row>) -> Standings {
    let (mut standings, mut map) = (standings(), Map::default());
    for row in rows {
        match row {
            Row::IntervalReading(interval) => standings.interval(METER, &interval),
            Row::Sample(sample) => map.take(&mut standings, METER, sample),
            Row::Outdoor(at, outdoor) => standings.temperature(HALL, at, outdoor),
        }
    }
    standings.settle(&map);
    standings
}

#[test]
fn register_readings_take_precedence_over_imported_intervals() {
    let start = midnight(2027, 3, 16);
    // Measured from 01:20 to 04:05, but for a hole from 02:10 to 03:10.
    let measured = (16..=49).filter(|n| !(27..38).contains(n));
    let samples = measured.map(|n| Row::Sample(sample(start + n * 300, 50_000 + n * 100)));
    let hours = (0..5).map(|n| Row::IntervalReading(interval(start + n * HOUR, HOUR, 999_999 + n)));
    let standings = take(samples.chain(hours));
    let points = standings.series(HALL, Time(start)..Time(start + 6 * HOUR), HOUR);
    let energies: Vec<_> = points.iter().map(|it| it.energy.map(|it| it.0)).collect();
    let own = |n: i64| Some(999_999 + n);
    assert_eq!(energies[..2], [own(0), own(1)], "the register begins in the second hour");
    assert_eq!(energies[2..4], [Some(1_200_000); 2], "the register is known around the hole");
    assert_eq!(energies[4..], [own(4), None], "the register ends in the fifth hour");
    assert_eq!(points[1].provenance, Provenance::Measured);
    assert_eq!(points[2].provenance, Provenance::Estimated);
}

#[test]
fn an_imported_interval_is_the_latest_reading() {
    let start = midnight(2027, 3, 16);
    let rows = [3, 0, 2].map(|n| Row::IntervalReading(interval(start + n * HOUR, HOUR, 1_000_000)));
    let standings = take(rows);
    let heard = |standings: &Standings, hours: i64| {
        standings.latest_reading(HALL, Time(start + hours * HOUR))
    };
    // the newest ends at 4 o'clock
    let at = Some(Time(start + 4 * HOUR));
    // However new it is, the meter did not send it.
    let contacts = [5, 8, 11].map(|hours| (hours, Contact::Imported));
    for (hours, contact) in contacts {
        let found = heard(&standings, hours);
        assert_eq!((found.measured_at, found.contact, found.power), (at, contact, None));
    }
    // an older reading changes nothing; a newer one has its own time and interval
    let power = Some(Watts(500));
    let reading =
        |minute: i64| Row::Sample(Sample { power, ..sample(start + minute * 60, 50_000 + minute) });
    let before = take(rows.into_iter().chain([1, 2, 3].map(reading)));
    assert_eq!(heard(&before, 5), heard(&standings, 5));
    let after = take(rows.into_iter().chain([298, 299, 300].map(reading)));
    let found = heard(&after, 5);
    assert_eq!((found.measured_at, found.power), (Some(Time(start + 5 * HOUR)), power));
}

#[test]
fn quarter_hours_add_up_to_the_imported_interval() {
    let start = midnight(2027, 3, 16);
    let standings = take([Row::IntervalReading(interval(start, HOUR, 1_000_003))]);
    let points = standings.series(HALL, Time(start)..Time(start + HOUR), 900);
    assert_eq!(points.iter().filter_map(|it| it.energy).map(|it| it.0).sum::<i64>(), 1_000_003);
}

#[test]
fn impossible_intervals_are_rejected() {
    let screen = ImportValidator::new(&competition(), Time(midnight(2027, 3, 20)));
    let meter = Meter { capacity: Watts(10_000), ..Meter::new("m") };
    let at = midnight(2027, 3, 16);
    let judge = |start, energy| screen.check_interval(&meter, &interval(start, HOUR, energy));
    assert_eq!(judge(at, 10_000_000), Ok(()));
    assert_eq!(judge(at, 0), Ok(()));
    assert_eq!(judge(at, 10_000_001), Err(RejectReason::Capacity));
    assert_eq!(judge(at, -1), Err(RejectReason::Negative));
    assert_eq!(judge(midnight(2027, 1, 31), 5), Err(RejectReason::BeforeBaseline));
    assert_eq!(judge(midnight(2027, 3, 20), 5), Err(RejectReason::Future));
    assert_eq!(
        screen.check_temperature(Time(at), Celsius(f64::NAN)),
        Err(RejectReason::Temperature)
    );
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn any_order_gives_the_same_energy(
        rows in Just((0..200).map(|n| {
            let start = midnight(2027, 3, 14) + n / 3 * HOUR;
            match n % 3 {
                0 => Row::IntervalReading(interval(start, HOUR, 1_000_000 + n * 37)),
                1 => Row::Sample(sample(start + n % 7 * 400, 90_000 + n * 300)),
                _ => Row::Outdoor(Time(start), Celsius(n as f64 / 10.0)),
            }
        }).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let start = Time(midnight(2027, 3, 14));
        let range = start..Time(start.0 + 80 * HOUR);
        let mut sorted = rows.clone();
        sorted.sort_by_key(|row| match row {
            Row::IntervalReading(interval) => interval.start,
            Row::Sample(sample) => sample.at,
            Row::Outdoor(at, _) => *at,
        });
        let series = |standings: &Standings| {
            let points = standings.series(HALL, range.clone(), 900);
            points.iter().map(|it| (it.energy, it.provenance)).collect::<Vec<_>>()
        };
        prop_assert_eq!(series(&take(rows)), series(&take(sorted)));
    }

    /// Intervals that are taken back leave nothing, whatever the readings around them.
    #[test]
    fn intervals_that_are_taken_back_leave_nothing(
        every in 1i64..40,
        (first, hours) in (0i64..100, 1i64..100),
        settled in any::<bool>(),
        quarters in any::<bool>(),
    ) {
        let start = midnight(2027, 3, 14);
        let seconds = if quarters { 900 } else { HOUR };
        let row = |n| interval(start + n * seconds, seconds, 100_000 + n * 37);
        let rows: Vec<_> = (0..100 * HOUR / seconds).map(row).collect();
        let range = Time(start + first * HOUR)..Time(start + (first + hours) * HOUR);
        let mut map = Map::default();
        let (mut taken_back, mut never) = (standings(), standings());
        for n in (0..=100).step_by(every as usize) {
            let sample = sample(start + n * HOUR + 600, 90_000 + n * 900);
            map.take(&mut taken_back, METER, sample);
            never.append(METER, sample);
        }
        rows.iter().for_each(|row| taken_back.interval(METER, row));
        if settled {
            taken_back.settle(&map);
        }
        taken_back.remove_intervals(METER, range.clone());
        taken_back.settle(&map);
        let kept = rows.iter().filter(|row| !range.contains(&row.start));
        kept.for_each(|row| never.interval(METER, row));
        never.settle(&map);
        let now = start + 110 * HOUR;
        let series = |standings: &Standings| standings.series(HALL, Time(start)..Time(now), 900);
        for (got, expected) in series(&taken_back).iter().zip(series(&never)) {
            prop_assert_eq!(*got, expected);
        }
        prop_assert!(boards(&taken_back, now) == boards(&never, now));
    }
}

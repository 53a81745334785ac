//! Doubts about the outdoor temperature of a participant, alone and beside the others.
use competition::{
    Acceptance, Celsius, DoubtKind, IntervalReading, MeterIndex, MilliWattHours, Participant,
    ParticipantIndex, Row, Rule, Standings, Time,
};

use crate::{
    doubts::{contest, end, first, kinds, load, noise, row, rules},
    support::{Map, participant},
};

/// °C of an hour: a year, days that differ, and warm afternoons.
fn outdoor(hour: i64) -> f64 {
    let tau = std::f64::consts::TAU;
    let year = ((hour as f64 / 24.0 - 20.0) / 365.25 * tau).cos();
    let day = ((hour as f64 - 14.0) / 24.0 * tau).cos();
    let weather = 3.0 * (hour as f64 / 70.0).sin() + 2.0 * (hour as f64 / 31.0).cos();
    let value = 6.0 - 10.0 * year + (2.5 - 2.0 * year) * day + weather;
    (value * 10.0).round() / 10.0
}

/// Electric heating: 1 kWh more for each degree below 17.
fn heated(hour: i64) -> i64 {
    load(hour) + ((17.0 - outdoor(hour)).max(0.0) * 1000.0) as i64
}

fn with_temperature(acceptances: &[Acceptance], outdoor: impl Fn(i64) -> Option<f64>) -> Row {
    let who = Participant { acceptances: acceptances.to_vec(), ..participant("a", 1) };
    let mut standings = Standings::new(rules(), vec![who]);
    for hour in first()..end() {
        let start = Time(hour * 3600);
        let energy = MilliWattHours(heated(hour) * 1000);
        standings.interval(MeterIndex(0), &IntervalReading { start, seconds: 3600, energy });
        if let Some(outdoor) = outdoor(hour) {
            standings.temperature(ParticipantIndex(0), start, Celsius(outdoor));
        }
    }
    standings.settle(&Map::default());
    row(&standings)
}

/// A dead sensor, °F, and clocks that are half a day off: each counts as missing.
#[test]
fn a_temperature_that_cannot_be_right_counts_as_missing() {
    let clean = with_temperature(&[], |hour| Some(outdoor(hour)));
    assert_eq!(kinds(&clean), [], "{clean:?}");
    assert!(clean.saving_percent.unwrap().abs() < 3.0, "{clean:?}");
    let from = contest() + 31 * 24;
    let missing = with_temperature(&[], |hour| Some(outdoor(hour)).filter(|_| hour < from));
    let late = |value: &dyn Fn(i64) -> f64| {
        with_temperature(&[], |hour| Some(if hour < from { outdoor(hour) } else { value(hour) }))
    };
    let dead = late(&|_| -12.3);
    assert_eq!(kinds(&dead), [DoubtKind::TemperatureConstant]);
    assert_eq!(dead.saving_percent, missing.saving_percent);
    let fahrenheit = late(&|hour| outdoor(hour) * 1.8 + 32.0);
    assert_eq!(kinds(&fahrenheit), [DoubtKind::TemperatureUnit], "{fahrenheit:?}");
    let shifted = late(&|hour| outdoor(hour - 12));
    assert_eq!(kinds(&shifted), [DoubtKind::TemperatureShift], "{shifted:?}");
    for row in [&dead, &fahrenheit, &shifted] {
        assert!(row.saving_percent.unwrap().abs() < 6.0, "{row:?}");
    }
    // One participant alone is compared with the year before.
    let place = with_temperature(&[], |hour| {
        Some(outdoor(hour) - if hour < contest() { 0.0 } else { 8.0 })
    });
    assert_eq!(kinds(&place), [DoubtKind::TemperatureLevel], "{place:?}");
    assert!(place.saving_percent.unwrap() < 6.0, "{place:?}");
    // The organiser says that it was -12.3 degrees for two months.
    let doubt = &dead.doubts[0];
    let accepted = Acceptance { kind: doubt.kind, from: doubt.from, until: doubt.until };
    let accepted =
        with_temperature(&[accepted], |hour| Some(if hour < from { outdoor(hour) } else { -12.3 }));
    assert_eq!(kinds(&accepted), []);
    assert!(accepted.saving_percent.unwrap() > 20.0, "{accepted:?}");
}

/// The temperature of another place, 8 degrees too low, shifted, or in °F all the time: the
/// other participants show it.
#[test]
fn a_temperature_unlike_that_of_the_others_counts_as_missing() {
    let of = |who: i64, hour: i64| outdoor(hour) + 0.7 * who as f64 + 0.2 * noise(hour * 8 + who);
    let other = |hour: i64| 18.0 + 6.0 * (hour as f64 / 50.0).sin();
    type Outdoor<'a> = &'a dyn Fn(i64) -> f64;
    let cases: [(&str, Outdoor<'_>, &[DoubtKind]); 8] = [
        ("clean", &|hour| of(5, hour), &[]),
        (
            "8 degrees",
            &|hour| of(5, hour) - if hour < contest() { 0.0 } else { 8.0 },
            &[DoubtKind::TemperaturePlace],
        ),
        (
            "4 degrees over two months",
            &|hour| of(5, hour) - if hour < contest() { 0.0 } else { 4.0 },
            &[DoubtKind::TemperaturePlace],
        ),
        ("far north", &|hour| of(5, hour) * 1.4 - 7.0, &[]),
        (
            "another place",
            &|hour| if hour < contest() { of(5, hour) } else { other(hour) },
            &[DoubtKind::TemperaturePlace],
        ),
        (
            "an hour",
            &|hour| of(5, if hour < contest() { hour } else { hour - 1 }),
            &[DoubtKind::TemperatureShift],
        ),
        (
            "half a day",
            &|hour| of(5, if hour < contest() { hour } else { hour + 12 }),
            &[DoubtKind::TemperatureShift],
        ),
        ("°F", &|hour| of(5, hour) * 1.8 + 32.0, &[DoubtKind::TemperatureUnit]),
    ];
    for ((name, own, expected), others) in cases.into_iter().flat_map(|it| [(it, 2), (it, 5)]) {
        // The median of three follows none of them as closely.
        if name == "an hour" && others == 2 {
            continue;
        }
        let ids = ["a", "b", "c", "d", "e", "f"];
        let all = ids[..=others].iter().map(|id| participant(id, 1)).collect();
        let mut standings = Standings::new(rules(), all);
        for hour in first()..end() {
            let start = Time(hour * 3600);
            for who in 0..=others as i64 {
                let outdoor = if who == others as i64 { own(hour) } else { of(who, hour) };
                let energy = MilliWattHours(heated(hour) * 1000);
                let interval = IntervalReading { start, seconds: 3600, energy };
                standings.interval(MeterIndex(who as u32), &interval);
                standings.temperature(ParticipantIndex(who as u32), start, Celsius(outdoor));
            }
        }
        standings.settle(&Map::default());
        for row in standings.leaderboard(Rule::Saving, Time(end() * 3600)).rows {
            let mut found = kinds(&row);
            found.dedup();
            let expected = if row.participant.0 as usize == others { expected } else { &[] };
            assert_eq!(found, expected, "{name}: {row:?}");
            // Without any temperature the interval is wide, and it says so.
            let holds = |it: competition::ConfidenceInterval| it.low <= 0.0 && it.high >= 0.0;
            let near = row.saving_percent.unwrap().abs() < 6.0;
            assert!(near || row.interval_percent.is_some_and(holds), "{name}: {row:?}");
        }
    }
}

//! How often real buildings are doubted, by kind: a year and three months from each month on
//! that the data allow. The buildings are not clean; what was found is printed.
use std::{collections::BTreeMap, path::Path};

use competition::{
    Celsius, Competition, Country, DoubtKind, IntervalReading, MeterIndex, MilliWattHours,
    ParticipantIndex, Period, Row, Rule, Standings, Time, placebo::Building,
};
use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};

use crate::{
    read,
    support::{Map, participant},
};

/// A building in a window, as the service would see it at the end.
fn row(building: &Building, start: Date) -> Row {
    let zone = TimeZone::get("Europe/Oslo").unwrap();
    let period = |start: Date, end: Date| Period { start, end };
    let before = start.saturating_sub(1.year());
    let end = start.saturating_add(3.months());
    let mut rules =
        Competition::new("placebo", zone.clone(), period(before, start), period(start, end));
    rules.holidays = Some(Country::Norway);
    let at = |date: Date| date.to_zoned(zone.clone()).unwrap().timestamp().as_second();
    let mut standings = Standings::new(rules, vec![participant("a", 1)]);
    for hour in at(before) / 3600..at(end) / 3600 {
        let Ok(index) = usize::try_from(hour - building.start.0 / 3600) else { continue };
        let Some(data) = building.hours.get(index) else { continue };
        let start = Time(hour * 3600);
        if let Some(energy) = data.energy {
            let energy = MilliWattHours((energy * 1e6).round() as i64);
            standings.interval(MeterIndex(0), &IntervalReading { start, seconds: 3600, energy });
        }
        if let Some(outdoor) = data.outdoor.filter(|outdoor: &Celsius| outdoor.0.is_finite()) {
            standings.temperature(ParticipantIndex(0), start, outdoor);
        }
    }
    standings.settle(&Map::default());
    standings.leaderboard(Rule::Saving, Time(at(end))).rows.remove(0)
}

#[test]
fn real_buildings_are_seldom_doubted() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/oslo");
    if !path.is_dir() {
        eprintln!("skipped: {} is not there", path.display());
        return;
    }
    let mut windows = 0;
    let mut by_kind: BTreeMap<DoubtKind, (usize, usize)> = BTreeMap::new();
    for building in read::directory(&path).expect("readable data") {
        let date = |hours: usize| {
            let at = Timestamp::from_second(building.start.0 + hours as i64 * 3600).unwrap();
            at.to_zoned(TimeZone::get("Europe/Oslo").unwrap()).date()
        };
        let (first, last) = (date(0), date(building.hours.len()));
        let starts = first.saturating_add(1.year()).first_of_month();
        for start in starts.series(1.month()).take_while(|it| it.saturating_add(3.months()) <= last)
        {
            windows += 1;
            let row = row(&building, start);
            let mut seen: BTreeMap<DoubtKind, bool> = BTreeMap::new();
            for doubt in &row.doubts {
                *seen.entry(doubt.kind).or_default() |= doubt.share >= 0.05;
                println!(
                    "{} {start} {} ({:.3})",
                    building.name, doubt.headline.english, doubt.share
                );
            }
            for (kind, material) in seen {
                let counts = by_kind.entry(kind).or_default();
                counts.0 += 1;
                counts.1 += usize::from(material);
            }
        }
    }
    println!("{windows} windows");
    for (kind, (doubted, material)) in &by_kind {
        println!("{kind}: doubted in {doubted} windows, material in {material}");
        assert!(material * 100 < windows, "{kind}: {material} of {windows} windows");
    }
}

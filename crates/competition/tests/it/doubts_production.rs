//! Meters of own production and export that go wrong in the contest, in random houses with a
//! solar roof in all of their year.
use competition::{
    Celsius, DoubtKind, IntervalReading, Measures, MeterIndex, MilliWattHours, ParticipantIndex,
    Period, Row, Rule, Standings, Time,
};
use jiff::civil::date;

use crate::{
    doubts_rates::{Building, Random, contest, count, first},
    support::{Map, competition, participant},
};

const HOUSES: u64 = 20;

/// Import, export and production of an hour, Wh.
#[derive(Clone, Copy)]
struct Hour {
    import: i64,
    export: i64,
    production: i64,
}

struct SolarHouse {
    house: Building,
    sun: Vec<i64>,
}

impl SolarHouse {
    fn random(random: &mut Random) -> Self {
        let house = Building::random(random);
        let mean = house.energy.iter().sum::<i64>() as f64 / count() as f64;
        let peak = mean * random.between(0.6, 2.5);
        let tau = std::f64::consts::TAU;
        let mut clear = 1.0;
        let sun = (0..count()).map(|index| {
            let hour = first() + index as i64;
            if hour % 24 == 0 {
                clear = random.between(0.1, 1.0);
            }
            let season = -((hour as f64 / 24.0 + 10.0) / 365.25 * tau).cos();
            let half = 6.0 + 2.8 * season;
            let apart = (hour.rem_euclid(24) as f64 + 0.5 - 11.0).abs();
            let height = (apart / half * tau / 4.0).cos().max(0.0) * f64::from(apart < half);
            (peak * height * (0.55 + 0.4 * season) * clear) as i64
        });
        let sun = sun.collect();
        Self { house, sun }
    }

    /// What the meters should measure where the roof produces this part of its energy.
    fn hour(&self, index: usize, part: f64) -> Hour {
        let (used, production) = (self.house.energy[index], (self.sun[index] as f64 * part) as i64);
        Hour { import: (used - production).max(0), export: (production - used).max(0), production }
    }

    fn row(&self, hours: impl Fn(usize) -> Hour) -> Row {
        let mut rules = competition();
        rules.baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
        rules.contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
        rules.thresholds.baseline_days = 329;
        let mut who = participant("a", 3);
        who.meters[1].measures = Measures::Export;
        who.meters[2].measures = Measures::Production;
        let mut standings = Standings::new(rules, vec![who]);
        for index in 0..count() {
            let start = Time((first() + index as i64) * 3600);
            let Hour { import, export, production } = hours(index);
            for (meter, energy) in (0..).zip([import, export, production]) {
                let energy = MilliWattHours(energy * 1000);
                let interval = IntervalReading { start, seconds: 3600, energy };
                standings.interval(MeterIndex(meter), &interval);
            }
            let celsius = Celsius(self.house.outdoor[index]);
            standings.temperature(ParticipantIndex(0), start, celsius);
        }
        standings.settle(&Map::default());
        let now = Time((first() + count() as i64) * 3600);
        standings.leaderboard(Rule::Saving, now).rows.remove(0)
    }
}

/// The same house with nothing but its grid meter.
fn grid_only(roof: &SolarHouse, part: impl Fn(usize) -> f64) -> Row {
    let mut house = roof.house.clone();
    for (index, energy) in house.energy.iter_mut().enumerate() {
        *energy = roof.hour(index, part(index)).import;
    }
    house.row(count())
}

/// A new roof whose meters are not entered, of up to half of the load, so that nothing is
/// exported and no reading shows it.
#[test]
fn a_roof_that_is_not_entered_is_no_saving() {
    let mut random = Random(8);
    let (mut large, mut found, mut largest) = (0, 0, 0.0_f64);
    for _ in 0..HOUSES {
        let roof = SolarHouse::random(&mut random);
        let start = contest() + random.between(0.0, 500.0) as usize;
        let clean = grid_only(&roof, |_| 0.0);
        assert!(clean.doubts.is_empty(), "{:?}", clean.doubts);
        let with = grid_only(&roof, |index| if index < start { 0.0 } else { 0.4 });
        let gain = with.saving_percent.unwrap() - clean.saving_percent.unwrap();
        if gain > 8.0 {
            large += 1;
            found += u64::from(has(&with, DoubtKind::UndeclaredProduction));
        }
        if with.rank.is_some() {
            largest = largest.max(gain);
        }
    }
    println!("{found} of {large} large roofs doubted; a ranked house gains {largest:.1} at most");
    assert!(large >= 5 && found * 2 >= large && largest < 15.0, "{found}, {largest}");
}

/// Measures that lower the working days, and switched-off lights and ventilation around noon.
#[test]
fn measures_are_no_roof() {
    let mut random = Random(10);
    let mut doubted = 0;
    for _ in 0..HOUSES {
        let house = Building::random(&mut random);
        let measures: [fn(i64) -> f64; 3] = [
            |hour| if (6..17).contains(&(hour % 24)) { 0.75 } else { 1.0 },
            |hour| if (9..13).contains(&(hour % 24)) { 0.7 } else { 1.0 },
            |hour| if (6..17).contains(&(hour % 24)) { 1.0 } else { 0.6 },
        ];
        for measure in measures {
            let mut saving = house.clone();
            for (index, energy) in saving.energy.iter_mut().enumerate().skip(contest()) {
                let hour = first() + index as i64;
                let works = (hour / 24 + 3) % 7 < 5;
                *energy = (*energy as f64 * if works { measure(hour) } else { 1.0 }) as i64;
            }
            let row = saving.row(count());
            doubted += u64::from(has(&row, DoubtKind::UndeclaredProduction));
        }
    }
    println!("{doubted} of {} houses with measures are doubted", 3 * HOUSES);
    assert!(doubted * 20 <= 3 * HOUSES, "{doubted}");
}

fn has(row: &Row, kind: DoubtKind) -> bool {
    row.doubts.iter().any(|doubt| doubt.kind == kind)
}

#[test]
fn meters_of_own_production_that_fail_are_no_saving() {
    type Fault = fn(Hour) -> Hour;
    let faults: [(&str, DoubtKind, Fault); 4] = [
        ("dead", DoubtKind::ProductionLow, |it| Hour { production: 0, ..it }),
        ("a tenth", DoubtKind::ProductionLow, |it| Hour { production: it.production / 10, ..it }),
        ("a third", DoubtKind::ProductionLow, |it| Hour { production: it.production / 3, ..it }),
        ("export times ten", DoubtKind::ExportHigh, |it| Hour { export: it.export * 10, ..it }),
    ];
    let mut random = Random(5);
    for (name, kind, fault) in faults {
        let (mut found, mut largest) = (0, 0.0_f64);
        for _ in 0..HOUSES {
            let roof = SolarHouse::random(&mut random);
            let start = contest() + random.between(0.0, 900.0) as usize;
            let clean = roof.row(|index| roof.hour(index, 1.0));
            assert!(clean.doubts.is_empty(), "{name}: {:?}", clean.doubts);
            let faulty = roof.row(|index| match index < start {
                true => roof.hour(index, 1.0),
                false => fault(roof.hour(index, 1.0)),
            });
            let gain = faulty.saving_percent.unwrap_or(0.0) - clean.saving_percent.unwrap();
            found += u64::from(has(&faulty, kind));
            if faulty.rank.is_some() {
                largest = largest.max(gain);
            }
        }
        println!("{name}: {found} of {HOUSES} doubted, a ranked house gains {largest:.1} at most");
        assert!(largest < 4.0, "{name}: {largest}");
    }
}

/// The import follows, so the use is what it was.
#[test]
fn panels_that_fail_are_seldom_doubted() {
    let mut random = Random(6);
    let mut doubted = 0;
    for part in [0.0, 0.4] {
        for _ in 0..HOUSES {
            let roof = SolarHouse::random(&mut random);
            let days = random.between(5.0, 60.0) as usize;
            let start = contest() + random.between(0.0, 500.0) as usize;
            let failed = start..start + days * 24;
            let row = roof
                .row(|index| roof.hour(index, if failed.contains(&index) { part } else { 1.0 }));
            doubted += u64::from(!row.doubts.is_empty());
        }
    }
    println!("{doubted} of {} houses with panels that fail are doubted", 2 * HOUSES);
    assert!(doubted * 20 <= 2 * HOUSES, "{doubted}");
}

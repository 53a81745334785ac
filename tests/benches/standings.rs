//! What one more reading costs the standings, with few and with very many
//! participants: it must not grow with their number.
use std::time::Instant;

use competition::{
    Competition, Meter, MeterIndex, Participant, Period, Rule, Sample, Standings, Time, WattHours,
    Watts,
};
use jiff::{civil::date, tz::TimeZone};
use tests::{bench, local};

const SIZES: [u32; 3] = [24, 290, 10_000];
const ROUNDS: usize = 5;
/// Seconds between two readings of a meter: every thirtieth closes a quarter-hour, however
/// many participants share the readings.
const INTERVAL: i64 = 30;

fn main() {
    let readings = if bench::quick() { 400_000 } else { 1_000_000 };
    println!(
        "{readings} readings into standings with eight weeks behind them, medians of {ROUNDS}"
    );
    let costs = SIZES.map(|size| {
        let (mut standings, mut registers, mut at) = standings(size);
        let mut costs = Vec::new();
        for _ in 0..ROUNDS {
            let start = Instant::now();
            for n in 0..readings {
                let meter = n % size;
                if meter == 0 {
                    at += INTERVAL;
                }
                append(&mut standings, &mut registers, meter, at, 150);
            }
            costs.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(readings));
        }
        let cost = bench::median(costs);
        bench::line(&format!("one reading, {size} participants"), cost, "ns");
        let start = Instant::now();
        let board = standings.leaderboard(Rule::Saving, Time(at));
        let ms = start.elapsed().as_secs_f64() * 1e3;
        bench::line(&format!("the whole board, {size} participants"), ms, "ms");
        assert_eq!(board.rows.len(), size as usize);
        assert!(board.rows.iter().all(|row| row.energy.is_some_and(|e| e.0 > 0)), "it counts");
        cost
    });
    bench::line(
        "dearest over cheapest",
        costs.iter().fold(0.0_f64, |a, b| a.max(*b))
            / costs.iter().fold(f64::MAX, |a, b| a.min(*b)),
        "",
    );
}

fn append(standings: &mut Standings, registers: &mut [i64], meter: u32, at: i64, wh: i64) {
    let register = &mut registers[meter as usize];
    *register += wh;
    let power = Some(Watts(18_000));
    let sample = Sample { at: Time(at), import: WattHours(*register), export: None, power };
    standings.append(MeterIndex(meter), sample);
}

/// Eight weeks of a baseline by the hour, and its fit.
fn standings(size: u32) -> (Standings, Vec<i64>, i64) {
    let zone = TimeZone::get("Europe/Stockholm").expect("a known zone");
    let baseline = Period { start: date(2025, 1, 6), end: date(2025, 3, 3) };
    let contest = Period { start: date(2025, 3, 3), end: date(2025, 6, 1) };
    let mut competition = Competition::new("bench", zone, baseline, contest);
    competition.thresholds.baseline_days = 50;
    let one = |n: u32| Participant {
        id: format!("p{n}"),
        municipality: format!("Municipality {n}"),
        meters: vec![Meter::new(&format!("7359991{n:011}"))],
        ..Participant::default()
    };
    let mut standings = Standings::new(competition, (0..size).map(one).collect());
    let mut registers = vec![1_000_000; size as usize];
    let (mut at, end) =
        (local("2025-01-06T00:00").as_second(), local("2025-03-03T00:00").as_second());
    while at <= end {
        for meter in 0..size {
            append(&mut standings, &mut registers, meter, at, 18_000 + (at / 3600 * 7919) % 997);
        }
        at += 3600;
    }
    standings.settle(&competition::NoStoredReadings);
    (standings, registers, end)
}

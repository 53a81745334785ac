//! The cost of a reading for 24, 290 and 10 000 participants, of a leaderboard, and of
//! the fit of a baseline. Medians of several rounds.
use std::{hint::black_box, time::Instant};

use competition::{
    Celsius, Competition, Meter, MeterIndex, NoStoredReadings, Participant, ParticipantIndex,
    Period, Rule, Sample, Standings, Time, WattHours, Watts,
};
use jiff::{civil::date, tz::TimeZone};

fn standings(participants: usize) -> Standings {
    let competition = Competition::new(
        "bench",
        TimeZone::get("Europe/Stockholm").expect("a known zone"),
        Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
        Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
    );
    let participant = |number: usize| Participant {
        id: number.to_string(),
        meters: vec![Meter::new(&number.to_string())],
        ..Participant::default()
    };
    Standings::new(competition, (0..participants).map(participant).collect())
}

/// 1 March 2026 and 2027, local midnight.
const BASELINE: i64 = 1_772_319_600;
const CONTEST: i64 = 1_803_855_600;

fn sample(at: i64, register: i64) -> Sample {
    Sample { at: Time(at), import: WattHours(register), export: None, power: Some(Watts(20_000)) }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn main() {
    for (participants, rounds) in [(24, 2000), (290, 400), (10_000, 40)] {
        let mut standings = standings(participants);
        let mut at = CONTEST;
        let mut times = Vec::new();
        for _ in 0..rounds {
            at += 10;
            let register = (at - BASELINE) * 20 / 36;
            let began = Instant::now();
            for meter in 0..participants as u32 {
                black_box(standings.append(MeterIndex(meter), sample(at, register)));
            }
            standings.settle(&NoStoredReadings);
            times.push(began.elapsed().as_nanos() as f64 / participants as f64);
        }
        let began = Instant::now();
        black_box(standings.leaderboard(Rule::Saving, Time(at)));
        let board = began.elapsed().as_micros();
        println!(
            "append, every 10 s, {participants:>6} participants: {:>5.0} ns a reading; a board {board} µs",
            median(times)
        );
    }
    let (mut appends, mut fits) = (Vec::new(), Vec::new());
    for _ in 0..15 {
        let mut standings = standings(1);
        let began = Instant::now();
        for hour in 0..8_760 + 24 {
            let at = BASELINE + hour * 3600;
            let cold = (hour as f64 / 700.0).cos() * 12.0;
            standings.temperature(ParticipantIndex(0), Time(at), Celsius(5.0 - cold));
            let day = if (7..17).contains(&(hour % 24)) { 22 } else { 0 };
            standings.append(
                MeterIndex(0),
                sample(at, hour * 20_000 + day * 100 + (hour * 7919 % 1009)),
            );
        }
        appends.push(began.elapsed().as_nanos() as f64 / 8_784.0);
        let began = Instant::now();
        standings.settle(&NoStoredReadings);
        fits.push(began.elapsed().as_micros() as f64);
    }
    let (hourly, fit) = (median(appends), median(fits));
    println!("append, hourly, with a temperature: {hourly:.0} ns an hour");
    println!("fit of a baseline, with temperature, interval and contest sums: {fit:.0} µs");
}

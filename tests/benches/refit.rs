//! How long a board of 290 participants takes when every baseline changed: a year
//! of hours and temperatures each, all of them fitted anew with intervals, and
//! their contests summed up again.
use std::time::Instant;

use competition::{
    Celsius, Competition, Meter, MeterIndex, NoStoredReadings, Participant, ParticipantIndex,
    Period, Rule, Sample, Standings, Time, WattHours,
};
use jiff::{civil::date, tz::TimeZone};
use tests::{bench, local};

/// Sweden's municipalities.
const PARTICIPANTS: u32 = 290;
/// Seconds that it may take.
const ALLOWED: f64 = 2.0;

fn main() {
    let rounds = if bench::quick() { 1 } else { 5 };
    let (mut standings, now) = standings();
    let mut times = Vec::new();
    for round in 0..rounds {
        let before = standings.leaderboard(Rule::Saving, Time(now));
        touch(&mut standings, round);
        assert!(!standings.is_settled(), "every baseline waits for its fit");
        let start = Instant::now();
        let moved = standings.settle(&NoStoredReadings);
        let board = standings.leaderboard(Rule::Saving, Time(now));
        times.push(start.elapsed().as_secs_f64());
        assert_eq!(moved.len(), PARTICIPANTS as usize, "every saving moved");
        assert!(board.rows.iter().all(|row| row.interval_percent.is_some()), "fitted whole");
        assert_ne!(board.total_saved, before.total_saved);
    }
    let taken = bench::median(times);
    bench::line("every baseline fitted anew, and the board, 290 participants", taken, "s");
    bench::line("of it for each", taken * 1e3 / f64::from(PARTICIPANTS), "ms");
    bench::line("times faster than the two seconds that it may take", ALLOWED / taken, "");
    assert!(taken < ALLOWED, "{taken} s");
}

/// One warm night of last spring, imported again for every participant.
fn touch(standings: &mut Standings, round: i32) {
    let night = local("2026-04-10T02:00").as_second() + i64::from(round) * 86_400;
    for who in 0..PARTICIPANTS {
        standings.temperature(ParticipantIndex(who), Time(night), Celsius(19.0));
    }
}

/// A year of a baseline and the contest's three months, by the hour.
fn standings() -> (Standings, i64) {
    let competition = Competition::new(
        "bench",
        TimeZone::get("Europe/Stockholm").expect("a known zone"),
        Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
        Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
    );
    let one = |n: u32| Participant {
        id: format!("p{n}"),
        municipality: format!("Municipality {n}"),
        meters: vec![Meter::new(&format!("7359991{n:011}"))],
        ..Participant::default()
    };
    let mut standings = Standings::new(competition, (0..PARTICIPANTS).map(one).collect());
    let (from, until) =
        (local("2026-03-01T00:00").as_second(), local("2027-06-01T00:00").as_second());
    let mut registers = vec![1_000_000.0; PARTICIPANTS as usize];
    for hour in from / 3600..=until / 3600 {
        let at = Time(hour * 3600);
        // Weather that lasts for a day: buildings follow the temperature with that delay.
        let weather = (hour / 24 * 7919 % 61) as f64 / 10.0;
        let outdoor = 7.0 - 12.0 * (hour as f64 / 1395.0).cos() + weather;
        let open = (6..17).contains(&(hour % 24)) && (hour / 24 + 4) % 7 < 5;
        for who in 0..PARTICIPANTS {
            let register = &mut registers[who as usize];
            let import = WattHours(*register as i64);
            standings.append(MeterIndex(who), Sample { at, import, export: None, power: None });
            standings.temperature(ParticipantIndex(who), at, Celsius(outdoor));
            let noise = (hour * 104_729 + i64::from(who) * 7919) % 1009;
            let day = if open { 8_000.0 } else { 0.0 };
            *register += 9_000.0 + day + 350.0 * (17.0 - outdoor).max(0.0) + noise as f64;
        }
    }
    standings.settle(&NoStoredReadings);
    (standings, until)
}

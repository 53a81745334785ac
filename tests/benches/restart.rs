//! How long a service with ten million readings in its store takes from its start to
//! a served board: after a proper end, and after a kill.
use std::{thread, time::Instant};

use tests::{
    History, PAST, Place, Server, TownHall,
    bench::{self, Stream},
    local, process, target_dir, write_config,
};

const HALLS: usize = 24;
const ROUNDS: usize = 5;
const BOARD: &str = "/api/v1/leaderboard";

fn main() {
    let days = if bench::quick() { 1 } else { 48 };
    let halls = TownHall::several(HALLS);
    let folder = tempfile::tempdir_in(target_dir()).expect("target/ is there");
    // The contest ends where the readings end: with fewer hours no participant is ranked.
    let end = jiff::civil::date(2025, 3, 1) + jiff::SignedDuration::from_hours(24 * days);
    let contest = format!(r#"{{ start = "2025-03-01", end = "{end}" }}"#);
    let config = write_config(folder.path(), (PAST.0, &contest), &halls, Place::Embedded);
    let mut server = Server::serve(&config);
    let count = fill(&server, &halls, days);
    server.until_stored(count);
    println!("{count} readings of {HALLS} town halls; medians of {ROUNDS}");
    bench::line(
        "most memory of the service",
        process::peak_memory(server.pid()) as f64 / 1e6,
        "MB",
    );
    for (how, proper) in [("after SIGTERM", true), ("after SIGKILL", false)] {
        let mut times = Vec::new();
        for _ in 0..ROUNDS {
            if proper {
                assert!(server.terminate().success(), "a proper end");
            } else {
                server.kill();
            }
            let start = Instant::now();
            server = Server::serve(&config);
            let board = server.get(BOARD);
            times.push(start.elapsed().as_secs_f64());
            let board = board.json();
            // Those who are not ranked come last; equal savings share a rank.
            assert!(board["rows"][HALLS - 1]["rank"].is_u64(), "all are ranked: {board}");
            server.until_stored(count);
        }
        bench::line(&format!("start to served board {how}"), bench::median(times), "s");
    }
}

/// A baseline year by the hour and so many days of the contest every ten seconds.
fn fill(server: &Server, halls: &[TownHall], days: i64) -> u64 {
    let begin = local("2025-03-01T00:00");
    let mut histories: Vec<_> =
        halls.iter().map(|hall| History::new(hall, local("2024-03-01T00:00"))).collect();
    let mut count = 0;
    for day in 0..=days {
        let end = begin + jiff::SignedDuration::from_hours(24 * day);
        let step = if day == 0 { 3600 } else { 10 };
        let parts = histories.chunks_mut(HALLS / 4).map(|part| {
            let messages = part.iter_mut().enumerate();
            Stream::new(
                messages.flat_map(|(n, history)| history.run(end, step, 90 + n as u64)),
                2000,
            )
        });
        let parts: Vec<_> = parts.collect();
        count += parts.iter().map(Stream::count).sum::<u64>();
        let broker = server.broker();
        thread::scope(|scope| {
            for (n, part) in parts.iter().enumerate() {
                scope.spawn(move || bench::publish_all(broker, &format!("fill-{n}"), part));
            }
        });
    }
    count
}

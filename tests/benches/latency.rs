//! From publishing a reading to seeing it in the event stream, as a browser would:
//! at random moments, while other readings come in.
use std::{
    collections::HashMap,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tests::{
    Fleet, History, PAST, Place, Publisher, Server, TownHall, bench, local, reading, stream,
    write_config,
};

const HALLS: usize = 24;

fn main() {
    let samples = if bench::quick() { 50 } else { 1000 };
    let halls = TownHall::several(HALLS);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let server = Server::serve(&write_config(folder.path(), PAST, &halls, Place::Embedded));
    // The year that the board rests on.
    let year = |hall| {
        History::new(hall, local("2024-03-01T00:00")).run(local("2025-03-01T00:00"), 3600, 100)
    };
    Fleet::start(server.broker(), halls.iter().map(year).collect()).finish();

    let events = stream(server.http, "/api/v1/events").expect("the event stream");
    let (say, heard) = mpsc::channel();
    thread::spawn(move || {
        for line in events.map_while(Result::ok) {
            let Some(data) = line.strip_prefix("data:") else { continue };
            let Ok(event) = serde_json::from_str::<serde_json::Value>(data) else { continue };
            let key = (event["participant"].as_str(), event["measured_at"].as_str());
            if let (Some(who), Some(at)) = key
                && say.send(((who.to_owned(), at.to_owned()), Instant::now())).is_err()
            {
                return;
            }
        }
    });

    let mut publisher = Publisher::connect(server.broker(), "latency").expect("a connection");
    let start = local("2025-03-02T00:00").as_second();
    let mut sent = HashMap::new();
    let mut state = 1_u64;
    for n in 0..samples {
        let hall = &halls[n % HALLS];
        let at = jiff::Timestamp::from_second(start + (n / HALLS) as i64 * 10).expect("a moment");
        let message = reading(hall, at, 90_000_000 + n as u64, 1000 + n as i64, n as u32);
        sent.insert((hall.id.clone(), at.to_string()), Instant::now());
        publisher.deliver(&message).expect("it is acknowledged");
        // At moments that have nothing to do with when the board is published.
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        thread::sleep(Duration::from_millis(10 + (state >> 33) % 40));
    }
    let mut latencies = Vec::new();
    while latencies.len() < samples
        && let Ok((key, when)) = heard.recv_timeout(Duration::from_secs(5))
    {
        if let Some(then) = sent.remove(&key) {
            latencies.push((when - then).as_secs_f64() * 1e3);
        }
    }
    println!("{samples} readings, {HALLS} town halls; {} events seen", latencies.len());
    assert!(latencies.len() * 100 >= samples * 99, "events are missing");
    bench::line("publish to server-sent event, p50", bench::quantile(latencies.clone(), 0.5), "ms");
    bench::line("publish to server-sent event, p99", bench::quantile(latencies, 0.99), "ms");
}

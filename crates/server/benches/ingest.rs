//! Cost of a reading from the inbox to its acknowledgement, and of a restart:
//! `cargo bench -p server [-- READINGS [METERS]]`. It uses a real store on the disk of the
//! target directory and real payloads, without the network.
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use competition::{Competition, Meter, Participant, Period, Time};
use jiff::{civil::date, tz::TimeZone};
use server::{
    BrokerKind, Settings,
    clock::Clock,
    engine,
    ingest::{self, Ack, Acknowledge, Delivery},
    store::Durability,
};
use wire::Language;

/// 2027-03-01T00:00:00Z
const BEGIN: i64 = 1_803_859_200;

#[derive(Debug, Default)]
struct Connection(AtomicU64);

impl Acknowledge for Connection {
    fn acknowledge(&self, tokens: &[u64]) {
        self.0.fetch_add(tokens.len() as u64, Ordering::Release);
    }
}

fn settings(data: &std::path::Path, meters: usize, now: Time) -> Settings {
    let zone = TimeZone::get("Europe/Stockholm").expect("bundled");
    let baseline = Period { start: date(2026, 3, 1), end: date(2027, 3, 1) };
    let contest = Period { start: date(2027, 3, 1), end: date(2027, 6, 1) };
    let participant = |i: usize| Participant {
        id: format!("p{i}"),
        municipality: format!("Municipality {i}"),
        meters: vec![Meter::new(&format!("7359991{i:011}"))],
        ..Participant::default()
    };
    Settings {
        http: ([127, 0, 0, 1], 0).into(),
        data: data.to_owned(),
        broker: BrokerKind::Embedded {
            listen: ([127, 0, 0, 1], 0).into(),
            listen_tls: None,
            logins: Vec::new(),
        },
        durability: Durability::Full,
        competition: Competition::new("bench", zone, baseline, contest),
        participants: (0..meters).map(participant).collect(),
        gateways: HashMap::new(),
        clock: Clock::simulated(now, 1.0),
        language: Language::Swedish,
        https: None,
        tls: None,
        min_free_bytes: 0,
        backup: None,
        access: server::AccessSettings::default(),
    }
}

fn payload(meter: usize, step: usize) -> Bytes {
    let at = wire::Time::from_unix(BEGIN + step as i64 * 10).expect("in range");
    let import = 6_678_394 + step * 50 + meter;
    let power = 18_000 + (step * 7919 + meter * 31) % 400;
    format!(
        r#"{{"meter":"7359991{meter:011}","t":"{at}","import_wh":{import},"export_wh":0,"power_w":{power},"seq":{step},"boot":3}}"#
    )
    .into()
}

/// User and system time of the process so far; a clock tick is 10 ms.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux");
    let ticks: u64 = stat.rsplit(')').next().map_or(0, |rest| {
        rest.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum()
    });
    Duration::from_millis(ticks * 10)
}

#[tokio::main]
async fn main() {
    let mut numbers = std::env::args().filter_map(|arg| arg.parse::<usize>().ok());
    let readings = numbers.next().unwrap_or(1_000_000);
    let meters = numbers.next().unwrap_or(24);
    let steps = readings.div_ceil(meters);
    let readings = steps * meters;
    let target = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    let dir = tempfile::tempdir_in(target).expect("the target directory is writable");
    let now = Time(BEGIN + steps as i64 * 10);
    let settings = settings(dir.path(), meters, now);
    let (inbox, deliveries) = ingest::channel();
    let (handle, engine) = engine::start(&settings, deliveries).await.expect("a new store opens");

    let topics: Vec<Arc<str>> =
        (0..meters).map(|i| format!("wattkampen/v1/g{i}/reading").into()).collect();
    let connection = Arc::new(Connection::default());
    let (mut wall, mut used, mut generated) = (Duration::ZERO, Duration::ZERO, 0);
    // In parts, so that memory does not hold all payloads.
    for part in 0..steps.div_ceil(20_000) {
        let range = part * 20_000..((part + 1) * 20_000).min(steps);
        let ready: Vec<_> = range
            .flat_map(|step| (0..meters).map(move |meter| (meter, payload(meter, step))))
            .collect();
        generated += ready.len() as u64;
        let (start, before) = (Instant::now(), cpu_time());
        for (token, (meter, payload)) in ready.into_iter().enumerate() {
            let ack = Ack { connection: Some(connection.clone()), token: token as u64 };
            let topic = topics[meter].clone();
            inbox.send(Delivery { topic, payload, ack }).await.expect("the engine runs");
        }
        while connection.0.load(Ordering::Acquire) < generated {
            tokio::task::yield_now().await;
        }
        wall += start.elapsed();
        used += cpu_time() - before;
    }
    let counts = handle.counts().await.expect("the engine runs");
    assert_eq!(counts.stored, readings as u64, "{counts:?}");
    println!("{readings} readings of {meters} meters");
    println!("durable readings/s      {:>10.0}", readings as f64 / wall.as_secs_f64());
    println!("CPU per reading         {:>10.2} µs", used.as_secs_f64() * 1e6 / readings as f64);

    let start = Instant::now();
    engine.shutdown().await.expect("the store closes");
    println!("shutdown                {:>10.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let size: u64 = std::fs::read_dir(dir.path())
        .expect("it is there")
        .filter_map(|entry| entry.ok()?.metadata().ok())
        .map(|data| data.len())
        .sum();
    println!("bytes per reading       {:>10.2}", size as f64 / readings as f64);

    let (_inbox, deliveries) = ingest::channel();
    let start = Instant::now();
    let (handle, engine) = engine::start(&settings, deliveries).await.expect("the store opens");
    assert_eq!(handle.snapshot().figures.len(), meters);
    println!("restart to a board      {:>10.0} ms", start.elapsed().as_secs_f64() * 1e3);
    let counts = handle.counts().await.expect("the engine runs");
    assert_eq!(counts.readings, readings as u64);
    engine.shutdown().await.expect("the store closes");
}

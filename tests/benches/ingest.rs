//! Durable readings a second, through an external broker and through our own, as a
//! share of what a bare subscriber reaches on the same stream: one that does nothing
//! but acknowledge by hand, with the client library that most would take.
//!
//! The service is the release binary as a process of its own, and so is the bare
//! subscriber; broker and publisher are threads here. All share the machine's cores.
use std::{
    env,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::Path,
    process::Command,
    thread,
    time::Duration,
};

use tests::{
    Message, PAST, Place, Server, TownHall,
    bench::{self, Stream},
    local, process, target_dir, write_config,
};

const ROUNDS: usize = 5;
const HALLS: usize = 24;
/// Messages under way, however many connections share them.
const WINDOW: u16 = 10_000;
/// Gateways that publish to our own broker, each over its connection.
const PUBLISHERS: usize = 8;

struct Figures {
    rate: f64,
    cpu_us: f64,
    memory: f64,
}

fn main() {
    if let Some(port) = env::var_os("WATTKAMPEN_BARE") {
        bare(port.to_str().and_then(|port| port.parse().ok()).expect("a port"));
        return;
    }
    let readings = if bench::quick() { 48_000 } else { 480_000 };
    let halls = TownHall::several(HALLS);
    let size = payload(&halls[0].meter, local("2025-03-01T00:00"), 1000).len();
    println!("{readings} readings of {size} bytes, QoS 1, {HALLS} town halls, medians of {ROUNDS}");
    let whole = Stream::new(messages(readings, &halls, 0, 1), WINDOW);
    let share =
        |n| Stream::new(messages(readings, &halls, n, PUBLISHERS), WINDOW / PUBLISHERS as u16);
    let shares: Vec<_> = (0..PUBLISHERS).map(share).collect();
    let mut all: [Vec<Figures>; 3] = Default::default();
    // Turn by turn, so that a slow minute of the machine affects all.
    for _ in 0..ROUNDS {
        all[0].push(yardstick(&whole));
        all[1].push(external(&whole, &halls));
        all[2].push(embedded(&shares, &halls));
    }
    let median =
        |n: usize, what: fn(&Figures) -> f64| bench::median(all[n].iter().map(what).collect());
    let yardstick = median(0, |m| m.rate);
    bench::line("bare rumqttc subscriber, acknowledging by hand", yardstick, "readings/s");
    for (n, name) in [(1, "external broker"), (2, "embedded broker")] {
        bench::line(
            &format!("{name}: committed and acknowledged"),
            median(n, |m| m.rate),
            "readings/s",
        );
        bench::line(
            &format!("{name}: share of the bare subscriber"),
            median(n, |m| m.rate) / yardstick,
            "",
        );
        bench::line(
            &format!("{name}: processor time of the service"),
            median(n, |m| m.cpu_us),
            "µs/reading",
        );
        bench::line(
            &format!("{name}: most memory of the service"),
            median(n, |m| m.memory) / 1e6,
            "MB",
        );
    }
    bench::line("bare subscriber: processor time", median(0, |m| m.cpu_us), "µs/reading");
}

/// Readings of every `shares`-th hall, ten seconds apart.
fn messages(
    readings: usize,
    halls: &[TownHall],
    share: usize,
    shares: usize,
) -> impl Iterator<Item = Message> {
    let start = local("2025-03-01T00:00").as_second();
    let mine: Vec<_> = halls.iter().skip(share).step_by(shares).cloned().collect();
    (0..readings / shares).map(move |n| {
        let (step, hall) = (n / mine.len(), &mine[n % mine.len()]);
        let at = jiff::Timestamp::from_second(start + step as i64 * 10).expect("a moment");
        let topic = format!("wattkampen/v1/{}/reading", hall.gateway);
        (topic, payload(&hall.meter, at, step).into_bytes())
    })
}

/// With the power of each phase, as Swedish meters send it.
fn payload(meter: &str, at: jiff::Timestamp, step: usize) -> String {
    let power = 18_000 + (step * 7919) % 400;
    let import = 6_678_394 + step * 50;
    let phase = power / 3;
    format!(
        r#"{{"meter":"{meter}","t":"{at}","import_wh":{import},"power_w":{power},"phases":{{"power_w":[{phase},{phase},{phase}],"voltage_mv":[null,null,null],"current_ma":[1,2,3]}},"seq":{step},"boot":3}}"#
    )
}

fn measured(count: u64, took: Duration, pid: u32, before: Duration) -> Figures {
    let used = process::cpu(pid).saturating_sub(before).as_secs_f64();
    Figures {
        rate: count as f64 / took.as_secs_f64(),
        cpu_us: used * 1e6 / count as f64,
        memory: process::peak_memory(pid) as f64,
    }
}

/// This program again, as the bare subscriber.
fn yardstick(stream: &Stream) -> Figures {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let port = listener.local_addr().expect("an address").port();
    let mut child = Command::new(env::current_exe().expect("this program"))
        .env("WATTKAMPEN_BARE", port.to_string())
        .spawn()
        .expect("this program starts");
    let took = bench::deliver_to_subscriber(&listener, stream);
    let result = measured(stream.count(), took, child.id(), Duration::ZERO);
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    result
}

fn bare(port: u16) {
    use rumqttc_classic::{Client, Event, Incoming, MqttOptions, QoS};
    let mut options = MqttOptions::new("bare", Ipv4Addr::LOCALHOST.to_string(), port);
    options.set_manual_acks(true).set_inflight(u16::MAX);
    // Acknowledgements of a whole window fit: with room for fewer it would block itself.
    let (client, mut connection) = Client::new(options, usize::from(u16::MAX));
    client.subscribe("wattkampen/v1/+/reading", QoS::AtLeastOnce).expect("the queue is empty");
    for event in connection.iter() {
        match event {
            Ok(Event::Incoming(Incoming::Publish(publish))) => {
                client.try_ack(&publish).expect("the queue holds a window");
            }
            Ok(_) => {}
            Err(_) => return,
        }
    }
}

fn folder() -> tempfile::TempDir {
    // On the disk that the repository is on, not in a file system in memory.
    tempfile::tempdir_in(target_dir()).expect("target/ is there")
}

fn start(folder: &Path, halls: &[TownHall], place: Place) -> Server {
    Server::serve(&write_config(folder, PAST, halls, place))
}

fn external(stream: &Stream, halls: &[TownHall]) -> Figures {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address: SocketAddr = listener.local_addr().expect("an address");
    let folder = folder();
    thread::scope(|scope| {
        let took = scope.spawn(|| bench::deliver_to_subscriber(&listener, stream));
        let server = start(folder.path(), halls, Place::External(address));
        let took = took.join().expect("the broker ends");
        let result = measured(stream.count(), took, server.pid(), Duration::ZERO);
        server.until_stored(stream.count());
        result
    })
}

fn embedded(shares: &[Stream], halls: &[TownHall]) -> Figures {
    let folder = folder();
    let server = start(folder.path(), halls, Place::Embedded);
    let before = process::cpu(server.pid());
    let publish =
        |(n, share)| bench::publish_all(server.broker(), &format!("publisher-{n}"), share);
    let took = thread::scope(|scope| {
        let threads: Vec<_> =
            shares.iter().enumerate().map(|share| scope.spawn(move || publish(share))).collect();
        threads.into_iter().map(|thread| thread.join().expect("it publishes")).max()
    });
    let count = shares.iter().map(Stream::count).sum();
    let result = measured(count, took.expect("there are publishers"), server.pid(), before);
    server.until_stored(count);
    result
}

//! The engine from inbox to board, on a real store.
mod clock_behind;
mod imported;
mod pages;
mod store_refuses;

use std::{
    collections::{BTreeSet, HashMap},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use competition::{
    Competition, Meter, Participant, ParticipantIndex, Period, Rule, SquareMetres, Time,
};
use jiff::{civil::date, tz::TimeZone};
use tokio::sync::watch;

use super::{Engine, EngineClient, EngineEvent, start};
use crate::{
    BrokerKind, Settings,
    clock::Clock,
    ingest::{self, Ack, Acknowledge, Delivery, Inbox},
    store::{Durability, Reader},
};

/// 2027-04-20T08:00:00Z, a Tuesday of the contest.
pub(crate) const NOW: i64 = 1_808_208_000;
const DAY: i64 = 86_400;

pub(crate) fn settings(data: &Path) -> Settings {
    let participant = |i: usize| Participant {
        id: format!("p{i}"),
        municipality: format!("Municipality {i}"),
        floor_area: competition::Dated(vec![(date(2026, 1, 1), SquareMetres(1000.0))]),
        meters: vec![Meter::new(&format!("m{i}"))],
        ..Participant::default()
    };
    let gateway = |i: usize| (format!("m{i}"), format!("g{i}").parse().unwrap());
    Settings {
        http: ([127, 0, 0, 1], 0).into(),
        https: None,
        tls: None,
        data: data.to_owned(),
        min_free_bytes: 0,
        backup: None,
        broker: BrokerKind::Embedded {
            listen: ([127, 0, 0, 1], 0).into(),
            listen_tls: None,
            logins: Vec::new(),
        },
        durability: Durability::Normal,
        competition: Competition::new(
            "test",
            TimeZone::get("Europe/Stockholm").unwrap(),
            Period { start: date(2026, 3, 1), end: date(2027, 3, 1) },
            Period { start: date(2027, 3, 1), end: date(2027, 6, 1) },
        ),
        participants: (0..3).map(participant).collect(),
        gateways: (0..3).map(gateway).collect::<HashMap<_, _>>(),
        clock: Clock::simulated(Time(NOW), 1e-6),
        language: wire::Language::Swedish,
        access: crate::AccessSettings::default(),
    }
}

/// A connection that, at each acknowledgement, counts the readings in the file.
#[derive(Debug)]
struct Connection {
    dir: PathBuf,
    acknowledged: watch::Sender<usize>,
    tokens: Mutex<BTreeSet<u64>>,
    /// Readings that the store held, as seen from another connection, at each.
    seen: Mutex<Vec<(usize, u64)>>,
}

impl Acknowledge for Connection {
    fn acknowledge(&self, tokens: &[u64]) {
        let count = Reader::open(&self.dir).unwrap().count().unwrap();
        let mut all = self.tokens.lock().unwrap();
        for token in tokens {
            assert!(all.insert(*token), "{token} is acknowledged twice");
        }
        self.seen.lock().unwrap().push((all.len(), count));
        self.acknowledged.send_replace(all.len());
    }
}

struct Service {
    handle: EngineClient,
    engine: Engine,
    inbox: Inbox,
    connection: Arc<Connection>,
    sent: u64,
}

impl Service {
    async fn start(settings: &Settings) -> Self {
        let (inbox, deliveries) = ingest::channel();
        let (handle, engine) = start(settings, deliveries).await.unwrap();
        let connection = Arc::new(Connection {
            dir: settings.data.clone(),
            acknowledged: watch::Sender::new(0),
            tokens: Mutex::default(),
            seen: Mutex::default(),
        });
        Self { handle, engine, inbox, connection, sent: 0 }
    }

    async fn send(&mut self, topic: &str, payload: impl Into<Bytes>) {
        let ack = Ack { connection: Some(self.connection.clone()), token: self.sent };
        self.sent += 1;
        self.inbox
            .send(Delivery { topic: topic.into(), payload: payload.into(), ack })
            .await
            .unwrap();
    }

    async fn reading(&mut self, who: usize, at: i64, import: i64, power: i64) {
        self.send(&format!("wattkampen/v1/g{who}/reading"), payload(who, at, import, power)).await;
    }

    async fn acknowledged(&self) {
        let mut acknowledged = self.connection.acknowledged.subscribe();
        let all = acknowledged.wait_for(|count| *count as u64 == self.sent);
        tokio::time::timeout(Duration::from_secs(60), all)
            .await
            .expect("all are acknowledged")
            .unwrap();
    }

    /// Everything that a visitor could see, as text.
    async fn all(&self) -> String {
        let mut text = String::new();
        for rule in [Rule::Saving, Rule::Intensity, Rule::Night, Rule::SavingPerEmployee] {
            let board = self.handle.leaderboard(rule, Some(Time(NOW))).await.unwrap();
            text += &format!("{board:#?}\n");
        }
        for who in (0..3).map(ParticipantIndex) {
            let range = Time(NOW - 3 * DAY)..Time(NOW);
            text += &format!(
                "{:#?}\n",
                self.handle
                    .series(who, range, crate::engine::SeriesStep::Seconds(900))
                    .await
                    .unwrap()
            );
        }
        text += &format!("{:#?}\n", self.handle.quarantine().await.unwrap());
        text
    }

    async fn stop(self) {
        self.engine.shutdown().await.unwrap();
    }
}

fn payload(who: usize, at: i64, import: i64, power: i64) -> String {
    let at = wire::Time::from_unix(at).unwrap();
    format!(
        r#"{{"meter":"m{who}","t":"{at}","import_wh":{import},"power_w":{power},"seq":1,"boot":1}}"#
    )
}

/// A day of three figures: who, when, register, power. One register falls, one moment
/// has two values.
fn a_day() -> Vec<(usize, i64, i64, i64)> {
    let mut day = Vec::new();
    for (who, load) in [(0usize, 4_000i64), (1, 9_000), (2, 700)] {
        for i in 0..DAY / 60 {
            let at = NOW - DAY + i * 60;
            let power = load + (i * 7919 * (who as i64 + 1)) % 400;
            let fallen = if who == 2 && (600..605).contains(&i) { 50_000 } else { 0 };
            day.push((who, at, 1_000_000 + load * i / 60 - fallen, power));
        }
    }
    day.push((1, NOW - DAY / 2, 1_000_007, 1));
    day
}

fn shuffled<T>(mut items: Vec<T>) -> Vec<T> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for i in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        items.swap(i, (state >> 33) as usize % (i + 1));
    }
    items
}

#[tokio::test(flavor = "multi_thread")]
async fn any_order_of_readings_gives_the_same_leaderboard() {
    let day = a_day();
    let mut reversed = day.clone();
    reversed.reverse();
    let doubled = day.iter().flat_map(|reading| [*reading; 2]).collect();
    let mut seen = Vec::new();
    for order in [day.clone(), reversed, doubled, shuffled(day.clone())] {
        let dir = tempfile::tempdir().unwrap();
        let settings = settings(dir.path());
        let mut service = Service::start(&settings).await;
        for (who, at, import, power) in order {
            service.reading(who, at, import, power).await;
        }
        service.acknowledged().await;
        let counts = service.handle.counts().await.unwrap();
        assert_eq!(counts.readings, day.len() as u64 - 1);
        assert_eq!(counts.conflicts, 1);
        let first = service.all().await;
        service.stop().await;
        // From its days, as a restart makes it.
        let service = Service::start(&settings).await;
        assert!(service.all().await == first, "a restart changes the board");
        service.stop().await;
        // From the readings alone.
        let file = dir.path().join("wattkampen.sqlite");
        rusqlite::Connection::open(file).unwrap().execute("DELETE FROM day", []).unwrap();
        let service = Service::start(&settings).await;
        assert!(service.all().await == first, "recomputing changes the board");
        service.stop().await;
        seen.push(first);
    }
    assert!(seen[0].contains("m"), "something is shown");
    for other in &seen[1..] {
        assert_same_lines(&seen[0], other);
    }
}

/// The first line that differs, rather than all of them.
fn assert_same_lines(one: &str, other: &str) {
    for (at, (one, other)) in one.lines().zip(other.lines()).enumerate() {
        assert_eq!(one, other, "line {at}");
    }
    assert_eq!(one.len(), other.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_is_acknowledged_after_it_is_committed() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    for i in 0..3_000 {
        service.reading(i % 3, NOW - DAY + i as i64, 5_000 + i as i64, 100).await;
    }
    service.acknowledged().await;
    let seen = service.connection.seen.lock().unwrap().clone();
    for (acknowledged, stored) in seen {
        assert!(stored >= acknowledged as u64, "{acknowledged} acknowledged, {stored} stored");
    }
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_running_store_has_what_was_acknowledged() {
    let (dir, copy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut service = Service::start(&settings(dir.path())).await;
    for (who, at, import, power) in a_day() {
        service.reading(who, at, import, power).await;
    }
    service.acknowledged().await;
    // Nothing is written now: as if the power had gone.
    for file in std::fs::read_dir(dir.path()).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), copy.path().join(file.file_name())).unwrap();
    }
    // Another process may look at the running one's file, and sees the same.
    let Settings { data, competition, participants, .. } = settings(dir.path());
    let viewed = super::standings(&data, competition, participants).unwrap();
    let shown = service.handle.leaderboard(Rule::Saving, Some(Time(NOW))).await.unwrap();
    assert_eq!(viewed.0.leaderboard_at(Rule::Saving, Time(NOW)), *shown);
    let revived = Service::start(&settings(copy.path())).await;
    assert_same_lines(&service.all().await, &revived.all().await);
    revived.stop().await;
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn malformed_deliveries_are_counted_explained_and_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    let topic = "wattkampen/v1/g0/reading";
    let good = payload(0, NOW, 5_000, 100);
    for i in 0..100 {
        service.reading(0, NOW - 1000 + i, 5_000 + i, 100).await;
        service.send(topic, "{").await;
        service.send(topic, vec![0xff, b'{']).await;
        service.send(topic, good.replace("5000", "NaN")).await;
        service.send(topic, payload(7, NOW, 5_000, 100)).await;
        service.send(topic, payload(1, NOW, 5_000, 100)).await;
        service.send(topic, payload(0, NOW + 400, 5_000, 100)).await;
        service.send(topic, payload(0, NOW - 500 * DAY, 5_000, 100)).await;
        service.send(topic, good.replace("5000", "4294967295")).await;
        service.send(topic, good.replace("5000", "18446744073709551615")).await;
        service.send(topic, vec![b'x'; 1 << 20]).await;
        service.send("wattkampen/v1/g0/page", "{}").await;
    }
    service.send("wattkampen/v1/g0/status", r#"{"state":"online","firmware":"0.1.0"}"#).await;
    service.acknowledged().await;
    let counts = service.handle.counts().await.unwrap();
    assert_eq!((counts.received, counts.stored), (1201, 100));
    let expected = [
        ("topic", 100),
        ("too_large", 100),
        ("not_utf8", 100),
        ("json", 200),
        ("unknown_meter", 100),
        ("wrong_gateway", 100),
        ("future", 100),
        ("ancient", 100),
        ("sentinel", 100),
        ("absurd", 100),
    ];
    assert_eq!(counts.refused, expected);
    let rejections = service.handle.rejections().await.unwrap();
    assert_eq!(rejections.iter().map(|c| c.count).sum::<u64>(), 1100);
    let of = |label| rejections.iter().find(|c| c.label == label).unwrap();
    assert_eq!(of("wrong_gateway").topic, topic);
    assert_eq!(
        of("wrong_gateway").detail,
        "the readings of meter m1 come from gateway g1, not from the one in the topic"
    );
    let gateways = service.handle.gateways().await.unwrap();
    assert_eq!((gateways.len(), gateways[0].status.state), (1, wire::ConnectionState::Online));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_single_reading_is_published_at_once_with_its_power_step() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    let mut events = service.handle.subscribe();
    let mut jumped = None;
    for i in 0..10 {
        let power = if i < 9 { 8_000 + i % 2 * 50 } else { 11_000 };
        service.reading(1, NOW - 100 + i * 10, 5_000 + i * 22, power).await;
        loop {
            let next = tokio::time::timeout(Duration::from_secs(30), events.recv());
            let EngineEvent::Reading { participant, measured_at, power: shown, step } =
                next.await.expect("an event is sent").unwrap()
            else {
                continue;
            };
            // The snapshot with it is published already.
            let figures = service.handle.snapshot().figures[1].clone();
            assert_eq!(participant, ParticipantIndex(1));
            assert!(figures.measured_at >= Some(measured_at));
            if measured_at == Time(NOW - 100 + i * 10) {
                assert_eq!(shown, Some(competition::Watts(power)));
                jumped = step;
                break;
            }
        }
    }
    assert_eq!(jumped, Some(competition::Watts(3_000)));
    let figures = service.handle.snapshot().figures[1].clone();
    assert_eq!(figures.step, Some((Time(NOW - 10), competition::Watts(3_000))));
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_store_is_locked_nothing_is_acknowledged_and_nothing_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&settings(dir.path())).await;
    let other = rusqlite::Connection::open(dir.path().join("wattkampen.sqlite")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    service.reading(0, NOW, 5_000, 100).await;
    // It answers although it cannot commit; the reading is in memory.
    while service.handle.counts().await.unwrap().stored == 0 {}
    assert_eq!(service.connection.tokens.lock().unwrap().len(), 0);
    other.execute_batch("ROLLBACK").unwrap();
    service.acknowledged().await;
    service.stop().await;
    assert_eq!(Reader::open(dir.path()).unwrap().count().unwrap(), 1);
}

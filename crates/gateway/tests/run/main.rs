//! The whole loop, from the bytes of a meter to the messages of a broker, in simulated time.
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use crc::{CRC_16_ARC, Crc};
use gateway::meter::{Telegram, TelegramError};
use gateway::{Config, Measurement, Multiplier, Observer, RamOutbox, ReadingId, WattHours, run};
use proptest::prelude::*;
use wire::{ConnectionState, Reading, Time};
use world::{Broker, Meter, START, World, WorldClock, WorldUplink};

mod broker;
mod time;
mod world;

/// The telegram of a meter with a clock of UTC+1 and a register that counts 1 Wh a second.
fn telegram(second: i64) -> Vec<u8> {
    telegram_at(second, second)
}

/// The same from a meter whose clock shows another second.
fn telegram_at(second: i64, shown: i64) -> Vec<u8> {
    let figures = Time::from_unix(START + shown + 3600).expect("in range").to_string();
    let digits: String = figures.chars().filter(char::is_ascii_digit).skip(2).collect();
    let import = 1_000_000 + second;
    let mut text = format!(
        "/XYZ5\r\n\r\n0-0:1.0.0({digits}W)\r\n1-0:1.8.0({:08}.{:03}*kWh)\r\n\
         1-0:1.7.0(0003.600*kW)\r\n1-0:31.7.0(005.2*A)\r\n1-0:32.7.0(230.1*V)\r\n!",
        import / 1000,
        import % 1000
    );
    let checksum = Crc::<u16>::new(&CRC_16_ARC).checksum(text.as_bytes());
    text += &format!("{checksum:04X}\r\n");
    text.into_bytes()
}

/// A telegram every `step` seconds, in pieces like those of a slow port.
fn meter(world: &Arc<World>, seconds: i64, step: i64) -> Meter {
    let bytes = (0..seconds)
        .step_by(step as usize)
        .flat_map(|second| {
            let bytes = telegram(second);
            let at = 1000 * second as u64;
            let pieces: Vec<_> = bytes.chunks(100).map(<[u8]>::to_vec).collect();
            pieces.into_iter().enumerate().map(move |(piece, bytes)| (at + 9 * piece as u64, bytes))
        })
        .collect();
    Meter { world: world.clone(), bytes }
}

fn config() -> Config {
    Config::new("g-1".parse().expect("an id"), "735999100000000001".parse().expect("an id"))
}

/// An observer that records the events.
#[derive(Default)]
struct Recorder {
    telegrams: usize,
    newest: Option<Measurement>,
    refused: Vec<TelegramError>,
    queued: usize,
    max_queued: usize,
    acknowledged: Option<ReadingId>,
    links: Vec<bool>,
    undatable: u32,
}

impl Observer for Recorder {
    fn telegram(&mut self, _: &Telegram, measurement: Option<&Measurement>) {
        self.telegrams += 1;
        self.newest = measurement.copied();
    }
    fn telegram_rejected(&mut self, error: TelegramError) {
        self.refused.push(error);
    }
    fn queued(&mut self, _: ReadingId, waiting: usize) {
        self.queued += 1;
        self.max_queued = self.max_queued.max(waiting);
    }
    fn acknowledged(&mut self, id: ReadingId, _: usize) {
        assert!(Some(id) > self.acknowledged, "identities increase");
        self.acknowledged = Some(id);
    }
    fn undatable(&mut self, readings: u32) {
        self.undatable += readings;
    }
    fn connection_changed(&mut self, up: bool) {
        self.links.push(up);
    }
}

/// Runs the loop to the end of the meter's stream.
fn run_to_end(world: &Arc<World>, config: &Config, mut meter: Meter) -> Recorder {
    let mut events = Recorder::default();
    let mut outbox = RamOutbox::<1024>::new(3);
    let (clock, mut uplink) = (WorldClock(world.clone()), WorldUplink(world.clone()));
    let end = run(config, &mut meter, &clock, &mut uplink, &mut outbox, &mut events);
    world.run(end).expect("the stream ends");
    assert_eq!(world.cancelled.load(SeqCst), 0, "a connect or publish was cancelled");
    events
}

/// Distinct readings as the server stores them: seconds since the start.
fn received(world: &World) -> BTreeSet<i64> {
    let broker = world.broker.lock().expect("broker");
    broker
        .readings
        .iter()
        .map(|(_, reading)| {
            let second = reading.t.unix() - START;
            assert_eq!(reading.import_wh as i64, 1_000_000 + second, "the time of its register");
            second
        })
        .collect()
}

fn every(step: usize, seconds: i64) -> BTreeSet<i64> {
    (0..seconds).step_by(step).collect()
}

#[test]
fn readings_arrive_once_between_online_and_offline() {
    let world =
        World::new(Broker { connect_ms: 50, publish_ms: 1, ack_ms: 30, ..Broker::default() });
    let events =
        run_to_end(&world, &Config { status_interval_s: 60, ..config() }, meter(&world, 300, 10));
    assert_eq!(received(&world), every(10, 300));
    assert_eq!((events.telegrams, events.queued, events.links), (30, 30, vec![true, false]));
    let broker = world.broker.lock().expect("broker");
    assert_eq!(broker.readings.len(), 30);
    let first: &Reading = &broker.readings[0].1;
    assert_eq!((first.seq, first.boot, first.power_w), (1, 3, Some(3600)));
    assert!(broker.readings.windows(2).all(|pair| pair[0].1.seq + 1 == pair[1].1.seq));
    let online: Vec<_> = broker.statuses.iter().map(|(at, status)| (*at, status.state)).collect();
    let times = [51, 60_051, 120_051, 180_051, 240_051];
    for (at, (published, state)) in times.iter().zip(&online) {
        assert!(
            (*at..at + 10_000).contains(published) && *state == ConnectionState::Online,
            "{online:?}"
        );
    }
    assert_eq!(broker.statuses.last().map(|last| last.1.state), Some(ConnectionState::Offline));
    assert_eq!(broker.statuses[4].1.telegrams, Some(25));
    assert!(broker.closed);
}

#[test]
fn a_fast_meter_does_not_starve_a_slow_connection() {
    let world = World::new(Broker {
        connect_ms: 20_000,
        publish_ms: 700,
        ack_ms: 900,
        ..Broker::default()
    });
    run_to_end(&world, &config(), meter(&world, 120, 1));
    assert_eq!(received(&world), every(1, 120));
    assert_eq!(world.connects.load(SeqCst), 1);
}

#[test]
fn outages_lose_no_reading() {
    let outages = vec![(0, 5_000), (100_000, 1_900_000), (2_000_000, 2_000_500)];
    let world = World::new(Broker { connect_ms: 100, ack_ms: 250, outages, ..Broker::default() });
    let events = run_to_end(&world, &config(), meter(&world, 2400, 10));
    assert_eq!(received(&world), every(10, 2400));
    assert!(events.max_queued >= 180);
    // Half an hour without a broker: the waits double up to a minute.
    let connects = world.connects.load(SeqCst);
    assert!((30..90).contains(&connects), "{connects}");
}

#[test]
fn readings_from_before_utc_is_known_are_dated_by_age() {
    let world = World::new(Broker::default());
    world.utc_from.store(95_000, SeqCst);
    run_to_end(&world, &config(), meter(&world, 200, 10));
    assert_eq!(received(&world), every(10, 200));
    let broker = world.broker.lock().expect("broker");
    assert!(broker.readings.iter().all(|(at, _)| *at >= 95_000));
    assert_eq!(broker.statuses[0].1.t, None);

    // Too many to store: the remaining ones span the whole time.
    let world = World::new(Broker::default());
    world.utc_from.store(2_000_000, SeqCst);
    run_to_end(&world, &Config { status_interval_s: 1, ..config() }, meter(&world, 2060, 10));
    let left: Vec<_> = received(&world).into_iter().collect();
    assert!(left[0] < 200 && left.len() >= 16, "{left:?}");
    assert!(left.windows(2).all(|pair| pair[1] - pair[0] <= 200), "{left:?}");
    let broker = world.broker.lock().expect("broker");
    let dropped = broker.statuses[broker.statuses.len() - 2].1.dropped;
    assert_eq!(dropped.map(|dropped| dropped as usize), Some(206 - broker.readings.len()));
}

#[test]
fn an_interval_publishes_the_newest_and_the_last_reading() {
    let world = World::new(Broker::default());
    let config = Config { interval_s: 10, ..config() };
    let events = run_to_end(&world, &config, meter(&world, 95, 1));
    let mut expected = every(10, 95);
    expected.insert(94);
    assert_eq!(received(&world), expected);
    assert_eq!(events.telegrams, 95);
    assert_eq!(events.newest.map(|newest| newest.import()), Some(WattHours(1_000_094)));
    // Every telegram of a ten-second meter becomes a reading.
    let world = World::new(Broker::default());
    run_to_end(&world, &config, meter(&world, 100, 10));
    assert_eq!(received(&world), every(10, 100));
}

#[test]
fn the_newest_reading_of_a_silent_meter_is_published() {
    let world = World::new(Broker::default());
    let mut meter = meter(&world, 5, 1);
    // Nothing for a minute, then the stream ends.
    meter.bytes.push_back((60_000, vec![b'\n']));
    run_to_end(&world, &Config { interval_s: 10, ..config() }, meter);
    let broker = world.broker.lock().expect("broker");
    let sent: Vec<_> =
        broker.readings.iter().map(|(at, read)| (*at / 1000, read.t.unix() - START)).collect();
    assert_eq!(sent, [(0, 0), (10, 4)]);
}

#[test]
fn the_multiplier_converts_secondary_to_primary_values() {
    let world = World::new(Broker::default());
    let multiplier = Multiplier::new(60).expect("a ratio");
    run_to_end(&world, &Config { multiplier, ..config() }, meter(&world, 1, 1));
    let broker = world.broker.lock().expect("broker");
    let reading = &broker.readings[0].1;
    assert_eq!((reading.import_wh, reading.power_w), (60_000_000, Some(216_000)));
    let phases = reading.phases.expect("phases");
    assert_eq!(phases.current_ma, [Some(312_000), None, None]);
    assert_eq!(phases.voltage_mv, [Some(230_100), None, None]);
}

#[test]
fn two_telegrams_of_the_same_second_are_one_reading() {
    let world = World::new(Broker::default());
    let mut meter = meter(&world, 20, 10);
    meter.bytes.push_back((10_100, telegram(10)));
    let events = run_to_end(&world, &config(), meter);
    assert_eq!((events.telegrams, events.queued), (3, 2));
}

#[test]
fn silence_ends_a_telegram() {
    let world = World::new(Broker::default());
    let mut meter = meter(&world, 20, 10);
    meter.bytes.push_back((12_000, telegram(12)[..50].to_vec()));
    meter.bytes.push_back((30_000, telegram(30)));
    let events = run_to_end(&world, &config(), meter);
    assert_eq!(events.refused, [TelegramError::Cut]);
    assert_eq!(received(&world), BTreeSet::from([0, 10, 30]));
}

#[test]
fn the_future_is_send_and_small() {
    fn assert_send(_: &impl Send) {}
    let world = World::new(Broker::default());
    let mut meter = meter(&world, 1, 1);
    let (clock, mut uplink) = (WorldClock(world.clone()), WorldUplink(world.clone()));
    let mut outbox = RamOutbox::<16>::new(1);
    let (config, mut observer) = (config(), ());
    let future = run(&config, &mut meter, &clock, &mut uplink, &mut outbox, &mut observer);
    assert_send(&future);
    let size = size_of_val(&future);
    let [decoder, outbox] = [size_of::<gateway::meter::p1::Decoder>(), size_of::<RamOutbox<256>>()];
    eprintln!("loop {size} bytes, of it decoder {decoder}; outbox of 256: {outbox}");
    assert!(size <= 16 * 1024, "{size} bytes");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn every_reading_arrives_on_any_network(
        connect_ms in 0_u64..30_000,
        publish_ms in 0_u64..200,
        ack_ms in 0_u64..20_000,
        disorderly in any::<bool>(),
        window in 1_usize..=128,
        outages in proptest::collection::vec((0_u64..900_000, 0_u64..300_000), 0..6),
        step in 1_i64..12,
    ) {
        let outages = outages.into_iter().map(|(from, length)| (from, from + length)).collect();
        let world = World::new(Broker { connect_ms, publish_ms, ack_ms, disorderly, outages, ..Broker::default() });
        let events = run_to_end(&world, &Config { window, ..config() }, meter(&world, 600, step));
        prop_assert_eq!(received(&world), every(step as usize, 600));
        let queued = every(step as usize, 600).len();
        prop_assert_eq!(events.queued, queued);
        prop_assert_eq!(events.acknowledged, Some(ReadingId { boot: 3, seq: queued as u32 }));
        prop_assert!(world.broker.lock().expect("broker").closed);
    }
}

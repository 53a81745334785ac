//! Gateways without another clock than that of the meter, and after a loss of power.
use gateway::{ClockOffsets, Entry, Outbox, Undated};

use super::*;

/// An outbox like one on a disk: clock offsets and undated readings survive a restart, the
/// latter without their age.
struct PersistentOutbox {
    ram: RamOutbox<1024>,
    clock_offsets: ClockOffsets,
}

impl PersistentOutbox {
    fn new() -> Self {
        Self { ram: RamOutbox::new(3), clock_offsets: ClockOffsets::NONE }
    }
}

impl Outbox for PersistentOutbox {
    type Error = std::convert::Infallible;
    fn boot(&self) -> u32 {
        self.ram.boot()
    }
    fn len(&self) -> usize {
        self.ram.len()
    }
    fn dropped(&self) -> u32 {
        self.ram.dropped()
    }
    async fn push(
        &mut self,
        time: Time,
        measurement: Measurement,
    ) -> Result<ReadingId, Self::Error> {
        self.ram.push(time, measurement).await
    }
    async fn after(&mut self, id: Option<ReadingId>) -> Result<Option<Entry>, Self::Error> {
        self.ram.after(id).await
    }
    async fn release(&mut self, through: ReadingId) -> Result<(), Self::Error> {
        self.ram.release(through).await
    }
    fn undated_len(&self) -> usize {
        self.ram.undated_len()
    }
    async fn push_undated(&mut self, undated: Undated) -> Result<(), Self::Error> {
        self.ram.push_undated(undated).await
    }
    fn undated(&self, place: usize) -> Option<Undated> {
        self.ram.undated(place)
    }
    async fn assign_time(
        &mut self,
        at: usize,
        time: Option<Time>,
    ) -> Result<Option<ReadingId>, Self::Error> {
        self.ram.assign_time(at, time).await
    }
    fn clock_offsets(&self) -> ClockOffsets {
        self.clock_offsets
    }
    async fn store_clock_offsets(
        &mut self,
        clock_offsets: ClockOffsets,
    ) -> Result<(), Self::Error> {
        self.clock_offsets = clock_offsets;
        Ok(())
    }
}

/// A meter that sends telegrams at these seconds, with its clock `ahead` of UTC+1.
fn meter_ahead(
    world: &Arc<World>,
    seconds: impl Iterator<Item = i64>,
    ahead: impl Fn(i64) -> i64,
) -> Meter {
    let bytes =
        seconds.map(|second| (1000 * second as u64, telegram_at(second, second + ahead(second))));
    Meter { world: world.clone(), bytes: bytes.collect() }
}

fn every_ten(seconds: std::ops::Range<i64>) -> impl Iterator<Item = i64> {
    seconds.step_by(10)
}

/// Runs the loop; the network gives UTC from `utc_from` (ms) on, or never.
fn run_with(
    outbox: &mut PersistentOutbox,
    utc_from: Option<u64>,
    meter: Meter,
) -> (Arc<World>, Recorder) {
    let world = meter.world.clone();
    world.utc_from.store(utc_from.unwrap_or(u64::MAX), SeqCst);
    let (mut events, mut meter) = (Recorder::default(), meter);
    let (clock, mut uplink) = (WorldClock(world.clone()), WorldUplink(world.clone()));
    let config = config();
    let end = run(&config, &mut meter, &clock, &mut uplink, outbox, &mut events);
    world.run(end).expect("the stream ends");
    (world, events)
}

fn outbox_with_offsets() -> PersistentOutbox {
    let world = World::new(Broker::default());
    let mut outbox = PersistentOutbox::new();
    run_with(&mut outbox, Some(0), meter_ahead(&world, every_ten(0..60), |_| 0));
    assert_ne!(outbox.clock_offsets, ClockOffsets::NONE);
    outbox
}

#[test]
fn confirmed_offsets_give_utc_without_a_network() {
    let mut outbox = outbox_with_offsets();
    let world = World::new(Broker::default());
    let (world, events) =
        run_with(&mut outbox, None, meter_ahead(&world, every_ten(60..1200), |_| 0));
    assert_eq!(received(&world), every_ten(60..1200).collect());
    assert_eq!(events.queued, 114);
    let broker = world.broker.lock().expect("broker");
    let first = broker.readings[0].0;
    assert!((300_000..400_000).contains(&first), "the network has five minutes: {first}");
}

#[test]
fn without_confirmed_offsets_readings_wait() {
    let mut outbox = PersistentOutbox::new();
    let world = World::new(Broker::default());
    let meter = meter_ahead(&world, every_ten(0..1200), |_| 0);
    // The stream would never end, because nothing can be sent, so UTC is given at the end.
    let (world, _) = run_with(&mut outbox, Some(1_190_000), meter);
    assert!(world.broker.lock().expect("broker").readings.iter().all(|(at, _)| *at >= 1_190_000));
    assert!(received(&world).len() >= 16);
}

#[test]
fn the_network_takes_precedence_once_it_gives_utc() {
    let mut outbox = outbox_with_offsets();
    let world = World::new(Broker::default());
    // The meter lost an hour with the power. Its clock is used until the network gives UTC.
    let meter = meter_ahead(&world, every_ten(4000..6000), |_| -3600);
    let (world, _) = run_with(&mut outbox, Some(4_600_000), meter);
    let broker = world.broker.lock().expect("broker");
    let wrong: Vec<_> = broker
        .readings
        .iter()
        .filter(|(_, reading)| reading.import_wh as i64 - 1_000_000 != reading.t.unix() - START)
        .map(|(at, _)| *at)
        .collect();
    assert!(!wrong.is_empty() && wrong.iter().all(|at| *at < 4_600_000), "{wrong:?}");
}

#[test]
fn a_wrong_meter_clock_is_not_used() {
    let mut outbox = outbox_with_offsets();
    let world = World::new(Broker::default());
    // 25 minutes ahead while the network gives UTC for five minutes.
    run_with(&mut outbox, Some(0), meter_ahead(&world, every_ten(60..400), |_| 1500));
    let world = World::new(Broker::default());
    let meter = meter_ahead(&world, every_ten(400..1600), |_| 1500);
    let (world, _) = run_with(&mut outbox, Some(1_590_000), meter);
    let left = received(&world);
    assert!(left.len() >= 16 && left.iter().all(|second| (400..1600).contains(second)));
    assert!(world.broker.lock().expect("broker").readings.iter().all(|(at, _)| *at >= 1_590_000));
}

#[test]
fn jumps_of_a_meter_that_is_the_only_clock_are_ignored() {
    let mut outbox = outbox_with_offsets();
    let world = World::new(Broker::default());
    let jump = |second| if (1000..1500).contains(&second) { 7_200 } else { 0 };
    let (world, _) = run_with(&mut outbox, None, meter_ahead(&world, every_ten(60..2000), jump));
    assert_eq!(received(&world), every_ten(60..2000).collect());
}

/// Adds undated readings of an earlier start of the machine: with the shown time, without age.
fn add_readings_of_earlier_start(
    outbox: &mut PersistentOutbox,
    shown: impl Fn(i64) -> Option<&'static [u8]>,
) {
    for second in [10, 20, 30] {
        let shown = shown(second).and_then(gateway::meter::MeterTime::parse);
        let measurement = Measurement::new(WattHours(1_000_000 + second as u64));
        let push = outbox.push_undated(Undated { measurement, shown, received_ms: None });
        embassy_futures::block_on(push).expect("room");
    }
}

/// 2027-04-11T09:00:10Z and on, of a meter of UTC+1.
fn figures(second: i64) -> Option<&'static [u8]> {
    Some(match second {
        10 => b"270411100010W",
        20 => b"270411100020W",
        _ => b"270411100030W",
    })
}

#[test]
fn readings_of_an_earlier_start_are_dated_by_the_meter() {
    // With offsets from before, or learned from the first telegram.
    for mut outbox in [outbox_with_offsets(), PersistentOutbox::new()] {
        add_readings_of_earlier_start(&mut outbox, figures);
        let world = World::new(Broker::default());
        let meter = meter_ahead(&world, every_ten(400..800), |_| 0);
        let (world, events) = run_with(&mut outbox, Some(0), meter);
        let expected: BTreeSet<i64> = every_ten(400..800).chain([10, 20, 30]).collect();
        assert_eq!(received(&world), expected);
        assert_eq!(events.undatable, 0);
    }
}

#[test]
fn undatable_readings_are_dropped_and_counted() {
    let odd: fn(i64) -> Option<&'static [u8]> = |second| match second {
        10 => None,
        20 => Some(b"270411100020S"),
        _ => Some(b"290411100030W"),
    };
    let mut outbox = outbox_with_offsets();
    add_readings_of_earlier_start(&mut outbox, odd);
    let world = World::new(Broker::default());
    let (world, events) =
        run_with(&mut outbox, Some(0), meter_ahead(&world, every_ten(400..800), |_| 0));
    assert_eq!(received(&world), every_ten(400..800).collect());
    assert_eq!((events.undatable, outbox.undated_len()), (3, 0));
    let broker = world.broker.lock().expect("broker");
    let last = broker.statuses.last().and_then(|(_, status)| status.dropped);
    assert_eq!(last, Some(3));
}

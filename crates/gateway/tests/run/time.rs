//! Where nobody but the meter knows the time, and after the power has gone.
use gateway::{ClockOffsets, Entry, Outbox, Undated};

use super::*;

/// As a disk does it: what is known of the meter's clock outlives a restart, and so do
/// the readings that wait, without their age.
struct Kept {
    ram: RamOutbox<1024>,
    clock_offsets: ClockOffsets,
}

impl Kept {
    fn new() -> Self {
        Self { ram: RamOutbox::new(3), clock_offsets: ClockOffsets::NONE }
    }
}

impl Outbox for Kept {
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

/// Telegrams of these seconds of the world, with what the meter's clock shows then.
fn shows(
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

/// Lets it run; from when the network tells the time, ms, or never.
fn run_on(outbox: &mut Kept, utc_from: Option<u64>, meter: Meter) -> (Arc<World>, Seen) {
    let world = meter.world.clone();
    world.utc_from.store(utc_from.unwrap_or(u64::MAX), SeqCst);
    let (mut seen, mut meter) = (Seen::default(), meter);
    let (clock, mut uplink) = (WorldClock(world.clone()), WorldUplink(world.clone()));
    let config = config();
    let end = run(&config, &mut meter, &clock, &mut uplink, outbox, &mut seen);
    world.run(end).expect("the stream ends");
    (world, seen)
}

fn learned() -> Kept {
    let world = World::new(Broker::default());
    let mut outbox = Kept::new();
    run_on(&mut outbox, Some(0), shows(&world, every_ten(0..60), |_| 0));
    assert_ne!(outbox.clock_offsets, ClockOffsets::NONE);
    outbox
}

#[test]
fn a_meter_whose_habits_are_known_tells_the_time_where_nobody_else_does() {
    let mut outbox = learned();
    let world = World::new(Broker::default());
    let (world, seen) = run_on(&mut outbox, None, shows(&world, every_ten(60..1200), |_| 0));
    assert_eq!(kept(&world), every_ten(60..1200).collect());
    assert_eq!(seen.queued, 114);
    let broker = world.broker.lock().expect("broker");
    let first = broker.readings[0].0;
    assert!((300_000..400_000).contains(&first), "the network is given its time: {first}");
}

#[test]
fn a_meter_that_nobody_knows_tells_nothing() {
    let mut outbox = Kept::new();
    let world = World::new(Broker::default());
    let meter = shows(&world, every_ten(0..1200), |_| 0);
    // The stream never ends, as nothing can be sent: time comes in the end.
    let (world, _) = run_on(&mut outbox, Some(1_190_000), meter);
    assert!(world.broker.lock().expect("broker").readings.iter().all(|(at, _)| *at >= 1_190_000));
    assert!(kept(&world).len() >= 16);
}

#[test]
fn the_network_decides_as_soon_as_it_tells() {
    let mut outbox = learned();
    let world = World::new(Broker::default());
    // The meter lost an hour with the power; it is believed, until the network knows.
    let meter = shows(&world, every_ten(4000..6000), |_| -3600);
    let (world, _) = run_on(&mut outbox, Some(4_600_000), meter);
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
fn a_clock_known_to_be_wrong_is_no_fallback() {
    let mut outbox = learned();
    let world = World::new(Broker::default());
    // Twenty-five minutes ahead for five minutes of network time.
    run_on(&mut outbox, Some(0), shows(&world, every_ten(60..400), |_| 1500));
    let world = World::new(Broker::default());
    let meter = shows(&world, every_ten(400..1600), |_| 1500);
    let (world, _) = run_on(&mut outbox, Some(1_590_000), meter);
    let kept = kept(&world);
    assert!(kept.len() >= 16 && kept.iter().all(|second| (400..1600).contains(second)));
    assert!(world.broker.lock().expect("broker").readings.iter().all(|(at, _)| *at >= 1_590_000));
}

#[test]
fn a_meter_that_jumps_while_it_is_the_only_clock_is_not_followed() {
    let mut outbox = learned();
    let world = World::new(Broker::default());
    let jump = |second| if (1000..1500).contains(&second) { 7_200 } else { 0 };
    let (world, _) = run_on(&mut outbox, None, shows(&world, every_ten(60..2000), jump));
    assert_eq!(kept(&world), every_ten(60..2000).collect());
}

/// Holds what a start of the machine before has left: no age, and what the meter showed.
fn left_behind(outbox: &mut Kept, shown: impl Fn(i64) -> Option<&'static [u8]>) {
    for second in [10, 20, 30] {
        let shown = shown(second).and_then(gateway::meter::MeterTime::parse);
        let measurement = Measurement::new(WattHours(1_000_000 + second as u64));
        let hold = outbox.push_undated(Undated { measurement, shown, received_ms: None });
        embassy_futures::block_on(hold).expect("room");
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
fn what_an_earlier_start_of_the_machine_left_is_dated_by_the_meter() {
    // Known from before, or learned from the first telegram after.
    for mut outbox in [learned(), Kept::new()] {
        left_behind(&mut outbox, figures);
        let world = World::new(Broker::default());
        let meter = shows(&world, every_ten(400..800), |_| 0);
        let (world, seen) = run_on(&mut outbox, Some(0), meter);
        let expected: BTreeSet<i64> = every_ten(400..800).chain([10, 20, 30]).collect();
        assert_eq!(kept(&world), expected);
        assert_eq!(seen.undatable, 0);
    }
}

#[test]
fn what_nobody_can_date_is_given_up_and_counted() {
    let odd: fn(i64) -> Option<&'static [u8]> = |second| match second {
        10 => None,
        20 => Some(b"270411100020S"),
        _ => Some(b"290411100030W"),
    };
    let mut outbox = learned();
    left_behind(&mut outbox, odd);
    let world = World::new(Broker::default());
    let (world, seen) = run_on(&mut outbox, Some(0), shows(&world, every_ten(400..800), |_| 0));
    assert_eq!(kept(&world), every_ten(400..800).collect());
    assert_eq!((seen.undatable, outbox.undated_len()), (3, 0));
    let broker = world.broker.lock().expect("broker");
    let last = broker.statuses.last().and_then(|(_, status)| status.dropped);
    assert_eq!(last, Some(3));
}

//! From a town hall to the messages of its gateway, through the decoder and the loop of
//! the gateway crate, with each injected fault.
use std::{
    collections::VecDeque,
    convert::Infallible,
    future::pending,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};

use gateway::{
    Config, ConnectOptions, Message, Multiplier, RamOutbox, Token, Uplink, UplinkConnection,
    meter::{Check, MeterTime, Quantity, p1::Decoder},
};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use tokio::{sync::mpsc, time::Instant};
use wire::{Reading, Topic};

use crate::{
    faults::{Fault, Faults},
    faulty_uplink::FaultyUplink,
    fleet::TelegramClock,
    load::QuarterHours,
    meter_port::{MeterPort, Progress, ProgressObserver, SendSchedule},
    meter_register::MeterRegister,
    simulated_clock::SimulatedClock,
    telegram::{self, MeterValues},
    town_hall::{TownHall, town_halls},
};

/// 2027-04-20T08:00:00Z, a Tuesday in the contest.
const START: i64 = 1_808_208_000;
const DAY: i64 = 86_400;
const END: i64 = START + DAY;

/// Acknowledges every publish at once and forwards readings.
#[derive(Debug)]
struct ImmediateUplink {
    readings: mpsc::UnboundedSender<Reading>,
    tokens: VecDeque<Token>,
}

impl Uplink for ImmediateUplink {
    type Error = Infallible;
    type Connection<'a> = ImmediateConnection<'a>;
    async fn connect(&mut self, _: &ConnectOptions) -> Result<ImmediateConnection<'_>, Infallible> {
        Ok(ImmediateConnection(self))
    }
}

struct ImmediateConnection<'a>(&'a mut ImmediateUplink);

impl UplinkConnection for ImmediateConnection<'_> {
    type Error = Infallible;
    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Infallible> {
        if let Ok(Topic::Reading(_)) = Topic::parse(message.topic) {
            let reading = Reading::decode(message.payload).expect("a reading");
            let _ = self.0.readings.send(reading);
        }
        self.0.tokens.push_back(token);
        Ok(())
    }
    async fn next_ack(&mut self) -> Result<Token, Infallible> {
        match self.0.tokens.pop_front() {
            Some(token) => Ok(token),
            None => pending().await,
        }
    }
    async fn disconnect(self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn zone() -> TimeZone {
    TimeZone::get("Europe/Stockholm").expect("bundled")
}

fn town_hall(id: &str) -> (TownHall, MeterRegister) {
    let years = START - 30 * DAY..END + DAY;
    let hall = town_halls(1, 24).into_iter().find(|hall| hall.id == id).expect("one of the 24");
    let quarters = QuarterHours::new(&zone(), years.clone());
    let register = MeterRegister::new(1, &hall, &quarters, years);
    (hall, register)
}

/// A day of a town hall with a telegram a minute: the readings that its gateway publishes.
async fn day_of(id: &str, faults: &[&str]) -> (MeterRegister, Vec<Reading>, Arc<Progress>) {
    let (hall, register) = town_hall(id);
    let mut injected = Faults::default();
    for fault in faults {
        injected.add(fault.parse::<Fault>().expect("a fault"));
    }
    let progress = Arc::new(Progress::default());
    // The whole day is in the past, so that it is sent at once.
    let simulated = SimulatedClock::new(END, 1.0, END);
    let schedule =
        SendSchedule { first: START, hourly_until: START, quarterly_until: START, interval: 60 };
    let mut port = MeterPort::new(
        &hall,
        register.clone(),
        injected.clone(),
        zone(),
        simulated,
        schedule,
        Arc::clone(&progress),
    );
    let mut config =
        Config::new(hall.gateway().parse().expect("an id"), hall.meter().parse().expect("an id"));
    config.multiplier = Multiplier::new(hall.multiplier).expect("a ratio");
    config.window = 100;
    let clock = TelegramClock::new(Arc::clone(&progress), Instant::now());
    let (readings, mut received) = mpsc::unbounded_channel();
    let uplink = ImmediateUplink { readings, tokens: VecDeque::new() };
    let mut uplink = FaultyUplink::new(uplink, injected, simulated);
    let mut outbox = Box::new(RamOutbox::<1024>::new(1));
    let mut observer = ProgressObserver(Arc::clone(&progress));
    let mut all = Vec::new();
    {
        let run =
            gateway::run(&config, &mut port, &clock, &mut uplink, &mut *outbox, &mut observer);
        let mut run = std::pin::pin!(run);
        // The loop does not end, because the port has no end. The day is over when no
        // reading has arrived for five seconds: the decoder waits two seconds for the rest
        // of a truncated telegram. The clock is paused, so that no real time passes.
        loop {
            tokio::select! {
                ended = &mut run => panic!("the loop ended: {ended:?}"),
                reading = received.recv() => all.extend(reading),
                () = tokio::time::sleep(Duration::from_secs(5)),
                    if progress.newest.load(Relaxed) == END => break,
            }
        }
    }
    (register, all, progress)
}

fn primary(register: &MeterRegister, multiplier: u64, at: i64) -> u64 {
    register.mwh(at) / (1000 * multiplier) * multiplier
}

#[tokio::test(start_paused = true)]
async fn without_faults_every_reading_arrives() {
    for (id, multiplier) in [("soderhamn", 1), ("uppsala", 60)] {
        let (register, readings, _) = day_of(id, &[]).await;
        assert_eq!(readings.len(), 1441);
        for (number, reading) in readings.iter().enumerate() {
            let at = START + 60 * number as i64;
            assert_eq!((reading.t.unix(), reading.seq), (at, 1 + number as u32));
            assert_eq!(reading.import_wh, primary(&register, multiplier, at), "{id} at {at}");
            let power = (register.watts(at) / multiplier * multiplier) as i64;
            assert_eq!(reading.power_w, Some(power));
            let phases = reading.phases.expect("three phases");
            let sum: i64 = phases.power_w.iter().flatten().copied().map(i64::from).sum();
            assert_eq!(sum, power);
            for (volt, ampere) in phases.voltage_mv.iter().zip(phases.current_ma) {
                assert!((225_000..236_000).contains(&volt.expect("a voltage")));
                assert!(ampere.expect("a current") > 0);
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn noise_loses_telegrams_and_never_gives_a_wrong_value() {
    let (register, readings, progress) = day_of("soderhamn", &["noise=0.2"]).await;
    let rejected = progress.rejected.load(Relaxed);
    // Noise before a telegram is harmless; a flipped bit or a missing end loses it. One that
    // ends early enough is not recognised as a telegram, and so is not counted.
    let lost = 1441 - readings.len();
    assert!((140..260).contains(&lost), "{lost}");
    assert!((80..=lost).contains(&rejected), "{rejected} of {lost}");
    for reading in readings {
        assert_eq!(reading.import_wh, primary(&register, 1, reading.t.unix()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_register_rolls_over() {
    let (_, register) = town_hall("soderhamn");
    let full = register.mwh(START + DAY / 2) / 1000;
    let (_, readings, _) = day_of("soderhamn", &[&format!("rollover={full}")]).await;
    for reading in &readings {
        assert_eq!(reading.import_wh, primary(&register, 1, reading.t.unix()) % full);
    }
    let falls = readings.windows(2).filter(|pair| pair[1].import_wh < pair[0].import_wh).count();
    assert_eq!(falls, 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_meter_begins_at_zero() {
    for (id, multiplier) in [("soderhamn", 1), ("uppsala", 60)] {
        let (register, readings, _) = day_of(id, &["swap=2027-04-20T20:00:00Z"]).await;
        let swap = START + DAY / 2;
        let before = primary(&register, multiplier, swap);
        for reading in &readings {
            let at = reading.t.unix();
            let old = if at >= swap { before } else { 0 };
            assert_eq!(reading.import_wh, primary(&register, multiplier, at) - old);
        }
        let first = readings.iter().find(|r| r.t.unix() >= swap).expect("the new meter");
        assert_eq!((first.t.unix(), first.import_wh), (swap, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_hourly_register_advances_once_an_hour_and_the_power_always() {
    let (_, readings, _) = day_of("soderhamn", &["hourly"]).await;
    let moved = readings.windows(2).filter(|pair| pair[1].import_wh > pair[0].import_wh);
    let moved: Vec<i64> = moved.map(|pair| pair[1].t.unix()).collect();
    assert_eq!(moved.len(), 24);
    assert!(moved.iter().all(|at| at % 3600 == 0));
    let powers = readings.windows(2).filter(|pair| pair[1].power_w != pair[0].power_w).count();
    assert!(powers > 1000, "{powers}");
}

#[tokio::test(start_paused = true)]
async fn a_summer_clock_gives_the_right_utc() {
    let (register, readings, _) = day_of("soderhamn", &["summer-clock"]).await;
    let times: Vec<i64> = readings.iter().map(|reading| reading.t.unix()).collect();
    assert_eq!(times, (START..=END).step_by(60).collect::<Vec<_>>());
    assert_eq!(readings[700].import_wh, primary(&register, 1, times[700]));
}

#[test]
fn a_restarted_simulation_continues() {
    let (_, register) = town_hall("pitea");
    let (_, again) = town_hall("pitea");
    for at in (START..END).step_by(777) {
        assert_eq!((register.mwh(at), register.watts(at)), (again.mwh(at), again.watts(at)));
    }
}

proptest! {
    #[test]
    fn the_decoder_reads_what_the_meter_writes(
        at in 1_700_000_000_i64..1_900_000_000,
        import_wh in 0_u64..99_999_999_999,
        watts in 0_u64..3_000_000,
        summer: bool,
    ) {
        let offset_s = if summer { 7200 } else { 3600 };
        let mut bytes = Vec::new();
        telegram::write(&mut bytes, &MeterValues { at, offset_s, summer, import_wh, watts });
        let mut decoder = Decoder::new();
        let mut rest = bytes.as_slice();
        let telegram = decoder.next(&mut rest).expect("whole").expect("right");
        prop_assert_eq!(telegram.check(), Check::Good);
        prop_assert_eq!((telegram.malformed(), telegram.implausible()), (0, 0));
        prop_assert_eq!(telegram.import().map(|v| v.0), Some(import_wh));
        prop_assert_eq!(telegram.export().map(|v| v.0), Some(0));
        prop_assert_eq!(telegram.power().map(|v| v.0), Some(watts as i64));
        let phases: i64 = (0..3).filter_map(|p| telegram.phase_power(p)).map(|v| v.0).sum();
        prop_assert_eq!(phases, watts as i64);
        prop_assert_eq!(telegram.get(Quantity::ReactiveImport), Some((import_wh * 28 / 100) as i64));
        let shown = telegram.time().map(MeterTime::local_unix);
        prop_assert_eq!(shown, Some(at + i64::from(offset_s)));
    }

    #[test]
    fn registers_never_decrease(id in 0_usize..24, from in START - 20 * DAY..END, step in 1_i64..5000) {
        let hall = &town_halls(1, 24)[id];
        let years = START - 21 * DAY..END + 2 * DAY;
        let quarters = QuarterHours::new(&zone(), years.clone());
        let register = MeterRegister::new(1, hall, &quarters, years);
        prop_assert!(register.mwh(from + step) >= register.mwh(from));
    }
}

#[tokio::test(start_paused = true)]
async fn a_repeated_publish_is_acknowledged_once() {
    let (_, readings, _) = day_of("soderhamn", &["repeat"]).await;
    let sequence: Vec<u32> = readings.iter().map(|reading| reading.seq).collect();
    assert_eq!(sequence, (1..=1441).flat_map(|seq| [seq, seq]).collect::<Vec<_>>());
}

//! All the houses at once: each a meter, a port, the gateway's own loop and a
//! connection of its own.
use std::{
    collections::HashMap,
    ops::Range,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use gateway::{Clock, Config, Multiplier, RamOutbox};
use jiff::tz::TimeZone;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use wire::Time;

use crate::{
    clock::Calendar,
    faults::Faults,
    load,
    port::{Pace, Port, Rhythm, Watcher},
    register::Register,
    town_hall::{TownHall, town_halls},
    uplink::{Address, Mqtt},
};

/// Readings on their way at once, a house.
const WINDOW: u16 = 100;
/// Readings that a house's outbox holds.
const OUTBOX: usize = 1024;

/// What to simulate.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Everything that is drawn follows from it.
    pub seed: u64,
    /// How many houses.
    pub participants: usize,
    /// Where the readings go.
    pub broker: Address,
    /// Local time of the houses.
    pub zone: TimeZone,
    /// The simulated years, seconds of UTC; registers begin at its start.
    pub years: Range<i64>,
    /// When the true savings apply.
    pub contest: Range<i64>,
    /// The first reading to send: the years' start, or where an earlier run ended.
    pub from: i64,
    /// The fleet's time.
    pub calendar: Calendar,
    /// Faults by house.
    pub faults: HashMap<String, Faults>,
}

/// Years of a simulation that begins at `from` (seconds of UTC): its registers
/// are integrals from there on.
pub const fn years(from: i64) -> Range<i64> {
    let first = from - from.rem_euclid(load::QUARTER);
    first..first + 550 * 86_400
}

/// A fleet that runs.
#[derive(Debug)]
pub struct Fleet {
    halls: Vec<TownHall>,
    registers: Vec<Register>,
    paces: Vec<Arc<Pace>>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// A house's clock: as its newest telegram says, so that history is dated when
/// it was, however fast it is told.
#[derive(Debug)]
pub(crate) struct HouseClock {
    pace: Arc<Pace>,
    since: Instant,
}

impl HouseClock {
    pub(crate) const fn new(pace: Arc<Pace>, since: Instant) -> Self {
        Self { pace, since }
    }
}

impl Clock for HouseClock {
    fn monotonic_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    fn utc(&self) -> Option<Time> {
        Time::from_unix(self.pace.at.load(Relaxed)).ok()
    }

    async fn sleep_until(&self, at_ms: u64) {
        tokio::time::sleep_until(self.since + std::time::Duration::from_millis(at_ms)).await;
    }
}

/// Why a house could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// Names are drawn to fit, so this is a fault of ours.
    #[error("{name:?} is no identifier: {source}")]
    Name {
        /// The name.
        name: String,
        /// Why.
        source: wire::IdError,
    },
}

impl Setup {
    /// Integrates the loads and starts every house.
    pub fn start(self) -> Result<Fleet, FleetError> {
        let halls = town_halls(self.seed, self.participants);
        let quarters = load::Calendar::new(&self.zone, self.years.clone());
        let registers: Vec<Register> = halls
            .iter()
            .map(|hall| Register::new(self.seed, hall, &quarters, self.contest.clone()))
            .collect();
        let rhythm = Rhythm {
            first: self.from,
            hourly_until: self.contest.start,
            quarterly_until: self.calendar.now(),
            interval: self.calendar.interval(halls.len()),
        };
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut paces = Vec::new();
        for (hall, register) in halls.iter().zip(&registers) {
            let pace = Arc::new(Pace::default());
            let faults = self.faults.get(&hall.id).cloned().unwrap_or_default();
            let config = config(hall)?;
            let port = Port::new(
                hall,
                register.clone(),
                faults.clone(),
                self.zone.clone(),
                self.calendar,
                rhythm,
                Arc::clone(&pace),
            );
            let uplink = Mqtt::new(self.broker.clone(), WINDOW).with_faults(faults, self.calendar);
            tasks.spawn(house(config, port, uplink, Arc::clone(&pace), stopped.clone()));
            paces.push(pace);
        }
        Ok(Fleet { halls, registers, paces, tasks, stop })
    }
}

fn config(hall: &TownHall) -> Result<Config, FleetError> {
    let id = |name: String| match name.parse() {
        Ok(id) => Ok(id),
        Err(source) => Err(FleetError::Name { name, source }),
    };
    let meter = hall.meter();
    let meter = match meter.parse() {
        Ok(id) => id,
        Err(source) => return Err(FleetError::Name { name: meter, source }),
    };
    let mut config = Config::new(id(hall.gateway())?, meter);
    config.multiplier = Multiplier::new(hall.multiplier).unwrap_or(Multiplier::ONE);
    config.window = WINDOW.into();
    // On a fast calendar a minute is nothing.
    config.ack_timeout_s = u32::MAX;
    Ok(config)
}

async fn house(
    config: Config,
    mut port: Port,
    mut uplink: Mqtt,
    pace: Arc<Pace>,
    mut stopped: watch::Receiver<bool>,
) {
    let clock = HouseClock::new(Arc::clone(&pace), Instant::now());
    // A simulated start is a boot: its number grows with real time.
    let boot = u32::try_from(jiff::Timestamp::now().as_second() / 60).unwrap_or(u32::MAX);
    let mut outbox = Box::new(RamOutbox::<OUTBOX>::new(boot));
    let mut watcher = Watcher(pace);
    let carried = gateway::run(&config, &mut port, &clock, &mut uplink, &mut *outbox, &mut watcher);
    tokio::select! {
        ended = carried => {
            if let Err(error) = ended {
                tracing::error!(gateway = %config.gateway, "the gateway loop ended: {error}");
            }
        }
        _ = stopped.wait_for(|&stop| stop) => {}
    }
}

impl Fleet {
    /// The houses, and the truth about them.
    pub fn halls(&self) -> &[TownHall] {
        &self.halls
    }

    /// Their registers, by the same index.
    pub fn registers(&self) -> &[Register] {
        &self.registers
    }

    /// Telegrams that all meters have sent.
    pub fn telegrams(&self) -> usize {
        self.paces.iter().map(|pace| pace.sent.load(Relaxed)).sum()
    }

    /// Time of the newest telegram of the house that is furthest behind.
    pub fn reached(&self) -> i64 {
        self.paces.iter().map(|pace| pace.at.load(Relaxed)).min().unwrap_or(0)
    }

    /// Stops every house and waits for it.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

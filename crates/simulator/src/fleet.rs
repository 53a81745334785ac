//! The whole fleet: for each town hall a meter, a port, the gateway's loop and a
//! connection.
use std::{
    collections::HashMap,
    ops::Range,
    str::FromStr,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use gateway::{
    Clock, Config, Multiplier, RamOutbox,
    mqtt::{BrokerAddress, MqttUplink},
};
use jiff::tz::TimeZone;
use tokio::{sync::watch, task::JoinSet, time::Instant};
use wire::{IdError, Time};

use crate::{
    faults::Faults,
    faulty_uplink::FaultyUplink,
    load::{QUARTER, QuarterHours},
    meter_port::{MeterPort, Progress, ProgressObserver, SendSchedule},
    meter_register::MeterRegister,
    simulated_clock::SimulatedClock,
    town_hall::{TownHall, town_halls},
};

/// Readings in flight at once, for each gateway.
const WINDOW: u16 = 100;
/// Capacity of each outbox, readings.
const OUTBOX: usize = 1024;

/// Settings of a simulation; times in Unix seconds.
#[derive(Debug, Clone)]
pub struct FleetConfig {
    /// Seed of all pseudo-random numbers.
    pub seed: u64,
    /// Number of town halls.
    pub participants: usize,
    /// Where the readings go.
    pub broker: BrokerAddress,
    /// Time zone of the town halls.
    pub zone: TimeZone,
    /// The simulated years; the registers are integrals from their start.
    pub years: Range<i64>,
    /// The contest period, in which the true savings apply.
    pub contest: Range<i64>,
    /// Time of the first reading: the start of the years, or where an earlier run ended.
    pub from: i64,
    /// Time of the simulation.
    pub clock: SimulatedClock,
    /// Faults by identifier of the town hall.
    pub faults: HashMap<String, Faults>,
}

/// The simulated years of a simulation that begins at `from` (Unix seconds): 550 days.
pub const fn years(from: i64) -> Range<i64> {
    let first = from - from.rem_euclid(QUARTER);
    first..first + 550 * 86_400
}

/// A running fleet.
#[derive(Debug)]
pub struct Fleet {
    halls: Vec<TownHall>,
    registers: Vec<MeterRegister>,
    progress: Vec<Arc<Progress>>,
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

/// The clock of one gateway. It shows the time of the newest telegram, so that history
/// has its own time however fast it is sent.
#[derive(Debug)]
pub(crate) struct TelegramClock {
    progress: Arc<Progress>,
    since: Instant,
}

impl TelegramClock {
    pub(crate) const fn new(progress: Arc<Progress>, since: Instant) -> Self {
        Self { progress, since }
    }
}

impl Clock for TelegramClock {
    fn monotonic_ms(&self) -> u64 {
        self.since.elapsed().as_millis() as u64
    }

    fn utc(&self) -> Option<Time> {
        Time::from_unix(self.progress.newest.load(Relaxed)).ok()
    }

    async fn sleep_until(&self, at_ms: u64) {
        tokio::time::sleep_until(self.since + std::time::Duration::from_millis(at_ms)).await;
    }
}

/// Why a fleet could not be started.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// A generated identifier is invalid, which is a defect of the simulator.
    #[error("{id:?} is not an identifier: {source}")]
    Identifier {
        /// The identifier.
        id: String,
        /// The rule that it breaks.
        source: IdError,
    },
}

impl FleetConfig {
    /// Integrates the loads and starts all gateways.
    pub fn start(self) -> Result<Fleet, FleetError> {
        let halls = town_halls(self.seed, self.participants);
        let quarters = QuarterHours::new(&self.zone, self.years.clone());
        let registers: Vec<MeterRegister> = halls
            .iter()
            .map(|hall| MeterRegister::new(self.seed, hall, &quarters, self.contest.clone()))
            .collect();
        let schedule = SendSchedule {
            first: self.from,
            hourly_until: self.contest.start,
            quarterly_until: self.clock.now(),
            interval: self.clock.interval(halls.len()),
        };
        let (stop, stopped) = watch::channel(false);
        let mut tasks = JoinSet::new();
        let mut progress = Vec::new();
        for (hall, register) in halls.iter().zip(&registers) {
            let shared = Arc::new(Progress::default());
            let faults = self.faults.get(&hall.id).cloned().unwrap_or_default();
            let config = gateway_config(hall)?;
            let port = MeterPort::new(
                hall,
                register.clone(),
                faults.clone(),
                self.zone.clone(),
                self.clock,
                schedule,
                Arc::clone(&shared),
            );
            let uplink =
                FaultyUplink::new(MqttUplink::new(self.broker.clone(), WINDOW), faults, self.clock);
            tasks.spawn(run_gateway(config, port, uplink, Arc::clone(&shared), stopped.clone()));
            progress.push(shared);
        }
        Ok(Fleet { halls, registers, progress, tasks, stop })
    }
}

fn identifier<T: FromStr<Err = IdError>>(id: String) -> Result<T, FleetError> {
    id.parse().map_err(|source| FleetError::Identifier { id, source })
}

fn gateway_config(hall: &TownHall) -> Result<Config, FleetError> {
    let mut config = Config::new(identifier(hall.gateway())?, identifier(hall.meter())?);
    config.multiplier = Multiplier::new(hall.multiplier).unwrap_or(Multiplier::ONE);
    config.window = WINDOW.into();
    // At high speed a broker may be minutes of simulated time behind.
    config.ack_timeout_s = u32::MAX;
    Ok(config)
}

async fn run_gateway(
    config: Config,
    mut port: MeterPort,
    mut uplink: FaultyUplink<MqttUplink>,
    progress: Arc<Progress>,
    mut stopped: watch::Receiver<bool>,
) {
    let clock = TelegramClock::new(Arc::clone(&progress), Instant::now());
    // A restart of the simulator is a boot, whose number must be larger: it is the time in
    // minutes.
    let boot = u32::try_from(jiff::Timestamp::now().as_second() / 60).unwrap_or(u32::MAX);
    let mut outbox = Box::new(RamOutbox::<OUTBOX>::new(boot));
    let mut observer = ProgressObserver(progress);
    let run = gateway::run(&config, &mut port, &clock, &mut uplink, &mut *outbox, &mut observer);
    tokio::select! {
        ended = run => {
            if let Err(error) = ended {
                tracing::error!(gateway = %config.gateway, "the gateway loop ended: {error}");
            }
        }
        _ = stopped.wait_for(|&stop| stop) => {}
    }
}

impl Fleet {
    /// The town halls with their true savings.
    pub fn halls(&self) -> &[TownHall] {
        &self.halls
    }

    /// Their registers, by the same index.
    pub fn registers(&self) -> &[MeterRegister] {
        &self.registers
    }

    /// Telegrams that all meters have sent in total.
    pub fn telegrams(&self) -> usize {
        self.progress.iter().map(|one| one.sent.load(Relaxed)).sum()
    }

    /// Time of the newest telegram of the meter that is furthest behind, Unix seconds.
    pub fn reached(&self) -> i64 {
        self.progress.iter().map(|one| one.newest.load(Relaxed)).min().unwrap_or(0)
    }

    /// Stops all gateways and waits for them.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        while self.tasks.join_next().await.is_some() {}
    }
}

//! `gateway`: sends the readings of a meter at a serial port to MQTT.
use std::{fs, path::PathBuf, time::Duration};

use gateway::mqtt::MqttUplink;
use gateway::{Config, Multiplier, RunError};
use wire::{GatewayId, MeterId};

use super::{Failure, broker_args::BrokerArgs, interrupted, runtime};
use crate::gateway::{
    ClockTrust, DiskOutbox, LogObserver, LoggedUplink, MeterPort, OutboxError, Shutdown,
    SystemClock, boot_id,
};

/// Longest time for the last messages at shutdown. Unsent readings stay on disk.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Serial port of the meter, 115200 8N1, best as /dev/serial/by-id/…; it may appear later
    #[arg(long, value_name = "PATH")]
    serial: PathBuf,
    /// Id of the meter in the competition's configuration; meters do not send it
    #[arg(long, value_name = "ID")]
    meter: MeterId,
    #[command(flatten)]
    broker: BrokerArgs,
    /// Name of this gateway in its topics [default: the name of this machine]
    #[arg(long, value_name = "ID")]
    gateway: Option<GatewayId>,
    /// Directory of the outbox, where readings wait until the broker acknowledges them
    #[arg(long, value_name = "DIR", default_value = "./gateway")]
    data: PathBuf,
    /// Ratio of the current transformers of a meter that shows secondary values
    #[arg(long, value_name = "N", default_value_t = 1)]
    multiplier: u32,
    /// Least seconds between two readings; 0 sends every reading
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    interval: u32,
    /// Trust the clock of this machine even while the system reports it as not synchronised
    #[arg(long)]
    trust_clock: bool,
    /// Trust the clock of this machine as soon as this file exists, instead of asking the system;
    /// for programs that set the clock without informing the kernel
    #[arg(long, value_name = "FILE", conflicts_with = "trust_clock")]
    clock_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = config(args)?;
    let address = args.broker.address()?;
    tracing::info!(
        "gateway {} reads meter {} and sends to {}:{}",
        config.gateway,
        config.meter,
        address.host,
        address.port
    );
    let mut outbox =
        DiskOutbox::open(&args.data, boot_id()).map_err(|error| outbox_failure(&error))?;
    let window = config.window.try_into().unwrap_or(u16::MAX);
    runtime()?.block_on(async {
        let shutdown = Shutdown::default();
        let mut port = MeterPort::new(&args.serial, shutdown.clone());
        let trust = match &args.clock_file {
            Some(path) => ClockTrust::File(path.clone()),
            None if args.trust_clock => ClockTrust::Always,
            None => ClockTrust::Synchronised,
        };
        let clock = SystemClock::new(trust);
        let mut uplink = LoggedUplink(MqttUplink::new(address, window));
        let mut observer = LogObserver;
        let work =
            gateway::run(&config, &mut port, &clock, &mut uplink, &mut outbox, &mut observer);
        tokio::pin!(work);
        let stop = async {
            interrupted().await;
            shutdown.begin();
            tokio::time::sleep(SHUTDOWN_TIMEOUT).await;
        };
        tokio::select! {
            ended = &mut work => match ended {
                Ok(()) => Ok(()),
                Err(RunError::Outbox(error)) => Err(outbox_failure(&error)),
                Err(RunError::Meter(never)) => match never {},
            },
            () = stop => Ok(()),
        }
    })
}

fn outbox_failure(error: &OutboxError) -> Failure {
    let hint = match error {
        OutboxError::InUse(_) => "stop the other gateway, or name another directory with --data",
        OutboxError::Io { .. } => "name a writable directory with free space with --data",
    };
    Failure::failed(error, hint)
}

fn config(args: &Args) -> Result<Config, Failure> {
    let gateway = match &args.gateway {
        Some(gateway) => gateway.clone(),
        None => hostname().ok_or_else(|| {
            Failure::usage(
                "the name of this machine cannot be the name of a gateway",
                "give one with --gateway, as in the competition's configuration",
            )
        })?,
    };
    let mut config = Config::new(gateway, args.meter.clone());
    config.interval_s = args.interval;
    config.multiplier = Multiplier::new(args.multiplier).ok_or_else(|| {
        Failure::usage(
            format!("--multiplier {} is not a ratio of current transformers", args.multiplier),
            "write 1 to 1000000; 1 where the meter shows primary values",
        )
    })?;
    Ok(config)
}

fn hostname() -> Option<GatewayId> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    name.trim().parse().ok()
}

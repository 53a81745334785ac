//! `simulate`: runs the fleet of simulated town halls alone, with any broker.
use std::{
    collections::HashMap,
    ops::Range,
    path::{Path, PathBuf},
};

use gateway::mqtt::{BrokerAddress, Credentials};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use simulator::{
    faults::{Fault, Faults},
    fleet::FleetConfig,
    simulated_clock::SimulatedClock,
    town_hall::town_halls,
};

use super::{Failure, interrupted, output, runtime};
use crate::{
    broker_url::{BROKER_PASSWORD, BrokerUrl},
    names::did_you_mean,
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// URL of the broker, such as mqtt://127.0.0.1:1883
    #[arg(long, value_name = "URL", required_unless_present_any = ["truth", "weather"])]
    broker: Option<String>,
    /// Number of town halls
    #[arg(long, value_name = "N", default_value_t = 24)]
    participants: usize,
    /// Simulated seconds per second; at high speed meters send less often, see `demo --help`
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    speed: f64,
    /// Seed of all pseudo-random numbers
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Time of the first reading; readings until now are hourly [default: now]
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// First local day of the contest period, in which the true savings apply
    #[arg(long, value_name = "DATE")]
    contest_start: Option<Date>,
    /// Local day after the last day of the contest period
    #[arg(long, value_name = "DATE")]
    contest_end: Option<Date>,
    /// A fault to inject, such as soderhamn:noise=0.02, pitea:repeat, all:offline=FROM/TO; also
    /// rollover=WH, swap=TIME, hourly, summer-clock
    #[arg(long = "fault", value_name = "ID:FAULT")]
    faults: Vec<String>,
    /// Print the town halls and their true savings as JSON, and exit
    #[arg(long)]
    truth: bool,
    /// Write the outdoor temperatures from --from until --contest-end (default: now) to one
    /// ID.csv for each town hall, as `wattkampen import temperature` reads them, and exit
    #[arg(long, value_name = "DIR", requires = "from", conflicts_with = "truth")]
    weather: Option<PathBuf>,
}

/// Writes the simulated hourly weather as CSV files.
fn write_weather(dir: &Path, args: &Args, hours: Range<i64>) -> std::io::Result<()> {
    std::fs::create_dir_all(dir)?;
    for hall in town_halls(args.seed, args.participants) {
        let mut text = "timestamp,outdoor_c\n".to_owned();
        for hour in hours.clone().step_by(3600) {
            let Ok(at) = Timestamp::from_second(hour) else { continue };
            text.push_str(&format!("{at},{:.2}\n", hall.outdoor_c(args.seed, hour + 1800)));
        }
        std::fs::write(dir.join(format!("{}.csv", hall.id)), text)?;
    }
    Ok(())
}

/// Faults by town hall, from the arguments of `--fault`.
pub(super) fn faults(
    texts: &[String],
    participants: usize,
    seed: u64,
) -> Result<HashMap<String, Faults>, Failure> {
    let ids: Vec<String> = town_halls(seed, participants).into_iter().map(|hall| hall.id).collect();
    let mut all: HashMap<String, Faults> = HashMap::new();
    for text in texts {
        let (id, fault) = text.split_once(':').ok_or_else(|| {
            Failure::usage(
                format!("--fault {text:?} does not name a town hall"),
                "write ID:FAULT, such as soderhamn:noise=0.02",
            )
        })?;
        let fault: Fault =
            fault.parse().map_err(|error| Failure::usage(format!("--fault {text:?}"), error))?;
        let matching: Vec<&String> = ids.iter().filter(|one| id == "all" || *one == id).collect();
        if matching.is_empty() {
            return Err(Failure::usage(
                format!(
                    "--fault {text:?}: no town hall is called {id:?}{}",
                    did_you_mean(id, ids.iter().map(String::as_str))
                ),
                format!("the town halls are {}", ids.join(", ")),
            ));
        }
        for id in matching {
            all.entry(id.clone()).or_default().add(fault.clone());
        }
    }
    Ok(all)
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if args.truth {
        return output::line(super::demo::truth(args.seed, args.participants));
    }
    let zone = TimeZone::get("Europe/Stockholm").map_err(|error| Failure::Failed(error.into()))?;
    let now = Timestamp::now().as_second();
    let from = args.from.map_or(now, Timestamp::as_second);
    let midnight = |date: Date| {
        date.to_zoned(zone.clone())
            .map(|at| at.timestamp().as_second())
            .map_err(|error| Failure::Failed(error.into()))
    };
    if let Some(dir) = &args.weather {
        let hours = from - from.rem_euclid(3600)..args.contest_end.map_or(Ok(now), midnight)?;
        return write_weather(dir, args, hours).map_err(|error| {
            Failure::usage(
                format!("{} cannot be written: {error}", dir.display()),
                "give a directory that this user may write to",
            )
        });
    }
    let broker = args.broker.as_deref().unwrap_or_default();
    let url = BrokerUrl::parse(broker).filter(|url| !url.tls).ok_or_else(|| {
        Failure::usage(
            format!("--broker {broker:?} is not the URL of a broker"),
            format!(
                "write mqtt://host:1883 or mqtt://user@host:1883, the password in {BROKER_PASSWORD}"
            ),
        )
    })?;
    if !(args.speed > 0.0 && args.speed.is_finite()) {
        return Err(Failure::usage(
            format!("--speed is {}, which is not above 0", args.speed),
            "1 is real time; 600 lets ten minutes pass in a second",
        ));
    }
    let start = args.contest_start.map_or(Ok(from), midnight)?;
    let years = simulator::fleet::years(from.min(start));
    let end = args.contest_end.map_or(Ok(years.end), midnight)?.min(years.end);
    // At real speed the clock shows real time. At a higher speed it starts at the first
    // reading.
    let start_clock = if args.speed > 1.0 { from } else { now };
    let config = FleetConfig {
        seed: args.seed,
        participants: args.participants,
        broker: BrokerAddress {
            host: url.host.to_owned(),
            port: url.port,
            credentials: url.user.map(|user| Credentials {
                user: user.to_owned(),
                password: std::env::var(BROKER_PASSWORD).unwrap_or_default(),
            }),
            tls: None,
        },
        zone,
        years,
        contest: start..end,
        from,
        clock: SimulatedClock::new(start_clock, args.speed, i64::MAX),
        faults: faults(&args.faults, args.participants, args.seed)?,
    };
    runtime()?.block_on(async {
        let fleet = config.start().map_err(|error| Failure::Failed(error.into()))?;
        interrupted().await;
        output::stderr_line(format_args!("{} telegrams sent", fleet.telegrams()));
        fleet.stop().await;
        Ok(())
    })
}

//! `demo`: a whole competition on this machine, from the bytes of meters to the pages.
//!
//! The calendar is fixed, so that a seed always gives the same competition: a baseline
//! period from March 2026, and a contest in the spring of 2027 that is half over when the
//! demonstration starts. Earlier readings take the same path as later ones, only faster.
mod outcome;

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
};

use competition::{
    Activity, ActivityKind, Celsius, Competition, Dated, Meter, Participant, Percent, Period,
    SquareMetres, Time, Watts,
};
use gateway::mqtt::BrokerAddress;
use jiff::{
    civil::{Date, date},
    tz::TimeZone,
};
use server::{
    AccessSettings, BrokerKind, Settings,
    clock::Clock,
    store::{Durability, Importer},
};
use simulator::{
    faults::Faults,
    fleet::FleetConfig,
    simulated_clock::SimulatedClock,
    town_hall::{TownHall, town_halls},
};
use wire::Language;

use super::{Failure, output, runtime, service, simulate};

pub(super) use outcome::truth;

/// First day of the baseline.
const BASELINE: Date = date(2026, 3, 1);
/// First day of the contest.
const CONTEST: Date = date(2027, 3, 1);
/// The day after the last day of the contest.
const END: Date = date(2027, 6, 1);
/// Start of the demonstration: a day in the middle of the contest, and the hour.
const BEGIN: (Date, i8) = (date(2027, 4, 20), 10);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Number of town halls
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    participants: u32,
    /// Simulated seconds per second: 600 lets ten minutes pass in a second, 60000 reaches the end
    /// of the contest in a minute. Meters send every 10 s; if that were more than 2000 readings a
    /// second in all, every minute, 5 minutes, 15 minutes or hour
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    speed: f64,
    /// Address of the pages; port 0 picks a free one [default: 127.0.0.1:8080, or a free port]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Address of the MQTT broker [default: 127.0.0.1:1883, or a free port]
    #[arg(long, value_name = "ADDR")]
    mqtt: Option<SocketAddr>,
    /// Data directory to keep and to continue from [default: a temporary one]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Seed of everything that is random
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Simulate a fault, such as soderhamn:noise=0.02, pitea:repeat, all:offline=FROM/TO; also
    /// rollover=WH, swap=TIME, hourly, summer-clock
    #[arg(long = "fault", value_name = "ID:FAULT")]
    faults: Vec<String>,
}

/// The times of the demonstration, seconds of UTC.
#[derive(Debug, Clone)]
struct Times {
    zone: TimeZone,
    baseline: i64,
    contest: i64,
    end: i64,
    begin: i64,
}

impl Times {
    fn new() -> Result<Self, jiff::Error> {
        let zone = TimeZone::get("Europe/Stockholm")?;
        let at = |day: Date, hour| {
            day.at(hour, 0, 0, 0).to_zoned(zone.clone()).map(|at| at.timestamp().as_second())
        };
        Ok(Self {
            baseline: at(BASELINE, 0)?,
            contest: at(CONTEST, 0)?,
            end: at(END, 0)?,
            begin: at(BEGIN.0, BEGIN.1)?,
            zone,
        })
    }
}

/// The chosen address, or the default port, or a free port where that is in use.
fn address(chosen: Option<SocketAddr>, default_port: u16) -> SocketAddr {
    chosen.unwrap_or_else(|| {
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, default_port));
        let free = TcpListener::bind(default).is_ok();
        if free { default } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
    })
}

fn competition(times: &Times) -> Competition {
    let baseline = Period { start: BASELINE, end: CONTEST };
    let contest = Period { start: CONTEST, end: END };
    Competition::new("Energispartävling 2027", times.zone.clone(), baseline, contest)
}

fn participant(hall: &TownHall) -> Participant {
    let mut meter = Meter::new(&hall.meter());
    // The default capacity is too small for the largest town halls.
    meter.capacity = Watts(2_000_000);
    Participant {
        id: hall.id.clone(),
        municipality: hall.municipality.clone(),
        cluster: hall.cluster.clone(),
        building: "Stadshuset".to_owned(),
        floor_area: Dated(vec![(BASELINE, SquareMetres(hall.area_m2))]),
        employees: Dated(vec![(BASELINE, hall.employees)]),
        target: Some(Percent(10.0)),
        meters: vec![meter],
        activities: activities(&hall.id),
        ..Participant::default()
    }
}

/// Some activities of 2011. The simulated load does not react to them, so their measured
/// effect shows what no effect looks like.
fn activities(hall: &str) -> Vec<Activity> {
    let (kind, day, place, by, note) = match hall {
        "soderhamn" => (
            ActivityKind::NightWalk,
            date(2027, 4, 6),
            "hela huset",
            "vaktmästare",
            "14 skärmar och en kaffemaskin var på",
        ),
        "pitea" => (
            ActivityKind::StandingsByMail,
            date(2027, 3, 22),
            "",
            "energisamordnare",
            "ställningen till alla i huset",
        ),
        "sunne" => (
            ActivityKind::PowerStrips,
            date(2027, 4, 1),
            "plan 2",
            "IT-avdelningen",
            "40 grenuttag med strömbrytare",
        ),
        _ => return Vec::new(),
    };
    let [place, by, note] = [place, by, note].map(str::to_owned);
    vec![Activity { kind, day, place, by, note }]
}

/// Imports the simulated outdoor temperatures of the whole calendar.
fn import_weather(
    data: &std::path::Path,
    halls: &[TownHall],
    seed: u64,
    times: &Times,
    clock: Clock,
) -> Result<(), Failure> {
    let mut importer = Importer::open(data, &[], false)?.with_clock(clock);
    for hall in halls {
        let hours = (times.baseline..times.end).step_by(3600);
        let rows: Vec<_> =
            hours.map(|at| (Time(at), Celsius(hall.outdoor_c(seed, at + 1800)))).collect();
        importer.temperatures(&hall.id, &rows)?;
    }
    Ok(())
}

/// Where an earlier run in the same directory ended: the earliest of the town halls' newest
/// readings, if every town hall has one.
fn newest_common_reading(data: &std::path::Path, halls: &[TownHall]) -> Option<i64> {
    let reader = server::store::Reader::open(data).ok()?;
    let newest = |hall: &TownHall| {
        let readings = reader.readings(Some(&hall.meter()), Time(0)..Time(i64::MAX)).ok()?;
        readings.last()?.ok().map(|reading| reading.sample.at.0)
    };
    halls.iter().map(newest).min()?
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    if !(args.speed > 0.0 && args.speed.is_finite()) {
        return Err(Failure::usage(
            format!("--speed is {}, which is not above 0", args.speed),
            "1 is real time; 600 lets ten minutes pass in a second",
        ));
    }
    let count = args.participants as usize;
    let faults = simulate::faults(&args.faults, count, args.seed)?;
    let times = Times::new().map_err(|error| Failure::Failed(error.into()))?;
    let kept;
    let data = match &args.data {
        Some(data) => data,
        None => {
            kept = tempfile::tempdir().map_err(|error| Failure::Failed(error.into()))?;
            &kept.path().to_owned()
        }
    };
    let halls = town_halls(args.seed, count);
    let resumed = newest_common_reading(data, &halls).filter(|&at| at > times.baseline);
    let begin = resumed.map_or(times.begin, |at| at.max(times.begin)).min(times.end);
    let clock = Clock::simulated_until(Time(begin), args.speed, Time(times.end));
    import_weather(data, &halls, args.seed, &times, clock)?;
    let settings = Settings {
        http: address(args.http, 8080),
        data: data.clone(),
        broker: BrokerKind::Embedded {
            listen: address(args.mqtt, 1883),
            listen_tls: None,
            logins: Vec::new(),
        },
        durability: Durability::default(),
        competition: competition(&times),
        participants: halls.iter().map(participant).collect(),
        gateways: halls
            .iter()
            .filter_map(|hall| Some((hall.meter(), hall.gateway().parse().ok()?)))
            .collect(),
        clock,
        language: Language::Swedish,
        https: None,
        tls: None,
        min_free_bytes: 0,
        backup: None,
        access: AccessSettings { demonstration: true, ..AccessSettings::default() },
    };
    runtime()?.block_on(serve(args, settings, &times, begin, resumed, faults))
}

async fn serve(
    args: &Args,
    settings: Settings,
    times: &Times,
    begin: i64,
    resumed: Option<i64>,
    faults: HashMap<String, Faults>,
) -> Result<(), Failure> {
    let mut running = service::start(settings).await?;
    output::stderr_line(
        "A demonstration: the town halls and their calendar are simulated. Which 24 municipalities \
         took part in 2011 is not known; these are others. Ctrl-C ends it.",
    );
    let broker = running.mqtt_addr.map_or_else(String::new, |address| address.ip().to_string());
    let config = FleetConfig {
        seed: args.seed,
        participants: args.participants as usize,
        broker: BrokerAddress {
            host: broker,
            port: running.mqtt_addr.map_or(1883, |address| address.port()),
            credentials: None,
            tls: None,
        },
        zone: times.zone.clone(),
        years: times.baseline..times.end + 86_400,
        contest: times.contest..times.end,
        from: resumed.unwrap_or(times.baseline),
        clock: SimulatedClock::new(begin, args.speed, times.end),
        faults,
    };
    let fleet = config.start().map_err(|error| Failure::Failed(error.into()))?;
    let client = running.client.clone();
    let print_outcome = async {
        outcome::wait_until(&client, Time(times.end)).await;
        output::line(outcome::text(&client, fleet.halls()))?;
        std::future::pending().await
    };
    let result = tokio::select! {
        result = service::until_stopped(&mut running) => result,
        failure = print_outcome => failure,
    };
    fleet.stop().await;
    running.shutdown().await.map_err(|error| service::failure(&error))?;
    result
}

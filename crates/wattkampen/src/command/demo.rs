//! `demo`: a whole competition on this machine, from meter bytes to the page.
//!
//! The calendar is a fixed one, so that a seed gives the same competition every
//! day: a baseline from March 2026, a contest in the spring of 2027 that is half
//! over when the demonstration begins. Every reading before that travels the same
//! way as the ones after it, only faster.
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
    BrokerKind, Settings,
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
/// The day after its last.
const END: Date = date(2027, 6, 1);
/// A Tuesday morning in its middle.
const BEGIN: (Date, i8) = (date(2027, 4, 20), 10);

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// How many town halls
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    participants: u32,
    /// Seconds that pass in one: 600 lets ten minutes pass in a second, 60000 runs to the
    /// contest's end in a minute. Meters send every 10 s; where that would be more than 2000
    /// readings a second in all, every minute, 5 minutes, quarter-hour, hour
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    speed: f64,
    /// Where the pages are; port 0 picks a free one [default: 127.0.0.1:8080, or a free port]
    #[arg(long, value_name = "ADDR")]
    http: Option<SocketAddr>,
    /// Where the MQTT broker listens [default: 127.0.0.1:1883, or a free port]
    #[arg(long, value_name = "ADDR")]
    mqtt: Option<SocketAddr>,
    /// Keep the readings there and go on from them; otherwise they go when the demonstration ends
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// What is drawn follows from it
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// A fault to order, such as soderhamn:noise=0.02, pitea:repeat, all:offline=FROM/TO; also
    /// rollover=WH, swap=TIME, hourly, summer-clock
    #[arg(long = "fault", value_name = "ID:FAULT")]
    faults: Vec<String>,
}

/// The moments of the demonstration, seconds of UTC.
#[derive(Debug, Clone)]
struct Moments {
    zone: TimeZone,
    baseline: i64,
    contest: i64,
    end: i64,
    begin: i64,
}

impl Moments {
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

/// The usual port, or a free one where somebody has it.
fn address(chosen: Option<SocketAddr>, usual: u16) -> SocketAddr {
    chosen.unwrap_or_else(|| {
        let usual = SocketAddr::from((Ipv4Addr::LOCALHOST, usual));
        let free = TcpListener::bind(usual).is_ok();
        if free { usual } else { SocketAddr::from((Ipv4Addr::LOCALHOST, 0)) }
    })
}

fn competition(moments: &Moments) -> Competition {
    let baseline = Period { start: BASELINE, end: CONTEST };
    let contest = Period { start: CONTEST, end: END };
    Competition::new("Energispartävling 2027", moments.zone.clone(), baseline, contest)
}

fn participant(hall: &TownHall) -> Participant {
    let mut meter = Meter::new(&hall.meter());
    // Large houses have more than a megawatt.
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

/// Some of what was done in 2011, as it is recorded. Nothing is added to the simulated
/// load for them: what is measured is what their effect looks like when there is none.
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

/// The simulated weather goes into the store as an organiser's import does, the whole
/// calendar's at once: nobody is there to bring it day by day.
fn weather(
    data: &std::path::Path,
    halls: &[TownHall],
    seed: u64,
    moments: &Moments,
) -> Result<(), Failure> {
    let failed = |error: server::store::StoreError| {
        let mend = error.hint();
        Failure::Failed(anyhow::anyhow!("{error}\n  {mend}"))
    };
    let mut importer = Importer::open(data, &[], false).map_err(failed)?;
    for hall in halls {
        let hours = (moments.baseline..moments.end).step_by(3600);
        let rows: Vec<_> =
            hours.map(|at| (Time(at), Celsius(hall.outdoor_c(seed, at + 1800)))).collect();
        importer.temperatures(&hall.id, &rows).map_err(failed)?;
    }
    Ok(())
}

/// Where an earlier run over the same folder ended: the newest reading of the
/// house that is furthest behind, if every house has one.
fn resumed(data: &std::path::Path, halls: &[TownHall]) -> Option<i64> {
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
            format!("--speed {} is no speed", args.speed),
            "1 is real time, 600 ten minutes a second",
        ));
    }
    let count = args.participants as usize;
    let faults = simulate::faults(&args.faults, count, args.seed)?;
    let moments = Moments::new().map_err(|error| Failure::Failed(error.into()))?;
    let kept;
    let data = match &args.data {
        Some(data) => data,
        None => {
            kept = tempfile::tempdir().map_err(|error| Failure::Failed(error.into()))?;
            &kept.path().to_owned()
        }
    };
    let halls = town_halls(args.seed, count);
    weather(data, &halls, args.seed, &moments)?;
    let resumed = resumed(data, &halls).filter(|&at| at > moments.baseline);
    let begin = resumed.map_or(moments.begin, |at| at.max(moments.begin)).min(moments.end);
    let clock = Clock::simulated_until(Time(begin), args.speed, Time(moments.end));
    let settings = Settings {
        http: address(args.http, 8080),
        data: data.clone(),
        broker: BrokerKind::Embedded { listen: address(args.mqtt, 1883), logins: Vec::new() },
        durability: Durability::default(),
        competition: competition(&moments),
        participants: halls.iter().map(participant).collect(),
        gateways: halls
            .iter()
            .filter_map(|hall| Some((hall.meter(), hall.gateway().parse().ok()?)))
            .collect(),
        clock,
        language: Language::Swedish,
        organiser: None,
    };
    runtime()?.block_on(serve(args, settings, &moments, begin, resumed, faults))
}

async fn serve(
    args: &Args,
    settings: Settings,
    moments: &Moments,
    begin: i64,
    resumed: Option<i64>,
    faults: HashMap<String, Faults>,
) -> Result<(), Failure> {
    let mut running = service::start(settings).await?;
    output::stderr_line(
        "A demonstration: the town halls are simulated, their calendar too. Which 24 \
         municipalities took part in 2011 is not known; these are not they. Ctrl-C ends it.",
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
        zone: moments.zone.clone(),
        years: moments.baseline..moments.end + 86_400,
        contest: moments.contest..moments.end,
        from: resumed.unwrap_or(moments.baseline),
        clock: SimulatedClock::new(begin, args.speed, moments.end),
        faults,
    };
    let fleet = config.start().map_err(|error| Failure::Failed(error.into()))?;
    let client = running.client.clone();
    let result = async {
        outcome::ended(&client, Time(moments.end)).await;
        output::line(outcome::text(&client, fleet.halls()))?;
        std::future::pending().await
    };
    let ended = tokio::select! {
        ended = service::until_stopped(&mut running) => ended,
        failed = result => failed,
    };
    fleet.stop().await;
    running.shutdown().await.map_err(|error| service::failure(&error))?;
    ended
}

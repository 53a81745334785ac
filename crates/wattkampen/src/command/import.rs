//! `import`: history from CSV into a competition's store, also beside its service.
use std::path::{Path, PathBuf};

use competition::{ImportValidator, Standings, Time};
use jiff::{Timestamp, tz::TimeZone};
use server::store::{BulkWriter, Importer, StoreError};

use super::{Failure, output};
use crate::{
    config::Config,
    import::{ImportError, Kind, Layout, Sink, Source, Tally, Unit, Wish, identifier, import},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Energies of intervals (`timestamp,energy_wh`) or registers (`timestamp,register_wh`)
    Readings {
        /// The meter; else each file's name without its extension
        #[arg(long, value_name = "ID")]
        meter: Option<String>,
        /// The values are registers, not energies
        #[arg(long)]
        register: bool,
        /// Unit of the values, where the column's name does not say it
        #[arg(long, value_name = "UNIT", value_enum)]
        unit: Option<Unit>,
        /// Minutes of an interval: 15, 30 or 60; else as the first rows are apart
        #[arg(long, value_name = "MINUTES", value_parser = minutes)]
        interval: Option<i64>,
        /// Times are the ends of the intervals, not their beginnings
        #[arg(long)]
        ends: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Outdoor temperatures by the hour (`timestamp,outdoor_c`)
    Temperature {
        /// The participant; else each file's name without its extension
        #[arg(long, value_name = "ID")]
        participant: Option<String>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Column of the times, by name or by number from 1
    #[arg(long, value_name = "COLUMN")]
    time_column: Option<String>,
    /// Column of the values, by name or by number from 1
    #[arg(long, value_name = "COLUMN")]
    value_column: Option<String>,
    /// Zone of times without an offset [default: the competition's]
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// What stands between fields, `tab` for a tabulator
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Numbers are written 1,5
    #[arg(long)]
    decimal_comma: bool,
    /// Another value for a time that is stored replaces it
    #[arg(long)]
    replace: bool,
    /// CSV files, packed with gzip or not
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

fn minutes(text: &str) -> Result<i64, String> {
    match text {
        "15" | "30" | "60" => text.parse().map_err(|_| String::new()),
        _ => Err("15, 30 or 60".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [one] => Ok(*one),
        b"tab" | b"\\t" => Ok(b'\t'),
        _ => Err("one character, or tab".to_owned()),
    }
}

fn failed(error: impl Into<ImportError>) -> Failure {
    Failure::Failed(anyhow::anyhow!("{}", error.into()))
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config).map_err(|error| Failure::Usage(error.into()))?;
    let (common, given) = match &args.what {
        What::Readings { meter, common, .. } => (common, meter),
        What::Temperature { participant, common } => (common, participant),
    };
    let mut wish = Wish::new(zone(common, &config)?);
    wish.time_column.clone_from(&common.time_column);
    wish.value_column.clone_from(&common.value_column);
    (wish.delimiter, wish.decimal_comma) = (common.delimiter, common.decimal_comma);
    if let What::Readings { register, unit, interval, ends, .. } = &args.what {
        (wish.register, wish.unit) = (*register, *unit);
        (wish.interval, wish.ends) = (*interval, *ends);
    }
    let temperature = matches!(args.what, What::Temperature { .. });
    let now = Time(Timestamp::now().as_second());
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    let into = Target { standings: Standings::new(competition, participants), config, wish, now };
    // All before the first is read: a misspelt name shall not end an hour's work.
    let ids = common.files.iter().map(|file| {
        let id = given.clone().unwrap_or_else(|| identifier(file));
        into.known(&id, temperature).map(|()| id)
    });
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    let mut all = Tally::default();
    for (file, id) in common.files.iter().zip(&ids) {
        let tally = into.file(file, id, temperature, common.replace)?;
        output::line(format_args!("{}: {tally}", file.display()))?;
        all.taken += tally.taken;
        all.repeated += tally.repeated + tally.replaced + tally.aside;
        all.refused.extend(tally.refused);
    }
    if all.failed() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "no row was taken\n  the reasons stand above, with the first lines they are about"
        )));
    }
    Ok(())
}

fn zone(common: &Common, config: &Config) -> Result<TimeZone, Failure> {
    let Some(name) = &common.zone else { return Ok(config.competition.timezone.clone()) };
    TimeZone::get(name).map_err(|_| {
        Failure::usage(
            format!("--zone {name:?} is no time zone"),
            "write it as in Europe/Stockholm, UTC or Etc/GMT-1 (one hour before UTC all year)",
        )
    })
}

/// What every file goes into.
struct Target {
    config: Config,
    /// Empty: only judges.
    standings: Standings,
    wish: Wish,
    now: Time,
}

impl Target {
    fn known(&self, id: &str, temperature: bool) -> Result<(), Failure> {
        let people = || self.config.participants.iter();
        let (known, what, option) = if temperature {
            (people().any(|who| who.id == id), "participant", "--participant")
        } else {
            (self.standings.meter(id).is_some(), "meter", "--meter")
        };
        if known {
            return Ok(());
        }
        let names: Vec<&str> = if temperature {
            people().map(|who| who.id.as_str()).collect()
        } else {
            people().flat_map(|who| &who.meters).map(|meter| meter.id.as_str()).collect()
        };
        let more = if names.len() > 10 { ", …" } else { "" };
        let names = names[..names.len().min(10)].join(", ");
        Err(Failure::usage(
            format!("no {what} of the configuration is called {id:?}"),
            format!("say whose the file is with {option} ID; there are {names}{more}"),
        ))
    }

    fn file(
        &self,
        path: &Path,
        id: &str,
        temperature: bool,
        replace: bool,
    ) -> Result<Tally, Failure> {
        let name = || path.display().to_string();
        let source = Source::open(path).map_err(|error| {
            Failure::usage(
                format!("{} cannot be read: {error}", name()),
                "give the path of a CSV file",
            )
        })?;
        let layout =
            Layout::guess(source.beginning(), &self.wish, temperature).map_err(|unclear| {
                Failure::Usage(anyhow::anyhow!(
                    "{}",
                    ImportError::Unclear { path: name(), unclear }
                ))
            })?;
        output::tell(format_args!("{}: {layout}", path.display()));
        let Self { config, standings, wish, now } = self;
        let screen = ImportValidator::new(&config.competition, *now);
        let meters: Vec<_> = config.participants.iter().flat_map(|who| &who.meters).collect();
        let names: Vec<&str> = meters.iter().map(|meter| meter.id.as_str()).collect();
        let tally = match (layout.kind, meters.iter().find(|meter| meter.id == id)) {
            (Kind::Register, _) => {
                let mut store =
                    BulkWriter::open(&config.data, &names).map_err(|error| match error {
                        StoreError::InUse(_) => failed(ImportError::Running),
                        other => failed(other),
                    })?;
                let Some(meter) = standings.meter(id) else {
                    return self.known(id, false).map(|()| Tally::default());
                };
                let locked = store.is_locked().map_err(failed)?;
                let way = (&mut store, locked);
                let mut sink = Sink::registers(way, standings, (id, meter), screen, *now);
                let tally = import(path, source, &layout, &wish.zone, &mut sink);
                drop(sink);
                store.close().map_err(failed)?;
                tally
            }
            (Kind::Energy, Some(meter)) => {
                let mut store = Importer::open(&config.data, &names, replace).map_err(failed)?;
                let mut sink = Sink::intervals(&mut store, meter, screen);
                import(path, source, &layout, &wish.zone, &mut sink)
            }
            _ => {
                let mut store = Importer::open(&config.data, &names, replace).map_err(failed)?;
                let mut sink = Sink::temperatures(&mut store, id, screen);
                import(path, source, &layout, &wish.zone, &mut sink)
            }
        };
        tally.map_err(failed)
    }
}

//! `import`: history from CSV into a competition's store, while its service runs or not.
use std::path::{Path, PathBuf};

use competition::{ImportValidator, Standings, Time};
use jiff::tz::TimeZone;
use server::store::{BulkWriter, Importer, StoreError, service_clock};

use super::{Failure, output};
use crate::{
    config::Config,
    import::{
        Batch, ImportError, ImportOptions, IntervalSink, Layout, RegisterSink, RowSink, Source,
        Tally, TemperatureSink, Unit, ValueKind, identifier, import,
    },
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// Import energies of intervals (`timestamp,energy_wh`) or registers (`timestamp,register_wh`)
    Readings {
        /// Meter of all files [default: each file's name without its extension]
        #[arg(long, value_name = "ID")]
        meter: Option<String>,
        /// The values are registers, not energies of intervals
        #[arg(long)]
        register: bool,
        /// Unit of the values, where the name of the column does not contain it
        #[arg(long, value_name = "UNIT", value_enum)]
        unit: Option<Unit>,
        /// Length of an interval, 15, 30 or 60 minutes [default: the distance of the first rows]
        #[arg(long, value_name = "MINUTES", value_parser = minutes)]
        interval: Option<i64>,
        /// Times are the ends of the intervals, not their starts
        #[arg(long)]
        ends: bool,
        #[command(flatten)]
        common: Common,
    },
    /// Import hourly outdoor temperatures (`timestamp,outdoor_c`)
    Temperature {
        /// Participant of all files [default: each file's name without its extension]
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
    /// Character between fields, or `tab` [default: as the first row has it]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    delimiter: Option<u8>,
    /// Fractions follow a comma, as in 1,5
    #[arg(long)]
    decimal_comma: bool,
    /// Replace stored values that differ
    #[arg(long)]
    replace: bool,
    /// CSV files, which may be compressed with gzip
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
}

fn minutes(text: &str) -> Result<i64, String> {
    match text {
        "15" => Ok(15),
        "30" => Ok(30),
        "60" => Ok(60),
        _ => Err("intervals are 15, 30 or 60 minutes long".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<u8, String> {
    match text.as_bytes() {
        [one] => Ok(*one),
        b"tab" | b"\\t" => Ok(b'\t'),
        _ => Err("a delimiter is one character, or tab".to_owned()),
    }
}

fn failed(error: impl Into<ImportError>) -> Failure {
    Failure::Failed(error.into().into())
}

impl Command {
    fn common(&self) -> &Common {
        match self {
            Self::Readings { common, .. } | Self::Temperature { common, .. } => common,
        }
    }

    fn is_temperature(&self) -> bool {
        matches!(self, Self::Temperature { .. })
    }

    fn options(&self, config: &Config) -> Result<ImportOptions, Failure> {
        let common = self.common();
        let mut options = ImportOptions::new(zone(common, config)?);
        options.time_column.clone_from(&common.time_column);
        options.value_column.clone_from(&common.value_column);
        (options.delimiter, options.decimal_comma) = (common.delimiter, common.decimal_comma);
        if let Self::Readings { register, unit, interval, ends, .. } = self {
            (options.register, options.unit) = (*register, *unit);
            (options.interval, options.ends) = (*interval, *ends);
        }
        Ok(options)
    }

    /// The meter or participant of a file, checked against the configuration.
    fn id(&self, file: &Path, config: &Config) -> Result<String, Failure> {
        let id = |given: &Option<String>| given.clone().unwrap_or_else(|| identifier(file));
        match self {
            Self::Readings { meter, .. } => {
                let id = id(meter);
                config.meter(&id)?;
                Ok(id)
            }
            Self::Temperature { participant, .. } => {
                let id = id(participant);
                config.participant(&id)?;
                Ok(id)
            }
        }
    }
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let common = args.command.common();
    let options = args.command.options(&config)?;
    // Checked before the first file is read, so that a misspelt id does not end a long import.
    let ids = common.files.iter().map(|file| args.command.id(file, &config));
    let ids: Vec<String> = ids.collect::<Result<_, _>>()?;
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    let now = service_clock(&config.data)?.now();
    let target = Target {
        standings: Standings::new(competition, participants),
        config,
        options,
        temperature: args.command.is_temperature(),
        replace: common.replace,
        now,
    };
    let mut all = Tally::default();
    for (file, id) in common.files.iter().zip(&ids) {
        let tally = target.import(file, id)?;
        output::line(format_args!("{}: {tally}", file.display()))?;
        all.add(tally);
    }
    if all.failed() {
        return Err(Failure::failed(
            "no row was stored",
            "the reasons are listed above with the first lines that they are about",
        ));
    }
    Ok(())
}

fn zone(common: &Common, config: &Config) -> Result<TimeZone, Failure> {
    let Some(name) = &common.zone else { return Ok(config.competition.timezone.clone()) };
    TimeZone::get(name).map_err(|_| {
        Failure::usage(
            format!("--zone {name:?} is not a time zone"),
            "write it as in Europe/Stockholm, UTC or Etc/GMT-1 (one hour before UTC all year)",
        )
    })
}

/// The store that every file goes into, and how the files are read.
struct Target {
    config: Config,
    /// Without readings; they only validate.
    standings: Standings,
    options: ImportOptions,
    temperature: bool,
    /// Stored values that differ are replaced.
    replace: bool,
    now: Time,
}

impl Target {
    fn import(&self, path: &Path, id: &str) -> Result<Tally, Failure> {
        let source = Source::open(path).map_err(|error| {
            Failure::usage(
                format!("{} cannot be read: {error}", path.display()),
                "give the path of a CSV file",
            )
        })?;
        let layout = Layout::detect(source.beginning(), &self.options, self.temperature).map_err(
            |error| {
                let path = path.display().to_string();
                Failure::Usage(ImportError::Layout { path, error }.into())
            },
        )?;
        output::stderr_line(format_args!("{}: {layout}", path.display()));
        let validator = ImportValidator::new(&self.config.competition, self.now);
        let read = |sink: &mut dyn RowSink| {
            import(path, source, &layout, &self.options.zone, sink).map_err(failed)
        };
        match layout.kind {
            ValueKind::Register => self.import_registers(id, read),
            ValueKind::Energy => read(&mut IntervalSink {
                importer: &mut self.importer()?,
                meter: self.config.meter(id)?,
                validator,
                seconds: layout.seconds,
                ends: layout.ends,
                batch: Batch::new(),
            }),
            ValueKind::Outdoor => read(&mut TemperatureSink {
                importer: &mut self.importer()?,
                participant: id,
                validator,
                batch: Batch::new(),
            }),
        }
    }

    fn import_registers(
        &self,
        id: &str,
        read: impl FnOnce(&mut dyn RowSink) -> Result<Tally, Failure>,
    ) -> Result<Tally, Failure> {
        let mut writer = BulkWriter::open(&self.config.data, &self.meter_ids()).map_err(
            |error| match error {
                StoreError::InUse(_) => failed(ImportError::ServiceRunning),
                other => failed(other),
            },
        )?;
        let Some(meter) = self.standings.meter(id) else {
            return self.config.meter(id).map(|_| Tally::default()).map_err(Into::into);
        };
        let after_lock = writer.is_locked().map_err(failed)?.then(Vec::new);
        let tally = read(&mut RegisterSink {
            writer: &mut writer,
            standings: &self.standings,
            id,
            meter,
            now: self.now,
            after_lock,
        });
        writer.close().map_err(failed)?;
        tally
    }

    fn importer(&self) -> Result<Importer, Failure> {
        Importer::open(&self.config.data, &self.meter_ids(), self.replace).map_err(failed)
    }

    fn meter_ids(&self) -> Vec<&str> {
        self.config.meters().map(|meter| meter.id.as_str()).collect()
    }
}

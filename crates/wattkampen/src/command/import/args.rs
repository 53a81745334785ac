//! The options of `import`.
use std::path::PathBuf;

use super::remove::RemoveArgs;
use crate::{
    command::Failure,
    config::Config,
    import::{DateOrder, Decimal, Degrees, Statements, Times, Unit},
};

#[derive(Debug, clap::Args)]
pub(in super::super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
    #[command(flatten)]
    pub(super) remove: RemoveArgs,
    /// Replace stored values that differ, and all stored intervals that the files overlap
    #[arg(long, conflicts_with = "remove")]
    pub(super) replace: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Import energies of intervals (`timestamp,energy_wh`) or registers (`timestamp,register_wh`)
    Readings {
        /// Meter of all files, by its id or by a participant that has one [default: the file's own, or its name without its extension]
        #[arg(long, value_name = "ID")]
        meter: Option<String>,
        /// The values are registers, not energies of intervals
        #[arg(long)]
        register: bool,
        /// The values are energies of intervals, whatever they look like
        #[arg(long, conflicts_with = "register")]
        energies: bool,
        /// Unit of the values, where the file does not contain it
        #[arg(long, value_name = "UNIT", value_enum)]
        unit: Option<Unit>,
        /// Length of an interval, 15, 30 or 60 minutes [default: the distance of the rows]
        #[arg(long, value_name = "MINUTES", value_parser = minutes)]
        interval: Option<i64>,
        /// Times are the ends of the intervals, not their starts
        #[arg(long)]
        ends: bool,
        /// Times are the starts of the intervals, whatever their column is called
        #[arg(long, conflicts_with = "ends")]
        starts: bool,
        /// Column of each row's meter; a file fills all meters that it has rows of
        #[arg(long, value_name = "COLUMN")]
        meter_column: Option<String>,
        /// Column of each row's unit
        #[arg(long, value_name = "COLUMN")]
        unit_column: Option<String>,
        #[command(flatten)]
        common: Common,
    },
    /// Import hourly outdoor temperatures (`timestamp,outdoor_c`)
    Temperature {
        /// Participant of all files, by its id or municipality [default: each file's name without its extension]
        #[arg(long, value_name = "ID")]
        participant: Option<String>,
        /// Unit of the temperatures, °C or °F [default: C]
        #[arg(long, value_name = "UNIT", value_enum)]
        unit: Option<Degrees>,
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Common {
    /// Column of the times, by name or by number from 1; twice for a date and a clock
    #[arg(long, value_name = "COLUMN")]
    pub(super) time_column: Vec<String>,
    /// Column of the ends of the intervals
    #[arg(long, value_name = "COLUMN")]
    pub(super) end_column: Option<String>,
    /// Column of the values, by name or by number from 1
    #[arg(long, value_name = "COLUMN")]
    pub(super) value_column: Option<String>,
    /// Only rows that have this text in this column; may be repeated
    #[arg(long, value_name = "COLUMN=TEXT")]
    pub(super) only: Vec<String>,
    /// Zone of times without an offset [default: the competition's]
    #[arg(long, value_name = "ZONE")]
    pub(super) zone: Option<String>,
    /// Order of the numbers in dates, where it does not show
    #[arg(long, value_name = "ORDER", value_enum)]
    pub(super) date_order: Option<DateOrder>,
    /// Character between fields, or `tab` [default: as the rows have it]
    #[arg(long, value_name = "CHAR", value_parser = delimiter)]
    pub(super) delimiter: Option<char>,
    /// Fractions follow a comma, as in 1,5
    #[arg(long)]
    pub(super) decimal_comma: bool,
    /// Fractions follow a point, as in 1.5
    #[arg(long, conflicts_with = "decimal_comma")]
    pub(super) decimal_point: bool,
    /// Sheet of a workbook [default: the one with times and values]
    #[arg(long, value_name = "NAME")]
    pub(super) sheet: Option<String>,
    /// Read the files as a saved layout states
    #[arg(long, value_name = "NAME")]
    pub(super) layout: Option<String>,
    /// Save how the first file is read, for all later files with the same columns
    #[arg(long, value_name = "NAME")]
    pub(super) save_layout: Option<String>,
    /// Show how the files are read and what would be stored, and store nothing
    #[arg(long)]
    pub(super) dry_run: bool,
    /// Do not ask before a file is imported
    #[arg(long)]
    pub(super) yes: bool,
    /// Replace stored values that differ, and all stored intervals that the files overlap
    #[arg(long)]
    pub(super) replace: bool,
    /// Files of rows: CSV in any encoding, XLSX, XLS, ODS or Green Button XML; text may be
    /// compressed with gzip
    #[arg(value_name = "FILE", required = true)]
    pub(super) files: Vec<PathBuf>,
}

fn minutes(text: &str) -> Result<i64, String> {
    match text {
        "15" => Ok(15),
        "30" => Ok(30),
        "60" => Ok(60),
        _ => Err("intervals are 15, 30 or 60 minutes long".to_owned()),
    }
}

fn delimiter(text: &str) -> Result<char, String> {
    match text.as_bytes() {
        [one] if one.is_ascii() => Ok(char::from(*one)),
        b"tab" | b"\\t" => Ok('\t'),
        _ => Err("a delimiter is one character, or tab".to_owned()),
    }
}

impl Command {
    pub(super) const fn common(&self) -> &Common {
        match self {
            Self::Readings { common, .. } | Self::Temperature { common, .. } => common,
        }
    }

    pub(super) const fn is_temperature(&self) -> bool {
        matches!(self, Self::Temperature { .. })
    }

    /// What the command line states about the files.
    pub(super) fn statements(&self) -> Statements {
        let common = self.common();
        let mut stated = Statements {
            time_columns: common.time_column.clone(),
            end_column: common.end_column.clone(),
            value_column: common.value_column.clone(),
            only: common.only.clone(),
            zone: common.zone.clone(),
            date_order: common.date_order,
            delimiter: common.delimiter,
            decimal: match (common.decimal_comma, common.decimal_point) {
                (true, _) => Some(Decimal::Comma),
                (_, true) => Some(Decimal::Point),
                _ => None,
            },
            sheet: common.sheet.clone(),
            ..Statements::default()
        };
        if let Self::Readings {
            register,
            energies,
            unit,
            interval,
            ends,
            starts,
            meter_column,
            unit_column,
            ..
        } = self
        {
            stated.register = match (register, energies) {
                (true, _) => Some(true),
                (_, true) => Some(false),
                _ => None,
            };
            (stated.unit, stated.interval) = (*unit, *interval);
            stated.times = match (ends, starts) {
                (true, _) => Some(Times::Ends),
                (_, true) => Some(Times::Starts),
                _ => None,
            };
            stated.meter_column.clone_from(meter_column);
            stated.unit_column.clone_from(unit_column);
        }
        if let Self::Temperature { unit, .. } = self {
            stated.degrees = *unit;
        }
        stated
    }

    /// The id of the meter or participant that is stated for all files, by itself or by the
    /// name of a municipality.
    pub(super) fn stated_id<'c>(&self, config: &'c Config) -> Result<Option<&'c str>, Failure> {
        Ok(match self {
            Self::Readings { meter: Some(name), .. } => Some(&config.meter_named(name)?.id),
            Self::Temperature { participant: Some(name), .. } => {
                Some(&config.participant_named(name)?.id)
            }
            _ => None,
        }
        .map(String::as_str))
    }
}

//! `report`: the standings of a store, while its service runs or afterwards.
use std::{
    fs,
    path::{Path, PathBuf},
};

use competition::{Rule, Time};
use jiff::Timestamp;
use server::{
    audit::AuditEntry,
    audit::Moment,
    store::{Reader, StoreError},
};
use wire::Language;

use super::{Failure, method_args, open_standings, output};
use crate::{
    config::Config,
    report::{Format, Summary, TABLES, render, table_csv},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Time of the standings, such as 2027-04-20 or 2027-04-20T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = method_args::moment)]
    as_of: Option<Moment>,
    /// Rank by this rule instead of the competition's own
    #[arg(long, value_name = "RULE", value_parser = method_args::rule())]
    rule: Option<Rule>,
    /// Format of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Language [default: English for text, otherwise that of the configuration]
    #[arg(long, value_name = "LANG", value_parser = method_args::language())]
    lang: Option<Language>,
    /// With csv: print this table instead of the standings
    #[arg(long, value_name = "TABLE", value_parser = TABLES)]
    table: Option<String>,
    /// Write to this file instead of standard output; with csv, to a folder with a file for each table
    #[arg(long, value_name = "PATH")]
    out: Option<PathBuf>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let (standings, locked) = open_standings::standings(&config)?;
    let rule = args.rule.unwrap_or(config.competition.rule);
    let now = Time(Timestamp::now().as_second());
    let as_of = args.as_of.as_ref();
    let as_of = as_of.map(|at| method_args::instant(at, &config.competition)).transpose()?;
    // A locked result is shown as it was locked.
    let locked = locked.filter(|locked| {
        rule == config.competition.rule && as_of.is_none_or(|as_of| as_of >= locked.as_of())
    });
    let board = match (locked, as_of) {
        (Some(locked), _) => locked.board(&standings, now),
        (None, Some(as_of)) => standings.leaderboard_at(rule, as_of),
        (None, None) => standings.leaderboard(rule, now),
    };
    let format = if args.json { Format::Json } else { args.format };
    if args.table.is_some() && format != Format::Csv {
        return Err(Failure::usage(
            "--table needs the format csv; the other formats have all tables",
            "add --format csv, or remove --table",
        ));
    }
    // All text of the command line is English, this table too unless a language is chosen.
    let language = args.lang.unwrap_or(match format {
        Format::Text => Language::English,
        _ => config.language,
    });
    let entries = audit_log(&config, as_of.unwrap_or(now))?;
    let summary = Summary::new(&standings, board, entries);
    let report = match (&args.out, &args.table) {
        (Some(out), table) => return save(out, format, table.as_deref(), &summary, language),
        (None, Some(table)) => table_csv(&summary, table)?,
        (None, None) => render(format, &summary, language)?,
    };
    output::whole(&report)
}

/// The audit log up to a time.
fn audit_log(config: &Config, until: Time) -> Result<Vec<AuditEntry>, StoreError> {
    let (mut entries, _) = Reader::open(&config.data)?.audit_entries()?;
    entries.retain(|entry| entry.at <= until);
    Ok(entries)
}

fn save(
    out: &Path,
    format: Format,
    table: Option<&str>,
    summary: &Summary,
    language: Language,
) -> Result<(), Failure> {
    let put = |path: &Path, bytes: Vec<u8>| {
        fs::write(path, bytes).map_err(|error| {
            Failure::failed(
                format_args!("{} cannot be written: {error}", path.display()),
                "give a path that you may write to",
            )
        })
    };
    match (format, table) {
        (Format::Csv, None) => {
            fs::create_dir_all(out).map_err(|error| {
                Failure::failed(
                    format_args!("the folder {} cannot be created: {error}", out.display()),
                    "give a folder in a place that you may write to",
                )
            })?;
            for name in TABLES {
                put(&out.join(format!("{name}.csv")), table_csv(summary, name)?)?;
            }
            Ok(())
        }
        (Format::Csv, Some(table)) => put(out, table_csv(summary, table)?),
        _ => put(out, render(format, summary, language)?),
    }
}

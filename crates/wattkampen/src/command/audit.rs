//! `audit`: the audit log in plain English, and where it or the readings were changed.
use std::path::PathBuf;

use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use server::{
    audit::{AuditEntry, AuditEvent, describe},
    store::{ChangedDay, Finding, Reader, SealReport, StoreError},
};

use super::{Failure, open_standings, output};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Format of the log
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
    /// A hash that was written down; the command fails when no entry has it
    #[arg(long, value_name = "HASH")]
    expect: Option<String>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Plain text
    #[default]
    Text,
    /// JSON for programs
    Json,
}

/// The log, and the result of its verification.
struct Verification {
    entries: Vec<AuditEntry>,
    sealed: SealReport,
    imports: u64,
    findings: Vec<Finding>,
    /// The expected hash, where no entry has it.
    missing_hash: Option<String>,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    open_standings::require_store(&config)?;
    if let Some(hash) = &args.expect
        && !(hash.len() >= 12 && hash.chars().all(|c| c.is_ascii_hexdigit()))
    {
        return Err(Failure::usage(
            format!("--expect {hash} is not a hash"),
            "give at least the first 12 of its hexadecimal digits",
        ));
    }
    let verified = audit(&config, args.expect.as_deref())?;
    let zone = &config.competition.timezone;
    let text = match args.format {
        Format::Text if !args.json => verified.text(zone),
        _ => verified.json(),
    };
    output::whole(text.as_bytes())?;
    match verified.problems().as_slice() {
        [] => Ok(()),
        [first, rest @ ..] => {
            let more = match rest.len() {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            Err(Failure::Failed(anyhow::anyhow!(
                "{first}{more}\n  compare with an earlier copy of the data directory"
            )))
        }
    }
}

fn audit(config: &Config, expect: Option<&str>) -> Result<Verification, StoreError> {
    let reader = Reader::open(&config.data)?;
    let (entries, mut findings) = reader.audit_entries()?;
    let (sealed, more) = reader.verify_seals(&entries)?;
    findings.extend(more);
    let (imports, more) = reader.verify_imports(&entries)?;
    findings.extend(more);
    let expect = expect.map(str::to_ascii_lowercase);
    let missing_hash =
        expect.filter(|hash| !entries.iter().any(|entry| hash_of(entry).starts_with(hash)));
    Ok(Verification { entries, sealed, imports, findings, missing_hash })
}

fn hash_of(entry: &AuditEntry) -> String {
    server::audit::hex(&entry.hash)
}

impl Verification {
    /// Problems, one line each.
    fn problems(&self) -> Vec<String> {
        let mut problems: Vec<String> = self.findings.iter().map(describe_finding).collect();
        if let Some(hash) = &self.missing_hash {
            problems.push(format!("no entry of the log has the hash {hash}"));
        }
        problems
    }

    fn text(&self, zone: &TimeZone) -> String {
        let mut text = String::new();
        let local = |entry: &AuditEntry| {
            Timestamp::from_second(entry.at.0).map_or_else(
                |_| entry.at.0.to_string(),
                |at| at.to_zoned(zone.clone()).strftime("%F %T%:z").to_string(),
            )
        };
        for entry in &self.entries {
            let words = describe(&entry.event()).replace('\n', "\n      ");
            text += &format!("{:>5} {}  {words}\n", entry.seq, local(entry));
        }
        let SealReport { days, readings, waiting, changed, batches } = &self.sealed;
        text += &format!(
            "\n{} entries; {readings} readings in {days} sealed days of meters, and {} days of \
             imported rows, are as they were\n",
            self.entries.len(),
            self.imports,
        );
        text += &format!(
            "not sealed yet: {waiting} days of meters ({} of them again, after late readings), \
             {batches} batches\n",
            changed.len()
        );
        for ChangedDay { meter, day: at, entry } in changed {
            text += &format!(
                "NOT COVERED: readings of meter {meter} on {} are marked as changed since \
                 entry {entry} sealed them; a running service seals them anew within minutes\n",
                day(*at)
            );
        }
        for problem in self.problems() {
            text += &format!("CHANGED: {problem}\n");
        }
        if let Some(last) = self.entries.last() {
            text += &format!("head: entry {}, {}\n", last.seq, hash_of(last));
        }
        text
    }

    fn json(&self) -> String {
        let entries: Vec<_> = self
            .entries
            .iter()
            .map(|entry| {
                json!({
                    "entry": entry.seq,
                    "at": Timestamp::from_second(entry.at.0).ok().map(|at| at.to_string()),
                    "words": describe(&entry.event()),
                    "hash": hash_of(entry),
                    "what": serde_json::from_str::<serde_json::Value>(&entry.body).ok(),
                })
            })
            .collect();
        let head = self.entries.last();
        let json = json!({
            "verified": self.problems().is_empty(),
            "wrong": self.findings.iter().map(finding_json).collect::<Vec<_>>(),
            "missing_hash": self.missing_hash,
            "head": head.map(|head| json!({"entry": head.seq, "hash": hash_of(head)})),
            "sealed": {
                "days": self.sealed.days,
                "readings": self.sealed.readings,
                "waiting_days": self.sealed.waiting,
                "changed_days": self.sealed.changed.len(),
                "changed": self.sealed.changed.iter().map(|it| json!({
                    "meter": it.meter, "day": day(it.day), "entry": it.entry,
                })).collect::<Vec<_>>(),
                "waiting_batches": self.sealed.batches,
                "imports": self.imports,
            },
            "locked": self.entries.iter().any(|entry| matches!(entry.event(), AuditEvent::Lock { .. })),
            "entries": entries,
        });
        format!("{json}\n")
    }
}

fn day(at: competition::Time) -> String {
    Timestamp::from_second(at.0)
        .map_or_else(|_| at.0.to_string(), |at| at.strftime("%F").to_string())
}

pub(super) fn describe_finding(finding: &Finding) -> String {
    match finding {
        Finding::Entry(entry) => format!("entry {entry} of the log is not what was written"),
        Finding::Missing(first, last) if first == last => format!("entry {first} is missing"),
        Finding::Missing(first, last) => format!("entries {first} to {last} are missing"),
        Finding::Seals(entry) => format!("the seals of entry {entry} are not what it covered"),
        Finding::Readings { meter, day: at, entry } => format!(
            "readings of meter {meter} on {} are not those that entry {entry} sealed",
            day(*at)
        ),
        Finding::Damaged { meter, days: [first, last] } if first == last => {
            format!("readings of meter {meter} on {} were changed in the file", day(*first))
        }
        Finding::Damaged { meter, days: [first, last] } => format!(
            "readings of meter {meter} on {} were changed in the file, which hides those up to {}",
            day(*first),
            day(*last)
        ),
        Finding::Imported { kind, name, day: at, entry: Some(entry) } => format!(
            "imported rows ({kind}) of {name} on {} are not those of entry {entry}",
            day(*at)
        ),
        Finding::Imported { kind, name, day: at, entry: None } => {
            format!("rows ({kind}) of {name} on {} were never imported", day(*at))
        }
        Finding::Batch(batch) => {
            format!("batch {batch} of readings that wait for their block was changed in the file")
        }
        Finding::Tampered(entry) => {
            format!("entry {entry} says that the log was changed while the service ran")
        }
    }
}

fn finding_json(finding: &Finding) -> serde_json::Value {
    let words = describe_finding(finding);
    match finding {
        Finding::Entry(entry) | Finding::Seals(entry) | Finding::Tampered(entry) => {
            json!({"entry": entry, "words": words})
        }
        Finding::Missing(first, last) => json!({"entry": first, "until": last, "words": words}),
        Finding::Readings { meter, day: at, entry } => {
            json!({"meter": meter, "day": day(*at), "entry": entry, "words": words})
        }
        Finding::Imported { kind, name, day: at, entry } => {
            json!({"what": kind.name(), "name": name, "day": day(*at), "entry": entry, "words": words})
        }
        Finding::Batch(batch) => json!({"batch": batch, "words": words}),
        Finding::Damaged { meter, days: [first, last] } => {
            json!({"meter": meter, "day": day(*first), "until": day(*last), "words": words})
        }
    }
}

//! `declare`, `amend` and `lock`: the organiser's decisions from the command line, with
//! or without a running service.
use std::path::PathBuf;

use server::{
    audit::{AuditEvent, Declaration, DeclarationKind, DeclarationRequest, describe},
    engine::{self, Decision, DecisionError, RecordedDecision},
};

use super::{Failure, open_standings, output};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Kind of declaration
    #[arg(value_enum)]
    kind: Kind,
    /// Role of the person who declares it, such as "energy coordinator"
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// Reason, which everyone can read
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// The participant with the event, hours, doubts, floor area, employees or activity
    #[arg(long, value_name = "ID")]
    participant: Option<String>,
    /// The meter that was replaced, or whose energy is corrected
    #[arg(long, value_name = "ID")]
    meter: Option<String>,
    /// Kind of the doubts that are unfounded
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(
        competition::DoubtKind::ALL.map(competition::DoubtKind::as_str)))]
    doubt: Option<String>,
    /// What the measured energy is multiplied by
    #[arg(long, value_name = "FACTOR")]
    factor: Option<f64>,
    /// First day of an event, start of hours, or first day of a new value
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// The day after an event's last day, or the end of hours
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// When the new register took over
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Last value of the old register, Wh
    #[arg(long, value_name = "WH")]
    last_wh: Option<i64>,
    /// First value of the new register, Wh
    #[arg(long, value_name = "WH")]
    first_wh: Option<i64>,
    /// Heated floor area (Atemp), m²
    #[arg(long, value_name = "M2")]
    m2: Option<f64>,
    /// Number of employees
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    /// Kind of activity
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(
        competition::ActivityKind::ALL.map(competition::ActivityKind::as_str)))]
    activity: Option<String>,
    /// Day of an activity
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    /// Where in the building an activity was, if that is to be published
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// Entry in the audit log of the declaration that is withdrawn
    #[arg(long, value_name = "N")]
    entry: Option<i64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Days that count neither in the baseline nor in the contest: --participant --from --until
    Event,
    /// Hours that count neither in the baseline nor in the contest: --participant --from --until
    ExcludedHours,
    /// A meter was replaced or its register was reset: --meter --at --last-wh --first-wh
    MeterSwap,
    /// Doubts about the input are unfounded: --participant --doubt --from [--until]
    AcceptDoubt,
    /// The energy of a meter is a factor times what it measured: --meter --factor --from [--until]
    Factor,
    /// Heated floor area (Atemp) from a day on: --participant --from --m2
    FloorArea,
    /// Number of employees from a day on: --participant --from --count
    Employees,
    /// What a town hall did to save, which its page shows with the effect: --participant --activity
    /// --day
    Activity,
    /// Data received after the lock counts; only as an amendment: --participant
    LateData,
    /// An earlier declaration is no longer in force: --entry
    Withdraw,
}

#[derive(Debug, clap::Args)]
pub(super) struct LockArgs {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Role of the person who locks it, such as "head of the jury"
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// The decision behind it, or why now
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Kind {
    const fn kind(self) -> DeclarationKind {
        match self {
            Self::Event => DeclarationKind::Event,
            Self::ExcludedHours => DeclarationKind::ExcludedHours,
            Self::MeterSwap => DeclarationKind::MeterSwap,
            Self::AcceptDoubt => DeclarationKind::AcceptDoubt,
            Self::Factor => DeclarationKind::Factor,
            Self::FloorArea => DeclarationKind::FloorArea,
            Self::Employees => DeclarationKind::Employees,
            Self::Activity => DeclarationKind::Activity,
            Self::LateData => DeclarationKind::LateData,
            Self::Withdraw => DeclarationKind::Withdraw,
        }
    }
}

impl Args {
    /// Loads the configuration and looks up the participant and the meter in it.
    fn load_config(&self) -> Result<Config, Failure> {
        let config = Config::load(&self.config)?;
        if let Some(id) = &self.participant {
            config.participant(id)?;
        }
        if let Some(id) = &self.meter {
            config.meter(id)?;
        }
        Ok(config)
    }

    fn declaration(self) -> Result<Declaration, Failure> {
        let request = DeclarationRequest {
            kind: self.kind.kind().id().to_owned(),
            by: self.by,
            reason: self.reason,
            participant: self.participant,
            meter: self.meter,
            from: self.from,
            until: self.until,
            doubt: self.doubt,
            factor: self.factor,
            at: self.at,
            last_wh: self.last_wh,
            first_wh: self.first_wh,
            m2: self.m2,
            count: self.count,
            activity: self.activity,
            day: self.day,
            place: self.place,
            entry: self.entry,
        };
        Declaration::try_from(request).map_err(|error| declined(&error.into()))
    }
}

pub(super) fn declare(args: Args) -> Result<(), Failure> {
    let config = args.load_config()?;
    decide(&config, || Ok(Decision::Declare(args.declaration()?)))
}

pub(super) fn amend(args: Args) -> Result<(), Failure> {
    let config = args.load_config()?;
    decide(&config, || Ok(Decision::Amend(args.declaration()?)))
}

pub(super) fn lock(args: LockArgs) -> Result<(), Failure> {
    let LockArgs { config, by, reason } = args;
    decide(&Config::load(&config)?, || Ok(Decision::Lock { by, reason }))
}

fn declined(error: &DecisionError) -> Failure {
    Failure::Failed(anyhow::anyhow!("{error}\n  {}", error.hint()))
}

fn decide(
    config: &Config,
    decision: impl FnOnce() -> Result<Decision, Failure>,
) -> Result<(), Failure> {
    open_standings::require_store(config)?;
    let Config { data, competition, participants, .. } = config;
    let recorded = engine::decide_offline(data, competition, participants, decision()?)?
        .map_err(|error| declined(&error))?;
    let RecordedDecision { entry, applied, open_doubts } = recorded;
    output::line(format_args!("entry {}: {}", entry.seq, describe(&entry.event())))?;
    if matches!(entry.event(), AuditEvent::Lock { .. }) && !open_doubts.is_empty() {
        output::line(format_args!(
            "open doubts are locked as they are: {}; an amendment decides about them",
            open_doubts.join(", ")
        ))?;
    }
    if !applied {
        output::line("the running service applies it before it publishes the next leaderboard")?;
    }
    Ok(())
}

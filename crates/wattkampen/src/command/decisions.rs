//! `declare`, `amend` and `lock`: the organiser's decisions from the command line,
//! beside a running service or without one.
use std::path::PathBuf;

use server::{
    audit::{DeclarationRequest, describe},
    engine::{self, Decision},
};

use super::{Failure, open_standings, output};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// What is declared
    #[arg(value_enum)]
    kind: Kind,
    /// Role of who declares it, such as "energy coordinator"
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// Why, for everybody to read
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Whose event, hours, floor area, employees or activity
    #[arg(long, value_name = "ID")]
    participant: Option<String>,
    /// Which meter was changed
    #[arg(long, value_name = "ID")]
    meter: Option<String>,
    /// First day of an event, beginning of excluded hours, or day from which a value holds
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// The day after an event's last, or the end of excluded hours
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// When the new meter took over
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Last value of the old register, Wh
    #[arg(long, value_name = "WH")]
    last_wh: Option<i64>,
    /// First value of the new register, Wh
    #[arg(long, value_name = "WH")]
    first_wh: Option<i64>,
    /// Atemp
    #[arg(long, value_name = "M2")]
    m2: Option<f64>,
    /// How many employees
    #[arg(long, value_name = "N")]
    count: Option<u32>,
    /// What was done
    #[arg(long, value_name = "KIND", value_parser = clap::builder::PossibleValuesParser::new(
        competition::ActivityKind::ALL.map(competition::ActivityKind::as_str)))]
    activity: Option<String>,
    /// The day of an activity
    #[arg(long, value_name = "DATE")]
    day: Option<String>,
    /// Where in the house an activity was, if that is to be told
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// The declaration that is withdrawn, by its entry in the audit log
    #[arg(long, value_name = "N")]
    entry: Option<i64>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Kind {
    /// Days that count on neither side: --participant --from --until
    Event,
    /// The same by the hour: --participant --from --until
    ExcludedHours,
    /// A meter was swapped or reset: --meter --at --last-wh --first-wh
    MeterSwap,
    /// Atemp from a day on: --participant --from --m2
    FloorArea,
    /// Employees from a day on: --participant --from --count
    Employees,
    /// What a town hall did to save, with its effect on its page: --participant --activity --day
    Activity,
    /// What came after the lock counts, as an amendment only: --participant
    LateData,
    /// An earlier declaration holds no more: --entry
    Withdraw,
}

#[derive(Debug, clap::Args)]
pub(super) struct LockArgs {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Role of who locks it, such as "head of the jury"
    #[arg(long, value_name = "ROLE")]
    by: String,
    /// Under which decision, or why now
    #[arg(long, value_name = "TEXT")]
    reason: String,
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

    fn asked(self) -> DeclarationRequest {
        let kind = match self.kind {
            Kind::Event => "event",
            Kind::ExcludedHours => "excluded-hours",
            Kind::MeterSwap => "meter-swap",
            Kind::FloorArea => "floor-area",
            Kind::Employees => "employees",
            Kind::Activity => "activity",
            Kind::LateData => "late-data",
            Kind::Withdraw => "withdraw",
        };
        DeclarationRequest {
            kind: kind.to_owned(),
            by: self.by,
            reason: self.reason,
            participant: self.participant,
            meter: self.meter,
            from: self.from,
            until: self.until,
            at: self.at,
            last_wh: self.last_wh,
            first_wh: self.first_wh,
            m2: self.m2,
            count: self.count,
            activity: self.activity,
            day: self.day,
            place: self.place,
            entry: self.entry,
        }
    }
}

pub(super) fn declare(args: Args) -> Result<(), Failure> {
    let config = args.load_config()?;
    decide(&config, Decision::Declare(args.asked()))
}

pub(super) fn amend(args: Args) -> Result<(), Failure> {
    let config = args.load_config()?;
    decide(&config, Decision::Amend(args.asked()))
}

pub(super) fn lock(args: LockArgs) -> Result<(), Failure> {
    let LockArgs { config, by, reason } = args;
    decide(&Config::load(&config)?, Decision::Lock { by, reason })
}

fn decide(config: &Config, decision: Decision) -> Result<(), Failure> {
    open_standings::require_store(config)?;
    let taken =
        engine::decide_offline(&config.data, &config.competition, &config.participants, decision)?
            .map_err(|declined| {
                Failure::Failed(anyhow::anyhow!("{declined}\n  {}", declined.hint()))
            })?;
    output::line(format_args!("entry {}: {}", taken.entry.seq, describe(&taken.entry.event())))?;
    if !taken.applied {
        output::line("the running service applies it with its next board")?;
    }
    Ok(())
}

//! `check`: all mistakes of a configuration, each with its line.
use std::path::PathBuf;

use super::{Failure, output};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let meters = config.meters().count();
    output::line(format_args!(
        "{}: {} participants, {meters} meters, contest {} to {}: no mistake found",
        config.competition.name,
        config.participants.len(),
        config.competition.contest.start,
        config.competition.contest.end,
    ))
}

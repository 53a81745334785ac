//! `check`: every mistake in a configuration at once, each with its line.
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
    let config = Config::load(&args.config).map_err(|error| Failure::Usage(error.into()))?;
    let meters: usize = config.participants.iter().map(|who| who.meters.len()).sum();
    output::line(format_args!(
        "{}: {} participants, {meters} meters, contest {} to {}: no mistake found",
        config.competition.name,
        config.participants.len(),
        config.competition.contest.start,
        config.competition.contest.end,
    ))
}

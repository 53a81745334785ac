//! `store check`: whether the store is whole, or what is wrong with it and what to do.
use std::path::PathBuf;

use super::{Failure, backup::report};
use crate::config::Config;

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Read the whole store, also beside a running service, and report what is damaged
    Check(CheckArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(Command::Check(args): &Command) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    report(&server::store::check(&config.data)?)
}

//! `serve`: runs the service until it is stopped.
use std::path::PathBuf;

use server::clock::Clock;

use super::{Failure, runtime, service};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    runtime()?.block_on(async {
        let mut running = service::start(config.settings(Clock::real())).await?;
        if let Some(link) = &running.link {
            tracing::warn!("there is no account; this link creates the first one: {link}");
        }
        let result = service::until_stopped(&mut running).await;
        running.shutdown().await.map_err(|error| service::failure(&error))?;
        result
    })
}

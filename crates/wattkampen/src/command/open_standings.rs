//! The standings of a store, for the commands that only read it.
use competition::Standings;
use server::audit::LockedResult;

use super::Failure;
use crate::config::Config;

/// The standings with every declaration applied, and the locked result if there is one.
pub(super) fn standings(config: &Config) -> Result<(Standings, Option<LockedResult>), Failure> {
    require_store(config)?;
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    Ok(server::engine::standings(&config.data, competition, participants)?)
}

/// Fails where the data directory does not exist.
pub(super) fn require_store(config: &Config) -> Result<(), Failure> {
    if config.data.is_dir() {
        return Ok(());
    }
    Err(Failure::failed(
        format_args!(
            "there is no store in {}: no service has run with this configuration yet",
            config.data.display()
        ),
        "start `wattkampen serve` with it, or correct `data` in [server]",
    ))
}

//! The standings of what is in the store, for the commands that only look.
use competition::Standings;
use server::{audit::LockedResult, store::StoreError};

use super::Failure;
use crate::config::Config;

/// With what is declared; and the result where it is locked.
pub(super) fn standings(config: &Config) -> Result<(Standings, Option<LockedResult>), Failure> {
    there(config)?;
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    server::engine::standings(&config.data, competition, participants)
        .map_err(|error| failed(&error))
}

/// Why a store cannot be used, and how to mend it.
pub(super) fn failed(error: &StoreError) -> Failure {
    let mend = error.hint();
    Failure::Failed(anyhow::anyhow!("{error}\n  {mend}"))
}

/// Whether there is a store at all.
pub(super) fn there(config: &Config) -> Result<(), Failure> {
    if !config.data.is_dir() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "there is no store in {}: nothing has been served with this configuration yet\n  \
             start `wattkampen serve` with it, or correct `data` in [server]",
            config.data.display()
        )));
    }
    Ok(())
}

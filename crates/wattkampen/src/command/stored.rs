//! The standings of what is in the store, for the commands that only look.
use competition::Standings;

use super::Failure;
use crate::config::Config;

pub(super) fn standings(config: &Config) -> Result<Standings, Failure> {
    if !config.data.is_dir() {
        return Err(Failure::Failed(anyhow::anyhow!(
            "there is no store in {}: nothing has been served with this configuration yet\n  \
             start `wattkampen serve` with it, or correct `data` in [server]",
            config.data.display()
        )));
    }
    let (competition, participants) = (config.competition.clone(), config.participants.clone());
    server::engine::standings(&config.data, competition, participants).map_err(|error| {
        let mend = error.mend();
        Failure::Failed(anyhow::anyhow!("{error}\n  {mend}"))
    })
}

//! `panel`: the pixels of a lobby panel now, as a PNG, drawn by the panel crate.
use std::{fs, path::PathBuf};

use competition::{ParticipantIndex, Time};
use jiff::Timestamp;
use panel::{Moment, Size};
use server::{
    display::{self, PageInputs},
    engine,
};

use super::{Failure, open_standings};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Whose panel
    #[arg(long, value_name = "ID")]
    participant: String,
    /// Its size in pixels, 64x32 or 128x64
    #[arg(long, value_name = "SIZE", default_value = "128x64")]
    size: String,
    /// The picture; a file of that name is replaced
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let size: Size = args.size.parse().map_err(|_| {
        Failure::usage(
            format!("--size {:?} is no size of a panel", args.size),
            "panels are 64x32 or 128x64",
        )
    })?;
    let config = Config::load(&args.config).map_err(|error| Failure::Usage(error.into()))?;
    let position = config.participants.iter().position(|who| who.id == args.participant);
    let who = position.map(|position| ParticipantIndex(position as u32)).ok_or_else(|| {
        let known: Vec<_> = config.participants.iter().map(|who| who.id.as_str()).collect();
        Failure::usage(
            format!("--participant {:?} is not in {}", args.participant, args.config.display()),
            format!("the participants are {}", known.join(", ")),
        )
    })?;
    let (standings, locked) = open_standings::standings(&config)?;
    let now = Timestamp::now();
    let snapshot = engine::snapshot(&standings, locked.as_ref(), Time(now.as_second()));
    let inputs = PageInputs {
        competition: &config.competition,
        participants: standings.participants(),
        snapshot: &snapshot,
        language: config.language,
        now: Time(now.as_second()),
    };
    let failed = |error| Failure::Failed(anyhow::Error::new(error));
    let page = inputs.page(who).ok_or_else(|| {
        Failure::Failed(anyhow::anyhow!(
            "{} has no page at this time\n  see that the machine's clock is right",
            args.participant
        ))
    })?;
    let moment = Moment::from_unix_ms(now.as_millisecond().max(0) as u64);
    let picture = display::png(&page, size, moment).map_err(failed)?;
    fs::write(&args.out, picture).map_err(|error| {
        Failure::Failed(anyhow::anyhow!(
            "{} cannot be written: {error}\n  give a path in a folder that exists and that you may write to",
            args.out.display()
        ))
    })
}

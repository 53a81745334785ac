//! `panel`: the pixels that a lobby panel shows now, as a PNG.
use std::{fs, path::PathBuf};

use competition::Time;
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
    /// Participant whose panel is drawn
    #[arg(long, value_name = "ID")]
    participant: String,
    /// Size in pixels, 64x32 or 128x64
    #[arg(long, value_name = "SIZE", default_value = "128x64")]
    size: String,
    /// File for the picture; an existing file is replaced
    #[arg(long, value_name = "FILE.png")]
    out: PathBuf,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let size: Size = args.size.parse().map_err(|_| {
        Failure::usage(
            format!("--size {:?} is not the size of a panel", args.size),
            "panels are 64x32 or 128x64",
        )
    })?;
    let config = Config::load(&args.config)?;
    let participant = config.participant(&args.participant)?;
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
    let page = inputs.page(participant).ok_or_else(|| {
        Failure::failed(
            format_args!("there is no page for {} at this time", args.participant),
            "check that the clock of this machine is right",
        )
    })?;
    let moment = Moment::from_unix_ms(now.as_millisecond().max(0) as u64);
    let picture = display::png(&page, size, moment).map_err(failed)?;
    fs::write(&args.out, picture).map_err(|error| {
        Failure::failed(
            format_args!("{} cannot be written: {error}", args.out.display()),
            "give a path in an existing folder that you may write to",
        )
    })
}

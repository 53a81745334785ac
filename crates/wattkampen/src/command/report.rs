//! `report`: the standings of a store, while the service runs there or after it.
use std::{
    io::{self, Write},
    path::PathBuf,
};

use competition::Time;
use jiff::Timestamp;

use super::{
    Failure,
    choices::{By, Lang},
    stored,
};
use crate::{
    config::Config,
    report::{Format, Summary, render},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// As it stood at this time, such as 2027-04-20T12:00:00Z; else now
    #[arg(long, value_name = "TIME")]
    as_of: Option<Timestamp>,
    /// Ranked by another rule than the competition's own
    #[arg(long, value_name = "RULE", value_enum)]
    rule: Option<By>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Language of the html; else the configuration's
    #[arg(long, value_name = "LANG", value_enum)]
    lang: Option<Lang>,
    /// The same as --format json
    #[arg(long, conflicts_with = "format")]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config).map_err(|error| Failure::Usage(error.into()))?;
    let (standings, locked) = stored::standings(&config)?;
    let rule = args.rule.map_or(config.competition.rule, Into::into);
    let now = Time(Timestamp::now().as_second());
    let as_of = args.as_of.map(|at| Time(at.as_second()));
    // The locked result stands, whatever came in or was configured since.
    let locked = locked.filter(|locked| {
        rule == config.competition.rule && as_of.is_none_or(|as_of| as_of >= locked.as_of())
    });
    let board = match (locked, as_of) {
        (Some(locked), _) => locked.board(&standings, now),
        (None, Some(as_of)) => standings.leaderboard_at(rule, as_of),
        (None, None) => standings.leaderboard(rule, now),
    };
    let format = if args.json { Format::Json } else { args.format };
    let language = args.lang.map_or(config.language, Into::into);
    let report = render(format, &Summary::new(&standings, board), language)?;
    match io::stdout().write_all(&report) {
        // `report | head` has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| Failure::Failed(error.into())),
    }
}

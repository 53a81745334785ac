//! `what-if`: the leaderboard under another rule or baseline. The official one is not
//! changed, and every format of the result states that it is unofficial.
use std::path::PathBuf;

use competition::{Baseline, Rule, Time};
use jiff::Timestamp;
use server::audit::Moment;

use super::{Failure, method_args, open_standings, output};
use crate::{
    config::Config,
    report::{Summary, standings_text},
};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Rank by this rule instead of the competition's own
    #[arg(long, value_name = "RULE", value_parser = method_args::rule())]
    rule: Option<Rule>,
    /// Compare with this baseline instead of the competition's own
    #[arg(long, value_name = "BASELINE", value_parser = method_args::baseline())]
    baseline: Option<Baseline>,
    /// Time of the leaderboard, such as 2027-04-20 or 2027-04-20T12:00:00Z [default: now]
    #[arg(long, value_name = "TIME", value_parser = method_args::moment)]
    as_of: Option<Moment>,
    /// Print the object of `/api/v1/what-if` instead of a table
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let (standings, _) = open_standings::standings(&config)?;
    let rule = args.rule.unwrap_or(config.competition.rule);
    let own = config.competition.method;
    let method = args.baseline.map_or(own, |baseline| own.with_baseline(baseline));
    let board = match &args.as_of {
        Some(as_of) => {
            standings.what_if_at(rule, method, method_args::instant(as_of, &config.competition)?)
        }
        None => standings.what_if(rule, method, Time(Timestamp::now().as_second())),
    };
    let mut out = Vec::new();
    if args.json {
        let json = server::web::what_if_json(&board, method.baseline, standings.participants());
        out.extend(json);
        out.push(b'\n');
    } else {
        let baseline = method.baseline;
        out.extend(format!("UNOFFICIAL: what if the baseline were {baseline}\n").bytes());
        let mut summary = Summary::new(&standings, board, Vec::new());
        summary.competition.method = method;
        out.extend(standings_text(&summary, wire::Language::English));
    }
    output::whole(&out)
}

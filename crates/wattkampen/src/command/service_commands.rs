//! The commands of the service and its store: all but `gateway`.
use clap::Subcommand;

use super::{
    Failure, audit, check, decisions, demo, import, panel, report, serve, simulate, update, what_if,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// The service: receives readings, ranks, and shows pages and panels
    Serve(serve::Args),
    /// A whole competition of simulated town halls on this machine, with nothing to set up
    Demo(demo::Args),
    /// Only the simulated town halls, against any MQTT broker
    Simulate(simulate::Args),
    /// The standings as a table, a page to print, a workbook or for programs
    Report(report::Args),
    /// The standings under another rule or baseline; not official
    WhatIf(what_if::Args),
    /// What a town hall's lobby panel shows now, as a picture
    Panel(panel::Args),
    /// History from CSV files: readings or outdoor temperatures, also beside a running service
    Import(import::Args),
    /// The audit log in plain English, and whether log and readings are unchanged
    Audit(audit::Args),
    /// Declares an event, excluded hours, a meter swap, a floor area, employees or an activity
    Declare(decisions::Args),
    /// Changes a locked result by a declaration
    Amend(decisions::Args),
    /// Locks the result after the contest
    Lock(decisions::LockArgs),
    /// Lists every mistake in a configuration, each with its line
    Check(check::Args),
    /// A new program for a gateway's board, signed, over its broker
    #[command(subcommand)]
    Update(update::Command),
}

pub(super) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Report(args) => report::run(&args),
        Command::WhatIf(args) => what_if::run(&args),
        Command::Panel(args) => panel::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Declare(args) => decisions::declare(args),
        Command::Amend(args) => decisions::amend(args),
        Command::Lock(args) => decisions::lock(args),
        Command::Check(args) => check::run(&args),
        Command::Update(command) => update::run(&command),
    }
}

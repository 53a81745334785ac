//! All commands except `gateway`, which a build without the feature `service` has too.
use clap::Subcommand;

use super::{
    Failure, audit, backup, check, decisions, demo, import, init, panel, report, serve, simulate,
    store, token, update, user, what_if,
};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run the service: receive readings, rank, and serve pages and panels
    Serve(serve::Args),
    /// Run a whole competition of simulated town halls on this machine, with nothing to set up
    Demo(demo::Args),
    /// Run only the simulated town halls, with any MQTT broker
    Simulate(simulate::Args),
    /// Print the standings as a table, a printable page, a workbook, CSV or JSON
    Report(report::Args),
    /// Print the unofficial standings under another rule or baseline
    WhatIf(what_if::Args),
    /// Draw what a town hall's lobby panel shows now, as a PNG
    Panel(panel::Args),
    /// Write a commented configuration and a sample file of meter values to fill in
    Init(init::Args),
    /// Import readings or outdoor temperatures from files; registers only while no service runs
    Import(import::Args),
    /// Print the audit log in words and verify that log and readings are unchanged
    Audit(audit::Args),
    /// Make a verified copy of the store in a new folder, also while the service runs
    Backup(backup::BackupArgs),
    /// Put a backup into an empty data directory
    Restore(backup::RestoreArgs),
    /// Look after the store
    #[command(subcommand)]
    Store(store::Command),
    /// Declare an event, excluded hours, a meter swap, a floor area, employees or an activity
    Declare(decisions::Args),
    /// Change a locked result by a declaration
    Amend(decisions::Args),
    /// Lock the result after the contest
    Lock(decisions::LockArgs),
    /// Add, list and remove accounts, and reset passwords, also while the service runs
    #[command(subcommand)]
    User(user::Command),
    /// Add, list and remove API tokens for scripts, also while the service runs
    #[command(subcommand)]
    Token(token::Command),
    /// Report every mistake in a configuration, each with its line
    Check(check::Args),
    /// Sign a new program and send it to a gateway's board over its broker
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
        Command::Init(args) => init::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Backup(args) => backup::back_up(&args),
        Command::Restore(args) => backup::restore(&args),
        Command::Store(command) => store::run(&command),
        Command::Declare(args) => decisions::declare(args),
        Command::Amend(args) => decisions::amend(args),
        Command::Lock(args) => decisions::lock(args),
        Command::User(command) => user::run(&command),
        Command::Token(command) => token::run(&command),
        Command::Check(args) => check::run(&args),
        Command::Update(command) => update::run(&command),
    }
}

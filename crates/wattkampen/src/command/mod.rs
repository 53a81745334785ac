//! The commands, one file each, and what they have in common: exit codes, the
//! log, and how an error is told.
mod audit;
mod check;
mod choices;
mod decide;
mod demo;
mod gateway;
mod import;
mod panel;
mod report;
mod serve;
mod service;
mod simulate;
mod stored;
mod what_if;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::level_filters::LevelFilter;

/// Town halls compete to cut their electricity use, live.
#[derive(Debug, Parser)]
#[command(name = "wattkampen", version, about, propagate_version = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The service: takes in readings, ranks, and shows pages and panels
    Serve(serve::Args),
    /// A whole competition of simulated town halls on this machine, with nothing to set up
    Demo(demo::Args),
    /// Only the simulated town halls, against any MQTT broker
    Simulate(simulate::Args),
    /// A meter's serial port on this machine to any MQTT broker, with an outbox on disk
    Gateway(gateway::Args),
    /// The standings as a table, a page to print, a workbook or for programs
    Report(report::Args),
    /// The standings under another rule or baseline; not official
    WhatIf(what_if::Args),
    /// What a town hall's lobby panel shows now, as a picture
    Panel(panel::Args),
    /// History from CSV files: readings or outdoor temperatures, also beside a running service
    Import(import::Args),
    /// The audit trail in plain words, and whether log and readings are as they were written
    Audit(audit::Args),
    /// Declares an event, excluded hours, a meter swap, a floor area or employees
    Declare(decide::Args),
    /// Changes a locked result by a declaration
    Amend(decide::Args),
    /// Locks the result after the contest
    Lock(decide::LockArgs),
    /// Tells every mistake in a configuration, each with its line
    Check(check::Args),
}

/// What went wrong, for the one who typed the command.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Wrong usage or configuration: exit code 2.
    #[error(transparent)]
    Usage(anyhow::Error),
    /// The work failed: exit code 1.
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

impl Failure {
    /// What is wrong, and how to mend it.
    fn usage(what: impl std::fmt::Display, mend: impl std::fmt::Display) -> Self {
        Self::Usage(anyhow::anyhow!("{what}\n  {mend}"))
    }
}

/// Runs a command to its exit code; errors go to standard error.
pub fn run(cli: Cli) -> ExitCode {
    // Nobody asks a gateway how it is but its log.
    log(match cli.command {
        Command::Gateway(_) => LevelFilter::INFO,
        _ => LevelFilter::WARN,
    });
    let done = match cli.command {
        Command::Serve(args) => serve::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Gateway(args) => gateway::run(&args),
        Command::Report(args) => report::run(&args),
        Command::WhatIf(args) => what_if::run(&args),
        Command::Panel(args) => panel::run(&args),
        Command::Import(args) => import::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Declare(args) => decide::declare(args),
        Command::Amend(args) => decide::amend(args),
        Command::Lock(args) => decide::lock(args),
        Command::Check(args) => check::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (error, code) = match failure {
                Failure::Usage(error) => (error, 2),
                Failure::Failed(error) => (error, 1),
            };
            eprintln!("wattkampen: {error:#}");
            ExitCode::from(code)
        }
    }
}

/// `RUST_LOG` sets it; this otherwise. Standard output is for results.
fn log(level: LevelFilter) {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
}

/// A runtime for the commands that serve or send.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::Failed(error.into()))
}

/// Waits for Ctrl-C or the request to end that an init system sends.
async fn interrupted() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => {
                tracing::error!("no signals: {error}");
                return std::future::pending().await;
            }
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

//! The commands, one file each, and what they have in common: exit codes, the log, and
//! the form of errors.
#[cfg(feature = "service")]
mod audit;
#[cfg(feature = "service")]
mod backup;
mod broker_args;
#[cfg(feature = "service")]
mod check;
#[cfg(feature = "service")]
mod decisions;
#[cfg(feature = "service")]
mod demo;
mod failure;
mod gateway;
#[cfg(feature = "service")]
mod import;
#[cfg(feature = "service")]
mod init;
#[cfg(feature = "service")]
mod method_args;
#[cfg(feature = "service")]
mod open_standings;
mod output;
#[cfg(feature = "service")]
mod panel;
#[cfg(feature = "service")]
mod report;
#[cfg(feature = "service")]
mod serve;
#[cfg(feature = "service")]
mod service;
#[cfg(feature = "service")]
mod service_commands;
#[cfg(feature = "service")]
mod simulate;
#[cfg(feature = "service")]
mod store;
#[cfg(feature = "service")]
mod token;
#[cfg(feature = "service")]
mod update;
mod usage_error;
#[cfg(feature = "service")]
mod user;
#[cfg(feature = "service")]
mod what_if;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use tracing::level_filters::LevelFilter;

use failure::Failure;

/// Town halls compete to cut their electricity use, live.
#[derive(Debug, Parser)]
#[command(name = "wattkampen", version, about, propagate_version = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "service")]
    #[command(flatten)]
    Service(service_commands::Command),
    /// Send the readings of a meter at a serial port to any MQTT broker, with an outbox on disk
    Gateway(gateway::Args),
}

/// Runs the command of this process's arguments. Results go to standard output, the log
/// and errors to standard error.
pub fn run() -> ExitCode {
    let command = match Cli::try_parse() {
        Ok(cli) => cli.command,
        Err(error) => return usage_error::report(&error),
    };
    // The log is the only way to see how a gateway does.
    start_log(match command {
        Command::Gateway(_) => LevelFilter::INFO,
        #[cfg(feature = "service")]
        Command::Service(_) => LevelFilter::WARN,
    });
    let result = match command {
        #[cfg(feature = "service")]
        Command::Service(command) => service_commands::run(command),
        Command::Gateway(args) => gateway::run(&args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::stderr_line(format_args!("wattkampen: {failure:#}"));
            ExitCode::from(failure.exit_code())
        }
    }
}

/// Logs to standard error at the level of `RUST_LOG`, or at `default`.
fn start_log(default: LevelFilter) {
    use std::io::IsTerminal;
    let filter = tracing_subscriber::EnvFilter::builder()
        .with_default_directive(default.into())
        .from_env_lossy();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        // The subscriber would print them to standard error, and panic where that is closed.
        .log_internal_errors(false)
        .init();
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Runtime::new().map_err(|error| Failure::Failed(error.into()))
}

/// Waits for Ctrl-C or for the SIGTERM of an init system.
async fn interrupted() {
    let mut terminate =
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => {
                tracing::error!("cannot wait for signals: {error}");
                return std::future::pending().await;
            }
        };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

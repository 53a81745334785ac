//! The commands, one file each, and what they have in common: exit codes, the
//! log, and how an error is told.
#[cfg(feature = "service")]
mod audit;
mod broker_args;
#[cfg(feature = "service")]
mod check;
#[cfg(feature = "service")]
mod decisions;
#[cfg(feature = "service")]
mod demo;
mod gateway;
#[cfg(feature = "service")]
mod import;
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
mod update;
#[cfg(feature = "service")]
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
    #[cfg(feature = "service")]
    #[command(flatten)]
    Service(service_commands::Command),
    /// A meter's serial port on this machine to any MQTT broker, with an outbox on disk
    Gateway(gateway::Args),
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
        #[cfg(feature = "service")]
        Command::Service(_) => LevelFilter::WARN,
    });
    let done = match cli.command {
        #[cfg(feature = "service")]
        Command::Service(command) => service_commands::run(command),
        Command::Gateway(args) => gateway::run(&args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let (error, code) = match failure {
                Failure::Usage(error) => (error, 2),
                Failure::Failed(error) => (error, 1),
            };
            output::tell(format_args!("wattkampen: {error:#}"));
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
        // They would be printed where the log cannot be, which panics.
        .log_internal_errors(false)
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

//! The repository's own chores: `cargo xtask test` on a fresh clone installs what is
//! missing and runs every test.
//!
//! The crate depends on no other crate of the workspace, so that a chore runs when the
//! product does not build.
mod bench;
mod cross;
mod firmware;
mod fuzz;
mod opendsm;
mod placebo;
mod screenshot;
mod shell;
mod test;
mod tidy;
mod uf2;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

/// The repository's chores.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Installs what is missing and runs every test.
    Test(test::Options),
    /// The repository's own lint: dependencies between crates, layout, modules, words.
    Tidy,
    /// Measures import, ingest, latency, refit, restart and standings.
    Bench(bench::Options),
    /// Builds every program of every board and prints its flash and RAM.
    Firmware,
    /// Builds the gateway for ARM Linux machines and starts it under QEMU.
    Cross(cross::Options),
    /// Runs the fuzz targets for a number of inputs.
    Fuzz(fuzz::Options),
    /// Compares our savings with those of OpenDSM's daily model.
    Opendsm(opendsm::Options),
    /// Scores the baselines on buildings that took part in no competition.
    Placebo(placebo::Options),
    /// Takes README.md's picture of the demonstration anew.
    Screenshot,
}

fn main() -> ExitCode {
    match run(Task::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    std::env::set_current_dir(shell::root())?;
    match task {
        Task::Test(options) => test::run(&options),
        Task::Tidy => tidy::run(),
        Task::Bench(options) => bench::run(&options),
        Task::Firmware => firmware::run(),
        Task::Cross(options) => cross::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::Opendsm(options) => opendsm::run(&options),
        Task::Placebo(options) => placebo::run(&options),
        Task::Screenshot => screenshot::run(),
    }
}

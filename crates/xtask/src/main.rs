//! The repository's own chores, so that nobody needs a list of commands:
//! `cargo xtask test` on a fresh clone finds, installs and runs all there is.
//!
//! Depends on no crate of ours: a chore must run when the product does not build.
mod bench;
mod cross;
mod firmware;
mod fuzz;
mod opendsm;
mod placebo;
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
    /// The repository's own lint: arrows between crates, layout, house rules.
    Tidy,
    /// Measures: ingest, latency, standings, restart.
    Bench(bench::Options),
    /// Builds every program of every board and says what it needs of the chip.
    Firmware,
    /// Builds the gateway for the ARM machines of a meter cupboard and tries it under QEMU.
    Cross(cross::Options),
    /// Runs the fuzz targets for a number of inputs.
    Fuzz(fuzz::Options),
    /// Sets our savings beside those of OpenDSM's daily model.
    Opendsm(opendsm::Options),
    /// Scores the baselines on buildings in which nobody competed.
    Placebo(placebo::Options),
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
    }
}

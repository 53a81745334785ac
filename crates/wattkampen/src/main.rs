//! The `wattkampen` command.
use std::process::ExitCode;

use clap::Parser;
use wattkampen::command::{Cli, run};

fn main() -> ExitCode {
    run(Cli::parse())
}

//! The `wattkampen` command.
use std::process::ExitCode;

fn main() -> ExitCode {
    wattkampen::command::run()
}

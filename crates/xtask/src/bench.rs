//! `cargo xtask bench`: runs the programs of `tests/benches/`, each of which documents what
//! it measures.
use anyhow::Result;
use clap::Args;

use crate::shell::{self, cargo};

/// What to measure.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// This program of `tests/benches/` alone.
    #[arg(value_name = "NAME")]
    only: Option<String>,
    /// Smaller amounts, to see that it runs.
    #[arg(long)]
    quick: bool,
}

/// Builds everything first, so that no compiler runs while something is measured.
pub(crate) fn run(options: &Options) -> Result<()> {
    let select = |command: &mut std::process::Command| {
        command.args(["bench", "--quiet", "--locked", "--package", "tests"]);
        match &options.only {
            Some(name) => command.args(["--bench", name]),
            None => command.arg("--benches"),
        };
    };
    shell::run(cargo().args([
        "build",
        "--quiet",
        "--locked",
        "--release",
        "--package",
        "wattkampen",
    ]))?;
    let mut build = cargo();
    select(&mut build);
    shell::run(build.arg("--no-run"))?;
    let mut measure = cargo();
    select(&mut measure);
    if options.quick {
        measure.args(["--", "--quick"]);
    }
    let binary = shell::target_dir().join("release/wattkampen");
    shell::run(measure.env("WATTKAMPEN_BIN", binary))
}

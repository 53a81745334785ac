//! `cargo xtask placebo DIR`: how large a saving each method finds in buildings
//! that took part in no competition. The arithmetic is `competition::placebo`; this builds and
//! runs the program beside it, as xtask depends on no crate of ours.
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::shell::{self, cargo};

/// Whose data.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Hourly files `*.csv` or `*.csv.gz`: `timestamp,energy_wh,outdoor_c`, UTC.
    /// A relative path begins at the repository.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
    /// Zone of the buildings' days.
    #[arg(long, default_value = "Europe/Oslo")]
    timezone: String,
    /// Country of their holidays: SE, NO, FI or DK.
    #[arg(long, default_value = "NO")]
    holidays: String,
}

/// Prints the table.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.directory.is_dir() {
        bail!("{} is no directory; name one with hourly CSV files", options.directory.display());
    }
    let mut command = cargo();
    command.args(["run", "--quiet", "--locked", "--release", "--package", "competition"]);
    command.args(["--example", "placebo", "--"]).arg(&options.directory);
    command.args([&options.timezone, &options.holidays]);
    shell::run(&mut command)
}

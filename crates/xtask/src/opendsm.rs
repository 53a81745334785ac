//! `cargo xtask opendsm DIR`: our savings beside those of OpenDSM's daily model, an
//! implementation that shares no line with ours, on the same windows.
use std::{fs::File, path::PathBuf, process::Command};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::shell::{self, cargo};

/// Whose data.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Hourly files `*.csv.gz` of Norway: `timestamp,energy_wh,outdoor_c`, UTC.
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// Installs OpenDSM under `target/` where it is not there, and compares.
pub(crate) fn run(options: &Options) -> Result<()> {
    if !options.directory.is_dir() {
        bail!("{} is no directory; name one with hourly CSV files", options.directory.display());
    }
    let folder = shell::target_dir().join("opendsm");
    let python = folder.join("venv/bin/python");
    if !folder.join("venv/bin/pip").is_file() {
        shell::run(Command::new("python3").args(["-m", "venv"]).arg(folder.join("venv")))?;
    }
    // tried with multimethod 1 only
    let install = ["-m", "pip", "install", "--quiet", "opendsm", "multimethod<2"];
    shell::run(Command::new(&python).args(install))?;
    let mut ours = cargo();
    ours.args(["run", "--quiet", "--locked", "--release", "--package", "competition"]);
    ours.args(["--example", "windows", "--"]).arg(&options.directory);
    let (windows, script) = (folder.join("windows.csv"), folder.join("compare.py"));
    std::fs::write(&windows, shell::output(&mut ours)?)?;
    std::fs::write(&script, include_str!("opendsm.py"))?;
    let mut compare = Command::new(&python);
    compare.arg(&script).arg(&options.directory).arg("Europe/Oslo");
    let status = compare.stdin(File::open(&windows)?).status().context("cannot start python")?;
    if !status.success() {
        bail!("the comparison failed ({status})");
    }
    Ok(())
}

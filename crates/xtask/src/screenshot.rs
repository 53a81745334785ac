//! `cargo xtask screenshot`: the picture of README.md, taken anew from the
//! demonstration in a real browser.
use std::{fs, process::Command};

use anyhow::{Context, Result};

use crate::shell::{self, cargo};

/// Where README.md expects it.
const PICTURE: &str = "crates/server/leaderboard.png";

/// Runs the test that looks at the page, and keeps its picture.
pub(crate) fn run() -> Result<()> {
    let mut test: Command = cargo();
    test.args(["test", "--quiet", "--locked", "--package", "tests", "--test", "all", "page::"]);
    shell::run(test.env("WATTKAMPEN_REQUIRE", "all"))?;
    let taken = shell::target_dir().join("screenshots/leaderboard.png");
    fs::copy(&taken, PICTURE).with_context(|| format!("{} is missing", taken.display()))?;
    println!("{PICTURE} is up to date");
    Ok(())
}

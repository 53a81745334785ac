//! The steps that are one or two cargo commands.
use std::process::Command;

use anyhow::{Result, bail};

use crate::shell::{self, cargo};

pub(super) fn fmt() -> Result<()> {
    shell::run(cargo().args(["fmt", "--all", "--check"]))
}

pub(super) fn clippy() -> Result<()> {
    shell::run(
        cargo()
            .args(["clippy", "--quiet", "--locked", "--workspace", "--all-targets"])
            .args(["--", "--deny", "warnings"]),
    )?;
    // The gateway alone, as `cargo xtask cross` builds it.
    shell::run(cargo().args(["clippy", "--quiet", "--locked", "--package", "wattkampen"]).args([
        "--no-default-features",
        "--",
        "--deny",
        "warnings",
    ]))
}

/// No std is there to lean on: a crate that uses it by accident does not build.
pub(super) fn devices() -> Result<()> {
    let target = "thumbv6m-none-eabi";
    shell::run(cargo().args(["build", "--quiet", "--locked", "--target", target]).args([
        "--package",
        "wire",
        "--package",
        "gateway",
        "--package",
        "panel",
    ]))
}

/// One set of selected packages and targets for all that is built for tests, so
/// that cargo's unified features, and with them what is compiled, stay the same.
fn build() -> Result<()> {
    shell::run(cargo().args(["build", "--quiet", "--locked", "--workspace", "--bins", "--tests"]))
}

/// A missing tool fails here instead of being skipped.
fn strict(command: &mut Command) -> &mut Command {
    command.env("WATTKAMPEN_REQUIRE", "all")
}

pub(super) fn test() -> Result<()> {
    build()?;
    let all = ["test", "--quiet", "--locked", "--workspace", "--exclude", "tests"];
    shell::run(strict(cargo().args(all)))
}

pub(super) fn end_to_end() -> Result<()> {
    build()?;
    let binary = shell::target_dir().join("debug/wattkampen");
    if !binary.is_file() {
        bail!("{} was not built", binary.display());
    }
    let test = ["test", "--locked", "--workspace", "--test", "all"];
    shell::run(strict(cargo().args(test).env("WATTKAMPEN_BIN", binary)))
}

pub(super) fn firmware() -> Result<()> {
    shell::run(cargo().current_dir("firmware").args(["fmt", "--all", "--check"]))?;
    crate::firmware::clippy()?;
    // The host's part: power cut at every byte of a simulated flash.
    shell::run(cargo().current_dir("firmware/app").args(["test", "--quiet", "--locked"]))?;
    crate::firmware::with_logs()?;
    crate::firmware::run()
}

pub(super) fn doc() -> Result<()> {
    shell::run(
        cargo()
            .args(["doc", "--quiet", "--locked", "--workspace", "--no-deps"])
            .env("RUSTDOCFLAGS", "--deny warnings"),
    )
}

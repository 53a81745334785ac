//! Commands that say what they are before they run, and what failed afterwards.
use std::{
    env,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

use anyhow::{Context, Result, bail};

/// The repository's root, wherever the command was called.
pub(crate) fn root() -> PathBuf {
    // Two up from crates/xtask, where this is compiled.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).map_or_else(|| here.to_path_buf(), Path::to_path_buf)
}

/// Where cargo builds.
pub(crate) fn target_dir() -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(folder)
}

/// The cargo that called us.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    if env::var_os("CARGO_INCREMENTAL").is_none() && FIRST_BUILD.get().is_some_and(|first| *first) {
        cargo.env("CARGO_INCREMENTAL", "0");
    }
    cargo
}

/// Whether the workspace was not built before this command.
static FIRST_BUILD: OnceLock<bool> = OnceLock::new();

/// Notices a fresh clone, where each crate is built once: the state of incremental
/// compilation would double the disk space and save nothing.
pub(crate) fn notice_first_build() {
    FIRST_BUILD.get_or_init(|| {
        let units = fs::read_dir(target_dir().join("debug/.fingerprint"));
        let built = |name: &OsStr| name.to_string_lossy().starts_with("wattkampen-");
        !units.into_iter().flatten().flatten().any(|unit| built(&unit.file_name()))
    });
}

/// The command as one would type it.
fn line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(name).chain(command.get_args());
    words.map(OsStr::to_string_lossy).collect::<Vec<_>>().join(" ")
}

/// Prints and runs it; its output goes where ours goes.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let status =
        command.stdin(Stdio::null()).status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Its standard output as text.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let line = line(command);
    let out = command.stderr(Stdio::inherit()).stdin(Stdio::null()).output();
    let out = out.with_context(|| format!("cannot start `{line}`"))?;
    if !out.status.success() {
        bail!("`{line}` failed ({})", out.status);
    }
    Ok(String::from_utf8(out.stdout)?)
}

/// Whether a program can be found. `sbin` is looked at too: Debian puts servers
/// there, and not every path contains it.
pub(crate) fn has_program(name: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin"].map(PathBuf::from);
    env::split_paths(&path).chain(sbin).any(|folder| folder.join(name).is_file())
}

/// The target that rustc builds for by default.
pub(crate) fn host() -> Result<String> {
    let version = output(Command::new("rustc").arg("-vV"))?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc -vV names no host")?.to_owned())
}

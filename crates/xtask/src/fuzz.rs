//! `cargo xtask fuzz`: the fuzz targets, coverage-guided by libFuzzer, on stable
//! Rust and without cargo-fuzz: the instrumentation is an LLVM pass that stable
//! accepts, and the targets are ordinary binaries over `libfuzzer-sys`.
use std::path::Path;

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::shell::{self, cargo};

/// The folders that hold targets, each a workspace of its own.
const FOLDERS: &[&str] = &["crates/gateway/fuzz", "crates/server/fuzz"];

/// As cargo-fuzz sets them, without a sanitizer: no unsafe, nothing for it to find.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares \
    -Cdebug-assertions -Coverflow-checks -Ccodegen-units=1";

/// How much to fuzz.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Inputs for each target.
    #[arg(long, default_value_t = 10_000_000)]
    runs: u64,
    /// This target alone.
    target: Option<String>,
}

/// Builds and runs the targets; a finding ends with its input and a way to repeat it.
pub(crate) fn run(options: &Options) -> Result<()> {
    let mut count = 0;
    for folder in FOLDERS.iter().filter(|folder| Path::new(folder).join("Cargo.toml").is_file()) {
        let out = shell::root().join("target/fuzz");
        let metadata = shell::output(
            cargo().args(["metadata", "--no-deps", "--format-version", "1"]).current_dir(folder),
        )?;
        for name in binaries(&metadata)? {
            if options.target.as_ref().is_some_and(|only| *only != name) {
                continue;
            }
            count += 1;
            // The target is named so that the flags do not reach build scripts.
            let host = shell::host()?;
            shell::run(
                cargo()
                    .args(["build", "--quiet", "--release", "--bin", &name, "--target", &host])
                    .current_dir(folder)
                    .env("CARGO_TARGET_DIR", &out)
                    .env(
                        "CARGO_ENCODED_RUSTFLAGS",
                        FLAGS.split_whitespace().collect::<Vec<_>>().join("\u{1f}"),
                    ),
            )?;
            let corpus = out.join("corpus").join(&name);
            std::fs::create_dir_all(&corpus)?;
            let mut fuzzer = std::process::Command::new(out.join(host).join("release").join(&name));
            fuzzer.arg(&corpus);
            let seeds = Path::new(folder).join("seeds").join(&name);
            if seeds.is_dir() {
                fuzzer.arg(shell::root().join(seeds));
            }
            fuzzer
                .arg(format!("-runs={}", options.runs))
                .arg(format!("-artifact_prefix={}/{name}-", out.display()))
                .args(["-print_final_stats=1", "-verbosity=0", "-rss_limit_mb=2048"]);
            shell::run(&mut fuzzer)
                .with_context(|| format!("{name}: the input is in {}", out.display()))?;
            println!("{name}: {} inputs, no finding", options.runs);
        }
    }
    if count == 0 {
        bail!("no such fuzz target; they are in {}", FOLDERS.join(" and "));
    }
    Ok(())
}

/// Names of the binaries in cargo's metadata.
fn binaries(metadata: &str) -> Result<Vec<String>> {
    let metadata: serde_json::Value = serde_json::from_str(metadata)?;
    let packages = metadata["packages"].as_array().context("no packages in cargo's metadata")?;
    let targets = packages.iter().filter_map(|package| package["targets"].as_array()).flatten();
    Ok(targets
        .filter(|target| target["kind"][0] == "bin")
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binaries_are_found_and_libraries_are_not() {
        let metadata = r#"{"packages":[{"targets":[
            {"kind":["bin"],"name":"p1"},{"kind":["lib"],"name":"fuzz"}]}]}"#;
        assert_eq!(binaries(metadata).unwrap(), ["p1"]);
    }
}

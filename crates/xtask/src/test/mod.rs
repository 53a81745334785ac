//! `cargo xtask test`: every test there is, from a fresh clone, in steps that can
//! be run again one by one.
pub(crate) mod machine;
mod steps;

use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use clap::Args;

use crate::shell;

/// One thing to pass.
struct Step {
    /// For `--only`.
    name: &'static str,
    /// For people.
    what: &'static str,
    run: fn() -> Result<()>,
}

/// In this order: what fails fastest first.
const STEPS: &[Step] = &[
    Step {
        name: "machine",
        what: "system packages and Rust targets that are missing",
        run: machine::prepare,
    },
    Step { name: "fmt", what: "formatting", run: steps::fmt },
    Step { name: "tidy", what: "the repository's own rules", run: crate::tidy::run },
    Step { name: "clippy", what: "lints, warnings denied", run: steps::clippy },
    Step { name: "devices", what: "the no_std crates for a Cortex-M0+", run: steps::devices },
    Step {
        name: "test",
        what: "unit, property, snapshot and documentation tests",
        run: steps::test,
    },
    Step {
        name: "e2e",
        what: "processes, real brokers, a real browser, README.md",
        run: steps::end_to_end,
    },
    Step { name: "firmware", what: "the boards' workspace", run: steps::firmware },
    Step { name: "doc", what: "documentation, warnings denied", run: steps::doc },
];

/// What to test.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Runs this step alone.
    #[arg(long, value_name = "STEP", value_parser = names())]
    only: Option<String>,
    /// Names the steps and runs none.
    #[arg(long)]
    list: bool,
}

fn names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

/// Runs the steps until one fails.
pub(crate) fn run(options: &Options) -> Result<()> {
    if options.list {
        for step in STEPS {
            println!("{:<10}{}", step.name, step.what);
        }
        return Ok(());
    }
    shell::notice_first_build();
    let chosen: Vec<_> = STEPS
        .iter()
        .filter(|s| options.only.as_deref().is_none_or(|only| only == s.name))
        .collect();
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for (number, step) in chosen.iter().enumerate() {
        println!("\n== {}/{} {}: {}", number + 1, chosen.len(), step.name, step.what);
        let start = Instant::now();
        (step.run)().with_context(|| {
            format!("step `{0}` failed; fix it and run `cargo xtask test --only {0}`", step.name)
        })?;
        times.push((step.name, start.elapsed()));
    }
    if chosen.is_empty() {
        bail!("no step was chosen");
    }
    println!("\n== passed");
    for (name, time) in &times {
        println!("{name:<10}{:>7.1} s", time.as_secs_f64());
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("{:<10}{:>7.1} s", "all", total.as_secs_f64());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_have_names_of_their_own() {
        let mut names = names();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}

//! Which crate may depend on which: exactly this list.
use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::shell::{self, cargo};

/// A depends on B.
const DEPENDENCIES: &[(&str, &str)] = &[
    ("gateway", "wire"),
    ("panel", "wire"),
    ("server", "competition"),
    ("server", "panel"),
    ("server", "wire"),
    ("simulator", "gateway"),
    ("simulator", "wire"),
    ("wattkampen", "competition"),
    ("wattkampen", "gateway"),
    ("wattkampen", "panel"),
    ("wattkampen", "server"),
    ("wattkampen", "simulator"),
    ("wattkampen", "wire"),
];

/// What a board, and what boards share, may depend on.
const FIRMWARE: &[&str] = &["app", "gateway", "panel", "tls", "wire"];

type Dependency = (String, String);

pub(super) fn check_workspaces() -> Result<Vec<Finding>> {
    let ours = dependencies_in(&metadata("Cargo.toml")?)?;
    let mut findings = check(&ours);
    let firmware = "firmware/Cargo.toml";
    if shell::root().join(firmware).is_file() {
        findings.extend(check_firmware(&dependencies_in(&metadata(firmware)?)?));
    }
    Ok(findings)
}

fn metadata(manifest: &str) -> Result<Value> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest];
    Ok(serde_json::from_str(&shell::output(cargo().args(arguments))?)?)
}

/// The dependencies that are a folder of ours, of every kind: normal, for tests,
/// and for the build.
fn dependencies_in(metadata: &Value) -> Result<BTreeSet<Dependency>> {
    let packages = metadata["packages"].as_array().context("no packages in cargo's metadata")?;
    let mut found = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["path"].is_string() {
                let on = dependency["name"].as_str().context("a dependency without a name")?;
                found.insert((name.to_owned(), on.to_owned()));
            }
        }
    }
    Ok(found)
}

fn check(found: &BTreeSet<Dependency>) -> Vec<Finding> {
    let allowed: BTreeSet<Dependency> =
        DEPENDENCIES.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let finding = |(a, b): &Dependency, what: &str| {
        Finding::new("Cargo.toml", 0, format!("{a} -> {b}: {what}"))
    };
    let extra = found.difference(&allowed).filter(|(a, _)| a != "tests");
    let missing = allowed.difference(found);
    extra
        .map(|dependency| {
            finding(dependency, "not a dependency of the design; put the code where it may be used")
        })
        .chain(
            missing
                .map(|dependency| finding(dependency, "a dependency of the design that is absent")),
        )
        .collect()
}

fn check_firmware(found: &BTreeSet<Dependency>) -> Vec<Finding> {
    let unexpected = |(_, on): &&Dependency| !FIRMWARE.contains(&on.as_str());
    found
        .iter()
        .filter(unexpected)
        .map(|(a, b)| {
            Finding::new("firmware/Cargo.toml", 0, format!("{a} -> {b}: a board uses {FIRMWARE:?}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> BTreeSet<Dependency> {
        DEPENDENCIES.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn dependency(a: &str, b: &str) -> Dependency {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn the_design_passes_and_tests_may_use_anything() {
        let mut found = design();
        found.insert(dependency("tests", "competition"));
        assert_eq!(check(&found), []);
    }

    #[test]
    fn an_additional_dependency_is_found() {
        let mut found = design();
        found.insert(dependency("competition", "wire"));
        assert!(check(&found)[0].what.starts_with("competition -> wire: not a dependency"));
    }

    #[test]
    fn an_absent_dependency_is_found() {
        let mut found = design();
        found.remove(&dependency("server", "panel"));
        assert!(check(&found)[0].what.starts_with("server -> panel: a dependency of the design"));
    }

    #[test]
    fn a_board_does_not_use_the_server() {
        assert_eq!(check_firmware(&[dependency("rp", "gateway")].into()), []);
        assert_eq!(check_firmware(&[dependency("rp", "server")].into()).len(), 1);
    }

    #[test]
    fn folders_are_dependencies_and_registry_crates_are_not() {
        let metadata = serde_json::json!({"packages": [{"name": "gateway", "dependencies": [
            {"name": "wire", "path": "/somewhere/wire", "kind": "dev"}, {"name": "crc", "path": null}
        ]}]});
        assert_eq!(dependencies_in(&metadata).unwrap(), [dependency("gateway", "wire")].into());
    }
}

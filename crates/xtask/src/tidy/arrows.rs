//! Which crate may lean on which: exactly this list, no arrow more and none less.
use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::shell::{self, cargo};

/// A depends on B.
const ARROWS: &[(&str, &str)] = &[
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

/// What a board, and what boards share, may lean on.
const FIRMWARE: &[&str] = &["app", "gateway", "panel", "tls", "wire"];

type Arrow = (String, String);

pub(super) fn check_workspaces() -> Result<Vec<Finding>> {
    let ours = arrows(&metadata("Cargo.toml")?)?;
    let mut findings = check(&ours);
    let firmware = "firmware/Cargo.toml";
    if shell::root().join(firmware).is_file() {
        findings.extend(check_firmware(&arrows(&metadata(firmware)?)?));
    }
    Ok(findings)
}

fn metadata(manifest: &str) -> Result<Value> {
    let arguments = ["metadata", "--no-deps", "--format-version", "1", "--manifest-path", manifest];
    Ok(serde_json::from_str(&shell::output(cargo().args(arguments))?)?)
}

/// The dependencies that are a folder of ours, of every kind: normal, for tests,
/// and for the build.
fn arrows(metadata: &Value) -> Result<BTreeSet<Arrow>> {
    let packages = metadata["packages"].as_array().context("no packages in cargo's metadata")?;
    let mut arrows = BTreeSet::new();
    for package in packages {
        let name = package["name"].as_str().context("a package without a name")?;
        for dependency in package["dependencies"].as_array().into_iter().flatten() {
            if dependency["path"].is_string() {
                let on = dependency["name"].as_str().context("a dependency without a name")?;
                arrows.insert((name.to_owned(), on.to_owned()));
            }
        }
    }
    Ok(arrows)
}

fn check(found: &BTreeSet<Arrow>) -> Vec<Finding> {
    let allowed: BTreeSet<Arrow> =
        ARROWS.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let finding =
        |(a, b): &Arrow, what: &str| Finding::new("Cargo.toml", 0, format!("{a} -> {b}: {what}"));
    let extra = found.difference(&allowed).filter(|(a, _)| a != "tests");
    let missing = allowed.difference(found);
    extra
        .map(|arrow| {
            finding(arrow, "not an arrow of the design; put the code where it may be used")
        })
        .chain(missing.map(|arrow| finding(arrow, "an arrow of the design that is gone")))
        .collect()
}

fn check_firmware(found: &BTreeSet<Arrow>) -> Vec<Finding> {
    let stranger = |(_, on): &&Arrow| !FIRMWARE.contains(&on.as_str());
    found
        .iter()
        .filter(stranger)
        .map(|(a, b)| {
            Finding::new("firmware/Cargo.toml", 0, format!("{a} -> {b}: a board uses {FIRMWARE:?}"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn design() -> BTreeSet<Arrow> {
        ARROWS.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
    }

    fn arrow(a: &str, b: &str) -> Arrow {
        (a.to_owned(), b.to_owned())
    }

    #[test]
    fn the_design_passes_and_tests_may_use_anything() {
        let mut found = design();
        found.insert(arrow("tests", "competition"));
        assert_eq!(check(&found), []);
    }

    #[test]
    fn an_arrow_too_many_is_found() {
        let mut found = design();
        found.insert(arrow("competition", "wire"));
        assert!(check(&found)[0].what.starts_with("competition -> wire: not an arrow"));
    }

    #[test]
    fn an_arrow_too_few_is_found() {
        let mut found = design();
        found.remove(&arrow("server", "panel"));
        assert!(check(&found)[0].what.starts_with("server -> panel: an arrow of the design"));
    }

    #[test]
    fn a_board_does_not_use_the_server() {
        assert_eq!(check_firmware(&[arrow("rp", "gateway")].into()), []);
        assert_eq!(check_firmware(&[arrow("rp", "server")].into()).len(), 1);
    }

    #[test]
    fn folders_are_arrows_and_registry_crates_are_not() {
        let metadata = serde_json::json!({"packages": [{"name": "gateway", "dependencies": [
            {"name": "wire", "path": "/somewhere/wire", "kind": "dev"}, {"name": "crc", "path": null}
        ]}]});
        assert_eq!(arrows(&metadata).unwrap(), [arrow("gateway", "wire")].into());
    }
}

//! Terms of what we depend on: the list of `.deny.toml`, which `cargo deny` reads as
//! well, asserted here because it is not on every machine.
use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde_json::Value;

use super::Finding;
use crate::shell::{self, cargo};

pub(super) fn check_all() -> Result<Vec<Finding>> {
    let list = std::fs::read_to_string(".deny.toml").context(".deny.toml")?;
    let allowed = allowed(&list);
    // What other systems need is not downloaded to be looked at.
    let platform = ["--filter-platform", &shell::host()?];
    let all = ["metadata", "--format-version", "1", "--locked"];
    let metadata = shell::output(cargo().args(all).args(platform))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let packages = metadata["packages"].as_array().context("no packages in cargo's metadata")?;
    Ok(packages.iter().filter_map(|package| check(package, &allowed)).collect())
}

/// The entries of `allow = […]`.
fn allowed(list: &str) -> BTreeSet<&str> {
    let after = list.split_once("allow = [").map_or("", |(_, rest)| rest);
    let inside = after.split_once(']').map_or("", |(inside, _)| inside);
    inside.split('"').skip(1).step_by(2).collect()
}

fn check(package: &Value, allowed: &BTreeSet<&str>) -> Option<Finding> {
    let terms = package["license"].as_str().unwrap_or("none");
    // Old crates separate alternatives with a slash.
    let normal = terms.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<_> = normal.split_whitespace().collect();
    if any(&mut words.as_slice(), allowed) {
        return None;
    }
    let name = package["name"].as_str().unwrap_or("?");
    let what = format!("{name}: {terms} is not in .deny.toml's list; ask before adding it");
    Some(Finding::new("Cargo.lock", 0, what))
}

/// SPDX: `OR` binds less than `AND`, `AND` less than `WITH`.
fn any(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut good = all(words, allowed);
    while let Some((&"OR", rest)) = words.split_first() {
        *words = rest;
        good |= all(words, allowed);
    }
    good
}

fn all(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let mut good = one(words, allowed);
    while let Some((&"AND", rest)) = words.split_first() {
        *words = rest;
        good &= one(words, allowed);
    }
    good
}

fn one(words: &mut &[&str], allowed: &BTreeSet<&str>) -> bool {
    let Some((&first, rest)) = words.split_first() else { return false };
    *words = rest;
    if first == "(" {
        let good = any(words, allowed);
        *words = words.strip_prefix(&[")"]).unwrap_or(words);
        return good;
    }
    if let ["WITH", exception, rest @ ..] = *words {
        let terms = format!("{first} WITH {exception}");
        *words = rest;
        return allowed.contains(terms.as_str()) || allowed.contains(first);
    }
    allowed.contains(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passes(terms: &str) -> bool {
        let allowed = allowed("[licenses]\nallow = [\n \"MIT\",\n \"Unicode-3.0\"]\n");
        check(&serde_json::json!({"name": "a", "license": terms}), &allowed).is_none()
    }

    #[test]
    fn alternatives_and_sums_are_understood() {
        for good in ["MIT", "GPL-3.0 OR MIT", "MIT/Apache-2.0", "(MIT OR GPL-3.0) AND Unicode-3.0"]
        {
            assert!(passes(good), "{good}");
        }
        for bad in ["GPL-3.0", "none", "MIT AND GPL-3.0", "(MIT OR GPL-3.0) AND BSL-1.0", ""] {
            assert!(!passes(bad), "{bad}");
        }
    }

    #[test]
    fn an_exception_only_widens() {
        assert!(passes("MIT WITH LLVM-exception"));
        assert!(!passes("GPL-2.0 WITH Classpath-exception-2.0"));
    }
}

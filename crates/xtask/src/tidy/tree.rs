//! The top level is fixed: what is not in this list has a home further down.
use std::collections::BTreeSet;

use super::{File, Finding};

const TOP: &[&str] = &[
    ".cargo",
    ".ci",
    ".clippy.toml",
    ".deny.toml",
    ".gitignore",
    ".rustfmt.toml",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "crates",
    "deploy",
    "firmware",
    "tests",
];

/// Crates that may be in `crates/`.
const CRATES: &[&str] =
    &["competition", "gateway", "panel", "server", "simulator", "wattkampen", "wire", "xtask"];

pub(super) fn check(files: &[File]) -> Vec<Finding> {
    check_names(files.iter().map(|file| file.path.as_str()))
}

fn check_names<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Finding> {
    let mut strangers = BTreeSet::new();
    for path in paths {
        let mut parts = path.split('/');
        let top = parts.next().unwrap_or_default();
        if !TOP.contains(&top) {
            strangers.insert((
                top.to_owned(),
                "is not one of the top level's entries; it has a home further down",
            ));
        } else if top == "crates" {
            let name = parts.next().unwrap_or_default();
            if !CRATES.contains(&name) {
                strangers
                    .insert((format!("crates/{name}"), "is not one of the crates of the layout"));
            }
        }
    }
    strangers.into_iter().map(|(path, what)| Finding::new(&path, 0, what)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layout_passes() {
        let paths = ["Cargo.toml", ".ci/run", "crates/wire/src/lib.rs", "tests/all.rs"];
        assert_eq!(check_names(paths.into_iter()), []);
    }

    #[test]
    fn strangers_are_named_once() {
        let found = check_names(["docs/a.md", "docs/b.md", "crates/util/src/lib.rs"].into_iter());
        let files: Vec<_> = found.iter().map(|finding| finding.file.as_str()).collect();
        assert_eq!(files, ["crates/util", "docs"]);
    }
}

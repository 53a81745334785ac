//! Rules for paths in text: documents name files that exist, and nothing reaches
//! out of the repository but to `../shared`.
use super::{File, Finding};

/// Where machines keep what is theirs.
const ABSOLUTE: &[&str] = &["/home/", "/root/", "/work/"];

/// Paths that leave the repository.
pub(super) fn check_escapes(path: &str, text: &str) -> Vec<Finding> {
    // This file and its tests name what they look for.
    if path == "crates/xtask/src/tidy/paths.rs" || path.ends_with(".lock") {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line)) {
        for folder in ABSOLUTE {
            let begins = |at: usize| {
                !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-~/}".contains(c))
            };
            if line.match_indices(folder).any(|(at, _)| begins(at)) {
                findings.push(Finding::new(
                    path,
                    number,
                    format!("{folder} is a path of one machine"),
                ));
            }
        }
        if let Some(way) = relative(line).find(|way| escapes(path, way)) {
            findings.push(Finding::new(path, number, format!("{way} leaves the repository")));
        }
    }
    findings
}

/// The `../…` of a line, with what follows.
fn relative(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| c.is_whitespace() || "\"'`()<>[]{},;=|".contains(c))
        .filter_map(|word| word.find("../").map(|at| &word[at..]))
        .filter(|way| !way.starts_with("../../../../../../.."))
}

/// From the file's folder and from its crate's: where both lead out, it does.
fn escapes(path: &str, way: &str) -> bool {
    let up = way.split('/').take_while(|part| *part == "..").count();
    let first = way.split('/').nth(up).unwrap_or_default();
    let depth = path.matches('/').count();
    let package = match path.split('/').next() {
        Some("crates" | "firmware") => depth.min(2),
        _ => depth.min(1),
    };
    let leaves = |depth: usize| up > depth && !(up == depth + 1 && first == "shared");
    leaves(depth) && leaves(package)
}

/// Files that a document names must exist.
pub(super) fn check_mentions(path: &str, text: &str, files: &[File]) -> Vec<Finding> {
    let base = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(n, line)| (n + 1, line)) {
        let spans = line.split('`').skip(1).step_by(2);
        for span in spans.filter(|span| is_path(span)) {
            let name = span.trim_end_matches('/');
            let there = |candidate: &str| {
                let folder = format!("{candidate}/");
                files.iter().any(|file| file.path == candidate || file.path.starts_with(&folder))
            };
            if !there(name) && !there(&format!("{base}/{name}")) {
                findings.push(Finding::new(path, number, format!("{span} does not exist")));
            }
        }
    }
    findings
}

/// Text in backticks that can only be meant as a path of ours.
fn is_path(span: &str) -> bool {
    let top = span.split('/').next().unwrap_or_default();
    let known = ["crates", "deploy", "firmware", "tests", ".ci", ".cargo"].contains(&top);
    known && span.contains('/') && !span.contains(|c: char| c.is_whitespace() || "*{<…".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_may_be_reached_and_nothing_else() {
        let test = "crates/gateway/tests/p1.rs";
        assert_eq!(check_escapes(test, r#"join("../../../shared/formats")"#), []);
        assert_eq!(check_escapes(test, r#"include_str!("../src/lib.rs")"#), []);
        assert_eq!(check_escapes("README.md", "see ../shared/design.md"), []);
        assert_eq!(check_escapes("README.md", "see ../elsewhere").len(), 1);
        assert_eq!(check_escapes("tests/all.rs", r#"join("../../shared")"#), []);
        assert_eq!(check_escapes("tests/all.rs", r#"join("../../../shared")"#).len(), 1);
    }

    #[test]
    fn nobodys_machine_is_named() {
        assert_eq!(check_escapes("deploy/a.service", "ExecStart=/home/me/wattkampen").len(), 1);
        assert_eq!(check_escapes("deploy/a.service", "ExecStart=/usr/bin/wattkampen"), []);
        assert_eq!(check_escapes("deploy/a", "COPY /src/work/x ."), []);
    }

    #[test]
    fn documents_name_what_exists() {
        let files = [File { path: "crates/wire/src/topic.rs".into(), text: None }];
        let good = "`crates/wire/src/topic.rs` in `crates/wire/`, `GET /api`, `tests`";
        assert_eq!(check_mentions("README.md", good, &files), []);
        assert_eq!(check_mentions("README.md", "`crates/wire/src/gone.rs`", &files).len(), 1);
    }
}

//! Rules for Rust files: they open with why they exist, stay short, and the crates
//! keep out of what they must not touch.
use super::{
    Finding,
    tokens::{self, Token},
};

/// A file is near this long.
pub(super) const NEAR: usize = 150;
/// And no longer than this.
const MOST: usize = 400;
/// But for these, with why.
const LONG: &[(&str, &str)] = &[];

/// Crates that run on a microcontroller.
const NO_STD: &[&str] = &["crates/gateway/src/", "crates/panel/src/", "crates/wire/src/"];

/// The module of those crates that needs an operating system, behind a feature.
const HOST_ONLY: &str = "crates/gateway/src/mqtt.rs";

/// What the arithmetic of a competition must not know.
const IMPURE: &[(&[&str], &str)] = &[
    (&["serde"], "serde"),
    (&["tokio"], "tokio"),
    (&["async"], "async"),
    (&["std", ":", ":", "fs"], "files"),
    (&["std", ":", ":", "io"], "input and output"),
    (&["std", ":", ":", "net"], "the network"),
    (&["std", ":", ":", "env"], "the environment"),
    (&["std", ":", ":", "thread"], "threads"),
    (&["std", ":", ":", "process"], "processes"),
    (&["SystemTime"], "the clock"),
    (&["Instant"], "the clock"),
    (&["now", "(", ")"], "the clock"),
];

pub(super) fn check(path: &str, source: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if !source.starts_with("//!") {
        findings.push(Finding::new(path, 1, "open the file with `//!` and why it exists"));
    }
    let length = source.lines().count();
    if length > MOST && !LONG.iter().any(|(allowed, _)| *allowed == path) {
        findings.push(Finding::new(
            path,
            0,
            format!("{length} lines; split it, {MOST} are the most"),
        ));
    }
    match tokens::read(source) {
        Ok(tokens) => check_tokens(path, source, &tokens, &mut findings),
        Err(error) => findings.push(Finding::new(path, 0, format!("no Rust: {error}"))),
    }
    findings
}

fn check_tokens(path: &str, source: &str, tokens: &[Token], findings: &mut Vec<Finding>) {
    let mut forbid = |words: &[&str], only: &dyn Fn(&Token) -> bool, what: String| {
        let found = tokens::find(tokens, words).into_iter().filter(|token| only(token));
        findings.extend(found.map(|token| Finding::new(path, token.line, what.clone())));
    };
    let always = |_: &Token| true;
    let all = in_tests(path);
    let product = |token: &Token| !all && !token.test;
    if !path.starts_with("firmware/") {
        forbid(&["unsafe"], &always, "`unsafe` has its place in firmware/ alone".into());
    }
    for name in ["todo", "unimplemented", "dbg"] {
        forbid(&[name, "!"], &always, format!("`{name}!` is not finished work"));
    }
    // Waiting for a condition with a deadline has one home.
    if path != "tests/src/wait.rs" {
        let test = move |token: &Token| all || token.test;
        // Where tokio's time is paused, a sleep moves the clock and waits for nothing.
        let paused = source.contains("start_paused = true");
        let words: &[&str] = if paused { &["thread", ":", ":", "sleep"] } else { &["sleep"] };
        forbid(words, &test, "wait for a condition instead of sleeping".into());
    }
    if path.starts_with("crates/competition/src/") {
        for (words, what) in IMPURE {
            forbid(words, &product, format!("the arithmetic must not know {what}"));
        }
    }
    if NO_STD.iter().any(|folder| path.starts_with(folder)) && path != HOST_ONLY {
        forbid(&["std", ":", ":"], &product, "std is not there on a microcontroller".into());
        if path.ends_with("src/lib.rs") && !source.contains("#![no_std]") {
            findings.push(Finding::new(path, 0, "say `#![no_std]`"));
        }
    }
}

/// Files that are tests as a whole.
fn in_tests(path: &str) -> bool {
    path.starts_with("tests/") && !path.starts_with("tests/benches/")
        || path.contains("/tests/")
        || path.ends_with("/tests.rs")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whats(path: &str, source: &str) -> Vec<String> {
        check(path, &format!("//! Why.\n{source}")).into_iter().map(|f| f.what).collect()
    }

    #[test]
    fn an_ordinary_file_passes() {
        let source = "use std::fs;\nfn f() { tokio::time::sleep(d); }";
        assert!(whats("crates/server/src/lib.rs", source).is_empty());
    }

    #[test]
    fn a_file_says_why_it_exists() {
        assert_eq!(check("crates/server/src/a.rs", "fn f() {}\n").len(), 1);
    }

    #[test]
    fn a_file_is_not_endless() {
        assert_eq!(whats("crates/server/src/a.rs", &"\n".repeat(MOST)).len(), 1);
        assert!(whats("crates/server/src/a.rs", &"\n".repeat(MOST - 1)).is_empty());
    }

    #[test]
    fn unsafe_stands_in_firmware_alone() {
        let source = "fn f() { unsafe { g() } }";
        assert_eq!(whats("crates/server/src/a.rs", source).len(), 1);
        assert!(whats("firmware/rp/src/main.rs", source).is_empty());
    }

    #[test]
    fn unfinished_work_is_found() {
        let source = "fn f() { dbg!(1); todo!() }\nfn g() { unimplemented!() }";
        assert_eq!(whats("crates/server/src/a.rs", source).len(), 3);
    }

    #[test]
    fn tests_do_not_sleep() {
        let source = "fn f() { std::thread::sleep(d) }";
        assert_eq!(whats("tests/kill.rs", source).len(), 1);
        assert_eq!(whats("crates/server/src/store/tests.rs", source).len(), 1);
        assert!(whats("tests/src/wait.rs", source).is_empty());
        let paused = "#[tokio::test(start_paused = true)] fn f() { tokio::time::sleep(d) }";
        assert!(whats("crates/simulator/src/tests.rs", paused).is_empty());
        let inside = "#[cfg(test)]\nmod tests { fn f() { sleep(d) } }";
        assert_eq!(whats("crates/server/src/a.rs", inside).len(), 1);
    }

    #[test]
    fn the_arithmetic_is_pure() {
        let source = "use std::fs;\nasync fn f() { let t = Timestamp::now(); }";
        assert_eq!(whats("crates/competition/src/a.rs", source).len(), 3);
        assert!(whats("crates/competition/src/a.rs", "fn f(now: Time) { g(now) }").is_empty());
    }

    #[test]
    fn a_device_crate_has_no_std() {
        assert_eq!(whats("crates/wire/src/a.rs", "use std::vec::Vec;").len(), 1);
        assert_eq!(whats("crates/gateway/src/uplink.rs", "use std::vec::Vec;").len(), 1);
        assert!(whats("crates/gateway/src/mqtt.rs", "use std::vec::Vec;").is_empty());
        assert_eq!(whats("crates/wire/src/lib.rs", "mod a;").len(), 1);
        let test = "#![no_std]\n#[cfg(test)]\nmod tests { use std::vec::Vec; }";
        assert!(whats("crates/wire/src/lib.rs", test).is_empty());
        assert!(whats("crates/wire/src/text/tests.rs", "use std::vec::Vec;").is_empty());
    }
}

//! The reader of standard output or standard error may close it, as in `| head -1`. A
//! command keeps its exit code, and a service keeps running.
use std::{
    io::{BufRead, BufReader, pipe},
    process::{Command, Stdio},
};

fn wattkampen(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wattkampen"));
    command.args(arguments).stdin(Stdio::null()).env("NO_COLOR", "1").env_remove("RUST_LOG");
    command
}

/// A pipe whose reader is closed.
fn closed() -> Stdio {
    let (reader, writer) = pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

#[test]
fn a_closed_standard_output_is_no_failure() {
    let config = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/example.toml");
    for arguments in [
        &["check", "--config", config] as &[&str],
        &["--help"],
        &["gateway", "--help"],
        &["simulate", "--truth", "--participants", "24"],
    ] {
        let done = wattkampen(arguments).stdout(closed()).output().expect("wattkampen starts");
        let errors = String::from_utf8_lossy(&done.stderr);
        assert_eq!((done.status.code(), errors.as_ref()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_closed_standard_error_keeps_the_exit_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("outbox");
    std::fs::write(&file, "no folder").expect("a file");
    let file = file.to_str().expect("UTF-8");
    let broker = ["--broker", "mqtt://127.0.0.1:1", "--gateway", "g-1"];
    // The gateway logs before it opens the outbox, which fails.
    let gateway = [&["gateway", "--serial", file, "--meter", "1", "--data", file], &broker[..]];
    for (arguments, code) in
        [(gateway.concat(), 1), (vec!["check", "--config", file], 2), (vec!["demo", "--spede"], 2)]
    {
        let status = wattkampen(&arguments).stderr(closed()).status().expect("wattkampen starts");
        assert_eq!(status.code(), Some(code), "{arguments:?}");
    }
}

#[test]
fn a_service_runs_with_a_closed_standard_output() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().to_str().expect("UTF-8");
    let address = "127.0.0.1:0";
    let mut child = wattkampen(&["demo", "--participants", "2", "--data", data])
        .args(["--http", address, "--mqtt", address])
        .stdout(closed())
        .stderr(Stdio::piped())
        .spawn()
        .expect("wattkampen starts");
    // This line follows the addresses.
    let errors = BufReader::new(child.stderr.take().expect("a pipe"));
    let lines: Vec<String> = errors.lines().map_while(Result::ok).take(1).collect();
    child.kill().expect("it runs");
    child.wait().expect("it has ended");
    assert!(lines.concat().starts_with("A demonstration"), "{lines:?}");
}

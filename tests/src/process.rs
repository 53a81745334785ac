//! Processes: signals, a deadline for commands, and what Linux reports about them.
use std::{
    fs,
    io::Read,
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use crate::wait::{DEADLINE, before_deadline};

/// Sends a signal, such as `TERM`.
///
/// # Panics
/// When there is no such process.
pub fn signal(pid: u32, name: &str) {
    let mut kill = Command::new("kill");
    let status = kill.args([&format!("-{name}"), &pid.to_string()]).status();
    assert!(status.expect("kill starts").success(), "the process {pid} takes SIG{name}");
}

/// Runs a command to its end and returns its output, as [`Command::output`] does, but kills
/// it at the deadline.
///
/// # Panics
/// With the command and its output so far when it does not start or end.
pub fn output(command: &mut Command) -> Output {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?} does not start: {error}"));
    let read = |mut pipe: Box<dyn Read + Send>| {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // A pipe that breaks ends the output.
            let _ = pipe.read_to_end(&mut bytes);
            bytes
        })
    };
    let stdout = read(Box::new(child.stdout.take().expect("standard output is a pipe")));
    let stderr = read(Box::new(child.stderr.take().expect("standard error is a pipe")));
    let ended = before_deadline(|| child.try_wait().expect("it is our child"));
    if ended.is_none() {
        let _ = child.kill();
    }
    let status = child.wait().expect("it is our child");
    let join = |reader: thread::JoinHandle<_>| reader.join().expect("reading does not panic");
    let output = Output { status, stdout: join(stdout), stderr: join(stderr) };
    assert!(ended.is_some(), "{command:?} did not end in {DEADLINE:?}: {output:?}");
    output
}

/// User and system time so far.
///
/// # Panics
/// When there is no such process.
pub fn cpu(pid: u32) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).expect("the process runs");
    // The second field is a name in parentheses, which may hold spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|n| n.parse::<u64>().ok()).sum();
    // A tick is 10 ms on every Linux that one meets.
    Duration::from_millis(ticks * 10)
}

/// Most memory that it ever had resident, bytes.
///
/// # Panics
/// When there is no such process.
pub fn peak_memory(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).expect("the process runs");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.expect("Linux reports VmHWM") * 1024
}

//! Readings as a gateway sends them, of a load that is simple enough to check.
use jiff::{SignedDuration, Timestamp};

use crate::{config::TownHall, publisher::Message};

/// One reading in the words of README.md.
pub fn reading(hall: &TownHall, t: Timestamp, import_wh: u64, power_w: i64, seq: u32) -> Message {
    let TownHall { meter, gateway, .. } = hall;
    let payload = format!(
        r#"{{"meter":"{meter}","t":"{t}","import_wh":{import_wh},"export_wh":0,"power_w":{power_w},"seq":{seq},"boot":1}}"#
    );
    (format!("wattkampen/v1/{gateway}/reading"), payload.into_bytes())
}

/// A register that goes on from reading to reading.
#[derive(Debug, Clone)]
pub struct History<'a> {
    hall: &'a TownHall,
    at: Timestamp,
    /// Watt-seconds, so that short steps lose nothing.
    register: u64,
    seq: u32,
}

impl<'a> History<'a> {
    /// From a moment on.
    pub fn new(hall: &'a TownHall, start: Timestamp) -> Self {
        Self { hall, at: start, register: 1_000_000 * 3600, seq: 0 }
    }

    /// Readings every `step` seconds, with a load of so many percent, until `end`.
    pub fn run(&mut self, end: Timestamp, step: i64, percent: u64) -> Vec<Message> {
        let mut messages = Vec::new();
        while self.at < end {
            let watts = load(self.at, u64::from(self.hall.area)) * percent / 100;
            let (wh, watts) = (self.register / 3600, watts as i64);
            messages.push(reading(self.hall, self.at, wh, watts, self.seq));
            self.register += watts.unsigned_abs() * step.unsigned_abs();
            self.at += SignedDuration::from_secs(step);
            self.seq += 1;
        }
        messages
    }
}

/// Watts: half by night and at weekends, more by day, and a wobble that no weekly
/// pattern explains, so that a fit has residuals.
fn load(at: Timestamp, area: u64) -> u64 {
    let hours = at.as_second().unsigned_abs() / 3600;
    let (hour, day) = (hours % 24, hours / 24);
    let wobble = (hours.wrapping_mul(2_654_435_761) >> 7) % 20;
    // Day 0 was a Thursday.
    let weekend = matches!((day + 3) % 7, 5 | 6);
    let base = if (6..17).contains(&hour) && !weekend { 10 } else { 5 };
    area * base * (90 + wobble) / 100
}

/// Dates of a competition that is over, so that all its readings may come at once.
pub const PAST: (&str, &str) = (
    r#"{ start = "2024-03-01", end = "2025-03-01" }"#,
    r#"{ start = "2025-03-01", end = "2025-06-01" }"#,
);

/// A moment of local time of [`PAST`]'s competition.
///
/// # Panics
/// When it is none.
pub fn local(time: &str) -> Timestamp {
    let time: jiff::civil::DateTime = time.parse().expect("a date and a time");
    time.in_tz("Europe/Stockholm").expect("a moment").timestamp()
}

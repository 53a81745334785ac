//! Rejected deliveries, for the log and for the organiser. The list is bounded, so that a
//! client that sends garbage cannot fill memory or disk.
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use competition::Time;

use super::error::IngestError;

/// Most pairs of topic and reason; the other topics of a reason are counted together.
const MAX_ENTRIES: usize = 256;
/// Interval between two log lines about the same pair.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// An entry that is unused for this long may make room for a new one.
const EXPIRES_AFTER: Duration = Duration::from_secs(3600);
/// Longest topic and detail that are kept, in characters.
const MAX_CHARS: usize = 160;
/// Stands for the topics beyond [`MAX_ENTRIES`].
const OTHERS: &str = "(other topics)";

/// Deliveries of one topic that were rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The MQTT topic, cut to length, with unprintable characters escaped.
    pub topic: String,
    /// [`super::IngestError::label`].
    pub label: &'static str,
    /// The error text of the delivery that was logged last.
    pub detail: String,
    /// Number of deliveries.
    pub count: u64,
    /// Time of the first, by the service's clock.
    pub first: Time,
    /// Time of the last.
    pub last: Time,
}

#[derive(Debug)]
struct Entry {
    rejection: Rejection,
    /// Deliveries since the last log line.
    unlogged: u64,
    logged: Option<Instant>,
    last_used: Instant,
}

/// The bounded list. It reads no clock: callers pass the service's time and the
/// monotonic one.
#[derive(Debug, Default)]
pub(crate) struct Rejections(HashMap<(String, &'static str), Entry>);

impl Rejections {
    pub(crate) fn add(&mut self, topic: &str, error: &IngestError, now: Time, real: Instant) {
        self.add_many(1, topic, error, now, real);
    }

    pub(crate) fn add_many(
        &mut self,
        count: u64,
        topic: &str,
        error: &IngestError,
        now: Time,
        real: Instant,
    ) {
        let label = error.label();
        let mut key = (printable(topic), label);
        if !self.0.contains_key(&key) && self.0.len() >= MAX_ENTRIES && !self.make_room(real) {
            key.0 = OTHERS.to_owned();
        }
        let topic = &key.0;
        let new = Entry {
            rejection: Rejection {
                topic: topic.clone(),
                label,
                detail: String::new(),
                count: 0,
                first: now,
                last: now,
            },
            unlogged: 0,
            logged: None,
            last_used: real,
        };
        let entry = self.0.entry(key).or_insert(new);
        entry.rejection.count += count;
        entry.rejection.last = now;
        entry.last_used = real;
        entry.unlogged += count;
        if entry.due(real) {
            entry.rejection.detail = printable(&error.to_string());
            entry.log(real);
        }
    }

    /// Logs entries whose interval has passed.
    pub(crate) fn tick(&mut self, real: Instant) {
        for entry in self.0.values_mut().filter(|entry| entry.unlogged > 0) {
            if entry.due(real) {
                entry.log(real);
            }
        }
    }

    /// All entries, the newest first.
    pub(crate) fn list(&self) -> Vec<Rejection> {
        let mut list: Vec<_> = self.0.values().map(|entry| entry.rejection.clone()).collect();
        list.sort_by(|a, b| {
            b.last.cmp(&a.last).then_with(|| (&a.topic, a.label).cmp(&(&b.topic, b.label)))
        });
        list
    }

    fn make_room(&mut self, real: Instant) -> bool {
        self.0.retain(|_, entry| real.duration_since(entry.last_used) < EXPIRES_AFTER);
        self.0.len() < MAX_ENTRIES
    }
}

impl Entry {
    fn due(&self, real: Instant) -> bool {
        self.logged.is_none_or(|logged| real.duration_since(logged) >= LOG_EVERY)
    }

    fn log(&mut self, real: Instant) {
        let Rejection { topic, label, detail, .. } = &self.rejection;
        tracing::warn!(%topic, reason = label, count = self.unlogged, "rejected: {detail}");
        self.unlogged = 0;
        self.logged = Some(real);
    }
}

fn printable(text: &str) -> String {
    // Untrusted text must not break lines of the log or control a terminal.
    let mut out: String = text.chars().flat_map(escape).take(MAX_CHARS + 1).collect();
    if out.chars().count() > MAX_CHARS {
        out.pop();
        out.push('…');
    }
    out
}

fn escape(c: char) -> impl Iterator<Item = char> {
    let control = c.is_control();
    control.then(|| c.escape_default()).into_iter().flatten().chain((!control).then_some(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn list_is_bounded_and_counts_every_delivery() {
        let mut rejections = Rejections::default();
        let now = Instant::now();
        for i in 0..10_000 {
            rejections.add(&format!("x/{i}"), &IngestError::TooLarge(9999), Time(i), now);
        }
        let list = rejections.list();
        assert!(list.len() <= MAX_ENTRIES + 1);
        assert_eq!(list.iter().map(|c| c.count).sum::<u64>(), 10_000);
        assert_eq!(list[0].topic, OTHERS);
        let later = now + EXPIRES_AFTER;
        rejections.add("new", &IngestError::TooLarge(9999), Time(10_001), later);
        assert_eq!(rejections.list().len(), 1);
    }

    #[test]
    fn deliveries_of_a_topic_and_reason_share_an_entry() {
        let mut rejections = Rejections::default();
        let now = Instant::now();
        for i in 0..5 {
            rejections.add("a\nb\x1b[2J", &IngestError::NotUtf8(i), Time(i as i64), now);
        }
        rejections.add("a", &IngestError::NotUtf8(1), Time(9), now);
        let list = rejections.list();
        assert_eq!(list.len(), 2);
        let c = &list[1];
        assert_eq!((c.topic.as_str(), c.label, c.count), ("a\\nb\\u{1b}[2J", "not_utf8", 5));
        assert_eq!((c.first, c.last), (Time(0), Time(4)));
        assert_eq!(c.detail, "the payload is not UTF-8 from byte 0 on");
    }

    #[test]
    fn long_text_is_truncated() {
        assert_eq!(printable(&"å".repeat(1000)).chars().count(), MAX_CHARS + 1);
    }
}

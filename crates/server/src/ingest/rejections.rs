//! What was not understood, for the log and for the organiser: bounded, so that
//! nobody fills memory or disk by sending nonsense.
use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use competition::Time;

use super::IngestError;

/// Topics × reasons that are told apart; the rest of a reason counts together.
const MOST: usize = 256;
/// Between two lines of the log about the same.
const LOG_EVERY: Duration = Duration::from_secs(60);
/// After which silence a line may give way to a new one.
const FORGET_AFTER: Duration = Duration::from_secs(3600);
/// Longest topic and detail that are kept, characters.
const CUT: usize = 160;
/// Stands for the topics that found no room.
const OTHERS: &str = "(other topics)";

/// Deliveries of one topic that were not taken for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// Where they came, cut and with unprintable characters escaped.
    pub topic: String,
    /// [`super::IngestError::label`].
    pub label: &'static str,
    /// The reason in words, of the one that was logged last.
    pub detail: String,
    /// How many.
    pub count: u64,
    /// The first, by the service's clock.
    pub first: Time,
    /// The last.
    pub last: Time,
}

#[derive(Debug)]
struct Entry {
    rejection: Rejection,
    unlogged: u64,
    logged: Option<Instant>,
    seen: Instant,
}

/// The bounded list. Knows nothing of clocks: both times come in.
#[derive(Debug, Default)]
pub(crate) struct Rejections(HashMap<(String, &'static str), Entry>);

impl Rejections {
    pub(crate) fn add(&mut self, topic: &str, reason: &IngestError, now: Time, real: Instant) {
        self.add_some(1, topic, reason, now, real);
    }

    pub(crate) fn add_some(
        &mut self,
        count: u64,
        topic: &str,
        reason: &IngestError,
        now: Time,
        real: Instant,
    ) {
        let label = reason.label();
        let mut key = (printable(topic), label);
        if !self.0.contains_key(&key) && self.0.len() >= MOST && !self.make_room(real) {
            key.0 = OTHERS.to_owned();
        }
        let topic = &key.0;
        let fresh = || Entry {
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
            seen: real,
        };
        let fresh = fresh();
        let entry = self.0.entry(key).or_insert(fresh);
        entry.rejection.count += count;
        entry.rejection.last = now;
        entry.seen = real;
        entry.unlogged += count;
        if entry.due(real) {
            entry.rejection.detail = printable(&reason.to_string());
            entry.log(real);
        }
    }

    /// Logs what has waited for its minute.
    pub(crate) fn tick(&mut self, real: Instant) {
        for entry in self.0.values_mut().filter(|entry| entry.unlogged > 0) {
            if entry.due(real) {
                entry.log(real);
            }
        }
    }

    /// The newest first.
    pub(crate) fn list(&self) -> Vec<Rejection> {
        let mut list: Vec<_> = self.0.values().map(|entry| entry.rejection.clone()).collect();
        list.sort_by(|a, b| {
            b.last.cmp(&a.last).then_with(|| (&a.topic, a.label).cmp(&(&b.topic, b.label)))
        });
        list
    }

    fn make_room(&mut self, real: Instant) -> bool {
        self.0.retain(|_, entry| real.duration_since(entry.seen) < FORGET_AFTER);
        self.0.len() < MOST
    }
}

impl Entry {
    fn due(&self, real: Instant) -> bool {
        self.logged.is_none_or(|logged| real.duration_since(logged) >= LOG_EVERY)
    }

    fn log(&mut self, real: Instant) {
        let Rejection { topic, label, detail, .. } = &self.rejection;
        tracing::warn!(%topic, reason = label, count = self.unlogged, "not taken: {detail}");
        self.unlogged = 0;
        self.logged = Some(real);
    }
}

fn printable(text: &str) -> String {
    // Foreign text must not break lines of the log or steer a terminal.
    let mut out: String = text.chars().flat_map(escape).take(CUT + 1).collect();
    if out.chars().count() > CUT {
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
    fn a_flood_of_topics_stays_bounded_and_counted() {
        let mut rejections = Rejections::default();
        let now = Instant::now();
        for i in 0..10_000 {
            rejections.add(&format!("x/{i}"), &IngestError::TooLarge(9999), Time(i), now);
        }
        let list = rejections.list();
        assert!(list.len() <= MOST + 1);
        assert_eq!(list.iter().map(|c| c.count).sum::<u64>(), 10_000);
        assert_eq!(list[0].topic, OTHERS);
        let later = now + FORGET_AFTER;
        rejections.add("new", &IngestError::TooLarge(9999), Time(10_001), later);
        assert_eq!(rejections.list().len(), 1);
    }

    #[test]
    fn one_topic_is_one_line_with_its_reason() {
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
    fn long_text_is_cut() {
        assert_eq!(printable(&"å".repeat(1000)).chars().count(), CUT + 1);
    }
}

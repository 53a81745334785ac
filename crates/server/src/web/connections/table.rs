//! All HTTP connections: whose they are, what each waits for, and which has to go when there are
//! too many.
//!
//! Where one connection too many is accepted, the oldest one that waits for its client ends: for
//! the rest of a request or for the next one; then the oldest event stream, whose client connects
//! again by itself. A connection never ends while its request is answered. At the share of one
//! source it is one of the same source; where all connections are taken, one of the source with
//! the most of them, provided that it has more than the source of the new one, or else one of the
//! same source. Where there is no such connection, the new one is closed at once.
//!
//! So whoever holds many connections open loses the oldest of them, and a client whose request
//! arrives at once is answered.
use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::sync::Notify;

use super::limits::{ConnectionLimits, LimitKind, LimitLog, Source};

/// What a connection does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It waits for the rest of the headers, or for the first byte of the first request.
    Head,
    /// It waits for the rest of the body.
    Body,
    /// It waits for the first byte of the next request.
    Idle,
    /// The request is answered.
    Serving,
    /// It sends events as they occur.
    Events,
}

#[derive(Debug)]
struct Entry {
    source: Source,
    phase: Phase,
    since: Instant,
    ends: Arc<Notify>,
}

#[derive(Debug, Default)]
struct Entries {
    last: u64,
    connections: HashMap<u64, Entry>,
    /// The number of connections of each source.
    sources: HashMap<Source, usize>,
}

/// The connections of one listener.
#[derive(Debug)]
pub(super) struct Table {
    entries: Mutex<Entries>,
    pub(super) limits: ConnectionLimits,
    pub(super) log: LimitLog,
}

/// A connection's place in the table; its drop frees the place.
#[derive(Debug)]
pub(super) struct Place {
    table: Arc<Table>,
    number: u64,
    source: Source,
    ends: Arc<Notify>,
}

impl Entries {
    fn remove(&mut self, number: u64) -> Option<Entry> {
        let entry = self.connections.remove(&number)?;
        if let Some(count) = self.sources.get_mut(&entry.source) {
            *count -= 1;
            if *count == 0 {
                self.sources.remove(&entry.source);
            }
        }
        Some(entry)
    }

    /// The connection of `source` that may end for another.
    fn oldest(&self, source: Source) -> Option<u64> {
        let may_end = self
            .connections
            .iter()
            .filter(|(_, entry)| entry.source == source && entry.phase != Phase::Serving);
        let oldest = may_end.min_by_key(|(_, entry)| (entry.phase == Phase::Events, entry.since));
        oldest.map(|(number, _)| *number)
    }

    /// The connection that ends where all are taken and `source` opens another.
    fn heaviest(&self, source: Source) -> Option<u64> {
        let own = self.sources.get(&source).copied().unwrap_or(0);
        let mut heavier: Vec<(usize, Source)> = self
            .sources
            .iter()
            .filter(|(_, count)| **count > own)
            .map(|(source, count)| (*count, *source))
            .collect();
        heavier.sort_unstable_by_key(|(count, _)| std::cmp::Reverse(*count));
        let of_others = heavier.into_iter().find_map(|(_, source)| self.oldest(source));
        of_others.or_else(|| self.oldest(source))
    }
}

impl Table {
    pub(super) fn new(limits: ConnectionLimits) -> Arc<Self> {
        Arc::new(Self { entries: Mutex::default(), limits, log: LimitLog::default() })
    }

    /// No invariant spans more than one call, so that poisoning is ignored.
    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from `address`, for which another may have to end; `None` where
    /// none may.
    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Option<Place> {
        let source = Source::of(address);
        let mut entries = self.entries();
        let held = entries.sources.get(&source).copied().unwrap_or(0);
        let full = if held >= self.limits.share(source) {
            Some((LimitKind::Address, entries.oldest(source)))
        } else if entries.connections.len() >= self.limits.connections {
            Some((LimitKind::Connections, entries.heaviest(source)))
        } else {
            None
        };
        let displaced =
            full.map(|(kind, number)| (kind, number.and_then(|number| entries.remove(number))));
        let place = match &displaced {
            Some((_, None)) => None,
            _ => Some(self.insert(&mut entries, source)),
        };
        drop(entries);
        match displaced {
            Some((kind, Some(entry))) => {
                entry.ends.notify_one();
                let effect = "the connection that waits longest ends for a new one";
                self.log.record(kind, entry.source, effect);
            }
            Some((kind, None)) => self.log.record(kind, source, "a connection is closed at once"),
            None => {}
        }
        place
    }

    fn insert(self: &Arc<Self>, entries: &mut Entries, source: Source) -> Place {
        let (ends, since) = (Arc::new(Notify::new()), Instant::now());
        entries.last += 1;
        let number = entries.last;
        let entry = Entry { source, phase: Phase::Head, since, ends: ends.clone() };
        entries.connections.insert(number, entry);
        *entries.sources.entry(source).or_default() += 1;
        Place { table: self.clone(), number, source, ends }
    }

    /// Ends the oldest connection that waits for its client, so that its descriptor is free;
    /// whether there was one.
    pub(super) fn end_one(&self) -> bool {
        let mut entries = self.entries();
        let waiting = entries
            .connections
            .iter()
            .filter(|(_, entry)| matches!(entry.phase, Phase::Head | Phase::Body | Phase::Idle));
        let oldest = waiting.min_by_key(|(_, entry)| entry.since).map(|(number, _)| *number);
        let Some(entry) = oldest.and_then(|number| entries.remove(number)) else { return false };
        drop(entries);
        entry.ends.notify_one();
        true
    }

    /// Ends the connections whose clients take too long.
    pub(super) fn end_overdue(&self, now: Instant) {
        let mut entries = self.entries();
        let limit = |phase| match phase {
            Phase::Head => Some(self.limits.head_timeout),
            Phase::Idle => Some(self.limits.idle_timeout),
            // `handle` waits for the body.
            Phase::Body | Phase::Serving | Phase::Events => None,
        };
        let overdue: Vec<u64> = entries
            .connections
            .iter()
            .filter(|(_, entry)| {
                let age = now.saturating_duration_since(entry.since);
                limit(entry.phase).is_some_and(|limit| age >= limit)
            })
            .map(|(number, _)| *number)
            .collect();
        let ended: Vec<Entry> =
            overdue.into_iter().filter_map(|number| entries.remove(number)).collect();
        metrics::gauge!("wattkampen_http_connections").set(entries.connections.len() as f64);
        drop(entries);
        for entry in ended {
            entry.ends.notify_one();
            if entry.phase == Phase::Head {
                let effect = "a connection without a whole request is closed";
                self.log.record(LimitKind::HeadTimeout, entry.source, effect);
            }
        }
    }
}

impl Place {
    pub(super) fn source(&self) -> Source {
        self.source
    }

    pub(super) fn table(&self) -> &Table {
        &self.table
    }

    /// Waits until the connection has to end.
    pub(super) async fn ends(&self) {
        self.ends.notified().await;
    }

    /// The connection begins to do this.
    pub(super) fn enter(&self, phase: Phase) {
        if let Some(entry) = self.table.entries().connections.get_mut(&self.number) {
            (entry.phase, entry.since) = (phase, Instant::now());
        }
    }

    /// Bytes have arrived: if the connection was idle, the next request begins.
    pub(super) fn received(&self) {
        if let Some(entry) = self.table.entries().connections.get_mut(&self.number)
            && entry.phase == Phase::Idle
        {
            (entry.phase, entry.since) = (Phase::Head, Instant::now());
        }
    }

    /// Bytes were sent: the rest of an answer, if the connection is idle already.
    pub(super) fn sent(&self) {
        if let Some(entry) = self.table.entries().connections.get_mut(&self.number)
            && entry.phase == Phase::Idle
        {
            entry.since = Instant::now();
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.table.entries().remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn table(connections: usize, shared: &[&str]) -> Arc<Table> {
        let shared_networks = shared.iter().map(|network| network.parse().unwrap()).collect();
        Table::new(ConnectionLimits { connections, shared_networks, ..Default::default() })
    }

    fn admit(table: &Arc<Table>, address: &str) -> Option<Place> {
        table.admit(address.parse().unwrap())
    }

    fn is_open(place: &Place) -> bool {
        place.table.entries().connections.contains_key(&place.number)
    }

    #[test]
    fn the_longest_waiting_connection_of_the_same_address_goes_first() {
        // The share of an address is two.
        let table = table(8, &[]);
        let first = admit(&table, "192.0.2.1").unwrap();
        let second = admit(&table, "192.0.2.1").unwrap();
        let other = admit(&table, "192.0.2.2").unwrap();
        first.enter(Phase::Serving);
        first.enter(Phase::Idle);
        let third = admit(&table, "::ffff:192.0.2.1").unwrap();
        assert!(is_open(&first) && !is_open(&second) && is_open(&third) && is_open(&other));
        // An event stream goes after what waits, and before a new connection is refused.
        first.enter(Phase::Events);
        let fourth = admit(&table, "192.0.2.1").unwrap();
        assert!(is_open(&first) && !is_open(&third));
        fourth.enter(Phase::Serving);
        let fifth = admit(&table, "192.0.2.1").unwrap();
        assert!(!is_open(&first));
        fifth.enter(Phase::Serving);
        assert!(admit(&table, "192.0.2.1").is_none());
        drop(fifth);
        assert!(admit(&table, "192.0.2.1").is_some());
    }

    #[test]
    fn where_all_are_taken_the_address_with_the_most_gives_way() {
        let table = table(4, &["192.0.2.8/30"]);
        let proxied: Vec<Place> = (0..3).map(|_| admit(&table, "192.0.2.9").unwrap()).collect();
        let single = admit(&table, "192.0.2.1").unwrap();
        let new = admit(&table, "192.0.2.2").unwrap();
        assert!(!is_open(&proxied[0]) && is_open(&single) && is_open(&new));
        for place in &proxied[1..] {
            place.enter(Phase::Serving);
        }
        let newer = admit(&table, "192.0.2.1").unwrap();
        assert!(!is_open(&single), "no other address has more that may end");
        newer.enter(Phase::Serving);
        new.enter(Phase::Serving);
        assert!(admit(&table, "192.0.2.3").is_none(), "all are answered");
    }

    #[test]
    fn an_ipv6_network_is_one_source() {
        let table = table(8, &[]);
        let first = admit(&table, "2001:db8::1").unwrap();
        let _second = admit(&table, "2001:db8::2").unwrap();
        let _third = admit(&table, "2001:db8:0:0:ffff::3").unwrap();
        let _other = admit(&table, "2001:db8:0:1::1").unwrap();
        assert!(!is_open(&first));
    }

    #[test]
    fn what_takes_too_long_ends_and_an_answer_does_not() {
        let table = table(64, &[]);
        let now = Instant::now();
        let [head, idle, serving] = std::array::from_fn(|_| admit(&table, "192.0.2.1").unwrap());
        idle.enter(Phase::Idle);
        serving.enter(Phase::Serving);
        table.end_overdue(now + Duration::from_secs(11));
        assert!(!is_open(&head) && is_open(&idle));
        table.end_overdue(now + Duration::from_secs(3600));
        assert!(!is_open(&idle) && is_open(&serving));
    }
}

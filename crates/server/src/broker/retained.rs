//! Retained messages: the newest of each topic, for clients that subscribe later.
//!
//! They have two rooms. The `status`, `config` and `page` of a gateway, up to
//! [`MAX_RESERVED_MESSAGE`] bytes, go to the reserved room, which no other topic can take, and to
//! the common room where the reserved one is full. All others go to the common room. In either, an
//! owner has its share ([`Limits::share`]).
use std::{collections::HashMap, sync::Arc};

use wire::Topic;

use super::{Limits, filter, message::Message, owner::Owner};

/// Largest message in the reserved room, bytes: the largest payload that the service accepts, and
/// topic and overhead.
const MAX_RESERVED_MESSAGE: usize = 8 << 10;

#[derive(Debug, Default)]
pub(super) struct Retained {
    topics: HashMap<Arc<str>, Entry>,
    common: Room,
    reserved: Room,
}

#[derive(Debug)]
struct Entry {
    message: Arc<Message>,
    reserved: bool,
}

/// There is no room for the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

/// What messages use of a room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Used {
    topics: usize,
    bytes: usize,
}

impl Used {
    fn fits(self, size: usize, topics: usize, bytes: usize) -> bool {
        self.topics < topics && self.bytes + size <= bytes
    }

    fn add(&mut self, size: usize) {
        self.topics += 1;
        self.bytes += size;
    }

    fn subtract(&mut self, size: usize) {
        self.topics -= 1;
        self.bytes -= size;
    }
}

#[derive(Debug, Default)]
struct Room {
    all: Used,
    owners: HashMap<Owner, Used>,
}

impl Room {
    /// Whether the message fits, with these limits of topics and bytes.
    fn fits(&self, message: &Message, limits: &Limits, topics: usize, bytes: usize) -> bool {
        let owner = &message.publisher;
        let own = self.owners.get(owner).copied().unwrap_or_default();
        let size = message.size();
        self.all.fits(size, topics, bytes)
            && own.fits(size, limits.share(owner, topics), limits.share(owner, bytes))
    }

    fn add(&mut self, message: &Message) {
        self.all.add(message.size());
        self.owners.entry(message.publisher.clone()).or_default().add(message.size());
    }

    fn subtract(&mut self, message: &Message) {
        self.all.subtract(message.size());
        if let Some(own) = self.owners.get_mut(&message.publisher) {
            own.subtract(message.size());
            if *own == Used::default() {
                self.owners.remove(&message.publisher);
            }
        }
    }
}

impl Retained {
    /// Retains the message, or removes the topic's where the payload is empty. Of two messages
    /// the one that arrived later stays.
    pub(super) fn retain(&mut self, message: &Arc<Message>, limits: &Limits) -> Result<(), Full> {
        let old = self.topics.get(&message.topic);
        if old.is_some_and(|old| old.message.arrival > message.arrival) {
            return Ok(());
        }
        let old = self.topics.remove(&message.topic);
        if let Some(old) = &old {
            self.room(old.reserved).subtract(&old.message);
        }
        if message.payload.is_empty() {
            return Ok(());
        }
        let (topics, bytes) = (limits.reserved_retained, limits.reserved_retained_bytes);
        let reserved =
            may_use_reserved(message) && self.reserved.fits(message, limits, topics, bytes);
        if reserved || self.common.fits(message, limits, limits.retained, limits.retained_bytes) {
            self.insert(Entry { message: message.clone(), reserved });
            return Ok(());
        }
        if let Some(old) = old {
            self.insert(old);
        }
        Err(Full)
    }

    fn insert(&mut self, entry: Entry) {
        self.room(entry.reserved).add(&entry.message);
        self.topics.insert(entry.message.topic.clone(), entry);
    }

    fn room(&mut self, reserved: bool) -> &mut Room {
        if reserved { &mut self.reserved } else { &mut self.common }
    }

    /// The messages for a new subscription with this topic filter.
    pub(super) fn matching(&self, filter: &str) -> Vec<Arc<Message>> {
        if filter::has_no_wildcard(filter) {
            let message = self.topics.get(filter).map(|entry| &entry.message);
            return message.filter(|m| !m.expired()).cloned().into_iter().collect();
        }
        let live = self.topics.values().map(|entry| &entry.message).filter(|m| !m.expired());
        live.filter(|m| filter::matches(filter, &m.topic)).cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<Message>> {
        self.topics.values().map(|entry| entry.message.clone()).collect()
    }
}

fn may_use_reserved(message: &Message) -> bool {
    let topic = Topic::parse(&message.topic);
    message.size() <= MAX_RESERVED_MESSAGE
        && matches!(topic, Ok(Topic::Status(_) | Topic::Config(_) | Topic::Page(_)))
}

//! Retained messages: the newest of each topic, for those who subscribe later.
use std::{collections::HashMap, sync::Arc};

use super::{Limits, filter, message::Message};

#[derive(Debug, Default)]
pub(super) struct Retained {
    topics: HashMap<Arc<str>, Arc<Message>>,
    bytes: usize,
}

/// There is no room for another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Retained {
    /// Keeps it, or with an empty payload forgets what was kept. Of two messages the
    /// one that arrived later stays.
    pub(super) fn keep(&mut self, message: &Arc<Message>, limits: &Limits) -> Result<(), Full> {
        let old = self.topics.get(&message.topic);
        if old.is_some_and(|old| old.arrival > message.arrival) {
            return Ok(());
        }
        let freed = old.map_or(0, |old| old.weight());
        if message.payload.is_empty() {
            self.topics.remove(&message.topic);
            self.bytes -= freed;
            return Ok(());
        }
        let bytes = self.bytes - freed + message.weight();
        if bytes > limits.retained_bytes || (freed == 0 && self.topics.len() >= limits.retained) {
            return Err(Full);
        }
        self.bytes = bytes;
        self.topics.insert(message.topic.clone(), message.clone());
        Ok(())
    }

    /// Those that a new subscription gets.
    pub(super) fn matching(&self, wanted: &str) -> Vec<Arc<Message>> {
        if filter::is_exact(wanted) {
            return self.topics.get(wanted).filter(|m| !m.expired()).cloned().into_iter().collect();
        }
        let live = self.topics.values().filter(|m| !m.expired());
        live.filter(|m| filter::matches(wanted, &m.topic)).cloned().collect()
    }

    /// All of them.
    pub(super) fn all(&self) -> Vec<Arc<Message>> {
        self.topics.values().cloned().collect()
    }
}

//! Retained messages: the newest of each topic, for clients that subscribe later.
use std::{collections::HashMap, sync::Arc};

use super::{Limits, filter, message::Message};

#[derive(Debug, Default)]
pub(super) struct Retained {
    topics: HashMap<Arc<str>, Arc<Message>>,
    bytes: usize,
}

/// [`Limits::retained`] or [`Limits::retained_bytes`] is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Full;

impl Retained {
    /// Retains the message, or removes the topic's where the payload is empty. Of two messages
    /// the one that arrived later stays.
    pub(super) fn retain(&mut self, message: &Arc<Message>, limits: &Limits) -> Result<(), Full> {
        let old = self.topics.get(&message.topic);
        if old.is_some_and(|old| old.arrival > message.arrival) {
            return Ok(());
        }
        let freed = old.map_or(0, |old| old.size());
        if message.payload.is_empty() {
            self.topics.remove(&message.topic);
            self.bytes -= freed;
            return Ok(());
        }
        let bytes = self.bytes - freed + message.size();
        if bytes > limits.retained_bytes || (freed == 0 && self.topics.len() >= limits.retained) {
            return Err(Full);
        }
        self.bytes = bytes;
        self.topics.insert(message.topic.clone(), message.clone());
        Ok(())
    }

    /// The messages for a new subscription with this topic filter.
    pub(super) fn matching(&self, filter: &str) -> Vec<Arc<Message>> {
        if filter::has_no_wildcard(filter) {
            return self.topics.get(filter).filter(|m| !m.expired()).cloned().into_iter().collect();
        }
        let live = self.topics.values().filter(|m| !m.expired());
        live.filter(|m| filter::matches(filter, &m.topic)).cloned().collect()
    }

    pub(super) fn all(&self) -> Vec<Arc<Message>> {
        self.topics.values().cloned().collect()
    }
}

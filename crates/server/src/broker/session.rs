//! A client's session: the state that outlives its network connection. Messages for the client
//! are queued here, in a queue with bounds, so that a slow or disconnected client costs other
//! clients nothing.
//!
//! The queue holds at most [`Limits::queued`] messages and [`Limits::queued_bytes`] bytes. A QoS
//! 0 message for a full queue or a disconnected client is dropped. A QoS 1 message replaces the
//! *oldest* in a full queue, since panels and dashboards want the newest. Dropped messages are
//! counted at `/metrics`.
use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{Limits, message::Message};

/// The options of a subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SubscriptionOptions {
    /// Granted QoS: 0 or 1.
    pub(super) qos: u8,
    /// Excludes what the session itself published (MQTT 5).
    pub(super) no_local: bool,
    /// Keeps the RETAIN flag as the publisher set it (MQTT 5).
    pub(super) retain_as_published: bool,
    /// Subscription identifier that deliveries carry (MQTT 5).
    pub(super) identifier: Option<u32>,
}

/// A message for one client.
#[derive(Debug, Clone)]
pub(super) struct QueuedMessage {
    pub(super) message: Arc<Message>,
    pub(super) qos: u8,
    pub(super) retain: bool,
    /// Subscription identifiers.
    pub(super) identifiers: Vec<u32>,
}

/// A QoS 1 delivery that the client has not acknowledged.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) packet_id: u16,
    pub(super) queued: QueuedMessage,
}

/// The state that only the session's current connection may use.
#[derive(Debug, Default)]
pub(super) struct ConnectionSlot {
    /// In the order of their first sending.
    pub(super) in_flight: VecDeque<InFlight>,
    /// Packet identifiers of QoS 2 publishes that are committed and not released.
    pub(super) unreleased: Vec<u16>,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<QueuedMessage>,
    bytes: usize,
    connected: bool,
}

/// A client's session: its queue, subscriptions, deliveries in flight, and delayed will.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) client_id: Arc<str>,
    /// Notified when a message is queued.
    pub(super) notify: Notify,
    /// Locked by a connection as long as it lives; a takeover waits for it.
    pub(super) slot: Arc<tokio::sync::Mutex<ConnectionSlot>>,
    /// Number of the youngest connection that claims the slot; older ones close.
    pub(super) claim: watch::Sender<u64>,
    queue: Mutex<Queue>,
    /// Options by topic filter.
    subscriptions: Mutex<HashMap<String, SubscriptionOptions>>,
    timer: Mutex<Option<AbortHandle>>,
    /// A will that waits for its delay.
    will: Mutex<Option<Arc<Message>>>,
    resumable: AtomicBool,
}

/// The result of [`Session::enqueue`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Enqueued {
    /// Nothing was lost that should have been delivered.
    Complete,
    /// The queue is full: the message or older ones were dropped.
    Dropped,
}

impl Session {
    pub(super) fn new(client_id: &str) -> Arc<Self> {
        Arc::new(Self {
            client_id: client_id.into(),
            notify: Notify::new(),
            slot: Arc::default(),
            claim: watch::Sender::new(0),
            queue: Mutex::default(),
            subscriptions: Mutex::default(),
            timer: Mutex::default(),
            will: Mutex::default(),
            resumable: AtomicBool::new(false),
        })
    }

    /// Queues a message; never blocks.
    pub(super) fn enqueue(&self, queued: QueuedMessage, limits: &Limits) -> Enqueued {
        let mut result = Enqueued::Complete;
        let size = queued.message.size();
        let mut queue = lock(&self.queue);
        let full = |queue: &Queue| {
            queue.messages.len() >= limits.queued
                || (queue.bytes + size > limits.queued_bytes && !queue.messages.is_empty())
        };
        if queued.qos == 0 && (!queue.connected || full(&queue)) {
            return if queue.connected { Enqueued::Dropped } else { Enqueued::Complete };
        }
        while full(&queue) {
            let Some(oldest) = queue.messages.pop_front() else { break };
            queue.bytes -= oldest.message.size();
            result = Enqueued::Dropped;
        }
        queue.bytes += size;
        queue.messages.push_back(queued);
        drop(queue);
        self.notify.notify_one();
        result
    }

    /// Moves the next messages, at most `count`, to the empty `into`.
    pub(super) fn dequeue(&self, count: usize, into: &mut Vec<QueuedMessage>) {
        let mut queue = lock(&self.queue);
        let count = count.min(queue.messages.len());
        into.extend(queue.messages.drain(..count));
        queue.bytes -= into.iter().map(|queued| queued.message.size()).sum::<usize>();
    }

    /// Sets whether the client is connected. The queue of a disconnected client holds no QoS 0
    /// messages.
    pub(super) fn set_connected(&self, connected: bool) {
        let mut queue = lock(&self.queue);
        queue.connected = connected;
        if !connected {
            queue.messages.retain(|queued| queued.qos > 0);
            queue.bytes = queue.messages.iter().map(|queued| queued.message.size()).sum();
        }
    }

    /// Stores a subscription: whether it is new, or `None` where `limit` is reached.
    pub(super) fn subscribe(
        &self,
        filter: &str,
        options: SubscriptionOptions,
        limit: usize,
    ) -> Option<bool> {
        let mut subscriptions = lock(&self.subscriptions);
        if subscriptions.len() >= limit && !subscriptions.contains_key(filter) {
            return None;
        }
        Some(subscriptions.insert(filter.to_owned(), options).is_none())
    }

    /// Removes a subscription; whether there was one.
    pub(super) fn unsubscribe(&self, filter: &str) -> bool {
        lock(&self.subscriptions).remove(filter).is_some()
    }

    /// Removes all subscriptions and returns their topic filters.
    pub(super) fn take_filters(&self) -> Vec<String> {
        lock(&self.subscriptions).drain().map(|(filter, _)| filter).collect()
    }

    /// Whether it has outlived a connection, so that a client can resume it.
    pub(super) fn is_resumable(&self) -> bool {
        self.resumable.load(Ordering::Relaxed)
    }

    pub(super) fn set_resumable(&self) {
        self.resumable.store(true, Ordering::Relaxed);
    }

    /// Replaces the will that waits for its delay, and returns the old one.
    pub(super) fn replace_will(&self, will: Option<Arc<Message>>) -> Option<Arc<Message>> {
        std::mem::replace(&mut *lock(&self.will), will)
    }

    /// Replaces the task that runs while the client is disconnected, and aborts the old one.
    pub(super) fn set_timer(&self, timer: Option<AbortHandle>) {
        let old = std::mem::replace(&mut *lock(&self.timer), timer);
        if let Some(old) = old {
            old.abort();
        }
    }
}

/// Ignores poisoning: no invariant of these values spans more than one of them.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

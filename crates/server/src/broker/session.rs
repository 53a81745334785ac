//! A client's session: the state that outlives its network connection. Messages for the client
//! are queued here, in a queue with bounds, so that a slow or disconnected client costs other
//! clients nothing.
//!
//! The queue holds at most [`Limits::queued`] messages and [`Limits::queued_bytes`] bytes. A QoS
//! 0 message for a full queue or a disconnected client is dropped. A QoS 1 message replaces the
//! *oldest* in a full queue, since panels and dashboards want the newest. Dropped messages are
//! counted at `/metrics`. Where the sessions of one owner together hold
//! [`Limits::owner_queued_bytes`], or all sessions [`Limits::all_queued_bytes`], that queue is full
//! too. Both count a message until the client has acknowledged it.
use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::{
    sync::{Notify, watch},
    task::AbortHandle,
};

use super::{
    Limits,
    message::Message,
    owner::Owner,
    usage::{Charge, Usage},
};

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
#[derive(Debug)]
pub(super) struct QueuedMessage {
    pub(super) message: Arc<Message>,
    pub(super) qos: u8,
    pub(super) retain: bool,
    /// Subscription identifiers.
    pub(super) identifiers: Vec<u32>,
    /// What its owner is charged, once it is queued.
    pub(super) charge: Option<Charge>,
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

#[derive(Debug)]
struct Queue {
    messages: VecDeque<QueuedMessage>,
    bytes: usize,
    connected: bool,
}

impl Queue {
    /// Removes the oldest message; whether there was one.
    fn drop_oldest(&mut self) -> bool {
        let Some(oldest) = self.messages.pop_front() else { return false };
        self.free(oldest.message.size());
        true
    }

    fn retain(&mut self, keep: impl Fn(&QueuedMessage) -> bool) {
        self.messages.retain(keep);
        let bytes: usize = self.messages.iter().map(|queued| queued.message.size()).sum();
        self.free(self.bytes - bytes);
    }

    fn free(&mut self, bytes: usize) {
        self.bytes -= bytes;
        // An empty queue of ten thousand places would cost as much as a full one.
        if self.messages.capacity() > MIN_CAPACITY
            && self.messages.len() < self.messages.capacity() / 4
        {
            self.messages.shrink_to((2 * self.messages.len()).max(MIN_CAPACITY));
        }
    }
}

/// Places of a queue that are not given back.
const MIN_CAPACITY: usize = 64;
/// Bytes that a message costs in each queue besides those of the message itself.
const PLACE: usize = 64;

/// What a session belongs to: the login, if the client has one, and the client identifier.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct SessionKey {
    pub(super) login: Option<Arc<str>>,
    pub(super) client_id: Arc<str>,
}

impl SessionKey {
    pub(super) fn new(owner: &Owner, client_id: &str) -> Self {
        Self { login: owner.login().cloned(), client_id: client_id.into() }
    }
}

/// For log lines: user name, if any, and client identifier, escaped.
impl fmt::Display for SessionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(login) = &self.login {
            write!(f, "{}/", login.escape_debug())?;
        }
        write!(f, "{}", self.client_id.escape_debug())
    }
}

/// A client's session: its queue, subscriptions, deliveries in flight, and delayed will.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) key: SessionKey,
    /// Notified when a message is queued.
    pub(super) notify: Notify,
    /// Locked by a connection as long as it lives; a takeover waits for it.
    pub(super) slot: Arc<tokio::sync::Mutex<ConnectionSlot>>,
    /// Number of the youngest connection that claims the slot; older ones close.
    pub(super) claim: watch::Sender<u64>,
    queue: Mutex<Queue>,
    usage: Arc<Usage>,
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
    pub(super) fn new(key: SessionKey, usage: Arc<Usage>) -> Arc<Self> {
        Arc::new(Self {
            key,
            notify: Notify::new(),
            slot: Arc::default(),
            claim: watch::Sender::new(0),
            queue: Mutex::new(Queue { messages: VecDeque::new(), bytes: 0, connected: false }),
            usage,
            subscriptions: Mutex::default(),
            timer: Mutex::default(),
            will: Mutex::default(),
            resumable: AtomicBool::new(false),
        })
    }

    /// Queues a message; never blocks.
    pub(super) fn enqueue(&self, mut queued: QueuedMessage, limits: &Limits) -> Enqueued {
        let mut result = Enqueued::Complete;
        let size = queued.message.size();
        let mut queue = lock(&self.queue);
        if queued.qos == 0 && !queue.connected {
            return Enqueued::Complete;
        }
        let charge = loop {
            let full = queue.messages.len() >= limits.queued
                || (queue.bytes + size > limits.queued_bytes && !queue.messages.is_empty());
            if !full && let Some(charge) = self.usage.charge(size + PLACE, limits) {
                break charge;
            }
            result = Enqueued::Dropped;
            if queued.qos == 0 || !queue.drop_oldest() {
                return result;
            }
        };
        queued.charge = Some(charge);
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
        let bytes = into.iter().map(|queued| queued.message.size()).sum();
        queue.free(bytes);
    }

    /// Sets whether the client is connected. The queue of a disconnected client holds no QoS 0
    /// messages.
    pub(super) fn set_connected(&self, connected: bool) {
        let mut queue = lock(&self.queue);
        queue.connected = connected;
        if !connected {
            queue.retain(|queued| queued.qos > 0);
        }
    }

    /// Drops the queued messages whose topics the client may not subscribe to.
    pub(super) fn drop_forbidden(&self, may_subscribe: impl Fn(&str) -> bool) {
        lock(&self.queue).retain(|queued| may_subscribe(&queued.message.topic));
    }

    /// Whose quotas it counts against.
    pub(super) fn owner(&self) -> &Owner {
        &self.usage.owner
    }

    /// The topic filters of its subscriptions.
    pub(super) fn filters(&self) -> Vec<String> {
        lock(&self.subscriptions).keys().cloned().collect()
    }

    /// Stores a subscription: whether it is new, or `None` where a limit is reached.
    pub(super) fn subscribe(
        &self,
        filter: &str,
        options: SubscriptionOptions,
        limits: &Limits,
    ) -> Option<bool> {
        let mut subscriptions = lock(&self.subscriptions);
        let of_owner = limits.owner_subscriptions(&self.usage.owner);
        if !subscriptions.contains_key(filter)
            && (subscriptions.len() >= limits.subscriptions
                || !self.usage.subscriptions.try_add(1, of_owner))
        {
            return None;
        }
        Some(subscriptions.insert(filter.to_owned(), options).is_none())
    }

    /// Removes a subscription; whether there was one.
    pub(super) fn unsubscribe(&self, filter: &str) -> bool {
        let found = lock(&self.subscriptions).remove(filter).is_some();
        if found {
            self.usage.subscriptions.subtract(1);
        }
        found
    }

    /// Removes all subscriptions and returns their topic filters.
    pub(super) fn take_filters(&self) -> Vec<String> {
        let filters: Vec<String> =
            lock(&self.subscriptions).drain().map(|(filter, _)| filter).collect();
        self.usage.subscriptions.subtract(filters.len());
        filters
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

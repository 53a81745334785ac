//! A client's session: what outlives its connection. What is to be delivered waits
//! here, in a queue with bounds, so that a slow or absent client costs nobody else
//! anything.
//!
//! Policy of the queue: at most [`super::Limits::queued`] messages and
//! [`super::Limits::queued_bytes`] bytes a session. A message of QoS 0 for a full
//! queue or an absent client is dropped; for QoS 1 the *oldest* in the queue makes
//! room, since panels and dashboards want what is newest. What was dropped is
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

use super::{Limits, message::Message, routes::Options};

/// One message for one client.
#[derive(Debug, Clone)]
pub(super) struct Queued {
    pub(super) message: Arc<Message>,
    pub(super) qos: u8,
    pub(super) retain: bool,
    pub(super) identifiers: Vec<u32>,
}

/// A delivery of QoS 1 that the client has not acknowledged.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) id: u16,
    pub(super) queued: Queued,
}

/// What only the connection that sits here may touch.
#[derive(Debug, Default)]
pub(super) struct Seat {
    /// In the order of their first sending.
    pub(super) in_flight: VecDeque<InFlight>,
    /// Packet identifiers of QoS 2 that are committed but not released.
    pub(super) handled: Vec<u16>,
}

#[derive(Debug, Default)]
struct Mail {
    queue: VecDeque<Queued>,
    bytes: usize,
    online: bool,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) id: Arc<str>,
    /// Rings when the queue has something.
    pub(super) bell: Notify,
    /// Held by the connection as long as it lives; a takeover waits for it.
    pub(super) seat: Arc<tokio::sync::Mutex<Seat>>,
    /// Number of the youngest connection that wants the seat; older ones leave.
    pub(super) wanted: watch::Sender<u64>,
    mail: Mutex<Mail>,
    filters: Mutex<HashMap<String, Options>>,
    timer: Mutex<Option<AbortHandle>>,
    /// A will that waits for its delay.
    will: Mutex<Option<Arc<Message>>>,
    seen: AtomicBool,
}

/// What became of a message that was put in a queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    Queued,
    /// It, or an older one in its stead, is gone.
    Dropped,
}

impl Session {
    pub(super) fn new(id: &str) -> Arc<Self> {
        Arc::new(Self {
            id: id.into(),
            bell: Notify::new(),
            seat: Arc::default(),
            wanted: watch::Sender::new(0),
            mail: Mutex::default(),
            filters: Mutex::default(),
            timer: Mutex::default(),
            will: Mutex::default(),
            seen: AtomicBool::new(false),
        })
    }

    /// Puts a message in the queue; never blocks.
    pub(super) fn post(&self, queued: Queued, limits: &Limits) -> Posted {
        let mut posted = Posted::Queued;
        let weight = queued.message.weight();
        let mut mail = lock(&self.mail);
        let full = |mail: &Mail| {
            mail.queue.len() >= limits.queued
                || (mail.bytes + weight > limits.queued_bytes && !mail.queue.is_empty())
        };
        if queued.qos == 0 && (!mail.online || full(&mail)) {
            return if mail.online { Posted::Dropped } else { Posted::Queued };
        }
        while full(&mail) {
            let Some(oldest) = mail.queue.pop_front() else { break };
            mail.bytes -= oldest.message.weight();
            posted = Posted::Dropped;
        }
        mail.bytes += weight;
        mail.queue.push_back(queued);
        drop(mail);
        self.bell.notify_one();
        posted
    }

    /// The next messages, at most `count`.
    pub(super) fn take(&self, count: usize, into: &mut Vec<Queued>) {
        let mut mail = lock(&self.mail);
        let count = count.min(mail.queue.len());
        into.extend(mail.queue.drain(..count));
        mail.bytes -= into.iter().map(|queued| queued.message.weight()).sum::<usize>();
    }

    pub(super) fn set_online(&self, online: bool) {
        let mut mail = lock(&self.mail);
        mail.online = online;
        if !online {
            mail.queue.retain(|queued| queued.qos > 0);
            mail.bytes = mail.queue.iter().map(|queued| queued.message.weight()).sum();
        }
    }

    /// Remembers a subscription: whether it is new, or `None` where there are too
    /// many.
    pub(super) fn subscribe(&self, filter: &str, options: Options, limit: usize) -> Option<bool> {
        let mut filters = lock(&self.filters);
        if filters.len() >= limit && !filters.contains_key(filter) {
            return None;
        }
        Some(filters.insert(filter.to_owned(), options).is_none())
    }

    /// Forgets a subscription; whether there was one.
    pub(super) fn unsubscribe(&self, filter: &str) -> bool {
        lock(&self.filters).remove(filter).is_some()
    }

    /// Forgets all subscriptions.
    pub(super) fn filters(&self) -> Vec<String> {
        lock(&self.filters).drain().map(|(filter, _)| filter).collect()
    }

    /// Whether it outlived a connection: there is something to resume.
    pub(super) fn seen(&self) -> bool {
        self.seen.load(Ordering::Relaxed)
    }

    /// It outlives its connection.
    pub(super) fn set_seen(&self) {
        self.seen.store(true, Ordering::Relaxed);
    }

    /// Puts the will there that waits for its delay, and takes the one that was.
    pub(super) fn swap_will(&self, will: Option<Arc<Message>>) -> Option<Arc<Message>> {
        std::mem::replace(&mut *lock(&self.will), will)
    }

    /// Replaces what is to happen while the client is away.
    pub(super) fn set_timer(&self, timer: Option<AbortHandle>) {
        let old = std::mem::replace(&mut *lock(&self.timer), timer);
        if let Some(old) = old {
            old.abort();
        }
    }
}

/// A panic elsewhere leaves these values whole: no two of them have to agree.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

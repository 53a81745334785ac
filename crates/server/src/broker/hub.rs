//! What all connections share: sessions, subscriptions, retained messages, and the
//! way from a publish to those who want it.
use std::{
    collections::HashMap,
    convert::Infallible,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::{Notify, Semaphore, mpsc};

use super::{
    Limits,
    access::Access,
    keeper::Memory,
    message::Message,
    retained::Retained,
    routes::{Options, Routes, Target},
    session::{Posted, Queued, Session, lock},
};
use crate::ingest::Inbox;

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) limits: Limits,
    pub(super) access: Access,
    pub(super) inbox: Inbox,
    /// Kilobytes of large payloads that may still be on their way.
    pub(super) large: Arc<Semaphore>,
    /// Rings when something is to be written to disk.
    pub(super) changed: Notify,
    pub(super) memory: Option<PathBuf>,
    routes: RwLock<Routes>,
    /// Grows with every change of the routes.
    version: AtomicU64,
    arrivals: AtomicU64,
    connections: AtomicU64,
    retained: Mutex<Retained>,
    sessions: Mutex<HashMap<Arc<str>, Arc<Session>>>,
    /// Of clients that are connected, or were when the last run ended.
    wills: Mutex<HashMap<Arc<str>, Arc<Message>>>,
    warned: Mutex<Option<Instant>>,
    /// Dropped with this, which is how the broker's end is seen.
    _alive: mpsc::Sender<Infallible>,
}

/// There are as many sessions as may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooMany;

impl Hub {
    pub(super) fn new(
        limits: Limits,
        access: Access,
        inbox: Inbox,
        memory: Option<PathBuf>,
        read: Memory,
        alive: mpsc::Sender<Infallible>,
    ) -> Self {
        let hub = Self {
            large: Arc::new(Semaphore::new(limits.large_bytes >> 10)),
            limits,
            access,
            inbox,
            changed: Notify::new(),
            memory,
            routes: RwLock::default(),
            version: AtomicU64::new(1),
            arrivals: AtomicU64::new(1),
            connections: AtomicU64::new(1),
            retained: Mutex::default(),
            sessions: Mutex::default(),
            wills: Mutex::new(read.wills.into_iter().collect()),
            warned: Mutex::default(),
            _alive: alive,
        };
        for message in &read.retained {
            hub.keep(message);
        }
        hub
    }

    /// Whether to write a warning about a client: one a minute, whoever it is about,
    /// since anybody can cause them.
    pub(super) fn may_warn(&self) -> bool {
        let mut warned = lock(&self.warned);
        let due = warned.is_none_or(|at| at.elapsed() >= Duration::from_secs(60));
        if due {
            *warned = Some(Instant::now());
        }
        due
    }

    /// A number for the next message.
    pub(super) fn arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    /// A number for the next connection.
    pub(super) fn connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// What [`Self::targets`] gave is right as long as this stays the same.
    pub(super) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    /// Who wants the topic.
    pub(super) fn targets(&self, topic: &str) -> Arc<[Target]> {
        let routes = self.routes.read().unwrap_or_else(PoisonError::into_inner);
        routes.targets(topic).into()
    }

    /// Gives the message to `targets` and, if it says so, keeps it.
    pub(super) fn route(
        &self,
        message: &Arc<Message>,
        targets: &[Target],
        from: Option<&Arc<Session>>,
    ) {
        if message.retain {
            self.keep(message);
        }
        for target in targets {
            if target.no_local && from.is_some_and(|from| Arc::ptr_eq(from, &target.session)) {
                continue;
            }
            let queued = Queued {
                message: message.clone(),
                qos: target.qos.min(message.qos as u8),
                retain: target.as_published && message.retain,
                identifiers: target.identifiers.clone(),
            };
            self.post(&target.session, queued);
        }
    }

    /// As [`Self::route`], to whoever wants it now.
    pub(super) fn publish(&self, message: &Arc<Message>) {
        self.route(message, &self.targets(&message.topic), None);
    }

    fn post(&self, session: &Session, queued: Queued) {
        if session.post(queued, &self.limits) == Posted::Dropped {
            metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "queue").increment(1);
        }
    }

    fn keep(&self, message: &Arc<Message>) {
        if lock(&self.retained).keep(message, &self.limits).is_err() {
            metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "retained").increment(1);
            tracing::debug!(topic = %message.topic, "no room for another retained message");
            return;
        }
        self.changed.notify_one();
    }

    /// Subscribes; `None` where the session has too many, else what it gets at once.
    pub(super) fn subscribe(
        &self,
        session: &Arc<Session>,
        filter: &str,
        options: Options,
        retained: impl FnOnce(bool) -> bool,
    ) -> Option<Vec<Queued>> {
        let new = session.subscribe(filter, options, self.limits.subscriptions)?;
        self.change(|routes| routes.add(filter, session, options));
        if !retained(new) {
            return Some(Vec::new());
        }
        // After the subscription: what comes between is delivered twice, not never.
        let kept = lock(&self.retained).matching(filter);
        let queued = kept.into_iter().map(|message| Queued {
            qos: options.qos.min(message.qos as u8),
            message,
            retain: true,
            identifiers: options.identifier.into_iter().collect(),
        });
        Some(queued.collect())
    }

    /// Puts what [`Self::subscribe`] gave into the session's queue.
    pub(super) fn post_all(&self, session: &Session, queued: Vec<Queued>) {
        for queued in queued {
            self.post(session, queued);
        }
    }

    /// Whether there was such a subscription.
    pub(super) fn unsubscribe(&self, session: &Arc<Session>, filter: &str) -> bool {
        let found = session.unsubscribe(filter);
        if found {
            self.change(|routes| routes.remove(filter, session));
        }
        found
    }

    fn change(&self, change: impl FnOnce(&mut Routes)) {
        change(&mut self.routes.write().unwrap_or_else(PoisonError::into_inner));
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The session for a client that connects, and whether there was one to resume.
    /// A clean start ends the old one, which is given back to be ended.
    pub(super) fn session(
        &self,
        client: &str,
        clean: bool,
    ) -> Result<(Arc<Session>, Option<Arc<Session>>), TooMany> {
        let mut sessions = lock(&self.sessions);
        let old = sessions.get(client).cloned();
        if let (Some(old), false) = (&old, clean) {
            return Ok((old.clone(), None));
        }
        if old.is_none() && sessions.len() >= self.limits.sessions {
            return Err(TooMany);
        }
        let session = Session::new(client);
        sessions.insert(session.id.clone(), session.clone());
        Ok((session, old))
    }

    /// Whether this is still the client's session.
    pub(super) fn current(&self, session: &Arc<Session>) -> bool {
        lock(&self.sessions).get(&session.id).is_some_and(|other| Arc::ptr_eq(other, session))
    }

    /// Forgets a session and its subscriptions.
    pub(super) fn end(&self, session: &Arc<Session>) {
        {
            let mut sessions = lock(&self.sessions);
            if sessions.get(&session.id).is_some_and(|other| Arc::ptr_eq(other, session)) {
                sessions.remove(&session.id);
            }
        }
        let filters = session.filters();
        if !filters.is_empty() {
            self.change(|routes| {
                for filter in &filters {
                    routes.remove(filter, session);
                }
            });
        }
    }

    /// Remembers a connected client's will, in case this process ends first.
    pub(super) fn set_will(&self, client: &Arc<str>, will: Option<&Arc<Message>>) {
        let mut wills = lock(&self.wills);
        match will {
            Some(will) => drop(wills.insert(client.clone(), will.clone())),
            None if wills.remove(client).is_some() => {}
            None => return,
        }
        drop(wills);
        self.changed.notify_one();
    }

    /// Takes the wills of those who were connected when the last run ended and have
    /// not come back.
    pub(super) fn orphans(&self, read: &[(Arc<str>, Arc<Message>)]) -> Vec<Arc<Message>> {
        let mut wills = lock(&self.wills);
        let mut orphans = Vec::new();
        for (client, will) in read {
            if wills.get(client).is_some_and(|now| Arc::ptr_eq(now, will)) {
                wills.remove(client);
                orphans.push(will.clone());
            }
        }
        orphans
    }

    /// What is to be on disk.
    pub(super) fn remember(&self) -> Memory {
        let retained = lock(&self.retained).all();
        let wills = lock(&self.wills).iter().map(|(id, will)| (id.clone(), will.clone())).collect();
        Memory { retained, wills }
    }

    /// How long a session is kept that is to live for `wish`.
    pub(super) fn expiry(&self, wish: Option<Duration>) -> Duration {
        wish.unwrap_or(Duration::MAX).min(self.limits.session_expiry)
    }
}

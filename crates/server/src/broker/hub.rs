//! The state that all connections share: sessions, subscriptions, retained messages, and the
//! routing of a publish to its subscribers.
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
    access::{Access, Rights},
    lease::Leases,
    limit_log::{LimitKind, LimitLog},
    message::Message,
    owner::Owner,
    persistence::{PersistentState, StoredWill},
    retained::{Full, Retained},
    session::{Enqueued, QueuedMessage, Session, SessionKey, SubscriptionOptions, lock},
    session_table::{OpenedSession, SessionTable, TooManySessions},
    subscriptions::{Subscriber, Subscriptions},
};
use crate::ingest::Inbox;

#[derive(Debug)]
pub(super) struct Hub {
    pub(super) limits: Limits,
    pub(super) access: Access,
    pub(super) inbox: Inbox,
    /// Kibibytes of large payloads that may still be handed over to the engine.
    pub(super) large: Arc<Semaphore>,
    /// Notified when the persistent state has changed.
    pub(super) changed: Notify,
    /// The file of the persistent state.
    pub(super) state_file: Option<PathBuf>,
    subscriptions: RwLock<Subscriptions>,
    /// Grows with every change of the subscriptions.
    version: AtomicU64,
    arrivals: AtomicU64,
    connections: AtomicU64,
    retained: Mutex<Retained>,
    sessions: Mutex<SessionTable>,
    /// Wills of the clients that are connected, or were when the last run ended.
    wills: Mutex<HashMap<SessionKey, Arc<Message>>>,
    /// Records the limits that bite.
    pub(super) limit_log: LimitLog,
    /// Open connections by address.
    pub(super) address_connections: Leases,
    /// Connections by address before their CONNECT is accepted.
    pub(super) half_open: Leases,
    /// Connections after their CONNACK by owner.
    pub(super) owner_connections: Leases,
    last_warning: Mutex<Option<Instant>>,
    /// Its drop, together with the hub's, is the end of the broker.
    _alive: mpsc::Sender<Infallible>,
}

impl Hub {
    pub(super) fn new(
        limits: Limits,
        access: Access,
        inbox: Inbox,
        state_file: Option<PathBuf>,
        state: PersistentState,
        alive: mpsc::Sender<Infallible>,
    ) -> Self {
        let wills = state.wills.into_iter().map(|will| (will.key, will.message));
        let hub = Self {
            large: Arc::new(Semaphore::new(limits.large_bytes >> 10)),
            limits,
            access,
            inbox,
            changed: Notify::new(),
            state_file,
            subscriptions: RwLock::default(),
            version: AtomicU64::new(1),
            arrivals: AtomicU64::new(1),
            connections: AtomicU64::new(1),
            retained: Mutex::default(),
            sessions: Mutex::default(),
            wills: Mutex::new(wills.collect()),
            limit_log: LimitLog::default(),
            address_connections: Leases::default(),
            half_open: Leases::default(),
            owner_connections: Leases::default(),
            last_warning: Mutex::default(),
            _alive: alive,
        };
        for message in &state.retained {
            // What does not fit any more is counted and logged.
            let _ = hub.retain(message);
        }
        hub
    }

    /// Whether to log a warning about a client: at most one a minute for all clients together,
    /// since any client can cause them.
    pub(super) fn may_warn(&self) -> bool {
        let mut last = lock(&self.last_warning);
        let due = last.is_none_or(|at| at.elapsed() >= Duration::from_secs(60));
        if due {
            *last = Some(Instant::now());
        }
        due
    }

    /// The arrival number of the next message.
    pub(super) fn next_arrival(&self) -> u64 {
        self.arrivals.fetch_add(1, Ordering::Relaxed)
    }

    /// The number of the next connection.
    pub(super) fn next_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed)
    }

    /// The result of [`Self::subscribers`] is valid as long as this number stays the same.
    pub(super) fn subscriptions_version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(super) fn subscribers(&self, topic: &str) -> Arc<[Subscriber]> {
        let subscriptions = self.subscriptions.read().unwrap_or_else(PoisonError::into_inner);
        subscriptions.subscribers(topic).into()
    }

    /// Queues the message for `subscribers`.
    pub(super) fn route(
        &self,
        message: &Arc<Message>,
        subscribers: &[Subscriber],
        publisher: Option<&Arc<Session>>,
    ) {
        for subscriber in subscribers {
            let own = publisher.is_some_and(|own| Arc::ptr_eq(own, &subscriber.session));
            if subscriber.no_local && own {
                continue;
            }
            let queued = QueuedMessage {
                message: message.clone(),
                qos: subscriber.qos.min(message.qos as u8),
                retain: subscriber.retain_as_published && message.retain,
                identifiers: subscriber.identifiers.clone(),
                charge: None,
            };
            self.enqueue(&subscriber.session, queued);
        }
    }

    /// Retains a message whose RETAIN flag is set, and routes it to the current subscribers. For
    /// messages that no client waits to see acknowledged.
    pub(super) fn publish(&self, message: &Arc<Message>) {
        // What is not kept is counted and logged.
        let _ = self.retain(message);
        self.route(message, &self.subscribers(&message.topic), None);
    }

    fn enqueue(&self, session: &Session, queued: QueuedMessage) {
        if session.enqueue(queued, &self.limits) == Enqueued::Dropped {
            metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "queue").increment(1);
            let effect = "messages that are queued for a slow or absent client are dropped";
            self.limit_log.record(LimitKind::Queued, session.owner(), effect);
        }
    }

    /// Retains the message if its RETAIN flag is set.
    pub(super) fn retain(&self, message: &Arc<Message>) -> Result<(), Full> {
        if !message.retain {
            return Ok(());
        }
        if let Err(full) = lock(&self.retained).retain(message, &self.limits) {
            metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "retained").increment(1);
            let effect = "a message is not retained; remove retained messages that no client needs";
            self.limit_log.record(LimitKind::Retained, &message.publisher, effect);
            return Err(full);
        }
        self.changed.notify_one();
        Ok(())
    }

    /// Subscribes, and returns the retained messages for the session; `None` where it has too
    /// many subscriptions. `send_retained` decides, by whether the subscription is new, whether
    /// there are retained messages.
    pub(super) fn subscribe(
        &self,
        session: &Arc<Session>,
        filter: &str,
        options: SubscriptionOptions,
        send_retained: impl FnOnce(bool) -> bool,
    ) -> Option<Vec<QueuedMessage>> {
        let Some(new) = session.subscribe(filter, options, &self.limits) else {
            let effect = "a subscription is refused";
            self.limit_log.record(LimitKind::Subscriptions, session.owner(), effect);
            return None;
        };
        self.change(|subscriptions| subscriptions.add(filter, session, options));
        if !send_retained(new) {
            return Some(Vec::new());
        }
        // After the subscription: a message that is published between the two is delivered
        // twice rather than never.
        let retained = lock(&self.retained).matching(filter);
        let queued = retained.into_iter().map(|message| QueuedMessage {
            qos: options.qos.min(message.qos as u8),
            message,
            retain: true,
            identifiers: options.identifier.into_iter().collect(),
            charge: None,
        });
        Some(queued.collect())
    }

    /// Queues the result of [`Self::subscribe`].
    pub(super) fn enqueue_all(&self, session: &Session, queued: Vec<QueuedMessage>) {
        for queued in queued {
            self.enqueue(session, queued);
        }
    }

    /// Unsubscribes; whether there was such a subscription.
    pub(super) fn unsubscribe(&self, session: &Arc<Session>, filter: &str) -> bool {
        let found = session.unsubscribe(filter);
        if found {
            self.change(|subscriptions| subscriptions.remove(filter, session));
        }
        found
    }

    fn change(&self, change: impl FnOnce(&mut Subscriptions)) {
        change(&mut self.subscriptions.write().unwrap_or_else(PoisonError::into_inner));
        self.version.fetch_add(1, Ordering::Release);
    }

    /// The session for a client that connects: the existing one, or a new one on a clean start.
    pub(super) fn open_session(
        &self,
        key: &SessionKey,
        owner: &Owner,
        clean_start: bool,
    ) -> Result<OpenedSession, TooManySessions> {
        let opened = lock(&self.sessions).open(key, owner, clean_start, &self.limits);
        match &opened {
            Err(TooManySessions) => {
                let effect = "a client is refused; all sessions that could give way are in use";
                self.limit_log.record(LimitKind::Sessions, owner, effect);
            }
            Ok(OpenedSession { displaced: Some(displaced), .. }) => {
                let effect = "the session that is absent longest ends for a new one";
                self.limit_log.record(LimitKind::Sessions, displaced.owner(), effect);
            }
            Ok(_) => {}
        }
        opened
    }

    /// The session's client is connected. Whether this is still the client's session.
    pub(super) fn set_present(&self, session: &Arc<Session>) -> bool {
        lock(&self.sessions).set_present(session)
    }

    /// The session's client has disconnected: the session may give way to another.
    pub(super) fn set_absent(&self, session: &Arc<Session>) {
        lock(&self.sessions).set_absent(session);
    }

    /// Ends the subscriptions of a resumed session that its client has no right to, and drops
    /// what is queued for it of such topics.
    pub(super) fn check_rights(&self, session: &Arc<Session>, rights: &Rights) {
        for filter in session.filters() {
            if !rights.may_subscribe(&filter) {
                self.unsubscribe(session, &filter);
            }
        }
        session.drop_forbidden(|topic| rights.may_subscribe(topic));
    }

    /// Removes a session and its subscriptions.
    pub(super) fn end(&self, session: &Arc<Session>) {
        lock(&self.sessions).remove(session);
        let filters = session.take_filters();
        if !filters.is_empty() {
            self.change(|subscriptions| {
                for filter in &filters {
                    subscriptions.remove(filter, session);
                }
            });
        }
    }

    /// Stores or removes the will of a connected client, in case this process ends first.
    pub(super) fn set_will(&self, key: &SessionKey, will: Option<&Arc<Message>>) {
        let mut wills = lock(&self.wills);
        match will {
            Some(will) => drop(wills.insert(key.clone(), will.clone())),
            None if wills.remove(key).is_some() => {}
            None => return,
        }
        drop(wills);
        self.changed.notify_one();
    }

    /// Forgets the will that a client with this identifier left without a login, in a run before
    /// logins were configured or stored. It has to be one that the client may publish, so that
    /// another login's client with the same identifier does not end it.
    pub(super) fn forget_will_without_login(&self, key: &SessionKey, rights: &Rights) {
        let without = SessionKey { login: None, client_id: key.client_id.clone() };
        let mut wills = lock(&self.wills);
        if key.login.is_some()
            && wills.get(&without).is_some_and(|will| rights.may_publish(&will.topic))
        {
            wills.remove(&without);
        }
    }

    /// Removes and returns those of the wills of the last run, `stored`, whose clients have not
    /// reconnected.
    pub(super) fn take_orphan_wills(&self, stored: &[StoredWill]) -> Vec<Arc<Message>> {
        let mut wills = lock(&self.wills);
        let mut orphans = Vec::new();
        for StoredWill { key, message } in stored {
            if wills.get(key).is_some_and(|now| Arc::ptr_eq(now, message)) {
                wills.remove(key);
                orphans.push(message.clone());
            }
        }
        orphans
    }

    pub(super) fn persistent_state(&self) -> PersistentState {
        let retained = lock(&self.retained).all();
        let wills = lock(&self.wills);
        let wills = wills
            .iter()
            .map(|(key, message)| StoredWill { key: key.clone(), message: message.clone() });
        PersistentState { retained, wills: wills.collect() }
    }

    /// The session expiry interval for a client that requests `requested`, or no expiry.
    pub(super) fn session_expiry(&self, requested: Option<Duration>) -> Duration {
        requested.unwrap_or(Duration::MAX).min(self.limits.session_expiry)
    }
}

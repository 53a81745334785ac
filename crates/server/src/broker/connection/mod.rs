//! The network connection of one client: its socket, its protocol state, its publishes that
//! wait for a commit, and the deliveries to it.
mod handshake;
mod packets;
mod run;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{ReadHalf, WriteHalf},
    sync::{OwnedMutexGuard, watch},
};

pub(super) use handshake::serve;

use super::{
    access::Rights,
    hub::Hub,
    ingest::PendingDelivery,
    lease::Lease,
    message::Message,
    pending_acks::PendingAcks,
    protocol::Protocol,
    session::{ConnectionSlot, Session},
    subscriptions::Subscriber,
};

/// A connection after its CONNACK.
struct Connection<S> {
    hub: Arc<Hub>,
    protocol: Protocol,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    /// Bytes that are received and not decoded.
    input: BytesMut,
    pending: PendingAcks,
    /// The delivery for which the engine's inbox has no room; nothing is read meanwhile.
    handover: Option<PendingDelivery>,
    rights: Rights,
    _place: Lease,
    session: Arc<Session>,
    slot: OwnedMutexGuard<ConnectionSlot>,
    number: u64,
    claim: watch::Receiver<u64>,
    /// QoS 1 deliveries that may be unacknowledged.
    window: usize,
    subscribers: SubscriberCache,
    keep_alive: Duration,
    will: Option<Will>,
    session_expiry: Duration,
}

/// A will message and its Will Delay Interval.
struct Will {
    message: Arc<Message>,
    delay: Duration,
}

/// The subscribers of the topics that this client publishes to. A client has few topics, and a
/// search of the tree for each publish would be most of the work.
#[derive(Debug, Default)]
struct SubscriberCache {
    version: u64,
    topics: HashMap<Arc<str>, Arc<[Subscriber]>>,
}

/// Topics in the cache; with more topics, a client searches the tree more often.
const CACHED_TOPICS: usize = 512;

impl SubscriberCache {
    /// The topic as a shared string, and its subscribers.
    fn find(&mut self, hub: &Hub, topic: &str) -> (Arc<str>, Arc<[Subscriber]>) {
        let version = hub.subscriptions_version();
        if self.version != version || self.topics.len() >= CACHED_TOPICS {
            self.topics.clear();
            self.version = version;
        }
        if let Some((topic, subscribers)) = self.topics.get_key_value(topic) {
            return (topic.clone(), subscribers.clone());
        }
        let topic: Arc<str> = topic.into();
        let subscribers = hub.subscribers(&topic);
        self.topics.insert(topic.clone(), subscribers.clone());
        (topic, subscribers)
    }
}

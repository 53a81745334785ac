//! One connected client: its socket, its protocol, what it waits for and what waits
//! for it.
pub(super) mod delivery;
mod hello;
mod packets;
mod run;

use std::{collections::HashMap, sync::Arc, time::Duration};

use bytes::BytesMut;
use tokio::{
    io::{ReadHalf, WriteHalf},
    sync::{OwnedMutexGuard, watch},
};

pub(super) use hello::serve;

use super::{
    access::Rights,
    hub::Hub,
    message::Message,
    protocol::Protocol,
    routes::Target,
    session::{Seat, Session},
    waiting::Waiting,
};

/// See the module.
struct Link<S> {
    hub: Arc<Hub>,
    protocol: Protocol,
    reader: ReadHalf<S>,
    writer: WriteHalf<S>,
    /// Bytes that came and are not looked at yet.
    input: BytesMut,
    waiting: Waiting,
    /// The delivery at which the engine's inbox was full; nothing is read meanwhile.
    stalled: Option<delivery::Stalled>,
    rights: Rights,
    session: Arc<Session>,
    seat: OwnedMutexGuard<Seat>,
    serial: u64,
    wanted: watch::Receiver<u64>,
    /// Deliveries of QoS 1 that may be unanswered.
    window: usize,
    routes: RouteCache,
    keep_alive: Duration,
    will: Option<(Arc<Message>, Duration)>,
    expiry: Duration,
}

/// Who wants the topics that this client publishes on: it has few, and asking the
/// tree each time would be most of the work.
#[derive(Debug, Default)]
struct RouteCache {
    version: u64,
    topics: HashMap<Arc<str>, Arc<[Target]>>,
}

/// A client with more topics than that asks the tree more often.
const CACHED_TOPICS: usize = 512;

impl RouteCache {
    /// The topic as it is shared, and who wants it.
    fn find(&mut self, hub: &Hub, topic: &str) -> (Arc<str>, Arc<[Target]>) {
        let version = hub.version();
        if self.version != version || self.topics.len() >= CACHED_TOPICS {
            self.topics.clear();
            self.version = version;
        }
        if let Some((topic, targets)) = self.topics.get_key_value(topic) {
            return (topic.clone(), targets.clone());
        }
        let topic: Arc<str> = topic.into();
        let targets = hub.targets(&topic);
        self.topics.insert(topic.clone(), targets.clone());
        (topic, targets)
    }
}

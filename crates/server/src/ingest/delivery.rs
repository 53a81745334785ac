//! The interface between the brokers and the engine.
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

/// Deliveries that may wait for the engine; beyond that the brokers wait.
pub const CAPACITY: usize = 8192;

/// An MQTT message on its way to the store.
#[derive(Debug)]
pub struct Delivery {
    /// MQTT topic.
    pub topic: Arc<str>,
    /// MQTT payload.
    pub payload: Bytes,
    /// Acknowledges it when it is committed.
    pub ack: Ack,
}

/// A pending acknowledgement. Where it is dropped without [`Acknowledge::acknowledge`],
/// the sender has to deliver again.
#[derive(Debug, Clone)]
pub struct Ack {
    /// The connection that waits. `None` for QoS 0.
    pub connection: Option<Arc<dyn Acknowledge>>,
    /// Identifies the delivery on its connection, such as a packet identifier.
    pub token: u64,
}

/// A connection that acknowledges its deliveries.
pub trait Acknowledge: Send + Sync + std::fmt::Debug {
    /// The deliveries with these tokens, in the order of their arrival, are committed.
    /// Must not block; a closed connection ignores the call.
    fn acknowledge(&self, tokens: &[u64]);
}

/// Where brokers put deliveries; sending waits while the engine is behind.
pub type Inbox = mpsc::Sender<Delivery>;

/// Creates an inbox and the end that the engine reads.
pub fn channel() -> (Inbox, mpsc::Receiver<Delivery>) {
    mpsc::channel(CAPACITY)
}

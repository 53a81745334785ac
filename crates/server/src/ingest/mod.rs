//! The narrow interface where both ways in meet: a delivery goes in, and its
//! acknowledgement comes back only after it is committed.
mod complaints;
mod reason;

use std::sync::Arc;

pub use complaints::Complaint;
pub use reason::{MAX_PAYLOAD, Reason};

use bytes::Bytes;
use tokio::sync::mpsc;

/// One message on its way to the store.
#[derive(Debug)]
pub struct Delivery {
    /// MQTT topic.
    pub topic: Arc<str>,
    /// MQTT payload.
    pub payload: Bytes,
    /// Whom to tell when it is committed.
    pub ack: Ack,
}

/// A promise to acknowledge; dropping it without [`Acknowledge::acknowledge`]
/// means that the sender has to deliver again.
#[derive(Debug, Clone)]
pub struct Ack {
    /// The connection that waits. `None` for QoS 0.
    pub connection: Option<Arc<dyn Acknowledge>>,
    /// The connection's own name for the delivery, such as a packet identifier.
    pub token: u64,
}

/// A connection that can acknowledge what it delivered.
pub trait Acknowledge: Send + Sync + std::fmt::Debug {
    /// The deliveries with these tokens, in the order of their arrival, are
    /// committed. Never blocks; a connection that is gone ignores it.
    fn acknowledge(&self, tokens: &[u64]);
}

/// Where a way in puts deliveries; waits while the engine is behind.
pub type Inbox = mpsc::Sender<Delivery>;

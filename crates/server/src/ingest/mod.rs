//! The narrow interface where both ways in meet: a delivery goes in, and its
//! acknowledgement comes back only after it is committed.
//!
//! Untrusted bytes become domain types here, once: [`parse`] makes a message of a
//! topic and a payload, [`MeterDirectory::resolve`] a sample of a known meter of a
//! message. What cannot be is a [`IngestError`]: counted, logged, shown to the
//! organiser and acknowledged, so that it never stops the ones behind it.

mod acks;
mod decoder;
mod error;
mod meter_directory;
mod parse;
mod rejections;

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::mpsc;

pub use error::{IngestError, MAX_PAYLOAD};
pub use meter_directory::MeterDirectory;
pub use parse::{Message, parse};
pub use rejections::Rejection;

pub(crate) use acks::AckBatch;
pub(crate) use decoder::{DecodedBatch, Decoder, ResolvedReading};
pub(crate) use rejections::Rejections;

/// Deliveries that wait for the engine before the ways in have to wait.
pub const CAPACITY: usize = 8192;

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

/// An inbox and the end that the engine reads.
pub fn channel() -> (Inbox, mpsc::Receiver<Delivery>) {
    mpsc::channel(CAPACITY)
}

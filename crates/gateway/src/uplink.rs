//! What the loop asks of an MQTT client, whichever it is.
//!
//! `connect`, `publish` and `close` are driven to their end: a new reading
//! never cancels them. `event` is dropped and asked again all the time.
use core::fmt::Debug;

use wire::{ConnectionState, GatewayId, MAX_STATUS, Status, Topic, TopicBuf};

/// Identifies a publish until its acknowledgement; unique within a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(pub u32);

/// What a client needs at CONNECT.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Client identifier, the same for the gateway's whole life.
    pub client: GatewayId,
    /// Topic of the last will: the gateway's status, retained, QoS 1.
    pub will_topic: TopicBuf,
    /// Payload of the last will: `{"state":"offline"}`.
    pub will: heapless::Vec<u8, 32>,
}

impl ConnectOptions {
    /// The same for each connection of this gateway.
    pub fn new(gateway: &GatewayId) -> Self {
        let mut json = [0; MAX_STATUS];
        // Fits by far: `{"state":"offline"}`.
        let length = Status::state_only(ConnectionState::Offline).encode(&mut json).unwrap_or(0);
        Self {
            client: gateway.clone(),
            will_topic: Topic::Status(gateway.clone()).to_buf(),
            will: heapless::Vec::from_slice(&json[..length]).unwrap_or_default(),
        }
    }
}

/// A message to publish with QoS 1.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Topic as built by `wire`.
    pub topic: &'a str,
    /// JSON.
    pub payload: &'a [u8],
    /// Whether the broker keeps it for later subscribers.
    pub retain: bool,
}

/// Opens connections to the broker.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Uplink {
    /// Why a connection did not come or broke.
    type Error: Debug;
    /// A connection; dropping it closes it without a word.
    type Connection<'a>: UplinkConnection<Error = Self::Error>
    where
        Self: 'a;

    /// Connects and waits for CONNACK. Has its own time limit. Never cancelled by the loop.
    async fn connect(
        &mut self,
        options: &ConnectOptions,
    ) -> Result<Self::Connection<'_>, Self::Error>;
}

/// An open connection. The first error ends it.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait UplinkConnection {
    /// Why it broke.
    type Error: Debug;

    /// Hands a message over; returns when it is copied or sent, not when it is
    /// acknowledged. Where there is no room it waits, and must itself read the
    /// acknowledgements that make some, for `event` to give later. Never
    /// cancelled by the loop.
    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Self::Error>;

    /// Waits for the next acknowledgement, keeping the connection alive
    /// meanwhile. Must be cancel-safe: dropped at every reading.
    async fn next_ack(&mut self) -> Result<Token, Self::Error>;

    /// Says goodbye, so that the broker does not publish the will.
    async fn disconnect(self) -> Result<(), Self::Error>;
}

//! The interface between the loop and an MQTT client.
//!
//! The loop never cancels `connect`, `publish` and `disconnect`. It cancels `next_ack` and
//! calls it again at any time.
use core::fmt::Debug;

use wire::{ConnectionState, GatewayId, MAX_STATUS, Status, Topic, TopicBuf};

/// Identifies a publish until its acknowledgement. Unique within a connection; assigned by
/// the loop, unlike the MQTT packet identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token(pub u32);

/// Fields of the MQTT CONNECT packet.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Client identifier: that of the gateway.
    pub client: GatewayId,
    /// Topic of the will message, which is retained and has QoS 1: the gateway's status.
    pub will_topic: TopicBuf,
    /// Payload of the will message: `{"state":"offline"}`.
    pub will: heapless::Vec<u8, 32>,
}

impl ConnectOptions {
    /// The options of every connection of this gateway.
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

/// An application message to publish with QoS 1.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// Topic name, built by [`Topic`].
    pub topic: &'a str,
    /// JSON of a `wire` message.
    pub payload: &'a [u8],
    /// The RETAIN flag.
    pub retain: bool,
}

/// Opens connections to the broker.
#[allow(
    async_fn_in_trait,
    reason = "executors on a board are single-threaded; Send follows from the concrete type"
)]
pub trait Uplink {
    /// Why a connection attempt failed or a connection ended.
    type Error: Debug;
    /// An open connection. Dropping it closes it without DISCONNECT, so that the broker
    /// publishes the will message.
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
    /// Why the connection ended.
    type Error: Debug;

    /// Queues or sends a message; does not wait for its acknowledgement. If the client has
    /// no room, this waits, and must itself receive the acknowledgements that make room and
    /// keep them for `next_ack`. Never cancelled by the loop.
    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Self::Error>;

    /// Waits for the next acknowledgement and keeps the connection alive meanwhile. Must be
    /// cancel-safe.
    async fn next_ack(&mut self) -> Result<Token, Self::Error>;

    /// Sends DISCONNECT, so that the broker does not publish the will message.
    async fn disconnect(self) -> Result<(), Self::Error>;
}

//! How much memory, time and sockets one client, and all clients together, may use.
use std::time::Duration;

/// Bounds of the broker. With the defaults, a thousand hostile clients hold a few gigabytes;
/// two dozen gateways and panels hold a few megabytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; further ones are closed at once.
    pub connections: usize,
    /// Sessions at a time, including those of disconnected clients.
    pub sessions: usize,
    /// Largest packet, bytes.
    pub max_packet_size: u32,
    /// Publishes of one connection that may wait for a commit together. MQTT 5 clients get it
    /// as Receive Maximum; the sockets of others are not read while it is reached.
    pub receive_maximum: u16,
    /// Bytes of the publishes of one connection that may wait for a commit.
    pub uncommitted_bytes: usize,
    /// Bytes of large payloads on their way to the engine, over all connections.
    pub large_bytes: usize,
    /// Messages queued for one client.
    pub queued: usize,
    /// Bytes of the messages queued for one client.
    pub queued_bytes: usize,
    /// QoS 1 deliveries that a client may leave unacknowledged.
    pub in_flight: u16,
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Retained messages.
    pub retained: usize,
    /// Bytes of all retained messages.
    pub retained_bytes: usize,
    /// Longest session expiry interval.
    pub session_expiry: Duration,
    /// Longest time from the TCP connection to CONNECT.
    pub connect_timeout: Duration,
    /// A client that accepts no byte for this long is disconnected.
    pub send_timeout: Duration,
    /// After a restart, how long a client may take to reconnect before its will is published.
    pub will_grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            sessions: 10_000,
            max_packet_size: 2 << 20,
            receive_maximum: 4096,
            uncommitted_bytes: 8 << 20,
            large_bytes: 64 << 20,
            queued: 10_000,
            queued_bytes: 8 << 20,
            in_flight: 256,
            subscriptions: 1000,
            retained: 20_000,
            retained_bytes: 64 << 20,
            session_expiry: Duration::from_secs(7 * 86_400),
            connect_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(60),
            will_grace: Duration::from_secs(120),
        }
    }
}

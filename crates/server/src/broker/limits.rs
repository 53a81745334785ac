//! What one client, and all together, may take of this machine.
use std::time::Duration;

/// Bounds of the broker. With the defaults, a thousand clients that do their worst
/// hold a few gigabytes; two dozen gateways and panels hold a few megabytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time; more are closed at once.
    pub connections: usize,
    /// Sessions at a time, absent clients' included.
    pub sessions: usize,
    /// Largest packet, bytes.
    pub packet: u32,
    /// Publishes of one connection that may wait for a commit together; MQTT 5
    /// clients are told so, others find their socket not read for a while.
    pub waiting: u16,
    /// And their bytes.
    pub waiting_bytes: usize,
    /// Bytes of large payloads on their way to the engine, of all connections.
    pub large_bytes: usize,
    /// Messages that wait for one client.
    pub queued: usize,
    /// And their bytes.
    pub queued_bytes: usize,
    /// Deliveries of QoS 1 that a client may leave unanswered.
    pub in_flight: u16,
    /// Subscriptions of one session.
    pub subscriptions: usize,
    /// Retained messages.
    pub retained: usize,
    /// And their bytes.
    pub retained_bytes: usize,
    /// Longest life of an absent client's session.
    pub session_expiry: Duration,
    /// From connection to CONNECT.
    pub hello: Duration,
    /// A client that takes no byte for that long is gone.
    pub stall: Duration,
    /// After a restart: how long a client may take to come back before its will is
    /// published.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            sessions: 10_000,
            packet: 2 << 20,
            waiting: 4096,
            waiting_bytes: 8 << 20,
            large_bytes: 64 << 20,
            queued: 10_000,
            queued_bytes: 8 << 20,
            in_flight: 256,
            subscriptions: 1000,
            retained: 20_000,
            retained_bytes: 64 << 20,
            session_expiry: Duration::from_secs(7 * 86_400),
            hello: Duration::from_secs(10),
            stall: Duration::from_secs(60),
            grace: Duration::from_secs(120),
        }
    }
}

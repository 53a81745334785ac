//! How much memory, time and sockets one client, one owner, and all clients together may use.
//!
//! An owner is a login, or the address of anonymous clients and of connections before their
//! CONNECT is accepted. Quotas of one owner, with the defaults:
//!
//! | what | login | anonymous address, which is a loopback one |
//! |---|---|---|
//! | sessions, connected and absent | 1250 | 10 000 |
//! | open connections | 512 | 4096 |
//! | subscriptions of all sessions | 20 000 | 200 000 |
//! | bytes queued for all sessions, and sent and not acknowledged | 32 MiB | 256 MiB |
//! | retained topics, bytes | 2500, 8 MiB | 20 000, 64 MiB |
//! | retained `status`, `config` and `page` in reserved room: topics, bytes | 512, 4 MiB | 4096, 32 MiB |
//!
//! A login has an eighth of the limit of all clients together ([`LOGIN_SHARE`]). Anonymous clients
//! are all on this machine and have all of it: the demonstration runs a few hundred gateways from
//! one address, and tests run thousands of clients.
//!
//! | what | loopback address | other address |
//! |---|---|---|
//! | open connections, whatever their logins | 4096 | 2048 |
//! | connections before their CONNECT is accepted | 2048 | 256 |
//!
//! All sessions and retained messages together hold at most [`Limits::memory_bytes`], 384 MiB: the
//! two rooms of retained messages have their bytes, and what is queued has the rest. The unit in
//! `deploy/` allows the service 1 GiB.
//!
//! Many gateways may share an address behind a router, and all of them a loopback one behind a
//! TLS proxy. What an earlier run retained counts for no owner until it is published again.
use std::time::Duration;

use super::owner::Owner;

/// The part of a limit of all clients together that one login may use: one in this many.
const LOGIN_SHARE: usize = 8;

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
    /// Subscriptions of all sessions of one login; ten times as many of an anonymous address.
    pub login_subscriptions: usize,
    /// Bytes of the messages queued for all sessions of one login; eight times as many for an
    /// anonymous address.
    pub login_queued_bytes: usize,
    /// Bytes of all retained messages, and of all messages that are queued for clients or not
    /// acknowledged by them, together.
    pub memory_bytes: usize,
    /// Retained messages, apart from those in reserved room.
    pub retained: usize,
    /// Bytes of these retained messages.
    pub retained_bytes: usize,
    /// Retained `status`, `config` and `page` messages of gateways in reserved room.
    pub reserved_retained: usize,
    /// Bytes of the retained messages in reserved room.
    pub reserved_retained_bytes: usize,
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
            login_subscriptions: 20_000,
            login_queued_bytes: 32 << 20,
            memory_bytes: 384 << 20,
            reserved_retained: 4096,
            reserved_retained_bytes: 32 << 20,
            session_expiry: Duration::from_secs(7 * 86_400),
            connect_timeout: Duration::from_secs(10),
            send_timeout: Duration::from_secs(60),
            will_grace: Duration::from_secs(120),
        }
    }
}

impl Limits {
    /// What one owner may use of `limit`, which is one of all clients together.
    pub(super) fn share(&self, owner: &Owner, limit: usize) -> usize {
        match owner {
            Owner::Login(_) => limit.div_ceil(LOGIN_SHARE),
            Owner::Address(_) | Owner::Server => limit,
        }
    }

    /// Connections of one address, whatever their logins.
    pub(super) fn address_connections(&self, address: &Owner) -> usize {
        if address.is_loopback() { self.connections } else { self.connections.div_ceil(2) }
    }

    /// Connections of one address before their CONNECT is accepted.
    pub(super) fn half_open(&self, address: &Owner) -> usize {
        self.connections.div_ceil(if address.is_loopback() { 2 } else { 16 })
    }

    /// Subscriptions of all sessions of one owner.
    pub(super) fn owner_subscriptions(&self, owner: &Owner) -> usize {
        self.login_subscriptions.saturating_mul(if owner.login().is_some() { 1 } else { 10 })
    }

    /// Bytes of the messages queued for the sessions of all owners: what retained messages leave
    /// of the memory, so that neither takes the room of the other.
    pub(super) fn all_queued_bytes(&self) -> usize {
        let retained = self.retained_bytes.saturating_add(self.reserved_retained_bytes);
        self.memory_bytes.saturating_sub(retained)
    }

    /// Bytes of the messages queued for all sessions of one owner.
    pub(super) fn owner_queued_bytes(&self, owner: &Owner) -> usize {
        self.login_queued_bytes.saturating_mul(if owner.login().is_some() { 1 } else { 8 })
    }
}

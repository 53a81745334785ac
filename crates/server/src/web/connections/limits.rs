//! How long an HTTP client may take, and how many connections there may be.
use std::{
    net::{IpAddr, Ipv6Addr},
    time::{Duration, Instant},
};

use ipnet::IpNet;

use crate::warning_rate::WarningRate;

/// Connections of one source: one in this many of [`ConnectionLimits::connections`].
const SOURCE_SHARE: usize = 4;

/// The bounds of HTTP connections.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionLimits {
    /// Connections at a time. A quarter of them may belong to one IPv4 address or IPv6 network
    /// of 64 bits.
    pub connections: usize,
    /// Networks whose addresses may use all connections, because many visitors share them:
    /// those of trusted proxies.
    pub shared_networks: Vec<IpNet>,
    /// Longest time from the connection, or from the first byte of a later request, to the end
    /// of its headers.
    pub head_timeout: Duration,
    /// Longest time from the end of the headers to the end of the body.
    pub body_timeout: Duration,
    /// Largest body of a request, bytes.
    pub body_bytes: usize,
    /// How long a connection may wait for its next request.
    pub idle_timeout: Duration,
    /// How long a write may wait for the client to read.
    pub write_timeout: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            connections: 1024,
            shared_networks: Vec::new(),
            head_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(20),
            body_bytes: 256 << 10,
            idle_timeout: Duration::from_secs(60),
            write_timeout: Duration::from_secs(20),
        }
    }
}

impl ConnectionLimits {
    /// Connections that one source may have.
    pub(super) fn share(&self, source: Source) -> usize {
        let is_shared =
            |shared: &IpNet| shared.contains(&source.0) || Source::of(shared.addr()) == source;
        if self.shared_networks.iter().any(is_shared) {
            self.connections
        } else {
            self.connections.div_ceil(SOURCE_SHARE)
        }
    }
}

/// Who counts as one client: an IPv4 address, or the 64 bits of an IPv6 network, of which one
/// machine has all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Source(IpAddr);

impl Source {
    pub(super) fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64).into(),
            v4 @ IpAddr::V4(_) => v4,
        })
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            IpAddr::V4(v4) => write!(f, "{v4}"),
            IpAddr::V6(v6) => write!(f, "{v6}/64"),
        }
    }
}

/// The kinds of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LimitKind {
    Connections,
    Address,
    HeadTimeout,
    BodyTimeout,
    BodySize,
}

impl LimitKind {
    const ALL: [Self; 5] =
        [Self::Connections, Self::Address, Self::HeadTimeout, Self::BodyTimeout, Self::BodySize];

    const fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Address => "address",
            Self::HeadTimeout => "head_timeout",
            Self::BodyTimeout => "body_timeout",
            Self::BodySize => "body_size",
        }
    }
}

/// Counts the limits that bite, and warns at most once a minute for each source and kind.
#[derive(Debug)]
pub(super) struct LimitLog(WarningRate<(Source, LimitKind)>);

impl Default for LimitLog {
    fn default() -> Self {
        for kind in LimitKind::ALL {
            // From the start, so that an alert on its increase sees the first one.
            Self::counter(kind).increment(0);
        }
        Self(WarningRate::default())
    }
}

impl LimitLog {
    fn counter(kind: LimitKind) -> metrics::Counter {
        metrics::counter!("wattkampen_http_limits_total", "limit" => kind.label())
    }

    /// Records that `source` has reached a limit; `effect` says what that cost.
    pub(super) fn record(&self, kind: LimitKind, source: Source, effect: &str) {
        Self::counter(kind).increment(1);
        if self.0.is_due((source, kind), Instant::now()) {
            tracing::warn!(limit = kind.label(), "an HTTP limit is reached by {source}: {effect}");
        }
    }
}

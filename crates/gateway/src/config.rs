//! Settings of a gateway.
use wire::{GatewayId, MeterId, Text};

use crate::Multiplier;

/// Maximum number of publishes in flight.
pub const MAX_WINDOW: usize = 128;

/// Settings of the loop.
#[derive(Debug, Clone)]
pub struct Config {
    /// Identifier of the gateway, a level of its topics.
    pub gateway: GatewayId,
    /// Identifier of the meter; a telegram does not contain one.
    pub meter: MeterId,
    /// Ratio of the current transformers; 1 without.
    pub multiplier: Multiplier,
    /// Minimum time between two readings, s. Of the telegrams in between only the newest
    /// becomes a reading; 0 makes a reading of each telegram.
    pub interval_s: u32,
    /// Publishes in flight at once, 1 to [`MAX_WINDOW`].
    pub window: usize,
    /// Time between two status messages, s.
    pub status_interval_s: u32,
    /// Time without an acknowledgement, s, after which the connection is given up and a new
    /// one is opened.
    pub ack_timeout_s: u32,
    /// Version of the firmware or program.
    pub firmware: Text<32>,
    /// Reason for the last start, if the chip records it.
    pub reset: Option<Text<96>>,
}

impl Config {
    /// Default settings: every telegram, 16 publishes in flight, a status every five minutes,
    /// an acknowledgement within a minute.
    pub fn new(gateway: GatewayId, meter: MeterId) -> Self {
        Self {
            gateway,
            meter,
            multiplier: Multiplier::ONE,
            interval_s: 0,
            window: 16,
            status_interval_s: 300,
            ack_timeout_s: 60,
            firmware: Text::truncated(env!("CARGO_PKG_VERSION")),
            reset: None,
        }
    }
}

//! What the one who installs a gateway decides.
use wire::{GatewayId, MeterId, Text};

use crate::Multiplier;

/// Readings that may wait for their acknowledgement at once.
pub const MAX_WINDOW: usize = 128;

/// Settings of the loop.
#[derive(Debug, Clone)]
pub struct Config {
    /// This gateway, a level of its topics.
    pub gateway: GatewayId,
    /// The meter it reads. Meters do not tell who they are.
    pub meter: MeterId,
    /// Ratio of current transformers, 1 without.
    pub multiplier: Multiplier,
    /// Least time between two readings, s; the newest is sent. 0 sends each.
    pub interval_s: u32,
    /// Readings in flight at once, 1 to [`MAX_WINDOW`].
    pub window: usize,
    /// Time between two status messages, s.
    pub status_interval_s: u32,
    /// Longest wait for an acknowledgement, s: a broker that takes messages and
    /// acknowledges none is left, and tried again.
    pub ack_timeout_s: u32,
    /// Version of what runs here.
    pub firmware: Text<32>,
    /// Why it started last, where the chip tells.
    pub reset: Option<Text<96>>,
}

impl Config {
    /// Each reading at once, a window of 16, a status every five minutes,
    /// a minute for an acknowledgement.
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

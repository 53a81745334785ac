//! A gateway's state: retained, and its last will.
use serde::{Deserialize, Serialize};

use crate::{Text, Time};

/// Whether the gateway is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Link {
    /// Said by the gateway itself.
    Online,
    /// Said by the broker for it, or by itself before it leaves.
    Offline,
}

/// What a gateway tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it is connected.
    pub state: Link,
    /// Version of what runs on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Text<32>>,
    /// When this was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<Time>,
    /// How often it has started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<u32>,
    /// Seconds since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<u32>,
    /// Readings that wait in the outbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<u32>,
    /// Readings that the outbox had to give up or thin out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u32>,
    /// Telegrams decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telegrams: Option<u32>,
    /// Telegrams refused: checksum, framing, content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<u32>,
    /// Why it started last, as the chip tells: `power`, `watchdog`, `panic`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Text<96>>,
}

impl Status {
    /// Only the state, as in a last will.
    pub const fn bare(state: Link) -> Self {
        Self {
            state,
            firmware: None,
            t: None,
            boot: None,
            uptime_s: None,
            queued: None,
            dropped: None,
            telegrams: None,
            errors: None,
            reset: None,
        }
    }
}

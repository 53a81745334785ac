//! The status of a gateway: a retained message, and the will message.
use serde::{Deserialize, Serialize};

use crate::{Text, Time};

/// Whether the gateway is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Published by the gateway.
    Online,
    /// Published by the broker as the will message, or by the gateway before it disconnects.
    Offline,
}

/// Status of a gateway. Unknown values are absent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it is connected.
    pub state: ConnectionState,
    /// Version of its program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Text<32>>,
    /// When the status was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub t: Option<Time>,
    /// How often it has started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub boot: Option<u32>,
    /// Seconds since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uptime_s: Option<u32>,
    /// Number of readings in the outbox.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queued: Option<u32>,
    /// Number of readings that the outbox has dropped or thinned out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dropped: Option<u32>,
    /// Number of decoded telegrams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub telegrams: Option<u32>,
    /// Number of rejected telegrams.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub errors: Option<u32>,
    /// Rejected telegrams by reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<TelegramErrorCounts>,
    /// Reason for the last start: `power`, `watchdog`, `panic`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Text<96>>,
    /// Why the settings on its topic are not in use. Absent if they are, or if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Text<96>>,
    /// State of the last update over the air, if the gateway supports them: `ready`,
    /// `receiving`, `refused: …`, `starting`, `on trial`, `kept`, `rolled back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Text<48>>,
}

/// Numbers of telegrams that the gateway has rejected since its start, by reason; in JSON an
/// absent reason is 0.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramErrorCounts {
    /// The checksum does not match.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checksum: u32,
    /// Neither a checksum nor a line end follows the telegram.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trailer: u32,
    /// The telegram is truncated.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u32,
    /// It has no checksum, and a malformed line or no content.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsure: u32,
    /// It has no checksum, but the meter has sent one before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checksum_missing: u32,
    /// It is valid, but has no valid register of imported energy.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_register: u32,
}

/// Reason for which a telegram is rejected; see [`TelegramErrorCounts`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are those of the fields")]
pub enum TelegramErrorKind {
    Checksum,
    Trailer,
    Cut,
    Unsure,
    ChecksumMissing,
    NoRegister,
}

impl TelegramErrorKind {
    /// The name in JSON and in the labels of `/metrics`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Checksum => "checksum",
            Self::Trailer => "trailer",
            Self::Cut => "cut",
            Self::Unsure => "unsure",
            Self::ChecksumMissing => "checksum_missing",
            Self::NoRegister => "no_register",
        }
    }
}

impl TelegramErrorCounts {
    /// The count of every reason.
    pub const fn by_reason(&self) -> [(TelegramErrorKind, u32); 6] {
        [
            (TelegramErrorKind::Checksum, self.checksum),
            (TelegramErrorKind::Trailer, self.trailer),
            (TelegramErrorKind::Cut, self.cut),
            (TelegramErrorKind::Unsure, self.unsure),
            (TelegramErrorKind::ChecksumMissing, self.checksum_missing),
            (TelegramErrorKind::NoRegister, self.no_register),
        ]
    }

    /// The sum of all reasons.
    pub fn total(&self) -> u32 {
        self.by_reason().iter().fold(0, |sum, (_, count)| u32::saturating_add(sum, *count))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Status {
    /// A status with the state alone, as in a will message.
    pub const fn state_only(state: ConnectionState) -> Self {
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
            refused: None,
            reset: None,
            config: None,
            update: None,
        }
    }
}

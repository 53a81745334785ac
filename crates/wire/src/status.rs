//! A gateway's state: retained, and its last will.
use serde::{Deserialize, Serialize};

use crate::{Text, Time};

/// Whether the gateway is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Said by the gateway itself.
    Online,
    /// Said by the broker for it, or by itself before it leaves.
    Offline,
}

/// What a gateway tells about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// Whether it is connected.
    pub state: ConnectionState,
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
    /// The same by reason.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<TelegramErrorCounts>,
    /// Why it started last, as the chip tells: `power`, `watchdog`, `panic`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reset: Option<Text<96>>,
    /// Why the settings that wait on its topic are not taken. Absent: they are, or there
    /// are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Text<96>>,
    /// What became of the last update over the air, where there are any: `ready`,
    /// `receiving`, `refused: …`, `starting`, `on trial`, `kept`, `rolled back`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Text<48>>,
}

/// Telegrams refused since the gateway started, by reason. A reason that is absent
/// has not occurred.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TelegramErrorCounts {
    /// The checksum is not that of the bytes.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checksum: u32,
    /// Nonsense where the checksum belongs.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub trailer: u32,
    /// It ended before its end.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub cut: u32,
    /// Without checksum, and not flawless.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub unsure: u32,
    /// Without checksum, from a meter that sends one.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub checksum_missing: u32,
    /// Sound, but without a register of imported energy that can be.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub no_register: u32,
}

/// Why a telegram was refused; [`TelegramErrorCounts`] says what each means.
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
    /// Its name in JSON and at `/metrics`.
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
    /// The number of every reason.
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

    /// All of them.
    pub fn total(&self) -> u32 {
        self.by_reason().iter().fold(0, |sum, (_, count)| u32::saturating_add(sum, *count))
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Status {
    /// Only the state, as in a last will.
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

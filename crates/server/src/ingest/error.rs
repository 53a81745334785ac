//! Why a delivery is rejected, with a text for the organiser.
use competition::RejectReason;
use wire::{TelegramErrorKind, TopicError};

/// Largest payload that is parsed, bytes.
pub const MAX_PAYLOAD: usize = 4096;

/// Why a delivery is rejected. It is counted, shown and acknowledged all the same.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IngestError {
    /// Gateways do not publish on this topic.
    #[error("the topic is not understood: {0}")]
    Topic(TopicError),
    /// The payload has this many bytes, more than [`MAX_PAYLOAD`].
    #[error("the payload has {0} bytes; at most {MAX_PAYLOAD} are read")]
    TooLarge(usize),
    /// The payload is not UTF-8 from this byte on.
    #[error("the payload is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// The payload is not JSON, or has other fields or types.
    #[error("the payload is not the JSON of this topic: {0}")]
    Json(String),
    /// No participant has this meter.
    #[error("meter {0} belongs to no participant; add it to the configuration or correct its name")]
    UnknownMeter(String),
    /// Another gateway carries the readings of this meter.
    #[error(
        "the readings of meter {meter} come from gateway {expected}, not from the one in the topic"
    )]
    WrongGateway {
        /// Name of the meter.
        meter: String,
        /// The gateway in the configuration.
        expected: String,
    },
    /// The reading is stored, and its time has another value as well.
    #[error("meter {0} has another value for the same moment; the lower register counts")]
    Conflict(String),
    /// Telegrams that a gateway rejected, as its status reports them; not a delivery.
    #[error("the gateway refused telegrams of its meter: {}", describe_telegram_error(*.0))]
    Telegrams(TelegramErrorKind),
    /// The reading itself is impossible.
    #[error("{0}")]
    Refused(#[from] RejectReason),
}

impl IngestError {
    /// All values of [`IngestError::label`] for deliveries.
    pub const LABELS: [&str; 13] = [
        "topic",
        "too_large",
        "not_utf8",
        "json",
        "unknown_meter",
        "wrong_gateway",
        "future",
        "ancient",
        "locked",
        "sentinel",
        "absurd",
        "conflict",
        // No reason has it any more; dashboards may still query it.
        "other",
    ];

    /// Value of the label `reason` at `/metrics`.
    pub const fn label(&self) -> &'static str {
        match self {
            Self::Topic(_) => "topic",
            Self::TooLarge(_) => "too_large",
            Self::NotUtf8(_) => "not_utf8",
            Self::Json(_) => "json",
            Self::UnknownMeter(_) => "unknown_meter",
            Self::WrongGateway { .. } => "wrong_gateway",
            Self::Refused(RejectReason::Future) => "future",
            Self::Refused(RejectReason::BeforeBaseline) => "ancient",
            Self::Refused(RejectReason::Locked) => "locked",
            Self::Refused(RejectReason::Sentinel) => "sentinel",
            Self::Refused(
                RejectReason::OutOfRange
                | RejectReason::Capacity
                | RejectReason::Negative
                | RejectReason::Temperature,
            ) => "absurd",
            Self::Conflict(_) => "conflict",
            Self::Telegrams(error) => telegram_label(*error),
        }
    }
}

const fn telegram_label(error: TelegramErrorKind) -> &'static str {
    match error {
        TelegramErrorKind::Checksum => "telegram_checksum",
        TelegramErrorKind::Trailer => "telegram_trailer",
        TelegramErrorKind::Cut => "telegram_cut",
        TelegramErrorKind::Unsure => "telegram_unsure",
        TelegramErrorKind::ChecksumMissing => "telegram_checksum_missing",
        TelegramErrorKind::NoRegister => "telegram_no_register",
    }
}

/// The cause of a rejected telegram and how to fix it.
const fn describe_telegram_error(error: TelegramErrorKind) -> &'static str {
    match error {
        TelegramErrorKind::Checksum => {
            "the checksum is wrong; check cable and plug if it continues"
        }
        TelegramErrorKind::Trailer => {
            "the checksum is unreadable; check cable and plug if it continues"
        }
        TelegramErrorKind::Cut => "they are incomplete; check cable and plug if it continues",
        TelegramErrorKind::Unsure => {
            "they have no checksum, and lines that do not parse; check cable and plug if it continues"
        }
        TelegramErrorKind::ChecksumMissing => {
            "the checksum is missing, though this meter sends one; check cable and plug"
        }
        TelegramErrorKind::NoRegister => {
            "they have no possible register of imported energy (1.8.0); ask the grid company to \
             open the port for it"
        }
    }
}

//! Why a delivery was not taken, as types, with the words for people.
use competition::RejectReason;
use wire::{TelegramErrorKind, TopicError};

/// Largest payload that is looked at, bytes.
pub const MAX_PAYLOAD: usize = 4096;

/// Why a delivery was not taken. It is counted, shown and acknowledged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IngestError {
    /// The topic is none that a gateway speaks on.
    #[error("the topic is not understood: {0}")]
    Topic(TopicError),
    /// Longer than [`MAX_PAYLOAD`].
    #[error("the payload has {0} bytes; at most {MAX_PAYLOAD} are read")]
    TooLarge(usize),
    /// Not text.
    #[error("the payload is not UTF-8 from byte {0} on")]
    NotUtf8(usize),
    /// Text, but no JSON, or not these fields and types.
    #[error("the payload is not the JSON of this topic: {0}")]
    Json(String),
    /// No participant has this meter.
    #[error("meter {0} belongs to no participant; add it to the configuration or correct its name")]
    UnknownMeter(String),
    /// The meter belongs to another gateway.
    #[error("meter {meter} is carried by gateway {expected} and not by the one in the topic")]
    WrongGateway {
        /// The meter.
        meter: String,
        /// The gateway of the configuration.
        expected: String,
    },
    /// Taken, and not as it was sent: its moment had other values.
    #[error("meter {0} has another value for the same moment; the lower register counts")]
    Conflict(String),
    /// Not deliveries: what a gateway says that its meter's port gave it.
    #[error("the gateway refused telegrams of its meter: {}", telegram_words(*.0))]
    Telegrams(TelegramErrorKind),
    /// The reading itself cannot be.
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
            Self::Refused(RejectReason::OutOfRange) => "absurd",
            Self::Conflict(_) => "conflict",
            Self::Telegrams(refusal) => telegram_label(*refusal),
        }
    }
}

/// Value of [`IngestError::label`].
const fn telegram_label(refusal: TelegramErrorKind) -> &'static str {
    match refusal {
        TelegramErrorKind::Checksum => "telegram_checksum",
        TelegramErrorKind::Trailer => "telegram_trailer",
        TelegramErrorKind::Cut => "telegram_cut",
        TelegramErrorKind::Unsure => "telegram_unsure",
        TelegramErrorKind::ChecksumMissing => "telegram_checksum_missing",
        TelegramErrorKind::NoRegister => "telegram_no_register",
    }
}

/// What it means and what mends it.
const fn telegram_words(refusal: TelegramErrorKind) -> &'static str {
    match refusal {
        TelegramErrorKind::Checksum => "wrong checksum; look at cable and plug where it goes on",
        TelegramErrorKind::Trailer => {
            "nonsense where the checksum belongs; look at cable and plug where it goes on"
        }
        TelegramErrorKind::Cut => {
            "they end before their end; look at cable and plug where it goes on"
        }
        TelegramErrorKind::Unsure => {
            "no checksum, and lines that are none; look at cable and plug where it goes on"
        }
        TelegramErrorKind::ChecksumMissing => {
            "no checksum, though this meter sends one; look at cable and plug"
        }
        TelegramErrorKind::NoRegister => {
            "no register of imported energy (1.8.0) that can be; ask the grid company to open the \
             port for it"
        }
    }
}

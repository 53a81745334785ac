//! What was not understood, for the log and for the organiser: bounded, so that
//! nobody fills memory or disk by sending nonsense.
use competition::Time;

/// Deliveries of one topic that were not taken for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Complaint {
    /// Where they came, cut and with unprintable characters escaped.
    pub topic: String,
    /// [`super::Reason::label`].
    pub label: &'static str,
    /// The last one's reason in words.
    pub detail: String,
    /// How many.
    pub count: u64,
    /// The first, by the service's clock.
    pub first: Time,
    /// The last.
    pub last: Time,
}

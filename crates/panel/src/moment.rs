//! The time of a drawing.
use wire::Time;

/// The time of a drawing.
///
/// The same page, size and moment give the same pixels. Panels that take
/// [`Moment::from_unix_ms`] show the same view at the same time, as the server's
/// preview does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// UTC, for the age of page and step.
    pub now: Time,
    /// Milliseconds since any fixed moment, for the rotation of views and the ticker.
    pub elapsed_ms: u64,
}

impl Moment {
    /// Both from Unix time in milliseconds. After the year 9999 it is 1970.
    pub fn from_unix_ms(ms: u64) -> Self {
        let now = i64::try_from(ms / 1000).ok().and_then(|s| Time::from_unix(s).ok());
        Self { now: now.unwrap_or_default(), elapsed_ms: ms }
    }
}

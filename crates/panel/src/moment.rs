//! When a panel is looked at: all that makes two drawings of one page differ.
use wire::Time;

/// The moment of a drawing.
///
/// The same page, size and moment give the same pixels. Panels that take
/// [`Moment::from_unix_ms`] show the same view at the same time, as the server's
/// preview does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// What the clock says: judges what is stale and when a step is over.
    pub now: Time,
    /// Turns the views and moves the ticker: milliseconds since any fixed moment.
    pub elapsed_ms: u64,
}

impl Moment {
    /// Both from one clock: milliseconds since 1970 UTC. Past the year 9999 it is 1970.
    pub fn from_unix_ms(ms: u64) -> Self {
        let now = i64::try_from(ms / 1000).ok().and_then(|s| Time::from_unix(s).ok());
        Self { now: now.unwrap_or_default(), elapsed_ms: ms }
    }
}

//! The gateway's own loop.
use core::fmt;

use embedded_io_async::Read;

use crate::{Clock, Config, Observer, Outbox, Uplink};

/// Why the loop ended before the meter's stream did.
#[derive(Debug)]
pub enum Stop<R, O> {
    /// The meter's port failed.
    Meter(R),
    /// The outbox's storage failed.
    Outbox(O),
}

impl<R: fmt::Debug, O: fmt::Debug> fmt::Display for Stop<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Meter(error) => write!(f, "the meter's port failed: {error:?}"),
            Self::Outbox(error) => write!(f, "the outbox failed: {error:?}"),
        }
    }
}

impl<R: fmt::Debug, O: fmt::Debug> core::error::Error for Stop<R, O> {}

/// Carries readings from `meter` to `uplink` until the meter's stream ends
/// (`read` gives 0), then sends what waits, says offline and returns.
///
/// `meter.read` must be cancel-safe, as a buffered UART's is.
pub async fn run<R: Read, C: Clock, U: Uplink, O: Outbox, W: Observer>(
    config: &Config,
    meter: &mut R,
    clock: &C,
    uplink: &mut U,
    outbox: &mut O,
    observer: &mut W,
) -> Result<(), Stop<R::Error, O::Error>> {
    let _ = (config, meter, clock, uplink, outbox, observer);
    todo!("follows within the hour")
}

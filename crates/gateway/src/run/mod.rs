//! The gateway's own loop: one future, no task, no channel.
//!
//! - The meter is read at every wait, so nothing is lost in its port. Connecting
//!   and publishing are driven to their end beside it; no reading cancels them.
//! - The outbox is the only queue. A reading leaves it when the broker has
//!   acknowledged it and all before it; after a new connection all that is left
//!   is sent again, and known by `boot` and `seq`.
use core::fmt;
use core::pin::pin;

use embassy_futures::select::{Either, select};
use embedded_io_async::Read;

use crate::{Clock, Config, ConnectOptions, Observer, Outbox, Uplink, UplinkConnection};
use backoff::Backoff;
use intake::Intake;
use sender::Sender;

mod backoff;
mod fallback;
mod intake;
mod sender;
mod window;

/// Why the loop ended before the meter's stream did.
#[derive(Debug)]
pub enum RunError<R, O> {
    /// The meter's port failed.
    Meter(R),
    /// The outbox's storage failed.
    Outbox(O),
}

impl<R: fmt::Debug, O: fmt::Debug> fmt::Display for RunError<R, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Meter(error) => write!(f, "the meter's port failed: {error:?}"),
            Self::Outbox(error) => write!(f, "the outbox failed: {error:?}"),
        }
    }
}

impl<R: fmt::Debug, O: fmt::Debug> core::error::Error for RunError<R, O> {}

/// Why a connection is over.
enum Over<R, O> {
    /// It broke: connect again.
    Broken,
    /// The meter's stream is over, and all of it is acknowledged.
    Done,
    /// The loop ends.
    Error(RunError<R, O>),
}

impl<R, O> From<RunError<R, O>> for Over<R, O> {
    fn from(stop: RunError<R, O>) -> Self {
        Self::Error(stop)
    }
}

/// Carries readings from `meter` to `uplink` until the meter's stream ends
/// (`read` gives 0), then sends what waits, says offline and returns. To stop
/// it earlier, drop it: the last will tells.
///
/// `meter.read` must be cancel-safe, as a buffered UART's is: it is dropped
/// whenever something else comes first.
pub async fn run<R: Read, C: Clock, U: Uplink, O: Outbox, W: Observer>(
    config: &Config,
    meter: &mut R,
    clock: &C,
    uplink: &mut U,
    outbox: &mut O,
    observer: &mut W,
) -> Result<(), RunError<R::Error, O::Error>> {
    let options = ConnectOptions::new(&config.gateway);
    let mut backoff = Backoff::new(&config.gateway, outbox.boot());
    let mut intake = Intake::new(config, meter, clock, outbox, observer);
    loop {
        if let Ok(link) = beside(&mut intake, uplink.connect(&options)).await? {
            intake.observer.connection_changed(true);
            let over = online(config, &mut intake, link, &mut backoff).await;
            intake.observer.connection_changed(false);
            match over {
                Over::Broken => {}
                Over::Done => return Ok(()),
                Over::Error(stop) => return Err(stop),
            }
        }
        let wake = clock.monotonic_ms() + backoff.next_ms();
        beside(&mut intake, clock.sleep_until(wake)).await?;
    }
}

/// Drives `work` to its end and serves the meter meanwhile.
async fn beside<F: Future, R: Read, C: Clock, O: Outbox, W: Observer>(
    intake: &mut Intake<'_, R, C, O, W>,
    work: F,
) -> Result<F::Output, RunError<R::Error, O::Error>> {
    let mut work = pin!(work);
    loop {
        match select(&mut work, intake.input()).await {
            Either::First(output) => return Ok(output),
            Either::Second(input) => intake.take(input).await?,
        }
    }
}

/// From CONNACK to the end of the connection.
async fn online<L: UplinkConnection, R: Read, C: Clock, O: Outbox, W: Observer>(
    config: &Config,
    intake: &mut Intake<'_, R, C, O, W>,
    link: L,
    backoff: &mut Backoff,
) -> Over<R::Error, O::Error> {
    let mut sender = Sender::new(config, link);
    match sender.until_done(intake, backoff).await {
        Err(over) => over,
        Ok(()) => {
            // All is acknowledged; the will says the same if this gets lost.
            let _ = sender.link.disconnect().await;
            Over::Done
        }
    }
}

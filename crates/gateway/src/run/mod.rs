//! The gateway loop: one future without tasks or channels.
//!
//! - The meter is read during every wait, so that its port does not overflow. Connecting
//!   and publishing run concurrently; a telegram does not cancel them.
//! - The outbox is the only queue. A reading is removed once the broker has acknowledged
//!   it and all before it. After a reconnect the remaining readings are sent again; `boot`
//!   and `seq` identify repeats.
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

/// Why the loop ended before the meter's stream.
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

/// Why a connection ended.
enum ConnectionEnd<R, O> {
    /// It broke; the loop connects again.
    Broken,
    /// The meter's stream has ended, and all of it is acknowledged.
    Done,
    /// The loop ends with an error.
    Error(RunError<R, O>),
}

impl<R, O> From<RunError<R, O>> for ConnectionEnd<R, O> {
    fn from(error: RunError<R, O>) -> Self {
        Self::Error(error)
    }
}

/// Publishes the readings of `meter` to `uplink` until the meter's stream ends (`read`
/// returns 0). Then it sends the rest of the outbox and the status "offline", and returns.
/// To stop it earlier, drop the future: the broker then publishes the will message.
///
/// `meter.read` must be cancel-safe, as that of a buffered UART is.
///
/// # Errors
/// Where the meter's port or the outbox fails.
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
        if let Ok(link) = serving_meter(&mut intake, uplink.connect(&options)).await? {
            intake.observer.connection_changed(true);
            let end = online(config, &mut intake, link, &mut backoff).await;
            intake.observer.connection_changed(false);
            match end {
                ConnectionEnd::Broken => {}
                ConnectionEnd::Done => return Ok(()),
                ConnectionEnd::Error(error) => return Err(error),
            }
        }
        let wake = clock.monotonic_ms() + backoff.next_ms();
        serving_meter(&mut intake, clock.sleep_until(wake)).await?;
    }
}

/// Runs `work` to its end and handles the meter meanwhile.
async fn serving_meter<F: Future, R: Read, C: Clock, O: Outbox, W: Observer>(
    intake: &mut Intake<'_, R, C, O, W>,
    work: F,
) -> Result<F::Output, RunError<R::Error, O::Error>> {
    let mut work = pin!(work);
    loop {
        match select(&mut work, intake.input()).await {
            Either::First(output) => return Ok(output),
            Either::Second(input) => intake.handle(input).await?,
        }
    }
}

/// Uses one connection, from CONNACK to its end.
async fn online<L: UplinkConnection, R: Read, C: Clock, O: Outbox, W: Observer>(
    config: &Config,
    intake: &mut Intake<'_, R, C, O, W>,
    link: L,
    backoff: &mut Backoff,
) -> ConnectionEnd<R::Error, O::Error> {
    let mut sender = Sender::new(config, link);
    match sender.until_done(intake, backoff).await {
        Err(end) => end,
        Ok(()) => {
            // The will message has the same content if DISCONNECT does not arrive.
            let _ = sender.link.disconnect().await;
            ConnectionEnd::Done
        }
    }
}

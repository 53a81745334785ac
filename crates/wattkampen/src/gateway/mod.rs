//! The gateway's loop on a Linux machine: a meter's cable on a serial port, an
//! outbox on the disk, the machine's clock, and a broker.
mod broker;
mod clock;
mod outbox;
mod port;

use std::sync::Arc;

pub use broker::Told;
pub use clock::{MachineClock, Trust, machine_start};
pub use outbox::{DiskOutbox, MachineStart, OutboxError};
pub use port::Port;
use tokio::sync::Notify;

/// Tells the port to end the meter's stream, so that the loop says goodbye.
#[derive(Debug, Clone, Default)]
pub struct Ending(Arc<Notify>);

impl Ending {
    /// From now on.
    pub fn begin(&self) {
        // One permit stays for whoever waits later.
        self.0.notify_one();
    }

    async fn begun(&self) {
        self.0.notified().await;
    }
}

/// Logs what comes and goes.
#[derive(Debug)]
pub struct Journal;

impl gateway::Observer for Journal {
    fn telegram_rejected(&mut self, error: gateway::meter::TelegramError) {
        tracing::warn!("a telegram was refused: {error}");
    }
    fn queued(&mut self, id: gateway::ReadingId, waiting: usize) {
        tracing::debug!("kept a reading: boot={} seq={} waiting={waiting}", id.boot, id.seq);
    }
    fn undated_queued(&mut self, undated: usize) {
        tracing::debug!("kept without a time: undated={undated}");
    }
    fn meter_clock_in_use(&mut self) {
        tracing::warn!(
            "the meter's clock is understood from before and tells the time from five minutes \
             after the start, until this machine's clock is synchronised"
        );
    }
    fn undatable(&mut self, readings: u32) {
        tracing::warn!(
            "{readings} readings from before the machine's restart have no time that anybody \
             could know, and are given up; their energy is in the next reading's register"
        );
    }
    fn acknowledged(&mut self, through: gateway::ReadingId, waiting: usize) {
        tracing::debug!(
            "acknowledged: boot={} seq={} waiting={waiting}",
            through.boot,
            through.seq
        );
    }
    fn connection_changed(&mut self, up: bool) {
        if up {
            tracing::info!("connected to the broker");
        } else {
            tracing::warn!("no connection to the broker any more; readings wait in the outbox");
        }
    }
}

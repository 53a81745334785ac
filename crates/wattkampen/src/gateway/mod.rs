//! The gateway loop on a Linux machine: a serial port, an outbox on disk, the system clock
//! and an MQTT uplink.
mod logged_uplink;
mod meter_port;
mod outbox;
mod system_clock;

use std::sync::Arc;

pub use logged_uplink::LoggedUplink;
pub use meter_port::MeterPort;
pub use outbox::{BootId, DiskOutbox, OutboxError};
pub use system_clock::{ClockTrust, SystemClock, boot_id};
use tokio::sync::Notify;

/// Requests that the port end the meter's stream, so that the loop disconnects cleanly.
#[derive(Debug, Clone, Default)]
pub struct Shutdown(Arc<Notify>);

impl Shutdown {
    /// Requests the shutdown.
    pub fn begin(&self) {
        // The permit is stored if there is no waiter yet.
        self.0.notify_one();
    }

    async fn begun(&self) {
        self.0.notified().await;
    }
}

/// Logs the events of the loop.
#[derive(Debug)]
pub struct LogObserver;

impl gateway::Observer for LogObserver {
    fn telegram_rejected(&mut self, error: gateway::meter::TelegramError) {
        tracing::warn!("a telegram was rejected: {error}");
    }
    fn queued(&mut self, id: gateway::ReadingId, waiting: usize) {
        tracing::debug!("stored a reading: boot={} seq={} waiting={waiting}", id.boot, id.seq);
    }
    fn undated_queued(&mut self, undated: usize) {
        tracing::debug!("stored a reading without a time: undated={undated}");
    }
    fn meter_clock_in_use(&mut self) {
        tracing::warn!(
            "the offset of the meter's clock is known from before; it gives the time from five \
             minutes after the start, until this machine's clock is synchronised"
        );
    }
    fn undatable(&mut self, readings: u32) {
        tracing::warn!(
            "{readings} readings from before the machine's restart are dropped, because their time \
             cannot be determined; their energy is in the register of the next reading"
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
            tracing::warn!("the connection to the broker ended; readings wait in the outbox");
        }
    }
}

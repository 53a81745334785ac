//! Events of the loop for a local panel, a log or a test.
use wire::Text;

use crate::meter::{Telegram, TelegramError};
use crate::{Measurement, ReadingId};

/// Called by the loop; must return at once. Every method has a default that does nothing.
pub trait Observer {
    /// A telegram was decoded. `measurement` is `None` if it has no register of imported
    /// energy.
    fn telegram(&mut self, telegram: &Telegram, measurement: Option<&Measurement>) {
        let _ = (telegram, measurement);
    }
    /// A telegram was rejected.
    fn telegram_rejected(&mut self, error: TelegramError) {
        let _ = error;
    }
    /// A reading was added to the outbox, which now has `queued` readings.
    fn queued(&mut self, id: ReadingId, queued: usize) {
        let _ = (id, queued);
    }
    /// A reading was stored without a time; `undated` readings are waiting for one.
    fn undated_queued(&mut self, undated: usize) {
        let _ = undated;
    }
    /// UTC is taken from the meter's clock alone.
    fn meter_clock_in_use(&mut self) {}
    /// This many readings from before a loss of power were dropped, because their time
    /// cannot be determined.
    fn undatable(&mut self, readings: u32) {
        let _ = readings;
    }
    /// All readings up to `id` are acknowledged; `queued` readings remain.
    fn acknowledged(&mut self, id: ReadingId, queued: usize) {
        let _ = (id, queued);
    }
    /// The connection to the broker was opened (`true`) or ended.
    fn connection_changed(&mut self, up: bool) {
        let _ = up;
    }
    /// Why the settings received over MQTT are not in use. Part of the status message,
    /// which is published again when this changes.
    fn config_error(&self) -> Option<Text<96>> {
        None
    }
    /// State of the last firmware update, if updates are supported. Part of the status
    /// message, which is published again within a second of a change.
    fn update_state(&self) -> Option<Text<48>> {
        None
    }
}

/// Ignores every event.
impl Observer for () {}

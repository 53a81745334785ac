//! Eyes of the one who runs the loop: a local panel, a log, a test.
use wire::Text;

use crate::Measurement;
use crate::meter::{Telegram, TelegramError};
use crate::outbox::ReadingId;

/// Called from inside the loop: must return at once.
pub trait Observer {
    /// A telegram was decoded: as the meter shows it, and in primary values,
    /// where it has a register of imported energy. The newest, for a local panel.
    fn telegram(&mut self, telegram: &Telegram, measurement: Option<&Measurement>) {
        let _ = (telegram, measurement);
    }
    /// A telegram was refused.
    fn telegram_rejected(&mut self, error: TelegramError) {
        let _ = error;
    }
    /// A reading went into the outbox, which now holds `waiting`.
    fn queued(&mut self, id: ReadingId, waiting: usize) {
        let _ = (id, waiting);
    }
    /// A reading came before anybody knew the time; `undated` of them wait for it.
    fn undated_queued(&mut self, undated: usize) {
        let _ = undated;
    }
    /// The time is known from the meter's clock alone.
    fn meter_clock_in_use(&mut self) {}
    /// So many readings of before the power went have no time that anybody could know.
    fn undatable(&mut self, readings: u32) {
        let _ = readings;
    }
    /// All readings up to this one are acknowledged; `waiting` remain.
    fn acknowledged(&mut self, id: ReadingId, waiting: usize) {
        let _ = (id, waiting);
    }
    /// The connection to the broker came or went.
    fn connection_changed(&mut self, up: bool) {
        let _ = up;
    }
    /// Why settings that were told over the network are not taken: part of the status,
    /// which is told anew when this changes.
    fn config_error(&self) -> Option<Text<96>> {
        None
    }
    /// What became of the last update of this program, where it can be updated: part of
    /// the status, which is told anew within a second of its change.
    fn update_state(&self) -> Option<Text<48>> {
        None
    }
}

/// Nobody looks.
impl Observer for () {}

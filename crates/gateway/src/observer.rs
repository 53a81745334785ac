//! Eyes of the one who runs the loop: a local panel, a log, a test.
use wire::Text;

use crate::Measured;
use crate::meter::{Refusal, Telegram};
use crate::outbox::Ticket;

/// Called from inside the loop: must return at once.
pub trait Observer {
    /// A telegram was decoded: as the meter shows it, and in primary values,
    /// where it has a register of imported energy. The newest, for a local panel.
    fn telegram(&mut self, telegram: &Telegram, measured: Option<&Measured>) {
        let _ = (telegram, measured);
    }
    /// A telegram was refused.
    fn refused(&mut self, refusal: Refusal) {
        let _ = refusal;
    }
    /// A reading went into the outbox, which now holds `waiting`.
    fn queued(&mut self, ticket: Ticket, waiting: usize) {
        let _ = (ticket, waiting);
    }
    /// A reading came before anybody knew the time; `untimed` of them wait for it.
    fn held(&mut self, untimed: usize) {
        let _ = untimed;
    }
    /// The time is known from the meter's clock alone.
    fn meter_clock(&mut self) {}
    /// So many readings of before the power went have no time that anybody could know.
    fn undatable(&mut self, readings: u32) {
        let _ = readings;
    }
    /// All readings up to this one are acknowledged; `waiting` remain.
    fn acknowledged(&mut self, ticket: Ticket, waiting: usize) {
        let _ = (ticket, waiting);
    }
    /// The connection to the broker came or went.
    fn link(&mut self, up: bool) {
        let _ = up;
    }
    /// Why settings that were told over the network are not taken: part of the status,
    /// which is told anew when this changes.
    fn config(&self) -> Option<Text<96>> {
        None
    }
    /// What became of the last update of this program, where it can be updated: part of
    /// the status, which is told anew within a second of its change.
    fn update(&self) -> Option<Text<48>> {
        None
    }
}

/// Nobody looks.
impl Observer for () {}

//! Eyes of the one who runs the loop: a local panel, a log, a test.
use crate::meter::{Refusal, Telegram};
use crate::outbox::Ticket;

/// Called from inside the loop: must return at once.
pub trait Observer {
    /// A telegram was decoded; `power` and registers are not yet multiplied.
    fn telegram(&mut self, telegram: &Telegram) {
        let _ = telegram;
    }
    /// A telegram was refused.
    fn refused(&mut self, refusal: Refusal) {
        let _ = refusal;
    }
    /// A reading went into the outbox, which now holds `waiting`.
    fn queued(&mut self, ticket: Ticket, waiting: usize) {
        let _ = (ticket, waiting);
    }
    /// All readings up to this one are acknowledged; `waiting` remain.
    fn acknowledged(&mut self, ticket: Ticket, waiting: usize) {
        let _ = (ticket, waiting);
    }
    /// The connection to the broker came or went.
    fn link(&mut self, up: bool) {
        let _ = up;
    }
}

/// Nobody looks.
impl Observer for () {}

//! What a connection published and nobody has answered yet: many wait together for
//! one commit, and are answered in the order in which they came.
//!
//! Each delivery carries a ticket. Tickets of one burst share an [`Arc`]; when the
//! engine drops the last of them, whatever it did not acknowledge is known to be
//! lost, and the connection is closed so that the client delivers again.
use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use tokio::sync::mpsc;

use super::message::Message;
use crate::ingest::{Ack, Acknowledge};

/// How a publish is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// QoS 0.
    None,
    /// QoS 1.
    Puback(u16),
    /// QoS 2.
    Pubrec(u16),
}

/// A publish that waits.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) reply: Reply,
    /// What goes to subscribers; `None` where it was refused.
    pub(super) message: Option<Arc<Message>>,
    /// Whether the client is told that it was refused.
    pub(super) refusal: Option<Refused>,
    done: bool,
    burst: u64,
}

/// Why a publish is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Rights,
}

/// What the engine says.
#[derive(Debug)]
pub(super) enum Report {
    Committed(Box<[u64]>),
    Gone(u64),
}

/// Some deliveries were dropped without a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Lost;

#[derive(Debug)]
struct Tickets {
    burst: u64,
    reports: mpsc::UnboundedSender<Report>,
}

impl Acknowledge for Tickets {
    fn acknowledge(&self, tokens: &[u64]) {
        // A connection that is gone does not listen.
        let _ = self.reports.send(Report::Committed(tokens.into()));
    }
}

impl Drop for Tickets {
    fn drop(&mut self) {
        let _ = self.reports.send(Report::Gone(self.burst));
    }
}

/// See the module. The channel of reports has no bound of its own: it holds no more
/// than the slots do.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Token of the first slot.
    first: u64,
    slots: VecDeque<Slot>,
    bytes: usize,
    burst: u64,
    tickets: Weak<Tickets>,
    sender: mpsc::UnboundedSender<Report>,
    reports: mpsc::UnboundedReceiver<Report>,
}

impl Default for Waiting {
    fn default() -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        Self {
            first: 0,
            slots: VecDeque::new(),
            bytes: 0,
            burst: 0,
            tickets: Weak::new(),
            sender,
            reports,
        }
    }
}

impl Waiting {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Payload bytes that wait.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// A publish that goes to the engine; the acknowledgement to send along.
    pub(super) fn commit(&mut self, message: Arc<Message>, reply: Reply) -> Ack {
        let tickets = self.tickets.upgrade().unwrap_or_else(|| {
            self.burst += 1;
            let tickets = Arc::new(Tickets { burst: self.burst, reports: self.sender.clone() });
            self.tickets = Arc::downgrade(&tickets);
            tickets
        });
        let token = self.first + self.slots.len() as u64;
        self.push(Some(message), reply, None, false);
        Ack { connection: Some(tickets), token }
    }

    /// A publish that is answered at its turn, without the engine.
    pub(super) fn at_once(
        &mut self,
        message: Option<Arc<Message>>,
        reply: Reply,
        refusal: Option<Refused>,
    ) {
        self.push(message, reply, refusal, true);
    }

    fn push(
        &mut self,
        message: Option<Arc<Message>>,
        reply: Reply,
        refusal: Option<Refused>,
        done: bool,
    ) {
        self.bytes += message.as_ref().map_or(0, |message| message.weight());
        self.slots.push_back(Slot { reply, message, refusal, done, burst: self.burst });
    }

    /// Waits for the engine; cancel-safe.
    pub(super) async fn report(&mut self) -> Report {
        // The sender kept here keeps the channel open.
        self.reports.recv().await.unwrap_or(Report::Gone(self.burst))
    }

    /// Takes a report in.
    ///
    /// # Errors
    /// [`Lost`]: something will never be acknowledged.
    pub(super) fn settle(&mut self, report: Report) -> Result<(), Lost> {
        match report {
            Report::Committed(tokens) => {
                for token in tokens {
                    let index = token.wrapping_sub(self.first) as usize;
                    if let Some(slot) = self.slots.get_mut(index) {
                        slot.done = true;
                    }
                }
                Ok(())
            }
            Report::Gone(burst) => {
                // Bursts never decrease along the slots.
                let mut until = self.slots.iter().take_while(|slot| slot.burst <= burst);
                let lost = until.any(|slot| !slot.done);
                if lost { Err(Lost) } else { Ok(()) }
            }
        }
    }

    /// The first slot, when it is done.
    pub(super) fn next(&mut self) -> Option<Slot> {
        if !self.slots.front()?.done {
            return None;
        }
        let slot = self.slots.pop_front()?;
        self.first += 1;
        self.bytes -= slot.message.as_ref().map_or(0, |message| message.weight());
        Some(slot)
    }
}

//! The publishes of a connection that are not acknowledged yet: many wait together for one
//! commit, and are acknowledged in the order of their arrival.
//!
//! Each delivery to the engine carries an [`Ack`]. The acks of one burst share an [`Arc`]. When
//! the engine drops the last of them, whatever of the burst is not committed is lost, and the
//! connection is closed so that the client delivers again.
use std::{
    collections::VecDeque,
    sync::{Arc, Weak},
};

use tokio::sync::mpsc;

use super::message::Message;
use crate::ingest::{Ack, Acknowledge};

/// The packet that acknowledges a publish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// QoS 0.
    None,
    /// QoS 1, with the packet identifier.
    Puback(u16),
    /// QoS 2, with the packet identifier.
    Pubrec(u16),
}

/// A publish that is not acknowledged yet.
#[derive(Debug)]
pub(super) struct PendingPublish {
    pub(super) reply: Reply,
    /// The message for the subscribers; `None` where the publish was rejected.
    pub(super) message: Option<Arc<Message>>,
    pub(super) rejection: Option<PublishRejection>,
    committed: bool,
    burst: u64,
}

/// Why a publish is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PublishRejection {
    NotAuthorized,
    /// A retained message that is not kept.
    QuotaExceeded,
}

/// What the engine did with deliveries.
#[derive(Debug)]
pub(super) enum CommitReport {
    /// It committed the deliveries with these tokens.
    Committed(Box<[u64]>),
    /// It holds no delivery of this burst any more.
    Released(u64),
}

/// The engine dropped deliveries without a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotCommitted;

#[derive(Debug)]
struct Burst {
    number: u64,
    reports: mpsc::UnboundedSender<CommitReport>,
}

impl Acknowledge for Burst {
    fn acknowledge(&self, tokens: &[u64]) {
        // An error means that the connection has ended.
        let _ = self.reports.send(CommitReport::Committed(tokens.into()));
    }
}

impl Drop for Burst {
    fn drop(&mut self) {
        let _ = self.reports.send(CommitReport::Released(self.number));
    }
}

/// The queue of one connection's publishes. The channel of reports needs no bound of its own:
/// it holds no more than the queue does.
#[derive(Debug)]
pub(super) struct PendingAcks {
    /// Token of the first publish in the queue.
    first: u64,
    publishes: VecDeque<PendingPublish>,
    bytes: usize,
    /// Number of the youngest burst.
    burst: u64,
    current: Weak<Burst>,
    sender: mpsc::UnboundedSender<CommitReport>,
    reports: mpsc::UnboundedReceiver<CommitReport>,
}

impl Default for PendingAcks {
    fn default() -> Self {
        let (sender, reports) = mpsc::unbounded_channel();
        Self {
            first: 0,
            publishes: VecDeque::new(),
            bytes: 0,
            burst: 0,
            current: Weak::new(),
            sender,
            reports,
        }
    }
}

impl PendingAcks {
    pub(super) fn len(&self) -> usize {
        self.publishes.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.publishes.is_empty()
    }

    /// Bytes of the pending messages.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Adds a publish that the engine has to commit; returns the ack for the engine.
    pub(super) fn push(&mut self, message: Arc<Message>, reply: Reply) -> Ack {
        let burst = self.current.upgrade().unwrap_or_else(|| {
            self.burst += 1;
            let burst = Arc::new(Burst { number: self.burst, reports: self.sender.clone() });
            self.current = Arc::downgrade(&burst);
            burst
        });
        let token = self.first + self.publishes.len() as u64;
        self.append(Some(message), reply, None, false);
        Ack { connection: Some(burst), token }
    }

    /// Adds a publish that needs no commit; it is acknowledged in its turn.
    pub(super) fn push_committed(
        &mut self,
        message: Option<Arc<Message>>,
        reply: Reply,
        rejection: Option<PublishRejection>,
    ) {
        self.append(message, reply, rejection, true);
    }

    fn append(
        &mut self,
        message: Option<Arc<Message>>,
        reply: Reply,
        rejection: Option<PublishRejection>,
        committed: bool,
    ) {
        self.bytes += message.as_ref().map_or(0, |message| message.size());
        let burst = self.burst;
        self.publishes.push_back(PendingPublish { reply, message, rejection, committed, burst });
    }

    /// Waits for the engine; cancel-safe.
    pub(super) async fn report(&mut self) -> CommitReport {
        // `sender` keeps the channel open.
        self.reports.recv().await.unwrap_or(CommitReport::Released(self.burst))
    }

    /// Marks the publishes that a report concerns.
    ///
    /// # Errors
    /// [`NotCommitted`] where a publish will never be committed.
    pub(super) fn apply(&mut self, report: CommitReport) -> Result<(), NotCommitted> {
        match report {
            CommitReport::Committed(tokens) => {
                for token in tokens {
                    let index = token.wrapping_sub(self.first) as usize;
                    if let Some(publish) = self.publishes.get_mut(index) {
                        publish.committed = true;
                    }
                }
                Ok(())
            }
            CommitReport::Released(burst) => {
                // The burst never decreases along the queue.
                let mut released = self.publishes.iter().take_while(|p| p.burst <= burst);
                if released.any(|p| !p.committed) { Err(NotCommitted) } else { Ok(()) }
            }
        }
    }

    /// Removes the first publish if it is committed.
    pub(super) fn pop_committed(&mut self) -> Option<PendingPublish> {
        let publish = self.publishes.pop_front_if(|publish| publish.committed)?;
        self.first += 1;
        self.bytes -= publish.message.as_ref().map_or(0, |message| message.size());
        Some(publish)
    }
}

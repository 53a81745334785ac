//! What sessions use of the limits of their owner and of all owners.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{Limits, owner::Owner};

/// What all sessions of one owner use together.
#[derive(Debug)]
pub(super) struct Usage {
    pub(super) owner: Owner,
    pub(super) subscriptions: Count,
    queued_bytes: Count,
    /// Bytes queued for the sessions of all owners.
    all_queued_bytes: Arc<Count>,
}

/// Bytes of one message for one client, from its queueing until the client has acknowledged it;
/// the drop frees them.
#[derive(Debug)]
pub(super) struct Charge {
    usage: Arc<Usage>,
    bytes: usize,
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.usage.queued_bytes.subtract(self.bytes);
        self.usage.all_queued_bytes.subtract(self.bytes);
    }
}

impl Usage {
    /// `all_queued_bytes` is the count of all owners together.
    pub(super) fn new(owner: Owner, all_queued_bytes: Arc<Count>) -> Arc<Self> {
        let (subscriptions, queued_bytes) = (Count::default(), Count::default());
        Arc::new(Self { owner, subscriptions, queued_bytes, all_queued_bytes })
    }

    /// Charges the owner for a message that is queued; `None` where its limit or that of all
    /// owners is reached.
    pub(super) fn charge(self: &Arc<Self>, bytes: usize, limits: &Limits) -> Option<Charge> {
        if !self.queued_bytes.try_add(bytes, limits.owner_queued_bytes(&self.owner)) {
            return None;
        }
        if !self.all_queued_bytes.try_add(bytes, limits.all_queued_bytes()) {
            self.queued_bytes.subtract(bytes);
            return None;
        }
        Some(Charge { usage: self.clone(), bytes })
    }
}

/// A count that several sessions change at the same time.
#[derive(Debug, Default)]
pub(super) struct Count(AtomicUsize);

impl Count {
    /// Adds `amount` unless that exceeds `limit`; whether it did.
    pub(super) fn try_add(&self, amount: usize, limit: usize) -> bool {
        let add = |count: usize| count.checked_add(amount).filter(|sum| *sum <= limit);
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add).is_ok()
    }

    pub(super) fn subtract(&self, amount: usize) {
        self.0.fetch_sub(amount, Ordering::Relaxed);
    }
}

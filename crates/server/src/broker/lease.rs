//! Counts of what lasts as long as a connection, for each owner.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use super::{owner::Owner, session::lock};

/// How many leases each owner holds.
#[derive(Debug, Clone, Default)]
pub(super) struct Leases(Arc<Mutex<HashMap<Owner, usize>>>);

/// One of an owner's places; its drop frees the place.
#[derive(Debug)]
pub(super) struct Lease {
    leases: Leases,
    owner: Owner,
}

impl Leases {
    /// A place for `owner`; `None` where it holds `limit` of them.
    pub(super) fn take(&self, owner: &Owner, limit: usize) -> Option<Lease> {
        let mut counts = lock(&self.0);
        let held = counts.get(owner).copied().unwrap_or(0);
        if held >= limit {
            return None;
        }
        counts.insert(owner.clone(), held + 1);
        Some(Lease { leases: self.clone(), owner: owner.clone() })
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut counts = lock(&self.leases.0);
        if let Some(held) = counts.get_mut(&self.owner) {
            *held -= 1;
            if *held == 0 {
                counts.remove(&self.owner);
            }
        }
    }
}

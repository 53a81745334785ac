//! Warnings that a client can cause: at most one a minute for each key.
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Least time between two warnings about the same key.
pub(crate) const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Keys that are warned about within one interval. Addresses are many; further ones are counted
/// and not logged.
pub(crate) const MAX_WARNINGS: usize = 1024;

/// When each key was warned about.
#[derive(Debug)]
pub(crate) struct WarningRate<K>(Mutex<HashMap<K, Instant>>);

impl<K> Default for WarningRate<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> WarningRate<K> {
    /// Whether a warning about `key` is due; if so, it counts as logged.
    pub(crate) fn is_due(&self, key: K, now: Instant) -> bool {
        let mut warned = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if warned.get(&key).is_some_and(|at| now.duration_since(*at) < WARNING_INTERVAL) {
            return false;
        }
        if warned.len() >= MAX_WARNINGS {
            warned.retain(|_, at| now.duration_since(*at) < WARNING_INTERVAL);
        }
        let room = warned.len() < MAX_WARNINGS;
        if room {
            warned.insert(key, now);
        }
        room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_warning_a_minute_for_each_key() {
        let (rate, now) = (WarningRate::default(), Instant::now());
        assert!(rate.is_due(("mora", 1), now));
        assert!(!rate.is_due(("mora", 1), now + Duration::from_secs(59)));
        assert!(rate.is_due(("mora", 2), now));
        assert!(rate.is_due(("falun", 1), now));
        assert!(rate.is_due(("mora", 1), now + WARNING_INTERVAL));
    }

    #[test]
    fn the_warnings_are_bounded() {
        let (rate, now) = (WarningRate::default(), Instant::now());
        let due = |at| (0..2 * MAX_WARNINGS).filter(|key| rate.is_due(*key, at)).count();
        assert_eq!(due(now), MAX_WARNINGS);
        assert_eq!(due(now + WARNING_INTERVAL), MAX_WARNINGS);
    }
}

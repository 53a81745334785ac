//! Limits that bite: counted at `/metrics`, and warned about in the log.
use std::{
    collections::HashMap,
    sync::Mutex,
    time::{Duration, Instant},
};

use super::{owner::Owner, session::lock};

/// The kinds of limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LimitKind {
    Connections,
    HalfOpen,
    Sessions,
    Subscriptions,
    Queued,
    Retained,
}

impl LimitKind {
    const ALL: [Self; 6] = [
        Self::Connections,
        Self::HalfOpen,
        Self::Sessions,
        Self::Subscriptions,
        Self::Queued,
        Self::Retained,
    ];

    const fn label(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::HalfOpen => "half_open",
            Self::Sessions => "sessions",
            Self::Subscriptions => "subscriptions",
            Self::Queued => "queued",
            Self::Retained => "retained",
        }
    }
}

/// Least time between two warnings about the same owner and kind.
const WARNING_INTERVAL: Duration = Duration::from_secs(60);

/// Owners and kinds that are warned about within one interval. Addresses are many; further ones
/// are counted and not logged.
const MAX_WARNINGS: usize = 1024;

/// Counts the limits that bite, and warns at most once a minute for each owner and kind.
#[derive(Debug)]
pub(super) struct LimitLog {
    warned: Mutex<HashMap<(Owner, LimitKind), Instant>>,
}

impl Default for LimitLog {
    fn default() -> Self {
        for kind in LimitKind::ALL {
            // From the start, so that an alert on its increase sees the first one.
            Self::counter(kind).increment(0);
        }
        Self { warned: Mutex::default() }
    }
}

impl LimitLog {
    fn counter(kind: LimitKind) -> metrics::Counter {
        metrics::counter!("wattkampen_broker_limits_total", "limit" => kind.label())
    }

    /// Records that `owner` has reached a limit; `effect` says what that cost.
    pub(super) fn record(&self, kind: LimitKind, owner: &Owner, effect: &str) {
        Self::counter(kind).increment(1);
        if self.is_due(kind, owner, Instant::now()) {
            tracing::warn!(limit = kind.label(), "an MQTT limit is reached by {owner}: {effect}");
        }
    }

    fn is_due(&self, kind: LimitKind, owner: &Owner, now: Instant) -> bool {
        let mut warned = lock(&self.warned);
        let key = (owner.clone(), kind);
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
    fn one_warning_a_minute_for_each_owner_and_kind() {
        let log = LimitLog::default();
        let now = Instant::now();
        let (mora, falun) = (Owner::Login("mora".into()), Owner::Login("falun".into()));
        assert!(log.is_due(LimitKind::Sessions, &mora, now));
        assert!(!log.is_due(LimitKind::Sessions, &mora, now + Duration::from_secs(59)));
        assert!(log.is_due(LimitKind::Retained, &mora, now));
        assert!(log.is_due(LimitKind::Sessions, &falun, now));
        assert!(log.is_due(LimitKind::Sessions, &mora, now + WARNING_INTERVAL));
    }

    #[test]
    fn the_warnings_are_bounded_and_a_name_is_escaped() {
        let log = LimitLog::default();
        let now = Instant::now();
        let due = |at| {
            let owners = (0..2 * MAX_WARNINGS).map(|n| Owner::Login(n.to_string().into()));
            owners.filter(|owner| log.is_due(LimitKind::Sessions, owner, at)).count()
        };
        assert_eq!(due(now), MAX_WARNINGS);
        assert_eq!(due(now + WARNING_INTERVAL), MAX_WARNINGS);
        let name = Owner::Login("a\n\u{1b}[31m\"".into()).to_string();
        assert_eq!(name, r#"the login "a\n\u{1b}[31m\"""#);
    }
}

//! Limits that bite: counted at `/metrics`, and warned about in the log.
use std::time::Instant;

use super::owner::Owner;
use crate::warning_rate::WarningRate;

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

/// Counts the limits that bite, and warns at most once a minute for each owner and kind.
#[derive(Debug)]
pub(super) struct LimitLog {
    warnings: WarningRate<(Owner, LimitKind)>,
}

impl Default for LimitLog {
    fn default() -> Self {
        for kind in LimitKind::ALL {
            // From the start, so that an alert on its increase sees the first one.
            Self::counter(kind).increment(0);
        }
        Self { warnings: WarningRate::default() }
    }
}

impl LimitLog {
    fn counter(kind: LimitKind) -> metrics::Counter {
        metrics::counter!("wattkampen_broker_limits_total", "limit" => kind.label())
    }

    /// Records that `owner` has reached a limit; `effect` says what that cost.
    pub(super) fn record(&self, kind: LimitKind, owner: &Owner, effect: &str) {
        Self::counter(kind).increment(1);
        if self.warnings.is_due((owner.clone(), kind), Instant::now()) {
            tracing::warn!(limit = kind.label(), "an MQTT limit is reached by {owner}: {effect}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_escaped() {
        let name = Owner::Login("a\n\u{1b}[31m\"".into()).to_string();
        assert_eq!(name, r#"the login "a\n\u{1b}[31m\"""#);
    }
}

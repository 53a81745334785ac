//! How many deliveries arrived since the start, and what became of them.
use metrics::Counter;

use super::IngestCounts;
use crate::ingest::IngestError;

/// Counts of the ingest path. The metrics are updated once a batch, because their
/// counters are shared by all threads.
#[derive(Debug)]
pub(super) struct ReadingCounters {
    deliveries: Count,
    stored: Count,
    repeated: Count,
    late: Count,
    conflicts: Count,
    quarantined: Count,
    statuses: Count,
    rejected: [Count; IngestError::LABELS.len()],
}

#[derive(Debug)]
struct Count {
    total: u64,
    published: u64,
    metric: Counter,
}

impl Count {
    fn new(metric: Counter) -> Self {
        Self { total: 0, published: 0, metric }
    }

    fn publish(&mut self) {
        if self.published != self.total {
            self.metric.increment(self.total - self.published);
            self.published = self.total;
        }
    }
}

impl Default for ReadingCounters {
    fn default() -> Self {
        let plain = |name: &'static str| Count::new(metrics::counter!(name));
        let outcome = |outcome| {
            Count::new(metrics::counter!("wattkampen_readings_total", "outcome" => outcome))
        };
        Self {
            deliveries: plain("wattkampen_deliveries_total"),
            stored: outcome("stored"),
            repeated: outcome("repeated"),
            conflicts: outcome("conflict"),
            quarantined: plain("wattkampen_doubted_readings_total"),
            late: plain("wattkampen_late_readings_total"),
            statuses: plain("wattkampen_status_total"),
            rejected: IngestError::LABELS.map(|label| {
                Count::new(metrics::counter!("wattkampen_refused_total", "reason" => label))
            }),
        }
    }
}

impl ReadingCounters {
    pub(super) fn delivered(&mut self, deliveries: u64) {
        self.deliveries.total += deliveries;
    }

    pub(super) fn stored(&mut self) {
        self.stored.total += 1;
    }

    /// A stored reading is older than another one of its meter.
    pub(super) fn late(&mut self) {
        self.late.total += 1;
    }

    pub(super) fn repeated(&mut self) {
        self.repeated.total += 1;
    }

    pub(super) fn conflict(&mut self) {
        self.conflicts.total += 1;
    }

    pub(super) fn quarantined(&mut self) {
        self.quarantined.total += 1;
    }

    pub(super) fn status(&mut self) {
        self.statuses.total += 1;
    }

    pub(super) fn rejected(&mut self, error: &IngestError) {
        let label = error.label();
        if let Some(at) = IngestError::LABELS.iter().position(|known| *known == label) {
            self.rejected[at].total += 1;
        }
    }

    /// Updates the metrics; `readings` is the number of readings in the store.
    pub(super) fn publish(&mut self, readings: u64) {
        metrics::gauge!("wattkampen_stored_readings").set(readings as f64);
        let Self { deliveries, stored, repeated, late, conflicts, quarantined, statuses, rejected } =
            self;
        [deliveries, stored, repeated, late, conflicts, quarantined, statuses]
            .into_iter()
            .chain(rejected)
            .for_each(Count::publish);
    }

    /// The counts; `readings` is the number of readings in the store.
    pub(super) fn counts(&self, readings: u64) -> IngestCounts {
        let rejected = IngestError::LABELS.iter().zip(&self.rejected);
        IngestCounts {
            received: self.deliveries.total,
            stored: self.stored.total,
            late: self.late.total,
            repeated: self.repeated.total,
            conflicts: self.conflicts.total,
            quarantined: self.quarantined.total,
            refused: rejected
                .filter(|(_, count)| count.total > 0)
                .map(|(label, count)| (*label, count.total))
                .collect(),
            readings,
            clock_offsets: Vec::new(),
        }
    }
}

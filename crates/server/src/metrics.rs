//! The one recorder of a process, and the names of what the engine counts.
//!
//! | name | kind | labels | counts |
//! |---|---|---|---|
//! | `wattkampen_deliveries_total` | counter | | messages that came in on MQTT |
//! | `wattkampen_readings_total` | counter | `outcome`: `stored`, `repeated`, `conflict` | readings that were understood |
//! | `wattkampen_late_readings_total` | counter | | stored ones that came after a younger one of their meter |
//! | `wattkampen_refused_total` | counter | `reason`: [`crate::ingest::IngestError::LABELS`] | messages that were not taken |
//! | `wattkampen_telegrams_refused_total` | counter | `gateway`, `reason`: those of [`wire::TelegramErrorCounts`] | telegrams that gateways refused, as they say |
//! | `wattkampen_status_total` | counter | | states of gateways |
//! | `wattkampen_commit_seconds` | histogram | | time of a commit |
//! | `wattkampen_batch_readings` | histogram | | readings in a commit |
//! | `wattkampen_stored_readings` | gauge | | readings in the store |
//! | `wattkampen_board_version` | gauge | | version of the published board |
//! | `wattkampen_event_listeners` | gauge | | clients of `/api/v1/events` |
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The recorder behind `/metrics`, installed at the first call. Several services
/// in one process, as in tests, count together.
///
/// `None` where the process has installed another recorder before.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| {
            let recorder = PrometheusBuilder::new().install_recorder().ok()?;
            describe();
            Some(recorder)
        })
        .as_ref()
}

/// The words beside the numbers at `/metrics`.
fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("wattkampen_deliveries_total", "Messages that came in on MQTT.");
    describe_counter!(
        "wattkampen_readings_total",
        "Readings that were understood, by outcome: stored; repeated, which changes nothing; \
         conflict, where the moment had another value already."
    );
    describe_counter!(
        "wattkampen_late_readings_total",
        "Stored readings that came after a younger one of their meter."
    );
    describe_counter!(
        "wattkampen_refused_total",
        "Messages that were not taken, counted, logged and acknowledged, by reason: \
         topic (not ours), too_large (over 4096 bytes), not_utf8, json (not the topic's JSON), \
         unknown_meter (in no configuration), wrong_gateway (the meter is another's), \
         future (over five minutes ahead), ancient (before the baseline), \
         locked (after the result), sentinel (a meter's value for unknown), \
         absurd (beyond meter or connection), other."
    );
    describe_counter!(
        "wattkampen_telegrams_refused_total",
        "Telegrams that a gateway refused, as it says, by gateway and reason: checksum (wrong), \
         trailer (nonsense where it belongs), cut, unsure (no checksum and not flawless), \
         checksum_missing (from a meter that sends one), no_register (nothing to count)."
    );
    describe_counter!("wattkampen_status_total", "States that gateways told of themselves.");
    describe_histogram!("wattkampen_commit_seconds", Unit::Seconds, "Time of a commit.");
    describe_histogram!("wattkampen_batch_readings", "Readings in a commit.");
    describe_gauge!("wattkampen_stored_readings", "Readings in the store, of all time.");
    describe_gauge!("wattkampen_board_version", "Version of the published board.");
    describe_gauge!("wattkampen_event_listeners", "Clients of /api/v1/events.");
}

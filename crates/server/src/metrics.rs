//! The metrics recorder of the process, and the names of the metrics.
//!
//! | name | kind | labels | counts |
//! |---|---|---|---|
//! | `wattkampen_deliveries_total` | counter | | messages that were received over MQTT |
//! | `wattkampen_readings_total` | counter | `outcome`: `stored`, `repeated`, `conflict` | readings that were decoded |
//! | `wattkampen_late_readings_total` | counter | | readings that were stored after a later one of their meter |
//! | `wattkampen_refused_total` | counter | `reason`: [`crate::ingest::IngestError::LABELS`] | messages that were rejected |
//! | `wattkampen_telegrams_refused_total` | counter | `gateway`, `reason`: those of [`wire::TelegramErrorCounts`] | telegrams that gateways rejected, as they report |
//! | `wattkampen_status_total` | counter | | status messages of gateways |
//! | `wattkampen_broker_limits_total` | counter | `limit`: `connections`, `half_open`, `sessions`, `subscriptions`, `queued`, `retained` | times that a limit of the embedded broker cost a client something |
//! | `wattkampen_http_limits_total` | counter | `limit`: `connections`, `address`, `head_timeout`, `body_timeout`, `body_size` | times that a limit of HTTP connections cost a client something |
//! | `wattkampen_http_connections` | gauge | | open HTTP connections |
//! | `wattkampen_ready` | gauge | `part`: `engine`, `store`, `data`, `disk`, `board`, `broker`, `clock` | 1 where the part is ready, as at `/readyz` |
//! | `wattkampen_data_free_bytes` | gauge | | bytes that the service may still use on the disk of its data directory |
//! | `wattkampen_backup_timestamp_seconds` | gauge | | Unix time of the newest backup, where the configuration has a schedule |
//! | `wattkampen_backup_failures_total` | counter | | scheduled backups that were not made |
//! | `wattkampen_access_refused_total` | counter | `reason`: [`crate::access::RefusedBy`] | requests, sign-ins and forms that were refused |
//! | `wattkampen_sign_ins_total` | counter | | sessions that began |
//! | `wattkampen_commit_seconds` | histogram | | duration of a commit |
//! | `wattkampen_batch_readings` | histogram | | readings in a commit |
//! | `wattkampen_stored_readings` | gauge | | readings in the store |
//! | `wattkampen_clock_behind_seconds` | gauge | | seconds by which the clock is behind the newest stored reading, where that is too many; readings are held back |
//! | `wattkampen_open_doubts` | gauge | `kind`: [`competition::DoubtKind`] | open doubts about the input of participants |
//! | `wattkampen_board_version` | gauge | | version of the published leaderboard |
//! | `wattkampen_event_listeners` | gauge | | clients of `/api/v1/events` |
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The recorder behind `/metrics`, which the first call installs. Several services in one
/// process, as in tests, share it.
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

/// The help texts at `/metrics`.
fn describe() {
    use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};
    describe_counter!("wattkampen_deliveries_total", "Messages that were received over MQTT.");
    describe_counter!(
        "wattkampen_readings_total",
        "Decoded readings by outcome: stored; repeated, which changes nothing; \
         conflict, where another value is stored for the same time."
    );
    describe_counter!(
        "wattkampen_late_readings_total",
        "Readings that were stored after a later one of their meter."
    );
    describe_counter!(
        "wattkampen_refused_total",
        "Messages that were rejected, logged and acknowledged, by reason: \
         topic (not one of the service), too_large (over 4096 bytes), not_utf8, json (not the topic's JSON), \
         unknown_meter (in no configuration), wrong_gateway (the meter belongs to another), \
         future (over five minutes ahead), ancient (before the baseline), \
         locked (after the result), sentinel (a meter's value for unknown), \
         absurd (beyond meter or connection), other."
    );
    describe_counter!(
        "wattkampen_telegrams_refused_total",
        "Telegrams that a gateway rejected, as it reports, by gateway and reason: checksum (wrong), \
         trailer (malformed), cut, unsure (no checksum and not flawless), \
         checksum_missing (from a meter that sends one), no_register (nothing to count)."
    );
    describe_counter!("wattkampen_status_total", "Status messages of gateways.");
    describe_counter!(
        "wattkampen_broker_limits_total",
        "Times that a limit of the embedded broker cost a client something, by limit: \
         connections (refused), half_open (connections without an accepted CONNECT, refused), \
         sessions (ended early for another, or a client refused), subscriptions (refused), \
         queued (messages dropped), retained (messages not kept). The log names the login."
    );
    describe_counter!(
        "wattkampen_http_limits_total",
        "Times that a limit of HTTP connections cost a client something, by limit: \
         connections (all are taken), address (its share is taken; in both cases the connection \
         that waits longest ends, or the new one), head_timeout (no whole request), \
         body_timeout (no whole body), body_size (refused). The log names the address."
    );
    describe_gauge!("wattkampen_http_connections", "Open HTTP connections.");
    describe_gauge!("wattkampen_ready", "1 where the part is ready, as at /readyz.");
    describe_gauge!(
        "wattkampen_data_free_bytes",
        Unit::Bytes,
        "Bytes that the service may still use on the disk of its data directory."
    );
    describe_gauge!("wattkampen_backup_timestamp_seconds", "Unix time of the newest backup.");
    describe_counter!("wattkampen_backup_failures_total", "Scheduled backups that were not made.");
    describe_counter!(
        "wattkampen_access_refused_total",
        "Requests, sign-ins and forms that were refused, by reason: password (or no such account), \
         delay (after failed attempts), busy (too many passwords at once), token, link, \
         form (without its token), origin (another site), role (not allowed), \
         host (not a name of the service). The log names account and address."
    );
    describe_counter!("wattkampen_sign_ins_total", "Sessions that began.");
    describe_histogram!("wattkampen_commit_seconds", Unit::Seconds, "Duration of a commit.");
    describe_histogram!("wattkampen_batch_readings", "Readings in a commit.");
    describe_gauge!("wattkampen_stored_readings", "Readings in the store.");
    describe_gauge!(
        "wattkampen_open_doubts",
        "Open doubts about the input of participants, by kind."
    );
    describe_gauge!(
        "wattkampen_clock_behind_seconds",
        Unit::Seconds,
        "Seconds by which the clock is behind the newest stored reading; 0 while it can be right."
    );
    describe_gauge!("wattkampen_board_version", "Version of the published leaderboard.");
    describe_gauge!("wattkampen_event_listeners", "Clients of /api/v1/events.");
}

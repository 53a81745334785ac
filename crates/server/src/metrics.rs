//! The one recorder of a process, and the names of what the engine counts.
//!
//! | name | kind | labels | counts |
//! |---|---|---|---|
//! | `wattkampen_deliveries_total` | counter | | messages that came in on MQTT |
//! | `wattkampen_readings_total` | counter | `outcome`: `stored`, `repeated`, `conflict` | readings that were understood |
//! | `wattkampen_late_readings_total` | counter | | stored ones that came after a younger one of their meter |
//! | `wattkampen_refused_total` | counter | `reason`: [`crate::ingest::Reason::LABELS`] | messages that were not taken |
//! | `wattkampen_status_total` | counter | | states of gateways |
//! | `wattkampen_commit_seconds` | histogram | | time of a commit |
//! | `wattkampen_batch_readings` | histogram | | readings in a commit |
//! | `wattkampen_stored_readings` | gauge | | readings in the store |
//! | `wattkampen_board_version` | gauge | | version of the published board |
use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The recorder behind `/metrics`, installed at the first call. Several services
/// in one process, as in tests, count together.
///
/// `None` where the process has installed another recorder before.
pub fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| PrometheusBuilder::new().install_recorder().ok()).as_ref()
}

//! Backups at regular times, as the configuration states.
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::sleep;

use crate::{
    settings::BackupSchedule,
    store::{self, CheckedStore, StoreError},
};

/// Time before a backup that failed is tried again.
const RETRY: Duration = Duration::from_secs(600);
/// Longest time between two looks at the clock.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Makes backups of the data directory as long as it is polled.
pub(crate) async fn run(data: PathBuf, schedule: BackupSchedule) {
    let failures = metrics::counter!("wattkampen_backup_failures_total");
    failures.increment(0);
    loop {
        let wait = match back_up_where_due(&data, &schedule).await {
            // The machine's clock may be set meanwhile.
            Ok(wait) => wait.min(LOOK_EVERY),
            Err(error) => {
                failures.increment(1);
                tracing::error!("no backup is made: {error}; {}", error.hint());
                RETRY
            }
        };
        sleep(wait).await;
    }
}

/// Makes a backup where it is time to; the time until the next one.
async fn back_up_where_due(data: &Path, schedule: &BackupSchedule) -> Result<Duration, StoreError> {
    let wait = due_in(schedule)?;
    if !wait.is_zero() {
        return Ok(wait);
    }
    back_up(data, schedule).await?;
    due_in(schedule)
}

/// The time until the next backup. One from the future is of a clock that was wrong, and does not
/// count.
fn due_in(schedule: &BackupSchedule) -> Result<Duration, StoreError> {
    let now = Timestamp::now();
    let backups = store::backups(&schedule.to)?;
    let Some((newest, _)) = backups.into_iter().find(|(at, _)| *at <= now) else {
        return Ok(Duration::ZERO);
    };
    metrics::gauge!("wattkampen_backup_timestamp_seconds").set(newest.as_second() as f64);
    let age = now.duration_since(newest).unsigned_abs();
    Ok(schedule.every.saturating_sub(age))
}

async fn back_up(data: &Path, schedule: &BackupSchedule) -> Result<(), StoreError> {
    let (data, schedule) = (data.to_owned(), schedule.clone());
    let made = tokio::task::spawn_blocking(move || {
        let made = store::back_up(&data, &schedule.to, Timestamp::now())?;
        store::remove_old_backups(&schedule.to, schedule.keep)?;
        Ok::<_, StoreError>(made)
    });
    // The task is cancelled only together with the runtime.
    let Ok(made) = made.await else { return Ok(()) };
    let CheckedStore { folder, verified, findings, .. } = made?;
    tracing::info!(readings = verified.readings, "a backup is in {}", folder.display());
    if !findings.is_empty() {
        tracing::error!(
            "the store differs from its audit log in {} places; see `wattkampen audit`",
            findings.len()
        );
    }
    Ok(())
}

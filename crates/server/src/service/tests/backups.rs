//! Backups of a service that receives readings, and what is restored from them.
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use super::*;
use crate::{
    BackupSchedule,
    store::{self, Reader},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_has_every_reading_that_was_acknowledged_before_it() {
    let dir = tempfile::tempdir().unwrap();
    let (data, to) = (dir.path().join("data"), dir.path().join("backups"));
    let running = start(settings(&data)).await.unwrap();
    let mqtt = running.mqtt_addr.unwrap();
    let acknowledged = Arc::new(AtomicI64::new(0));
    let load = tokio::spawn({
        let acknowledged = acknowledged.clone();
        async move {
            let mut gateway = Gateway::connect(mqtt, "g0").await.unwrap();
            for count in 1.. {
                gateway.publish(80_000 - count).await.unwrap();
                acknowledged.store(count, Ordering::Release);
            }
        }
    });
    let mut last = None;
    let mut least = 0;
    while least < 200 {
        least = acknowledged.load(Ordering::Acquire);
        let (data, to) = (data.clone(), to.clone());
        let made = tokio::task::spawn_blocking(move || {
            store::back_up(&data, &to, jiff::Timestamp::now()).unwrap()
        });
        let made = timeout(DEADLINE, made).await.expect("the load delays no backup").unwrap();
        assert!(made.findings.is_empty(), "{:?}", made.findings);
        assert!(made.verified.readings as i64 >= least, "{made:?} lacks some of {least}");
        last = Some(made);
    }
    assert!(!load.is_finished(), "the load runs all the time");
    load.abort();
    running.shutdown().await.unwrap();
    // Restored elsewhere, a service starts with exactly these readings.
    let last = last.unwrap();
    let restored = dir.path().join("restored");
    store::restore(&last.folder, &restored).unwrap();
    let running = start(settings(&restored)).await.unwrap();
    running.shutdown().await.unwrap();
    assert_eq!(Reader::open(&restored).unwrap().count().unwrap(), last.verified.readings);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_makes_a_backup_where_the_newest_is_too_old() {
    let dir = tempfile::tempdir().unwrap();
    let to = dir.path().join("backups");
    let days = ["20200101", "20200102", "20200103", "29990101"];
    let folders = days.map(|day| to.join(format!("wattkampen-{day}T000000.000Z")));
    for folder in &folders {
        std::fs::create_dir_all(folder).unwrap();
    }
    let every = Duration::from_secs(3600);
    let backup = Some(BackupSchedule { to: to.clone(), every, keep: 3 });
    let running = start(Settings { backup, ..settings(&dir.path().join("data")) }).await.unwrap();
    let removed = async {
        while folders[1].exists() {
            get(running.http_addr, "/healthz").await;
        }
    };
    timeout(DEADLINE, removed).await.expect("a backup is made, and the oldest go");
    wait_for_metric(running.http_addr, "\nwattkampen_backup_timestamp_seconds ").await;
    running.shutdown().await.unwrap();
    let left: Vec<_> = store::backups(&to).unwrap().into_iter().map(|(_, path)| path).collect();
    assert_eq!((left.len(), &left[0], &left[2]), (3, &folders[3], &folders[2]));
    assert!(store::check(&left[1]).unwrap().findings.is_empty());
}

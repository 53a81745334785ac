//! A service whose clock is behind its newest stored reading.
use super::*;

fn at(dir: &Path, now: i64) -> Settings {
    Settings { clock: Clock::stopped(Time(now)), ..settings(dir) }
}

/// Readings are neither acknowledged nor rejected, and taken once the clock is right.
#[tokio::test(flavor = "multi_thread")]
async fn readings_are_held_back_until_the_clock_is_right() {
    let dir = tempfile::tempdir().unwrap();
    let mut service = Service::start(&at(dir.path(), NOW)).await;
    service.reading(0, NOW - 60, 5_000, 100).await;
    service.acknowledged().await;
    assert!(!service.handle.health().is_clock_behind());
    service.stop().await;

    let mut behind = Service::start(&at(dir.path(), NOW - 30 * 3600)).await;
    for hour in 1..=24 {
        behind.reading(0, NOW + hour, 5_000 + hour, 100).await;
    }
    // Answers of the engine, each after a turn of its loop.
    for _ in 0..50 {
        behind.handle.counts().await.unwrap();
    }
    assert!(behind.handle.health().is_clock_behind());
    assert_eq!(*behind.connection.acknowledged.borrow(), 0);
    let counts = behind.handle.counts().await.unwrap();
    assert!(counts.refused.iter().all(|(_, count)| *count == 0), "{counts:?}");
    behind.stop().await;

    let mut right = Service::start(&at(dir.path(), NOW + 60)).await;
    assert!(!right.handle.health().is_clock_behind());
    for hour in 1..=24 {
        right.reading(0, NOW + hour, 5_000 + hour, 100).await;
    }
    right.acknowledged().await;
    assert_eq!(Reader::open(dir.path()).unwrap().count().unwrap(), 25);
    right.stop().await;
}

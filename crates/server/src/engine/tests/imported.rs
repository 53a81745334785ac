//! Imported rows give the time of the last contact, now and after a restart.
use competition::{Contact, IntervalReading, Leaderboard, MilliWattHours, Row};

use super::*;
use crate::store::Importer;

fn row(board: &Leaderboard, who: u32) -> Row {
    let mut rows = board.rows.iter();
    rows.find(|row| row.participant == ParticipantIndex(who)).expect("a row").clone()
}

fn import(dir: &Path, hours: core::ops::Range<i64>) {
    let mut importer = Importer::open(dir, &["m0", "m1", "m2"], false).unwrap();
    let interval = |hour: i64| IntervalReading {
        start: Time(NOW + hour * 3600),
        seconds: 3600,
        energy: MilliWattHours(5_000_000),
    };
    importer.intervals("m0", &hours.map(interval).collect::<Vec<_>>()).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_participant_with_imported_rows_alone_has_contact() {
    let dir = tempfile::tempdir().unwrap();
    import(dir.path(), -72..-5);
    let expected = |row: &Row, hours: i64, contact: Contact| {
        assert_eq!((row.measured_at, row.contact), (Some(Time(NOW + hours * 3600)), contact));
        assert_eq!(row.power, None, "an hour's energy is no power of now");
    };
    let mut service = Service::start(&settings(dir.path())).await;
    let board = service.handle.leaderboard(Rule::Saving, None).await.unwrap();
    expected(&row(&board, 0), -5, Contact::Imported);
    assert_eq!((row(&board, 1).measured_at, row(&board, 1).contact), (None, Contact::Silent));
    // More rows are imported while it runs; a reading of another participant makes a snapshot due.
    import(dir.path(), -5..-1);
    let mut events = service.handle.subscribe();
    service.reading(1, NOW - 60, 1_000, 100).await;
    service.acknowledged().await;
    let newer = async {
        loop {
            let board = service.handle.leaderboard(Rule::Saving, None).await.unwrap();
            if row(&board, 0).measured_at == Some(Time(NOW - 3600)) {
                return row(&board, 0);
            }
            events.recv().await.unwrap();
        }
    };
    let newest =
        tokio::time::timeout(Duration::from_secs(60), newer).await.expect("the import is applied");
    expected(&newest, -1, Contact::Imported);
    service.stop().await;
    // A restart and another process give the same.
    let Settings { data, competition, participants, .. } = settings(dir.path());
    let (viewed, _) = crate::engine::standings(&data, competition, participants).unwrap();
    expected(&row(&viewed.leaderboard(Rule::Saving, Time(NOW)), 0), -1, Contact::Imported);
    let revived = Service::start(&settings(dir.path())).await;
    let again = revived.handle.leaderboard(Rule::Saving, None).await.unwrap();
    expected(&row(&again, 0), -1, Contact::Imported);
    revived.stop().await;
}

/// Rows that are taken back leave the standings of a running service, and of the next start.
#[tokio::test(flavor = "multi_thread")]
async fn rows_that_are_taken_back_leave_the_standings() {
    let dir = tempfile::tempdir().unwrap();
    import(dir.path(), -72..-1);
    let mut service = Service::start(&settings(dir.path())).await;
    let board = service.handle.leaderboard(Rule::Saving, None).await.unwrap();
    assert_eq!(row(&board, 0).measured_at, Some(Time(NOW - 3600)));
    let energy = row(&board, 0).energy;
    let mut importer = Importer::open(dir.path(), &["m0", "m1", "m2"], false).unwrap();
    let range = Time(NOW - 20 * 3600)..Time(NOW);
    assert_eq!(importer.remove_intervals("m0", &range).unwrap().rows, 19);
    let mut events = service.handle.subscribe();
    service.reading(1, NOW - 60, 1_000, 100).await;
    service.acknowledged().await;
    let removed = async {
        loop {
            let board = service.handle.leaderboard(Rule::Saving, None).await.unwrap();
            if row(&board, 0).measured_at != Some(Time(NOW - 3600)) {
                return row(&board, 0);
            }
            events.recv().await.unwrap();
        }
    };
    let after = tokio::time::timeout(Duration::from_secs(60), removed).await.expect("they leave");
    assert_eq!(after.measured_at, Some(Time(NOW - 20 * 3600)));
    assert!(after.energy < energy || energy.is_none(), "{energy:?}");
    service.stop().await;
    let Settings { data, competition, participants, .. } = settings(dir.path());
    let (viewed, _) = crate::engine::standings(&data, competition, participants).unwrap();
    let again = row(&viewed.leaderboard(Rule::Saving, Time(NOW)), 0);
    assert_eq!((again.measured_at, again.energy), (after.measured_at, after.energy));
}

//! The disk's outbox: cut at every byte, damaged, thinned, locked.
use std::fs;

use gateway::WattHours;

use super::*;

const START: i64 = 1_807_401_600;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn push(outbox: &mut DiskOutbox, at: i64) -> Ticket {
    let measured = Measured::new(WattHours(at.unsigned_abs()));
    block_on(outbox.push(Time::from_unix(at).unwrap(), measured)).unwrap()
}

fn times(outbox: &DiskOutbox) -> Vec<i64> {
    outbox.entries.iter().map(|entry| entry.time.unix() - START).collect()
}

#[test]
fn a_cut_at_any_byte_loses_the_record_being_written_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path()).unwrap();
    let tickets: Vec<_> = (0..3).map(|n| push(&mut outbox, START + 10 * n)).collect();
    drop(outbox);
    let whole = fs::read(folder.path().join("outbox")).unwrap();
    assert_eq!(whole.len(), 3 * RECORD);
    for cut in 0..=whole.len() {
        fs::write(folder.path().join("outbox"), &whole[..cut]).unwrap();
        let mut outbox = DiskOutbox::open(folder.path()).unwrap();
        let left = (cut / RECORD) as i64;
        assert_eq!(times(&outbox), (0..left).map(|n| 10 * n).collect::<Vec<_>>(), "{cut}");
        // And what comes next is found behind it, in order.
        let next = push(&mut outbox, START + 100);
        assert!(tickets.iter().all(|ticket| *ticket < next), "{next:?}");
        drop(outbox);
        let outbox = DiskOutbox::open(folder.path()).unwrap();
        assert_eq!(times(&outbox).last(), Some(&100), "{cut}");
        assert_eq!(outbox.len() as i64, left + 1);
    }
}

#[test]
fn a_damaged_record_is_dropped_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path()).unwrap();
    for n in 0..3 {
        push(&mut outbox, START + n);
    }
    drop(outbox);
    let path = folder.path().join("outbox");
    let whole = fs::read(&path).unwrap();
    for byte in RECORD..2 * RECORD {
        let mut bytes = whole.clone();
        bytes[byte] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        assert_eq!(times(&DiskOutbox::open(folder.path()).unwrap()), [0, 2], "byte {byte}");
    }
}

#[test]
fn starts_are_counted_even_where_the_count_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for start in 1..=3 {
        assert_eq!(DiskOutbox::open(folder.path()).unwrap().boot(), start);
    }
    let ticket = push(&mut DiskOutbox::open(folder.path()).unwrap(), START);
    assert_eq!(ticket, Ticket { boot: 4, seq: 1 });
    fs::remove_file(folder.path().join("boot")).unwrap();
    assert_eq!(DiskOutbox::open(folder.path()).unwrap().boot(), 5);
}

#[test]
fn what_is_released_stays_away_and_the_file_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path()).unwrap();
    push(&mut outbox, START);
    let second = push(&mut outbox, START + 10);
    push(&mut outbox, START + 20);
    block_on(outbox.release(second)).unwrap();
    assert_eq!(block_on(outbox.after(None)).unwrap().unwrap().time.unix(), START + 20);
    assert_eq!(block_on(outbox.after(Some(outbox.last))).unwrap(), None);
    drop(outbox);
    let mut outbox = DiskOutbox::open(folder.path()).unwrap();
    assert_eq!(times(&outbox), [20]);
    // A year's worth of releases must not grow it without bound.
    for _ in 0..2 * HISTORY {
        block_on(outbox.release(second)).unwrap();
    }
    let length = fs::metadata(folder.path().join("outbox")).unwrap().len() as usize;
    assert!(length <= (HISTORY + 4) * RECORD, "{length} bytes");
    assert_eq!(times(&outbox), [20]);
}

#[test]
fn a_full_outbox_keeps_the_last_of_each_quarter_hour() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::with_capacity(folder.path(), 64).unwrap();
    for n in 0..900 {
        push(&mut outbox, START + 30 * n);
    }
    let check = |outbox: &DiskOutbox| {
        let mut quarters: Vec<_> = times(outbox).iter().map(|at| at / QUARTER).collect();
        quarters.dedup();
        assert_eq!(quarters, (0..30).collect::<Vec<_>>());
        assert!(times(outbox).iter().take(20).all(|at| at % QUARTER == 870));
        assert!(outbox.len() <= 64);
    };
    check(&outbox);
    assert_eq!(outbox.dropped() as usize + outbox.len(), 900);
    drop(outbox);
    check(&DiskOutbox::with_capacity(folder.path(), 64).unwrap());
}

#[test]
fn two_gateways_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _first = DiskOutbox::open(folder.path()).unwrap();
    assert!(matches!(DiskOutbox::open(folder.path()), Err(OutboxError::InUse(_))));
}

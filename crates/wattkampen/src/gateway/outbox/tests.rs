//! The outbox on disk: truncated at every byte, damaged, thinned, locked.
use std::fs;

use gateway::WattHours;

use super::{file::RECORD, *};

const START: i64 = 1_807_401_600;
const HERE: Option<BootId> = Some([7; 16]);
const LATER: Option<BootId> = Some([8; 16]);
/// Every file begins with clock offsets and two boot records.
const HEAD: usize = 3 * RECORD;

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

fn push(outbox: &mut DiskOutbox, at: i64) -> ReadingId {
    let measurement = Measurement::new(WattHours(at.unsigned_abs()));
    block_on(outbox.push(Time::from_unix(at).unwrap(), measurement)).unwrap()
}

fn times(outbox: &DiskOutbox) -> Vec<i64> {
    outbox.entries.iter().map(|entry| entry.time.unix() - START).collect()
}

#[test]
fn truncation_at_any_byte_loses_only_the_record_being_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    let ids: Vec<_> = (0..3).map(|n| push(&mut outbox, START + 10 * n)).collect();
    drop(outbox);
    let whole = fs::read(folder.path().join("outbox")).unwrap();
    assert_eq!(whole.len(), HEAD + 3 * RECORD);
    for cut in 0..=whole.len() {
        fs::write(folder.path().join("outbox"), &whole[..cut]).unwrap();
        let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
        let left = (cut.saturating_sub(HEAD) / RECORD) as i64;
        assert_eq!(times(&outbox), (0..left).map(|n| 10 * n).collect::<Vec<_>>(), "{cut}");
        // And what comes next is found behind it, in order.
        let next = push(&mut outbox, START + 100);
        assert!(ids.iter().all(|id| *id < next), "{next:?}");
        drop(outbox);
        let outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
        assert_eq!(times(&outbox).last(), Some(&100), "{cut}");
        assert_eq!(outbox.len() as i64, left + 1);
    }
}

#[test]
fn a_damaged_record_is_dropped_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    for n in 0..3 {
        push(&mut outbox, START + n);
    }
    drop(outbox);
    let path = folder.path().join("outbox");
    let whole = fs::read(&path).unwrap();
    for byte in HEAD + RECORD..HEAD + 2 * RECORD {
        let mut bytes = whole.clone();
        bytes[byte] ^= 0x10;
        fs::write(&path, bytes).unwrap();
        assert_eq!(times(&DiskOutbox::open(folder.path(), HERE).unwrap()), [0, 2], "byte {byte}");
    }
}

#[test]
fn starts_are_counted_even_if_the_count_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    for start in 1..=3 {
        assert_eq!(DiskOutbox::open(folder.path(), HERE).unwrap().boot(), start);
    }
    let id = push(&mut DiskOutbox::open(folder.path(), HERE).unwrap(), START);
    assert_eq!(id, ReadingId { boot: 4, seq: 1 });
    fs::remove_file(folder.path().join("boot")).unwrap();
    assert_eq!(DiskOutbox::open(folder.path(), HERE).unwrap().boot(), 5);
}

#[test]
fn released_readings_stay_removed_and_the_file_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    push(&mut outbox, START);
    let second = push(&mut outbox, START + 10);
    push(&mut outbox, START + 20);
    block_on(outbox.release(second)).unwrap();
    assert_eq!(block_on(outbox.after(None)).unwrap().unwrap().time.unix(), START + 20);
    assert_eq!(block_on(outbox.after(Some(outbox.last))).unwrap(), None);
    drop(outbox);
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    assert_eq!(times(&outbox), [20]);
    // A year's worth of releases must not grow it without bound.
    for _ in 0..2 * MAX_OBSOLETE {
        block_on(outbox.release(second)).unwrap();
    }
    let length = fs::metadata(folder.path().join("outbox")).unwrap().len() as usize;
    assert!(length <= (MAX_OBSOLETE + 8) * RECORD, "{length} bytes");
    assert_eq!(times(&outbox), [20]);
}

#[test]
fn a_full_outbox_keeps_the_last_of_each_quarter_hour() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::with_capacity(folder.path(), HERE, 64).unwrap();
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
    check(&DiskOutbox::with_capacity(folder.path(), HERE, 64).unwrap());
}

fn undated(number: u64) -> Undated {
    let shown = gateway::meter::MeterTime::parse(b"270411110000S");
    Undated { measurement: Measurement::new(WattHours(number)), shown, received_ms: Some(number) }
}

fn ages(outbox: &DiskOutbox) -> Vec<Option<u64>> {
    outbox.undated_queue.iter().map(|one| one.received_ms).collect()
}

#[test]
fn a_reading_without_a_time_keeps_its_age_until_the_machine_starts_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    for number in 0..3 {
        block_on(outbox.push_undated(undated(number))).unwrap();
    }
    for _ in 0..2 {
        drop(outbox);
        outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
        assert_eq!(ages(&outbox), [Some(0), Some(1), Some(2)]);
    }
    let dated = block_on(outbox.assign_time(1, Some(Time::from_unix(START).unwrap()))).unwrap();
    assert_eq!(dated, Some(ReadingId { boot: 3, seq: 1 }));
    drop(outbox);
    let mut outbox = DiskOutbox::open(folder.path(), LATER).unwrap();
    assert_eq!((ages(&outbox), times(&outbox)), (vec![None, None], vec![0]));
    assert_eq!(outbox.undated(0).unwrap().shown, undated(0).shown);
    block_on(outbox.push_undated(undated(9))).unwrap();
    drop(outbox);
    let mut outbox = DiskOutbox::open(folder.path(), LATER).unwrap();
    assert_eq!(ages(&outbox), [None, None, Some(9)]);
    while outbox.undated_len() > 0 {
        assert_eq!(block_on(outbox.assign_time(0, None)).unwrap(), None);
    }
    drop(outbox);
    // Without a boot identifier the age is unknown.
    let mut outbox = DiskOutbox::open(folder.path(), None).unwrap();
    assert_eq!((ages(&outbox), times(&outbox)), (vec![], vec![0]));
    block_on(outbox.push_undated(undated(9))).unwrap();
    drop(outbox);
    assert_eq!(ages(&DiskOutbox::open(folder.path(), None).unwrap()), [None]);
}

#[test]
fn truncated_at_any_byte_a_reading_is_dated_or_undated() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox");
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    (0..3).for_each(|number| block_on(outbox.push_undated(undated(number))).unwrap());
    let before = fs::metadata(&path).unwrap().len() as usize;
    for number in 0..2 {
        let time = Time::from_unix(START + number).unwrap();
        block_on(outbox.assign_time(0, Some(time))).unwrap();
    }
    drop(outbox);
    let whole = fs::read(&path).unwrap();
    for cut in before..=whole.len() {
        fs::write(&path, &whole[..cut]).unwrap();
        let outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
        let (dated, undated_queue) = (outbox.len(), outbox.undated_len());
        // A loss of power between the two leaves it twice, which is a repeat.
        let twice = usize::from((cut - before) / RECORD % 2 == 1);
        assert_eq!(dated + undated_queue, 3 + twice, "{cut}");
        assert!(ages(&outbox).contains(&Some(2)), "{cut}");
    }
}

#[test]
fn a_damaged_boot_record_makes_the_age_unknown() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("outbox");
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    (0..3).for_each(|number| block_on(outbox.push_undated(undated(number))).unwrap());
    drop(outbox);
    let mut bytes = fs::read(&path).unwrap();
    bytes[2 * RECORD + 5] ^= 1;
    fs::write(&path, bytes).unwrap();
    assert_eq!(ages(&DiskOutbox::open(folder.path(), HERE).unwrap()), [None; 3]);
}

#[test]
fn undated_readings_are_thinned_in_the_file_as_well() {
    let folder = tempfile::tempdir().unwrap();
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    // Without flushing each of them: that is not what is tested.
    let count = 3 * UNDATED_CAPACITY as u64;
    let records = (0..count).flat_map(|number| Record::Undated(undated(number)).to_bytes());
    outbox.file.write_all(&records.collect::<Vec<_>>()).unwrap();
    drop(outbox);
    let mut outbox = DiskOutbox::open(folder.path(), HERE).unwrap();
    let ages = ages(&outbox);
    assert!(ages.len() > UNDATED_CAPACITY / 2 && ages.len() <= UNDATED_CAPACITY);
    assert_eq!((ages[0], ages.last().copied().flatten()), (Some(0), Some(count - 1)));
    assert_eq!(outbox.dropped() as usize + ages.len(), count as usize);
    let length = fs::metadata(folder.path().join("outbox")).unwrap().len() as usize;
    assert_eq!(length, HEAD + ages.len() * RECORD);
    let clock_offsets = gateway::ClockOffsets::from_bytes([1; gateway::ClockOffsets::BYTES]);
    block_on(outbox.store_clock_offsets(clock_offsets)).unwrap();
    drop(outbox);
    assert_eq!(DiskOutbox::open(folder.path(), HERE).unwrap().clock_offsets(), clock_offsets);
}

#[test]
fn two_gateways_do_not_share_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let _first = DiskOutbox::open(folder.path(), HERE).unwrap();
    assert!(matches!(DiskOutbox::open(folder.path(), HERE), Err(OutboxError::InUse(_))));
}

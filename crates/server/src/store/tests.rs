//! The store against a plain map, for any sequence of operations.
use std::{
    collections::BTreeMap,
    thread,
    time::{Duration, Instant},
};

use competition::{
    Celsius, DayRecord, IntervalReading, MeterIndex, MilliWattHours, Sample, Time, WattHours, Watts,
};
use proptest::prelude::*;

use super::{
    Durability, Finding, Importer, Inserted, Reader, Recovering, Store, pending::resolve_conflict,
    schema,
};
use crate::{audit::AuditEvent, clock::Clock};

mod imports;

const METERS: [&str; 3] = ["a", "b", "c"];

type Model = BTreeMap<(u32, i64), Sample>;

fn open(dir: &std::path::Path) -> Store {
    let mut recovering = Recovering::open(dir, Durability::Normal, &METERS).unwrap();
    recovering.days(|_, _| true).unwrap();
    recovering.replay(|_, _, _| {}).unwrap()
}

fn sample(at: i64, import: i64) -> Sample {
    Sample { at: Time(at), import: WattHours(import), export: None, power: Some(Watts(import % 7)) }
}

#[derive(Debug, Clone)]
enum Step {
    /// Meter, time, register.
    Insert(u32, i64, i64),
    /// A run: meter, first time, step, length, backwards.
    Run(u32, i64, i64, i64, bool),
    Commit,
    OneTransaction,
    Checkpoint,
    /// Drops the store, as a kill does: what was not committed is lost.
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    let moment = 0..3000i64;
    prop_oneof![
        4 => (0..3u32, moment.clone(), 0..4i64).prop_map(|(m, t, v)| Step::Insert(m, t, v)),
        3 => (0..3u32, moment, 1..5i64, 1..700i64, any::<bool>())
            .prop_map(|(m, t, p, n, back)| Step::Run(m, t, p, n, back)),
        3 => Just(Step::Commit),
        4 => Just(Step::OneTransaction),
        1 => Just(Step::Checkpoint),
        1 => Just(Step::Kill),
    ]
}

fn insert(store: &mut Store, model: &mut Model, meter: u32, sample: Sample) {
    let newest = model.range((meter, 0)..(meter, i64::MAX)).next_back().map(|(k, _)| k.1);
    let expected = match model.get(&(meter, sample.at.0)) {
        Some(known) if *known == sample => Inserted::Repeated,
        Some(known) => Inserted::Conflict { moved: resolve_conflict(*known, sample) == sample },
        None if newest.is_none_or(|newest| newest < sample.at.0) => Inserted::Newest,
        None => Inserted::Late,
    };
    assert_eq!(store.readings.insert(MeterIndex(meter), sample).unwrap(), expected);
    let known = model.entry((meter, sample.at.0)).or_insert(sample);
    *known = resolve_conflict(*known, sample);
}

/// Compares every query of the store with the map.
fn compare(store: &Store, model: &Model) {
    assert_eq!(store.readings.count(), model.len() as u64);
    for meter in 0..3 {
        let of = |from: i64, to: i64| -> Vec<Sample> {
            if from >= to {
                return Vec::new();
            }
            model.range((meter, from)..(meter, to)).map(|(_, s)| *s).collect()
        };
        let index = MeterIndex(meter);
        assert_eq!(store.readings.samples(index, Time(0)..Time(1 << 38)).unwrap(), of(0, 1 << 38));
        assert_eq!(store.readings.newest(index), of(0, 1 << 38).last().copied());
        for at in (0..6500).step_by(397) {
            let end = at + 613;
            assert_eq!(store.readings.samples(index, Time(at)..Time(end)).unwrap(), of(at, end));
            assert_eq!(
                store.readings.last_before(index, Time(at)).unwrap(),
                of(0, at).last().copied()
            );
            assert_eq!(
                store.readings.first_from(index, Time(at)).unwrap(),
                of(at, 1 << 38).first().copied()
            );
        }
    }
}

/// Compares what another process reads with the map.
fn compare_committed(dir: &std::path::Path, model: &Model) {
    let reader = Reader::open(dir).unwrap();
    assert_eq!(reader.count().unwrap(), model.len() as u64);
    let all: Result<Vec<_>, _> = reader.readings(None, Time(0)..Time(i64::MAX)).unwrap().collect();
    let expected: Vec<_> = model.iter().map(|((m, _), s)| (*m as usize, *s)).collect();
    assert_eq!(all.unwrap().iter().map(|r| (r.meter, r.sample)).collect::<Vec<_>>(), expected);
    let some: Result<Vec<_>, _> =
        reader.readings(Some("b"), Time(500)..Time(900)).unwrap().collect();
    let expected: Vec<_> = model.range((1, 500)..(1, 900)).map(|(_, s)| *s).collect();
    assert_eq!(some.unwrap().iter().map(|r| r.sample).collect::<Vec<_>>(), expected);
    assert_eq!(reader.verify().unwrap().readings, model.len() as u64);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn store_behaves_like_a_map(steps in proptest::collection::vec(step(), 1..60)) {
        let dir = tempfile::tempdir().unwrap();
        let mut store = open(dir.path());
        let mut model = Model::new();
        let mut committed = Model::new();
        for step in steps {
            match step {
                Step::Insert(meter, at, import) => {
                    insert(&mut store, &mut model, meter, sample(at, import));
                }
                Step::Run(meter, from, pace, count, back) => {
                    for i in 0..count {
                        let i = if back { count - 1 - i } else { i };
                        let at = from + i * pace;
                        insert(&mut store, &mut model, meter, sample(at, at / 9));
                    }
                }
                Step::Commit => {
                    store.readings.commit().unwrap();
                    committed = model.clone();
                }
                Step::OneTransaction => {
                    store.checkpoint_step(&mut |_| Vec::new()).unwrap();
                    committed = model.clone();
                }
                Step::Checkpoint => {
                    store.checkpoint(&mut |_| Vec::new()).unwrap();
                    committed = model.clone();
                }
                Step::Kill => {
                    drop(store);
                    compare_committed(dir.path(), &committed);
                    store = open(dir.path());
                    model = committed.clone();
                    compare(&store, &model);
                }
            }
        }
        compare(&store, &model);
        store.readings.commit().unwrap();
        compare_committed(dir.path(), &model);
        store.checkpoint(&mut |_| Vec::new()).unwrap();
        compare(&store, &model);
        compare_committed(dir.path(), &model);
    }
}

#[test]
fn second_writer_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let _first = open(dir.path());
    let second = Recovering::open(dir.path(), Durability::Full, &METERS);
    assert!(matches!(second, Err(super::StoreError::InUse(_))));
}

#[test]
fn writer_waits_for_short_tasks_and_not_for_writers() {
    let dir = tempfile::tempdir().unwrap();
    let writer = schema::lock(dir.path()).unwrap();
    let begin = Instant::now();
    assert!(matches!(schema::lock(dir.path()), Err(super::StoreError::InUse(_))));
    assert!(matches!(schema::lock_shared(dir.path()), Err(super::StoreError::InUse(_))));
    assert!(begin.elapsed() < Duration::from_secs(1), "the second writer waits");
    drop(writer);
    let (first, second) = (schema::lock_shared(dir.path()), schema::lock_shared(dir.path()));
    let (first, second) = (first.unwrap(), second.unwrap());
    thread::scope(|scope| {
        let waiting = scope.spawn(|| schema::lock(dir.path()));
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(100) {
            assert!(!waiting.is_finished(), "the writer does not wait");
            thread::yield_now();
        }
        drop((first, second));
        waiting.join().unwrap().unwrap();
    });
}

#[test]
fn days_after_the_first_unusable_one_are_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for meter in 0..2 {
        store.readings.insert(MeterIndex(meter), sample(86_400 + 10, 5)).unwrap();
    }
    let day = |day, MeterIndex(i)| DayRecord { day, bytes: vec![i as u8; 3] };
    store.checkpoint(&mut |meter| vec![day(1, meter), day(2, meter), day(3, meter)]).unwrap();
    drop(store);

    let read = |refused: (u32, i32)| {
        let mut recovering = Recovering::open(dir.path(), Durability::Full, &METERS).unwrap();
        let mut found = Vec::new();
        recovering
            .days(|meter, record| {
                assert_eq!(record.bytes, [meter.0 as u8; 3]);
                found.push((meter.0, record.day));
                (meter.0, record.day) != refused
            })
            .unwrap();
        found
    };
    assert_eq!(read((0, 2)), [(0, 1), (0, 2), (1, 1), (1, 2), (1, 3)]);
    assert_eq!(read((9, 9)), [(0, 1), (1, 1), (1, 2), (1, 3)]);
}

#[test]
fn removed_meter_keeps_its_readings_and_loses_its_days() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    let mut days = |_| vec![DayRecord { day: 0, bytes: vec![1] }];
    store.readings.insert(MeterIndex(1), sample(50, 5)).unwrap();
    store.checkpoint(&mut days).unwrap();
    store.readings.insert(MeterIndex(1), sample(60, 6)).unwrap();
    store.readings.commit().unwrap();
    drop(store);

    let without = [METERS[2], METERS[0]];
    let recovering = Recovering::open(dir.path(), Durability::Full, &without).unwrap();
    let mut store = recovering.replay(|_, _, _| panic!("no participant has this meter")).unwrap();
    assert_eq!(store.readings.count(), 2);
    store.checkpoint(&mut |_| Vec::new()).unwrap();
    drop(store);

    let mut recovering = Recovering::open(dir.path(), Durability::Full, &METERS).unwrap();
    recovering.days(|_, _| panic!("its days are out of date")).unwrap();
    let store = recovering.replay(|_, _, _| {}).unwrap();
    assert_eq!(store.readings.samples(MeterIndex(1), Time(0)..Time(99)).unwrap().len(), 2);
}

#[test]
fn damaged_block_is_reported_with_meter_and_time() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    for at in 0..2000 {
        store.readings.insert(MeterIndex(0), sample(at, at)).unwrap();
    }
    store.checkpoint(&mut |_| Vec::new()).unwrap();
    drop(store);
    let file = rusqlite::Connection::open(dir.path().join(super::schema::FILE)).unwrap();
    let (key, mut data): (i64, Vec<u8>) = file
        .query_row("SELECT key, data FROM block LIMIT 1 OFFSET 2", [], |r| {
            Ok((r.get(0)?, r.get(1)?))
        })
        .unwrap();
    data[100] ^= 4;
    file.execute("UPDATE block SET data = ? WHERE key = ?", (data, key)).unwrap();
    let error = Reader::open(dir.path()).unwrap().verify().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the store is damaged at block 1024 of meter 1: the checksum does not match"
    );
}

fn lock_result(store: &mut Store) {
    let lock = AuditEvent::Lock { by: "jury".to_owned(), reason: "all have agreed".to_owned() };
    store.audit.append(Time(1000), &[lock]).unwrap();
}

#[test]
fn post_lock_rows_that_do_not_decode_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    lock_result(&mut store);
    let mut importer = Importer::open(dir.path(), &METERS, false).unwrap();
    let temperatures = [(Time(3600), Celsius(1.5)), (Time(7200), Celsius(2.5))];
    importer.temperatures("p", &temperatures).unwrap();
    let interval =
        |start| IntervalReading { start: Time(start), seconds: 3600, energy: MilliWattHours(9) };
    importer.intervals("a", &[interval(3600), interval(7200)]).unwrap();
    let readings = [("a".to_owned(), sample(3700, 5)), ("a".to_owned(), sample(3800, 6))];
    store.imports.keep_post_lock(&readings).unwrap();
    let counts = |store: &Store| -> Vec<u64> {
        store.imports.post_lock_counts().unwrap().into_values().collect()
    };
    assert_eq!(counts(&store), [2, 2, 2]);
    let file = rusqlite::Connection::open(dir.path().join(super::schema::FILE)).unwrap();
    file.execute("UPDATE post_lock SET data = x'00ff' WHERE at IN (3600, 3700)", []).unwrap();

    let meters = ["a".to_owned()];
    for _ in 0..2 {
        let taken = store.take_in_post_lock("p", &meters, Time(2000)).unwrap();
        assert!(taken.iter().all(|(_, taken)| *taken == sample(3800, 6)), "{taken:?}");
        store.imports.delete_post_lock_readings(&meters).unwrap();
        assert_eq!(counts(&store), [1, 1, 1], "the damaged rows stay");
    }
    let mut rows = 0;
    store.imports.rows_since(0, &mut |_| rows += 1).unwrap();
    assert_eq!(rows, 2, "the others are taken in");
}

#[test]
fn entries_beside_the_service_are_dated_by_its_clock() {
    // Two thousand years ahead of the machine's clock, and fifty behind it.
    for simulated in [64_000_000_000, 200_000_000] {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path();
        let newest = || {
            let (entries, findings) = Reader::open(dir).unwrap().audit_entries().unwrap();
            assert_eq!(findings, []);
            entries.last().map(|entry| entry.at.0).unwrap()
        };
        let import = |hour: i64| {
            let mut importer = Importer::open(dir, &METERS, false).unwrap();
            importer.temperatures("p", &[(Time(hour * 3600), Celsius(1.0))]).unwrap();
            newest()
        };
        let soon = simulated..simulated + 600;
        let store = open(dir);
        store.audit.record_clock(&Clock::simulated(Time(simulated), 1.0)).unwrap();
        assert!(soon.contains(&import(1)), "while the service runs");
        let event = AuditEvent::Lock { by: "jury".to_owned(), reason: "decided".to_owned() };
        let beside = super::append_audit_to(dir, &event).unwrap().at.0;
        assert!(soon.contains(&beside), "a decision beside it");
        drop(store);
        assert_eq!(import(2), beside, "the clock stands still without a service");
    }
}

#[test]
fn entry_beside_the_service_is_never_earlier_than_the_newest() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    // The machine's clock has been corrected backwards since.
    let ahead = Clock::real().now().0 + 100_000;
    let event = AuditEvent::Start { version: String::new(), configuration: String::new() };
    store.audit.append(Time(ahead), std::slice::from_ref(&event)).unwrap();
    assert_eq!(super::append_audit_to(dir.path(), &event).unwrap().at, Time(ahead));
    assert_eq!(super::service_clock(dir.path()).unwrap().now(), Time(ahead));
}

#[test]
fn changed_kind_of_an_entry_is_a_finding() {
    let dir = tempfile::tempdir().unwrap();
    let mut store = open(dir.path());
    lock_result(&mut store);
    let file = rusqlite::Connection::open(dir.path().join(super::schema::FILE)).unwrap();
    file.execute("UPDATE audit SET kind = 'start'", []).unwrap();
    let (_, findings) = Reader::open(dir.path()).unwrap().audit_entries().unwrap();
    assert_eq!(findings, [Finding::Entry(1)]);
}

//! Imported intervals that are exchanged and taken back, with the audit log's account.
use competition::{IntervalReading, MilliWattHours, Time};

use super::{METERS, lock_result, open};
use crate::{
    audit::AuditEvent,
    store::{ImportedRow, Importer, Reader, StoreError, schema},
};

const HOUR: i64 = 3600;

fn rows(hours: core::ops::Range<i64>, seconds: i64, energy: i64) -> Vec<IntervalReading> {
    let starts = (hours.start * HOUR..hours.end * HOUR).step_by(seconds as usize);
    let row = |at| IntervalReading { start: Time(at), seconds, energy: MilliWattHours(energy) };
    starts.map(row).collect()
}

/// Beginnings, lengths and energies of the meter's intervals.
fn stored(dir: &std::path::Path) -> Vec<(i64, i64, i64)> {
    let store = open(dir);
    let mut found = std::collections::BTreeMap::new();
    let each = &mut |row: ImportedRow<'_>| {
        if let ImportedRow::Interval { interval, .. } = row {
            found.insert(interval.start.0, (interval.seconds, interval.energy.0));
        }
    };
    store.imports.rows_since(0, each).unwrap();
    found.into_iter().map(|(at, (seconds, energy))| (at, seconds, energy)).collect()
}

fn findings(dir: &std::path::Path) -> usize {
    let reader = Reader::open(dir).unwrap();
    let (entries, chain) = reader.audit_entries().unwrap();
    chain.len() + reader.verify_imports(&entries).unwrap().1.len()
}

#[test]
fn rows_of_another_length_are_refused_or_exchanged_whole() {
    let dir = tempfile::tempdir().unwrap();
    let import = |replace, rows: &[IntervalReading]| {
        let mut importer = Importer::open(dir.path(), &METERS, replace).unwrap();
        importer.intervals("a", rows).unwrap()
    };
    // Quarter-hour values, stored as if they were of an hour.
    import(false, &rows(0..48, HOUR, 250));
    let quarters = rows(24..48, 900, 250);
    let refused = import(false, &quarters);
    assert_eq!((refused.overlaps.len(), refused.removed), (96, 0));
    assert_eq!(stored(dir.path()).len(), 48);
    let exchanged = import(true, &quarters);
    assert_eq!((exchanged.inserted, exchanged.removed, exchanged.overlaps.len()), (96, 24, 0));
    let expected = rows(0..24, HOUR, 250).into_iter().chain(quarters.clone());
    let expected: Vec<_> = expected.map(|it| (it.start.0, it.seconds, it.energy.0)).collect();
    assert_eq!(stored(dir.path()), expected);
    assert_eq!(import(true, &quarters).unchanged, 96, "again");
    // Rows of one file do not exchange each other.
    let both: Vec<_> = rows(50..51, HOUR, 1).into_iter().chain(rows(50..51, 900, 1)).collect();
    let outcome = import(true, &both);
    assert_eq!((outcome.inserted, outcome.overlaps.len()), (1, 4));
    assert_eq!(findings(dir.path()), 0);
}

#[test]
fn rows_are_taken_back_with_an_entry_and_verify() {
    let dir = tempfile::tempdir().unwrap();
    let mut importer = Importer::open(dir.path(), &METERS, false).unwrap();
    importer.intervals("a", &rows(0..96, HOUR, 1000)).unwrap();
    importer.intervals("b", &rows(0..96, HOUR, 1000)).unwrap();
    let range = Time(24 * HOUR)..Time(60 * HOUR);
    let found = importer.intervals_in("a", &range).unwrap();
    let removed = importer.remove_intervals("a", &range).unwrap();
    assert_eq!(found, removed);
    assert_eq!((removed.rows, removed.energy.0), (36, 36_000));
    assert_eq!(removed.range, Some([Time(24 * HOUR), Time(59 * HOUR)]));
    assert_eq!(importer.remove_intervals("a", &range).unwrap().rows, 0, "again");
    assert_eq!(findings(dir.path()), 0, "a day is empty now, and a day has half of its rows");
    let store = open(dir.path());
    let (mut kept, mut removals) = ([0; 2], 0);
    let each = &mut |row: ImportedRow<'_>| match row {
        ImportedRow::Interval { meter, .. } => kept[usize::from(meter == "b")] += 1,
        ImportedRow::Removed { meter: "a", .. } => removals += 1,
        _ => {}
    };
    store.imports.rows_since(0, each).unwrap();
    assert_eq!((kept, removals), ([60, 96], 1));
    let entry = store.audit.last_entry(None).unwrap().unwrap();
    let AuditEvent::Import { taken, replaced, removed, name, .. } = entry.event() else {
        panic!("{}", entry.body)
    };
    assert_eq!((taken, replaced, removed, name.as_str()), (0, 0, 36, "a"));
    drop(store);
    // A row that is written into the emptied day is a finding.
    let file = rusqlite::Connection::open(dir.path().join(schema::FILE)).unwrap();
    let key = (1_i64 << 38) + 30 * HOUR;
    file.execute("INSERT INTO interval VALUES (?, 3600, 5)", [key]).unwrap();
    assert_eq!(findings(dir.path()), 1);
}

#[test]
fn a_locked_result_gives_no_row_back() {
    let dir = tempfile::tempdir().unwrap();
    let mut importer = Importer::open(dir.path(), &METERS, true).unwrap();
    importer.intervals("a", &rows(0..24, HOUR, 1000)).unwrap();
    assert!(!importer.is_locked().unwrap());
    lock_result(&mut open(dir.path()));
    assert!(importer.is_locked().unwrap());
    let refused = importer.remove_intervals("a", &(Time(0)..Time(24 * HOUR)));
    assert!(matches!(refused, Err(StoreError::Locked)), "{refused:?}");
    assert_eq!(stored(dir.path()).len(), 24);
}

//! The outbox on `sequential-storage`'s mock flash: the power fails at every byte of its
//! traffic, and at most the reading that was being written is lost.
use std::collections::BTreeMap;

use app::{layout::TWO_MEGABYTES, outbox::FlashOutbox};
use embassy_embedded_hal::flash::partition::Partition;
use embassy_futures::block_on;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use gateway::{
    Entry, Measurement, Multiplier, Outbox, ReadingId, WattHours, Watts, meter::p1::Decoder,
};
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};
use wire::Time;

/// Pages as small as the queue supports, so that a few readings fill all of them.
const PAGES: usize = 7;
const PAGE: u32 = 256;
const COARSE: u32 = 2 * PAGE;
const FINE: u32 = 5 * PAGE;
type Flash = MockFlashBase<PAGES, 1, { PAGE as usize }>;
type Part<'a> = Partition<'a, NoopRawMutex, Flash>;
type Store<'a> = FlashOutbox<Part<'a>>;

fn empty() -> Flash {
    Flash::new(WriteCountCheck::Twice, None, true)
}

fn open(flash: &Mutex<NoopRawMutex, Flash>, boots: u32) -> Result<Store<'_>, String> {
    let coarse = (Part::new(flash, 0, COARSE), COARSE);
    let fine = (Part::new(flash, COARSE, FINE), FINE);
    block_on(FlashOutbox::open(coarse, fine, boots)).map_err(|error| format!("{error:?}"))
}

fn all(outbox: &mut Store<'_>) -> Vec<Entry> {
    let (mut found, mut after) = (Vec::new(), None);
    while let Some(entry) = block_on(outbox.after(after)).expect("the flash works") {
        after = Some(entry.id);
        found.push(entry);
    }
    found
}

fn reading(number: u64, every_s: i64) -> (Time, Measurement) {
    let time = Time::from_unix(1_807_437_600 + every_s * number as i64).expect("in range");
    (time, Measurement::new(WattHours(6_678_394 + number)).with_power(Watts(-(number as i64))))
}

/// The operations as the user of the outbox sees them.
#[derive(Default)]
struct Known {
    pushed: BTreeMap<ReadingId, u64>,
    released: Option<ReadingId>,
    /// The release that has begun and not returned.
    releasing: Option<ReadingId>,
    next: u64,
}

/// Pushes and releases until something fails or `steps` are done; every fifth step
/// acknowledges the oldest three.
fn work(outbox: &mut Store<'_>, known: &mut Known, steps: u64, every_s: i64, release: bool) {
    for step in 0..steps {
        if release && step % 5 == 4 {
            let mut through = None;
            for _ in 0..3 {
                match block_on(outbox.after(through.or(known.released))) {
                    Ok(Some(entry)) => through = Some(entry.id),
                    Ok(None) => break,
                    Err(_) => return,
                }
            }
            let Some(through) = through else { continue };
            known.releasing = Some(through);
            if block_on(outbox.release(through)).is_err() {
                return;
            }
            known.released = Some(through);
            known.releasing = None;
            continue;
        }
        let (time, measurement) = reading(known.next, every_s);
        known.next += 1;
        match block_on(outbox.push(time, measurement)) {
            Ok(id) => assert_eq!(known.pushed.insert(id, known.next - 1), None),
            Err(_) => return,
        }
    }
}

/// Asserts that each reading found is correct, in order and unique, and that no pushed
/// reading is missing.
fn check(found: &[Entry], known: &Known, every_s: i64, cut: u32) {
    assert!(found.windows(2).all(|two| two[0].id < two[1].id), "cut {cut}: order");
    let wh = |entry: &Entry| entry.measurement.import().0 - 6_678_394;
    for entry in found {
        let number = wh(entry);
        let (time, measurement) = reading(number, every_s);
        assert_eq!((entry.time, entry.measurement), (time, measurement), "cut {cut}");
        // The reading that was being written may be complete.
        let pushed = known.pushed.get(&entry.id);
        assert!(pushed == Some(&number) || number == known.next - 1, "cut {cut}: {number}");
    }
    let released = known.releasing.max(known.released);
    for (id, number) in &known.pushed {
        if Some(*id) > released {
            let count = found.iter().filter(|entry| entry.id == *id).count();
            assert_eq!(count, 1, "cut {cut}: reading {number} was pushed and is lost");
        }
    }
}

#[test]
fn a_cut_at_every_byte_loses_at_most_the_reading_being_written() {
    let (every_s, steps) = (10, 60);
    let mut cuts = 0;
    for cut in 0.. {
        let flash = Mutex::new(empty());
        let mut known = Known::default();
        // Two earlier starts leave it half full, with some readings acknowledged.
        for boot in 1..=2 {
            let mut outbox = open(&flash, boot).expect("opens");
            work(&mut outbox, &mut known, 12, every_s, true);
        }
        let begun = known.pushed.len();
        assert!(begun > 15);
        block_on(flash.lock()).bytes_until_shutoff = Some(cut);
        if let Ok(mut outbox) = open(&flash, 3) {
            work(&mut outbox, &mut known, steps, every_s, true);
        }
        let through = block_on(flash.lock()).bytes_until_shutoff.take().is_some();
        let mut outbox = open(&flash, 4).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        assert_eq!(outbox.boot(), 4);
        let found = all(&mut outbox);
        assert_eq!(outbox.len(), found.len(), "cut {cut}");
        check(&found, &known, every_s, cut);
        // The outbox still works.
        work(&mut outbox, &mut known, 12, every_s, true);
        check(&all(&mut outbox), &known, every_s, cut);
        if through {
            cuts = cut;
            break;
        }
    }
    // Enough traffic to open and erase pages.
    assert!(cuts > 3000, "{cuts} bytes of traffic are not much");
}

#[test]
fn a_cut_at_every_byte_of_a_thinning_keeps_the_last_reading_of_each_quarter_hour() {
    // Three minutes between readings: five in a quarter-hour.
    let every_s = 180;
    let quarter = |number: u64| reading(number, every_s).0.unix().div_euclid(900);
    let mut cuts = 0;
    for cut in (0..).step_by(3) {
        let flash = Mutex::new(empty());
        let mut known = Known::default();
        let mut outbox = open(&flash, 1).expect("opens");
        work(&mut outbox, &mut known, 20, every_s, false);
        block_on(flash.lock()).bytes_until_shutoff = Some(cut);
        work(&mut outbox, &mut known, 30, every_s, false);
        let through = block_on(flash.lock()).bytes_until_shutoff.take().is_some();
        let mut outbox = open(&flash, 2).unwrap_or_else(|error| panic!("cut {cut}: {error}"));
        let found = all(&mut outbox);
        assert_eq!(outbox.len(), found.len(), "cut {cut}");
        let there: Vec<u64> =
            found.iter().map(|entry| entry.measurement.import().0 - 6_678_394).collect();
        assert!(there.windows(2).all(|two| two[0] < two[1]), "cut {cut}: {there:?}");
        for number in known.pushed.values() {
            let last =
                !known.pushed.values().any(|n| n > number && quarter(*n) == quarter(*number));
            assert!(!last || there.contains(number), "cut {cut}: {number} of {there:?}");
        }
        if through {
            cuts = cut;
            assert!(there.len() < known.pushed.len(), "nothing was thinned");
            break;
        }
    }
    assert!(cuts > 1000, "{cuts} bytes of traffic are not much");
}

#[test]
fn the_oldest_quarter_hours_are_dropped_and_counted_when_the_flash_is_full() {
    let every_s = 900;
    let flash = Mutex::new(empty());
    let mut outbox = open(&flash, 1).expect("opens");
    let mut known = Known::default();
    work(&mut outbox, &mut known, 200, every_s, false);
    let found = all(&mut outbox);
    assert_eq!(known.pushed.len(), 200);
    assert_eq!(found.len() + outbox.dropped() as usize, 200);
    assert_eq!(found.len(), outbox.len());
    let newest: Vec<_> = known.pushed.keys().skip(200 - found.len()).copied().collect();
    assert_eq!(found.iter().map(|entry| entry.id).collect::<Vec<_>>(), newest);
}

#[test]
fn two_megabytes_hold_three_days_at_ten_seconds() {
    const FINE: u32 = TWO_MEGABYTES.fine.size;
    const COARSE: u32 = TWO_MEGABYTES.coarse.size;
    type Large = MockFlashBase<{ ((FINE + COARSE) / 4096) as usize }, 1, 4096>;
    let flash = Mutex::<NoopRawMutex, _>::new(Large::new(WriteCountCheck::Twice, None, true));
    let coarse = (Partition::new(&flash, FINE, COARSE), COARSE);
    let outbox = FlashOutbox::open(coarse, (Partition::new(&flash, 0, FINE), FINE), 1);
    let mut outbox = block_on(outbox).expect("opens");
    let count = 72 * 360;
    // Every field known, as a three-phase meter sends them.
    let mut bytes: &[u8] = b"/ELL5\\253833635_A\r\n\r\n1-0:1.8.0(00136678.394*kWh)\r\n\
        1-0:2.8.0(00000123.456*kWh)\r\n1-0:1.7.0(0018.727*kW)\r\n1-0:2.7.0(0000.000*kW)\r\n\
        1-0:21.7.0(0006.101*kW)\r\n1-0:41.7.0(0006.313*kW)\r\n1-0:61.7.0(0006.313*kW)\r\n\
        1-0:32.7.0(230.1*V)\r\n1-0:52.7.0(231.2*V)\r\n1-0:72.7.0(229.9*V)\r\n\
        1-0:31.7.0(026.5*A)\r\n1-0:51.7.0(027.3*A)\r\n1-0:71.7.0(027.4*A)\r\n!\r\n";
    let telegram = Decoder::new().next(&mut bytes).expect("complete").expect("well-formed");
    let measurement = Measurement::from_telegram(&telegram, Multiplier::ONE).expect("a register");
    for number in 0..count {
        let (time, _) = reading(number, 10);
        block_on(outbox.push(time, measurement)).expect("there is room");
    }
    assert_eq!((outbox.len() as u64, outbox.dropped()), (count, 0));
}

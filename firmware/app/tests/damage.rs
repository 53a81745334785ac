//! A damaged flash sector, and settings that are written while the power fails: the board
//! starts, and loses only the damaged data.
use app::{
    layout::{Extent, Layout},
    outbox::FlashOutbox,
    outbox_with_clock::OutboxWithClock,
    pulses::SharedStore,
    settings::Settings,
    storage::Store,
};
use embassy_embedded_hal::flash::partition::Partition;
use embassy_futures::block_on;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use gateway::{ClockOffsets, Measurement, Outbox, WattHours};
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};
use wire::Time;

const PAGE: u32 = 4096;
const PAGES: usize = 10;
type Flash = MockFlashBase<PAGES, 1, { PAGE as usize }>;

const SETTINGS: Extent = Extent { start: 0, size: 2 * PAGE };
const COARSE: Extent = Extent { start: 2 * PAGE, size: 2 * PAGE };
const FINE: Extent = Extent { start: 4 * PAGE, size: 6 * PAGE };
const LAYOUT: Layout = Layout { settings: SETTINGS, coarse: COARSE, fine: FINE };

type Shared = Mutex<NoopRawMutex, Flash>;
type Part<'a> = Partition<'a, NoopRawMutex, Flash>;

fn empty() -> Flash {
    Flash::new(WriteCountCheck::Disabled, None, true)
}

fn open(flash: &Shared) -> FlashOutbox<Part<'_>> {
    let part = |extent: Extent| (Part::new(flash, extent.start, extent.size), extent.size);
    block_on(FlashOutbox::open(part(COARSE), part(FINE), 1)).expect("opens")
}

fn push(outbox: &mut FlashOutbox<Part<'_>>, number: u64) {
    let time = Time::from_unix(1_807_437_600 + 10 * number as i64).expect("in range");
    block_on(outbox.push(time, Measurement::new(WattHours(number)))).expect("room");
}

fn all(outbox: &mut FlashOutbox<Part<'_>>) -> Vec<u64> {
    let (mut found, mut after) = (Vec::new(), None);
    while let Some(entry) = block_on(outbox.after(after)).expect("the flash works") {
        after = Some(entry.id);
        found.push(entry.measurement.import().0);
    }
    found
}

/// Pseudo-random numbers (xorshift64), the same in each run.
fn noise(seed: u64) -> impl FnMut() -> u64 {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    }
}

#[test]
fn a_damaged_sector_loses_only_its_own_readings() {
    let count = 400;
    for seed in 0..12 {
        let flash = Mutex::new(empty());
        let mut outbox = open(&flash);
        (0..count).for_each(|number| push(&mut outbox, number));
        drop(outbox);
        let mut flash = flash.into_inner();
        let mut noise = noise(seed);
        // One of the pages with readings.
        let page = (FINE.start + PAGE * (seed as u32 % 4)) as usize;
        // A few bytes, many, or most of the page, but never its header and footer.
        let hits = [1, 40, 4000][seed as usize % 3];
        for _ in 0..hits {
            let at = page + 8 + noise() as usize % (PAGE as usize - 16);
            flash.as_bytes_mut()[at] = noise() as u8;
        }
        let flash = Mutex::new(flash);
        let mut outbox = open(&flash);
        let found = all(&mut outbox);
        assert!(found.windows(2).all(|two| two[0] < two[1]), "{seed}: {found:?}");
        assert!(found.iter().all(|number| *number < count), "{seed}: an invented reading");
        // The outbox still accepts readings.
        (count..count + 600).for_each(|number| push(&mut outbox, number));
        assert_eq!(all(&mut outbox).last(), Some(&(count + 599)), "{seed}");
        let lost = count - found.len() as u64;
        assert!(lost <= 160, "{seed}: {lost}");
    }
}

#[test]
fn clock_offsets_survive_a_restart() {
    let flash: Shared = Mutex::new(empty());
    let part = |extent: Extent| (Part::new(&flash, extent.start, extent.size), extent.size);
    let store = SharedStore::new(Store::new(&flash, &LAYOUT));
    let start = || {
        let outbox = block_on(FlashOutbox::open(part(COARSE), part(FINE), 1)).expect("opens");
        block_on(OutboxWithClock::new(outbox, &store))
    };
    assert_eq!(start().clock_offsets(), ClockOffsets::NONE);
    let clock_offsets = ClockOffsets::from_bytes([1; ClockOffsets::BYTES]);
    block_on(start().store_clock_offsets(clock_offsets)).expect("stored");
    assert_eq!(start().clock_offsets(), clock_offsets);
}

#[test]
fn settings_cut_at_every_byte_are_the_old_or_the_new() {
    let change = |settings: &mut Settings, new: bool| {
        for (name, value) in [
            ("gateway", ["old-1", "new-1"]),
            ("meter", ["735999100000000001", "735999100000000002"]),
            ("broker", ["old.example:1883", "new.example:1883"]),
            ("password", ["gammalt", "nytt och hemligt"]),
        ] {
            settings.set(name, value[usize::from(new)]).expect("a setting");
        }
    };
    let prepared = || {
        let flash: Shared = Mutex::new(empty());
        let mut store = Store::new(&flash, &LAYOUT);
        let mut settings = Settings::default();
        change(&mut settings, false);
        block_on(settings.save(&mut store)).expect("saved");
        flash.into_inner()
    };
    let mut cut = 0;
    loop {
        let mut flash = prepared();
        flash.bytes_until_shutoff = Some(cut);
        let flash: Shared = Mutex::new(flash);
        let mut new = Settings::default();
        change(&mut new, true);
        let done = block_on(new.save(&mut Store::new(&flash, &LAYOUT))).is_ok();
        let mut flash = flash.into_inner();
        flash.bytes_until_shutoff = None;
        let flash: Shared = Mutex::new(flash);
        let mut store = Store::new(&flash, &LAYOUT);
        let (read, _) = block_on(Settings::start(&mut store)).expect("settings");
        let gateway = read.gateway().expect("one of the two").as_str().to_owned();
        assert!(["old-1", "new-1"].contains(&gateway.as_str()), "cut {cut}: {gateway}");
        let password = read.account().1;
        assert!(["gammalt", "nytt och hemligt"].contains(&password), "cut {cut}: {password}");
        assert!(read.meter().is_some() && read.broker().is_some(), "cut {cut}");
        // And the next attempt succeeds.
        block_on(new.save(&mut store)).expect("saved");
        let read = block_on(Settings::load(&mut store)).expect("settings");
        assert_eq!(read.gateway().expect("set").as_str(), "new-1", "cut {cut}");
        if done {
            break;
        }
        cut += 1;
    }
    assert!(cut > 60, "{cut} bytes of traffic are not much");
}

#[test]
fn a_board_with_random_settings_can_be_set_up() {
    for seed in 0..50 {
        let mut flash = empty();
        let mut noise = noise(seed + 1);
        for byte in &mut flash.as_bytes_mut()[..SETTINGS.size as usize] {
            *byte = noise() as u8;
        }
        let flash: Shared = Mutex::new(flash);
        let mut store = Store::new(&flash, &LAYOUT);
        let (mut settings, boots) = block_on(Settings::start(&mut store)).expect("settings");
        settings.set("gateway", "soderhamn-1").expect("a setting");
        block_on(settings.save(&mut store)).expect("saved");
        let (_, next) = block_on(Settings::start(&mut store)).expect("settings");
        assert_eq!(next, boots + 1);
        let read = block_on(Settings::load(&mut store)).expect("settings");
        assert_eq!(read.gateway().expect("set").as_str(), "soderhamn-1");
    }
}

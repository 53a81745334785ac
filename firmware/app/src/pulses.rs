//! S0 pulses (EN 62053-31) of meters without a data port: counted to a register and sent as
//! the telegram that a P1 meter would send, so that all code behind it is the same.
//!
//! A pulse is a closed contact of at least 30 ms. The pin is sampled every 5 ms, and four
//! equal samples count. During the erasure of a flash page, some 45 ms every nine minutes,
//! no sample is taken: at 20 kW and 1000 pulses per kWh about one pulse in 10 000 is lost.
//!
//! The count is stored before it is sent, every ten seconds in which it changes: a sent
//! register never runs backwards, and a loss of power costs at most ten seconds of pulses.
//! A record has 17 bytes, a page 240 records, and four pages take turns: 3.2 million records
//! a year are 3300 erasures of each page; the flash endures 100 000.
use core::{
    convert::Infallible,
    fmt::{Debug, Write as _},
};

use embassy_sync::{
    blocking_mutex::raw::{CriticalSectionRawMutex, NoopRawMutex},
    mutex::Mutex,
    pipe::Pipe,
};
use embassy_time::{Duration, Instant, Timer};
use embedded_io_async::{ErrorKind, ErrorType, Read};
use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use heapless::String;

use crate::storage::{StorageError, Store};

/// Sampling interval.
const SAMPLE: Duration = Duration::from_millis(5);
/// Equal samples that count: 15 to 20 ms.
const AGREE: u8 = 4;
/// Time between two telegrams.
const SEND: Duration = Duration::from_secs(10);

/// The pulse contact of a meter.
pub trait Contact {
    /// Whether it is closed now.
    fn is_closed(&mut self) -> bool;
}

/// A board without a contact.
#[derive(Debug, Clone, Copy)]
pub struct NoContact;

impl Contact for NoContact {
    fn is_closed(&mut self) -> bool {
        false
    }
}

/// Telegrams from [`run`] to the gateway.
pub type PulseReadings = Pipe<CriticalSectionRawMutex, 256>;

/// Settings and counts, shared by command line and pulses.
pub type SharedStore<'a, F> = Mutex<NoopRawMutex, Store<'a, F>>;

/// Removes the bouncing of a contact.
#[derive(Debug, Default)]
struct Debounce {
    closed: bool,
    differ: u8,
}

impl Debounce {
    /// Takes a sample, and returns whether a pulse begins.
    fn sample(&mut self, closed: bool) -> bool {
        self.differ = if closed == self.closed { 0 } else { self.differ + 1 };
        if self.differ < AGREE {
            return false;
        }
        (self.closed, self.differ) = (closed, 0);
        closed
    }
}

/// Counts pulses, stores the count, and sends telegrams.
struct Counter<'a, 'f, F: MultiwriteNorFlash> {
    store: &'a SharedStore<'f, F>,
    readings: &'a PulseReadings,
    per_kwh: u64,
    debounce: Debounce,
    pulses: u64,
    kept: u64,
    /// Time of the last pulse, and the interval since the one before.
    last: Option<(Instant, Option<Duration>)>,
    due: Instant,
}

impl<'a, 'f, F: MultiwriteNorFlash> Counter<'a, 'f, F>
where
    F::Error: Debug,
{
    /// Continues from the stored count.
    async fn open(
        store: &'a SharedStore<'f, F>,
        readings: &'a PulseReadings,
        per_kwh: u32,
        now: Instant,
    ) -> Result<Self, StorageError<F>> {
        let pulses = store.lock().await.pulses().await?.unwrap_or(0);
        Ok(Self {
            store,
            readings,
            per_kwh: per_kwh.max(1).into(),
            debounce: Debounce::default(),
            pulses,
            kept: pulses,
            last: None,
            due: now + SEND,
        })
    }

    /// Takes one sample, and stores and sends the count when it is due.
    async fn sample(&mut self, closed: bool, now: Instant) -> Result<(), StorageError<F>> {
        if self.debounce.sample(closed) {
            self.pulses += 1;
            self.last = Some((now, self.last.map(|(before, _)| now - before)));
        }
        if now < self.due {
            return Ok(());
        }
        self.due = now + SEND;
        if self.kept != self.pulses {
            self.store.lock().await.put_pulses(self.pulses).await?;
            self.kept = self.pulses;
        }
        let text = self.text(now);
        // A busy gateway is not waited for: the next telegram includes this one's energy.
        if self.readings.free_capacity() >= text.len() {
            // Written in two parts where the pipe wraps around; there is room for both.
            self.readings.write_all(text.as_bytes()).await;
        }
        Ok(())
    }

    /// The mean power between the last two pulses, W; an upper bound once the next pulse
    /// takes longer than that. Unknown before the second pulse.
    fn watts(&self, now: Instant) -> Option<u64> {
        let (last, between) = self.last?;
        let between = between?.max(now - last).as_micros().max(1);
        // 1 kWh = 3.6e12 µJ, and 1 µJ/µs = 1 W.
        Some(3_600_000_000_000 / self.per_kwh / between)
    }

    fn text(&self, now: Instant) -> String<128> {
        let wh = u128::from(self.kept) * 1000 / u128::from(self.per_kwh);
        let mut text = String::new();
        // It fits: the numbers are bounded.
        let _ = write!(
            text,
            "/WKP5S0\r\n\r\n1-0:1.8.0({:08}.{:03}*kWh)\r\n",
            wh / 1000 % 100_000_000,
            wh % 1000
        );
        if let Some(watts) = self.watts(now).filter(|watts| *watts < 10_000_000) {
            let _ = write!(text, "1-0:1.7.0({:04}.{:03}*kW)\r\n", watts / 1000, watts % 1000);
        }
        let _ = text.push_str("!\r\n");
        text
    }
}

/// Counts until the flash fails.
///
/// # Errors
/// The flash cannot be read or written.
pub async fn run<F: MultiwriteNorFlash, C: Contact>(
    contact: &mut C,
    store: &SharedStore<'_, F>,
    readings: &PulseReadings,
    per_kwh: u32,
) -> Result<Infallible, StorageError<F>>
where
    F::Error: Debug,
{
    let mut counter = Counter::open(store, readings, per_kwh, Instant::now()).await?;
    loop {
        // At most one sample per interval, however late the previous one was.
        Timer::after(SAMPLE).await;
        counter.sample(contact.is_closed(), Instant::now()).await?;
    }
}

/// The source of the gateway's bytes: the meter's port, or the pulse telegrams. Counting is
/// separate, because the gateway may cancel a read at any time, and a write to the flash
/// must not be cancelled.
pub(crate) enum Source<'a, M> {
    /// The port of a P1 meter.
    Port(&'a mut M),
    /// Telegrams of counted pulses.
    Pulses(&'a PulseReadings),
}

impl<M: ErrorType> ErrorType for Source<'_, M> {
    type Error = ErrorKind;
}

impl<M: Read> Read for Source<'_, M> {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, ErrorKind> {
        match self {
            Self::Port(port) => {
                port.read(buffer).await.map_err(|error| embedded_io_async::Error::kind(&error))
            }
            Self::Pulses(readings) => Ok(PulseReadings::read(readings, buffer).await),
        }
    }
}

#[cfg(test)]
mod tests {
    use embassy_futures::block_on;
    use gateway::{
        WattHours,
        meter::{Telegram, p1::Decoder},
    };
    use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};

    use super::*;
    use crate::layout::{Extent, Layout};
    use crate::storage::Shared;

    const PAGES: usize = 4;
    type Flash = MockFlashBase<PAGES, 1, 256>;
    const NONE: Extent = Extent { start: 0, size: 0 };
    const LAYOUT: Layout =
        Layout { settings: Extent { start: 0, size: 4 * 256 }, coarse: NONE, fine: NONE };

    fn empty() -> Flash {
        Flash::new(WriteCountCheck::Twice, None, true)
    }

    fn pulses(samples: &str) -> usize {
        let mut debounce = Debounce::default();
        samples.bytes().filter(|sample| debounce.sample(*sample == b'#')).count()
    }

    #[test]
    fn a_bouncing_contact_counts_once() {
        assert_eq!(pulses("......######......"), 1, "30 ms");
        assert_eq!(pulses("..#.#.######.#.#...."), 1, "bouncing at both ends");
        assert_eq!(pulses("..###...###..."), 0, "15 ms are a disturbance");
        assert_eq!(pulses("..####....####....####...."), 3);
        assert_eq!(pulses(&"####....".repeat(1000)), 1000, "the fastest possible: 25 a second");
    }

    /// Simulates a meter of 1000 pulses per kWh, with ten samples a pulse and as many between
    /// them, for some seconds from `from_s` on. Returns the number of pulses, all telegrams
    /// (Wh and W), and whether the flash works.
    fn work(
        flash: &Shared<Flash>,
        every: Duration,
        from_s: u64,
        seconds: u64,
    ) -> (u64, Vec<(u64, i64)>, bool) {
        let store = SharedStore::new(Store::new(flash, &LAYOUT));
        let (readings, mut sent, mut began) = (PulseReadings::new(), Vec::new(), 0);
        let mut decoder = Decoder::new();
        let begin = Instant::from_secs(from_s);
        let Ok(mut counter) = block_on(Counter::open(&store, &readings, 1000, begin)) else {
            return (0, sent, false);
        };
        for sample in 0..seconds * 1000 / every.as_millis() {
            let phase = sample % 20;
            began += u64::from(phase == 13);
            let now = begin + every * sample as u32;
            if block_on(counter.sample(phase >= 10, now)).is_err() {
                return (began, sent, false);
            }
            let mut buffer = [0; 256];
            while let Ok(length) = readings.try_read(&mut buffer) {
                let mut bytes = &buffer[..length];
                while let Some(telegram) = decoder.next(&mut bytes) {
                    let telegram: Telegram = telegram.expect("a good one");
                    let WattHours(wh) = telegram.import().expect("a register");
                    sent.push((wh, telegram.power().map_or(-1, |power| power.0)));
                }
            }
        }
        (began, sent, true)
    }

    #[test]
    fn pulses_become_telegrams_of_energy_and_power() {
        let flash = Shared::new(empty());
        let (began, sent, _) = work(&flash, SAMPLE, 0, 61);
        assert_eq!((began, sent.len()), (610, 6), "{sent:?}");
        for (number, (wh, watts)) in sent.iter().enumerate() {
            let due = 100 * (number as u64 + 1);
            assert!((due - 1..=due).contains(wh), "{wh} of {due} Wh");
            assert_eq!(*watts, 36_000);
        }
        // A power cut: the seconds since the last telegram are lost.
        let (_, later, _) = work(&flash, SAMPLE, 100, 61);
        assert!(later[0].0 > sent[5].0 && later[5].0 >= 1190, "{later:?} after {sent:?}");
    }

    /// The flash fails at every byte of its traffic: the register continues from a value that
    /// is not below any that was sent.
    #[test]
    fn no_cut_makes_a_register_run_backwards() {
        // Five pulses in ten seconds, so that the settings' pages wrap around quickly.
        const SLOW: Duration = Duration::from_millis(100);
        let mut cuts = 0;
        for bytes in 1..2000 {
            let mut chip = empty();
            chip.bytes_until_shutoff = Some(bytes);
            let flash = Shared::new(chip);
            let (began, sent, whole) = work(&flash, SLOW, 0, 1000);
            let last = sent.last().map_or(0, |(wh, _)| *wh);
            let mut chip = flash.into_inner();
            chip.bytes_until_shutoff = None;
            let flash = Shared::new(chip);
            let store = SharedStore::new(Store::new(&flash, &LAYOUT));
            let kept = block_on(async { store.lock().await.pulses().await });
            let kept = kept.expect("it is readable").unwrap_or(0);
            assert!((last..=began).contains(&kept), "{last} sent, {kept} stored, cut at {bytes}");
            assert!(began - kept <= 6, "{began} pulses, {kept} stored: more than ten seconds");
            let (_, later, works) = work(&flash, SLOW, 2000, 11);
            assert!(works && later[0].0 >= kept, "cut at {bytes}");
            cuts += u32::from(!whole);
        }
        assert!(cuts > 1600, "only {cuts} cuts");
    }
}

//! Meters that only blink: S0 pulses (EN 62053-31), counted to a register, and told as
//! the telegram that a meter with a display would send, so that behind it nothing
//! differs from P1.
//!
//! A pulse is a closed contact of at least 30 ms, so the pin is looked at every 5 ms and
//! four equal looks count. While the flash erases a page, some 45 ms every nine minutes,
//! nobody looks: at 20 kW and 1000 pulses a kWh about one pulse in 10 000 is lost.
//!
//! The count is kept before it is told, every ten seconds in which it has changed: a
//! register that was told never runs backwards, and at most ten seconds of pulses are
//! lost with the power. A record has 17 bytes, 240 of them a page, four pages take turns:
//! 3.2 million records a year are 3300 erasures of each; the flash bears 100 000.
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

use crate::storage::{Fault, Store};

const LOOK: Duration = Duration::from_millis(5);
/// Looks that must agree: 15 to 20 ms.
const AGREE: u8 = 4;
const TELL: Duration = Duration::from_secs(10);

/// The contact.
pub trait Contact {
    /// Whether it is closed now.
    fn is_closed(&mut self) -> bool;
}

/// A board without one.
#[derive(Debug, Clone, Copy)]
pub struct NoContact;

impl Contact for NoContact {
    fn is_closed(&mut self) -> bool {
        false
    }
}

/// Telegrams on their way from [`run`] to the gateway.
pub type Said = Pipe<CriticalSectionRawMutex, 256>;

/// The settings and counts, which command line and pulses share.
pub type SharedStore<'a, F> = Mutex<NoopRawMutex, Store<'a, F>>;

/// What a bouncing contact means.
#[derive(Debug, Default)]
struct Debounce {
    closed: bool,
    differ: u8,
}

impl Debounce {
    /// Takes a look; tells whether a pulse has begun.
    fn look(&mut self, closed: bool) -> bool {
        self.differ = if closed == self.closed { 0 } else { self.differ + 1 };
        if self.differ < AGREE {
            return false;
        }
        (self.closed, self.differ) = (closed, 0);
        closed
    }
}

/// Counts, keeps and tells.
struct Counter<'a, 'f, F: MultiwriteNorFlash> {
    store: &'a SharedStore<'f, F>,
    said: &'a Said,
    per_kwh: u64,
    debounce: Debounce,
    pulses: u64,
    kept: u64,
    /// When the last pulse came, and how long after the one before.
    last: Option<(Instant, Option<Duration>)>,
    tell: Instant,
}

impl<'a, 'f, F: MultiwriteNorFlash> Counter<'a, 'f, F>
where
    F::Error: Debug,
{
    /// Goes on from the count that was kept.
    async fn open(
        store: &'a SharedStore<'f, F>,
        said: &'a Said,
        per_kwh: u32,
        now: Instant,
    ) -> Result<Self, Fault<F>> {
        let pulses = store.lock().await.pulses().await?.unwrap_or(0);
        Ok(Self {
            store,
            said,
            per_kwh: per_kwh.max(1).into(),
            debounce: Debounce::default(),
            pulses,
            kept: pulses,
            last: None,
            tell: now + TELL,
        })
    }

    /// One look at the contact, and what is due by then.
    async fn look(&mut self, closed: bool, now: Instant) -> Result<(), Fault<F>> {
        if self.debounce.look(closed) {
            self.pulses += 1;
            self.last = Some((now, self.last.map(|(before, _)| now - before)));
        }
        if now < self.tell {
            return Ok(());
        }
        self.tell = now + TELL;
        if self.kept != self.pulses {
            self.store.lock().await.put_pulses(self.pulses).await?;
            self.kept = self.pulses;
        }
        let text = self.text(now);
        // Nobody waits for a gateway that is busy: the next one says more.
        if self.said.free_capacity() >= text.len() {
            // In two pieces where the pipe begins anew; there is room for both.
            self.said.write_all(text.as_bytes()).await;
        }
        Ok(())
    }

    /// The mean power between the last two pulses, or as much as it can be at most when
    /// the next one has been due for longer. Without two pulses nobody knows.
    fn watts(&self, now: Instant) -> Option<u64> {
        let (last, between) = self.last?;
        let between = between?.max(now - last).as_micros().max(1);
        // A kWh is 3.6e12 µJ, and a µJ in a µs is a W.
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

/// Counts for ever, unless the flash fails.
///
/// # Errors
/// Those of the flash.
pub async fn run<F: MultiwriteNorFlash, C: Contact>(
    contact: &mut C,
    store: &SharedStore<'_, F>,
    said: &Said,
    per_kwh: u32,
) -> Result<Infallible, Fault<F>>
where
    F::Error: Debug,
{
    let mut counter = Counter::open(store, said, per_kwh, Instant::now()).await?;
    loop {
        // Never two looks at once, however late the first one was.
        Timer::after(LOOK).await;
        counter.look(contact.is_closed(), Instant::now()).await?;
    }
}

/// Where the gateway's bytes come from: the meter's port, or what the pulses add up to.
/// Counting is not in here, since the gateway drops a read whenever it likes, and a write
/// to the flash bears no such thing.
pub(crate) enum Source<'a, M> {
    /// A port that speaks.
    Port(&'a mut M),
    /// Pulses.
    Pulses(&'a Said),
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
            Self::Pulses(said) => Ok(Said::read(said, buffer).await),
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

    fn pulses(looks: &str) -> usize {
        let mut debounce = Debounce::default();
        looks.bytes().filter(|look| debounce.look(*look == b'#')).count()
    }

    #[test]
    fn a_bouncing_contact_counts_once() {
        assert_eq!(pulses("......######......"), 1, "30 ms");
        assert_eq!(pulses("..#.#.######.#.#...."), 1, "bouncing at both ends");
        assert_eq!(pulses("..###...###..."), 0, "15 ms are a disturbance");
        assert_eq!(pulses("..####....####....####...."), 3);
        assert_eq!(pulses(&"####....".repeat(1000)), 1000, "as fast as can be: 25 a second");
    }

    /// A meter of 1000 pulses a kWh, ten looks each and as many between them, for some
    /// seconds from a moment on. Gives how many there were, all that was told, Wh and W,
    /// and whether the flash bore it.
    fn work(
        flash: &Shared<Flash>,
        every: Duration,
        from_s: u64,
        seconds: u64,
    ) -> (u64, Vec<(u64, i64)>, bool) {
        let store = SharedStore::new(Store::new(flash, &LAYOUT));
        let (said, mut told, mut began) = (Said::new(), Vec::new(), 0);
        let mut decoder = Decoder::new();
        let begin = Instant::from_secs(from_s);
        let Ok(mut counter) = block_on(Counter::open(&store, &said, 1000, begin)) else {
            return (0, told, false);
        };
        for look in 0..seconds * 1000 / every.as_millis() {
            let phase = look % 20;
            began += u64::from(phase == 13);
            let now = begin + every * look as u32;
            if block_on(counter.look(phase >= 10, now)).is_err() {
                return (began, told, false);
            }
            let mut buffer = [0; 256];
            while let Ok(length) = said.try_read(&mut buffer) {
                let mut bytes = &buffer[..length];
                while let Some(telegram) = decoder.next(&mut bytes) {
                    let telegram: Telegram = telegram.expect("a good one");
                    let WattHours(wh) = telegram.import().expect("a register");
                    told.push((wh, telegram.power().map_or(-1, |power| power.0)));
                }
            }
        }
        (began, told, true)
    }

    #[test]
    fn pulses_become_telegrams_of_energy_and_power() {
        let flash = Shared::new(empty());
        let (began, told, _) = work(&flash, LOOK, 0, 61);
        assert_eq!((began, told.len()), (610, 6), "{told:?}");
        for (number, (wh, watts)) in told.iter().enumerate() {
            let due = 100 * (number as u64 + 1);
            assert!((due - 1..=due).contains(wh), "{wh} of {due} Wh");
            assert_eq!(*watts, 36_000);
        }
        // The power goes, and comes back: the seconds since the last telegram are lost.
        let (_, again, _) = work(&flash, LOOK, 100, 61);
        assert!(again[0].0 > told[5].0 && again[5].0 >= 1190, "{again:?} after {told:?}");
    }

    /// A flash that dies at every byte of its traffic, so that the register that was told
    /// is also the one that goes on.
    #[test]
    fn no_cut_makes_a_register_run_backwards() {
        // Five pulses in ten seconds, so that the settings' pages go round quickly.
        const SLOW: Duration = Duration::from_millis(100);
        let mut cuts = 0;
        for bytes in 1..2000 {
            let mut chip = empty();
            chip.bytes_until_shutoff = Some(bytes);
            let flash = Shared::new(chip);
            let (began, told, whole) = work(&flash, SLOW, 0, 1000);
            let last = told.last().map_or(0, |(wh, _)| *wh);
            let mut chip = flash.into_inner();
            chip.bytes_until_shutoff = None;
            let flash = Shared::new(chip);
            let store = SharedStore::new(Store::new(&flash, &LAYOUT));
            let kept = block_on(async { store.lock().await.pulses().await });
            let kept = kept.expect("it is readable").unwrap_or(0);
            assert!((last..=began).contains(&kept), "{last} told, {kept} kept, cut at {bytes}");
            assert!(began - kept <= 6, "{began} pulses, {kept} kept: more than ten seconds");
            let (_, again, works) = work(&flash, SLOW, 2000, 11);
            assert!(works && again[0].0 >= kept, "cut at {bytes}");
            cuts += u32::from(!whole);
        }
        assert!(cuts > 1600, "only {cuts} cuts");
    }
}

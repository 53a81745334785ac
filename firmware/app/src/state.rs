//! What the tasks of a board know of each other: small facts, each with one writer.
use core::{
    cell::{Cell, RefCell},
    sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
};

use embassy_sync::{
    blocking_mutex::{Mutex, raw::CriticalSectionRawMutex},
    signal::Signal,
};
use gateway::{
    Measurement, Observer, ReadingId,
    meter::{Telegram, TelegramError},
};
use panel::LocalPower;
use wire::Text;

use crate::{
    clock::BoardClock,
    log,
    update::Mailbox,
    uplink::{ConfigSignal, Fault, PageSignal},
};

/// A step of the power that a panel tells, W.
const STEP_W: i64 = 500;

/// Shared by all tasks of a board.
pub struct State {
    /// The time.
    pub clock: BoardClock,
    /// The newest page from the server.
    pub page: PageSignal,
    /// What was told on the topic of settings.
    pub config: ConfigSignal,
    /// The house's own power, the moment it is known.
    pub local_power: Signal<CriticalSectionRawMutex, LocalPower>,
    /// Updates over the air.
    pub update: Mailbox,
    online: AtomicBool,
    brightness: AtomicU32,
    waiting: AtomicU32,
    telegrams: AtomicU32,
    refused: AtomicU32,
    fault: Mutex<CriticalSectionRawMutex, Cell<Option<Fault>>>,
    power: Mutex<CriticalSectionRawMutex, Cell<Option<i64>>>,
    unconfigured: Mutex<CriticalSectionRawMutex, RefCell<Option<Text<96>>>>,
}

impl State {
    /// Nothing is known yet. `speed`: see [`BoardClock::new`].
    pub const fn new(speed: u32) -> Self {
        Self {
            clock: BoardClock::new(speed),
            page: Signal::new(),
            config: Signal::new(),
            local_power: Signal::new(),
            update: Mailbox::new(),
            online: AtomicBool::new(false),
            brightness: AtomicU32::new(100 << 8 | 20),
            waiting: AtomicU32::new(0),
            telegrams: AtomicU32::new(0),
            refused: AtomicU32::new(0),
            fault: Mutex::new(Cell::new(None)),
            power: Mutex::new(Cell::new(None)),
            unconfigured: Mutex::new(RefCell::new(None)),
        }
    }

    /// Why what was told on the topic of settings is not taken.
    pub(crate) fn set_unconfigured(&self, why: Option<Text<96>>) {
        self.unconfigured.lock(|unconfigured| *unconfigured.borrow_mut() = why);
    }

    /// Whether there is a connection to the broker.
    pub fn online(&self) -> bool {
        self.online.load(Relaxed)
    }

    /// Why there is none, once it was tried.
    pub fn fault(&self) -> Option<Fault> {
        self.fault.lock(Cell::get)
    }

    /// Readings that wait for their acknowledgement.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Relaxed)
    }

    /// Telegrams understood and refused since the start.
    pub fn telegrams(&self) -> (u32, u32) {
        (self.telegrams.load(Relaxed), self.refused.load(Relaxed))
    }

    /// Of a panel, percent: by night from 22 to 06 where the panel hangs. Who does not
    /// know the time does not know that it is night.
    pub fn brightness(&self, utc_offset_min: i16) -> u8 {
        let both = self.brightness.load(Relaxed);
        let night = gateway::Clock::utc(&self.clock).is_some_and(|utc| {
            let local = utc.unix() + 60 * i64::from(utc_offset_min);
            !(6..22).contains(&(local.rem_euclid(86_400) / 3600))
        });
        (if night { both } else { both >> 8 }) as u8
    }

    pub(crate) fn set_brightness(&self, (day, night): (u8, u8)) {
        self.brightness.store(u32::from(day) << 8 | u32::from(night), Relaxed);
    }

    pub(crate) fn set_online(&self, online: bool) {
        self.online.store(online, Relaxed);
    }

    pub(crate) fn set_fault(&self, fault: Fault) {
        self.fault.lock(|last| last.set(Some(fault)));
    }

    pub(crate) fn set_waiting(&self, waiting: usize) {
        self.waiting.store(waiting.try_into().unwrap_or(u32::MAX), Relaxed);
    }
}

/// One more, where there may be no compare-and-swap: each has one writer.
fn count(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed).saturating_add(1), Relaxed);
}

/// Tells the other tasks what the gateway's loop sees.
pub(crate) struct Watcher<'a> {
    pub(crate) state: &'a State,
    pub(crate) queued: fn(ReadingId),
}

impl Observer for Watcher<'_> {
    fn telegram(&mut self, _: &Telegram, measurement: Option<&Measurement>) {
        count(&self.state.telegrams);
        log!(debug, "a telegram");
        let power = measurement.and_then(Measurement::power).map(|power| power.0);
        let (Some(power_w), Some(at)) = (power, gateway::Clock::utc(&self.state.clock)) else {
            return;
        };
        let before = self.state.power.lock(|power| power.replace(Some(power_w)));
        let step = before.map(|before| power_w - before).filter(|step| step.abs() >= STEP_W);
        self.state.local_power.signal(LocalPower {
            at,
            power_w,
            step: step.map(|step| (at, step)),
        });
    }

    fn telegram_rejected(&mut self, error: TelegramError) {
        log!(warn, "a telegram is refused: {}", error);
        count(&self.state.refused);
    }

    fn queued(&mut self, id: ReadingId, waiting: usize) {
        self.state.set_waiting(waiting);
        log!(debug, "a reading is in the flash; waiting: {}", waiting);
        (self.queued)(id);
    }

    fn acknowledged(&mut self, _: ReadingId, waiting: usize) {
        self.state.set_waiting(waiting);
    }

    fn connection_changed(&mut self, up: bool) {
        self.state.set_online(up);
        log!(info, "connection to the broker: {}", if up { "ok" } else { "none" });
    }

    fn config_error(&self) -> Option<Text<96>> {
        self.state.unconfigured.lock(|why| why.borrow().clone())
    }

    fn update_state(&self) -> Option<Text<48>> {
        self.state.update.said().map(Text::truncated)
    }
}

#[cfg(test)]
mod tests {
    use embassy_time::Instant;

    use super::*;

    #[test]
    fn panels_are_dim_at_night_where_they_hang() {
        let state = State::new(1);
        state.set_brightness((90, 10));
        assert_eq!(state.brightness(60), 90, "nobody knows the time");
        for (utc, offset_min, percent) in [
            ("2027-04-20T19:59:00Z", 120, 90),
            ("2027-04-20T20:00:01Z", 120, 10),
            ("2027-04-21T03:59:00Z", 120, 10),
            ("2027-04-21T04:00:01Z", 120, 90),
            ("2027-04-20T05:30:00Z", 60, 90),
        ] {
            let utc: wire::Time = utc.parse().expect("a time");
            state.clock.set(utc.unix() as u64 * 1_000_000, Instant::now());
            assert_eq!(state.brightness(offset_min), percent, "{utc:?}");
        }
    }
}

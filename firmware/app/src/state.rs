//! State that the tasks of a board share: small facts, each with one writer.
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
use wire::{Page, Text};

use crate::{clock::BoardClock, connector::ConnectionError, log, update::UpdateChannel};

/// The newest page for this building's panel.
pub type PageSignal = Signal<CriticalSectionRawMutex, Page>;

/// Settings over MQTT: one a line.
pub type RemoteSettings = heapless::String<256>;

/// The newest settings over MQTT; `None`: a payload that is not UTF-8 or is too long.
pub type ConfigSignal = Signal<CriticalSectionRawMutex, Option<RemoteSettings>>;

/// Smallest step of the power that a panel shows, W.
const STEP_W: i64 = 500;

/// Shared by all tasks of a board.
pub struct State {
    /// The time.
    pub clock: BoardClock,
    /// The newest page from the server.
    pub page: PageSignal,
    /// The newest settings over MQTT.
    pub config: ConfigSignal,
    /// The building's own power, as soon as it is known.
    pub local_power: Signal<CriticalSectionRawMutex, LocalPower>,
    /// Updates over the air.
    pub update: UpdateChannel,
    online: AtomicBool,
    brightness: AtomicU32,
    waiting: AtomicU32,
    telegrams: AtomicU32,
    refused: AtomicU32,
    connection_error: Mutex<CriticalSectionRawMutex, Cell<Option<ConnectionError>>>,
    power: Mutex<CriticalSectionRawMutex, Cell<Option<i64>>>,
    config_error: Mutex<CriticalSectionRawMutex, RefCell<Option<Text<96>>>>,
}

impl State {
    /// The state at the start. `speed`: see [`BoardClock::new`].
    pub const fn new(speed: u32) -> Self {
        Self {
            clock: BoardClock::new(speed),
            page: Signal::new(),
            config: Signal::new(),
            local_power: Signal::new(),
            update: UpdateChannel::new(),
            online: AtomicBool::new(false),
            brightness: AtomicU32::new(100 << 8 | 20),
            waiting: AtomicU32::new(0),
            telegrams: AtomicU32::new(0),
            refused: AtomicU32::new(0),
            connection_error: Mutex::new(Cell::new(None)),
            power: Mutex::new(Cell::new(None)),
            config_error: Mutex::new(RefCell::new(None)),
        }
    }

    /// Sets why the newest settings over MQTT are not applied.
    pub(crate) fn set_config_error(&self, why: Option<Text<96>>) {
        self.config_error.lock(|config_error| *config_error.borrow_mut() = why);
    }

    /// Whether there is a connection to the broker.
    pub fn online(&self) -> bool {
        self.online.load(Relaxed)
    }

    /// Why the last attempt or connection failed.
    pub fn connection_error(&self) -> Option<ConnectionError> {
        self.connection_error.lock(Cell::get)
    }

    /// Readings that wait for their acknowledgement.
    pub fn waiting(&self) -> u32 {
        self.waiting.load(Relaxed)
    }

    /// Telegrams understood and refused since the start.
    pub fn telegrams(&self) -> (u32, u32) {
        (self.telegrams.load(Relaxed), self.refused.load(Relaxed))
    }

    /// Brightness of a panel, percent: the night value from 22 to 06 local time, the day
    /// value otherwise and while the time is unknown.
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

    pub(crate) fn set_connection_error(&self, error: ConnectionError) {
        self.connection_error.lock(|last| last.set(Some(error)));
    }

    pub(crate) fn set_waiting(&self, waiting: usize) {
        self.waiting.store(waiting.try_into().unwrap_or(u32::MAX), Relaxed);
    }
}

/// Increments a counter without compare-and-swap, which some chips lack: each counter has
/// one writer.
fn count(counter: &AtomicU32) {
    counter.store(counter.load(Relaxed).saturating_add(1), Relaxed);
}

/// Shares the events of the gateway's loop with the other tasks.
pub(crate) struct StateObserver<'a> {
    pub(crate) state: &'a State,
    pub(crate) queued: fn(ReadingId),
}

impl Observer for StateObserver<'_> {
    fn telegram(&mut self, _: &Telegram, measurement: Option<&Measurement>) {
        count(&self.state.telegrams);
        log!(debug, "a telegram is complete");
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
        self.state.config_error.lock(|why| why.borrow().clone())
    }

    fn update_state(&self) -> Option<Text<48>> {
        self.state.update.status().map(Text::truncated)
    }
}

#[cfg(test)]
mod tests {
    use embassy_time::Instant;

    use super::*;

    #[test]
    fn panels_are_dim_at_night_in_local_time() {
        let state = State::new(1);
        state.set_brightness((90, 10));
        assert_eq!(state.brightness(60), 90, "the time is unknown");
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

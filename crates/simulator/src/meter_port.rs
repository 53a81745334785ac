//! The serial port of a simulated meter. Telegrams arrive on schedule; those of the past
//! arrive as fast as the gateway accepts them.
use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicUsize, Ordering::Relaxed},
    },
};

use embedded_io_async::{ErrorType, Read};
use gateway::{Observer, ReadingId};
use jiff::{Timestamp, tz::TimeZone};
use tokio::sync::Notify;

use crate::{
    faults::Faults,
    meter_register::MeterRegister,
    simulated_clock::SimulatedClock,
    telegram::{self, MeterValues},
    town_hall::TownHall,
};

/// Readings in the outbox at which a port that sends history pauses.
const MAX_QUEUED: usize = 512;

/// When a meter sends telegrams; times in Unix seconds.
#[derive(Debug, Clone, Copy)]
pub struct SendSchedule {
    /// Time of the first telegram.
    pub first: i64,
    /// Until this time once an hour, as in a grid company's history.
    pub hourly_until: i64,
    /// From then until this time once a quarter-hour.
    pub quarterly_until: i64,
    /// Interval of all later telegrams, s.
    pub interval: i64,
}

impl SendSchedule {
    fn after(&self, at: i64) -> i64 {
        let step = if at < self.hourly_until {
            3600
        } else if at < self.quarterly_until {
            900
        } else {
            self.interval
        };
        at - at.rem_euclid(step) + step
    }
}

/// State that the port, the clock and the observer of one gateway share.
#[derive(Debug, Default)]
pub struct Progress {
    /// Time of the newest telegram, Unix seconds; the gateway's clock shows it.
    pub(crate) newest: AtomicI64,
    queued: AtomicUsize,
    acknowledged: Notify,
    /// Telegrams sent.
    pub sent: AtomicUsize,
    /// Telegrams that the gateway rejected.
    pub rejected: AtomicUsize,
}

/// Updates [`Progress`] from the events of the gateway loop.
#[derive(Debug)]
pub struct ProgressObserver(pub Arc<Progress>);

impl Observer for ProgressObserver {
    fn queued(&mut self, _: ReadingId, waiting: usize) {
        self.0.queued.store(waiting, Relaxed);
    }
    fn acknowledged(&mut self, _: ReadingId, waiting: usize) {
        self.0.queued.store(waiting, Relaxed);
        self.0.acknowledged.notify_one();
    }
    fn telegram_rejected(&mut self, _: gateway::meter::TelegramError) {
        self.0.rejected.fetch_add(1, Relaxed);
    }
}

/// The port; reading it never ends.
#[derive(Debug)]
pub struct MeterPort {
    seed: u64,
    register: MeterRegister,
    multiplier: u64,
    faults: Faults,
    zone: TimeZone,
    clock: SimulatedClock,
    schedule: SendSchedule,
    progress: Arc<Progress>,
    next: i64,
    /// The newest telegram, and how much of it has been read.
    bytes: Vec<u8>,
    consumed: usize,
}

impl MeterPort {
    /// The first telegram is that of `schedule`.
    pub fn new(
        hall: &TownHall,
        register: MeterRegister,
        faults: Faults,
        zone: TimeZone,
        clock: SimulatedClock,
        schedule: SendSchedule,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            seed: hall.seed,
            register,
            multiplier: hall.multiplier.max(1).into(),
            faults,
            zone,
            clock,
            schedule,
            progress,
            next: schedule.first,
            bytes: Vec::with_capacity(2048),
            consumed: 0,
        }
    }

    /// Register that the meter shows at `at`, in secondary values, Wh.
    fn shown_wh(&self, at: i64) -> u64 {
        let advanced_at = if self.faults.hourly { at - at.rem_euclid(3600) } else { at };
        let mut wh = self.register.mwh(advanced_at) / (1000 * self.multiplier);
        if let Some(swap) = self.faults.swap.filter(|&swap| at >= swap) {
            wh -= self.register.mwh(swap) / (1000 * self.multiplier);
        }
        match self.faults.rollover_wh {
            Some(full) => wh % full,
            None => wh,
        }
    }

    fn send(&mut self, at: i64) {
        self.bytes.clear();
        self.consumed = 0;
        let summer = self.faults.summer_clock
            && Timestamp::from_second(at)
                .is_ok_and(|t| self.zone.to_offset_info(t).dst() == jiff::tz::Dst::Yes);
        let values = MeterValues {
            at,
            offset_s: if summer { 7200 } else { 3600 },
            summer,
            import_wh: self.shown_wh(at),
            watts: self.register.watts(at) / self.multiplier,
        };
        telegram::write(&mut self.bytes, &values);
        self.faults.corrupt(self.seed, at, &mut self.bytes, 0);
        self.progress.newest.store(at, Relaxed);
        self.progress.sent.fetch_add(1, Relaxed);
        self.next = self.schedule.after(at);
    }
}

impl ErrorType for MeterPort {
    type Error = Infallible;
}

impl Read for MeterPort {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        while self.consumed == self.bytes.len() {
            if self.next <= self.clock.now() {
                while self.progress.queued.load(Relaxed) >= MAX_QUEUED {
                    self.progress.acknowledged.notified().await;
                }
            } else {
                self.clock.wait_until(self.next).await;
            }
            self.send(self.next);
        }
        let count = buffer.len().min(self.bytes.len() - self.consumed);
        buffer[..count].copy_from_slice(&self.bytes[self.consumed..self.consumed + count]);
        self.consumed += count;
        Ok(count)
    }
}

//! The meter's serial port: bytes come when the calendar says so, and while the
//! past is caught up, as fast as the gateway takes them.
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
    clock::Calendar,
    faults::Faults,
    register::Register,
    telegram::{self, Values},
    town_hall::TownHall,
};

/// Readings that may wait in an outbox while the past is caught up.
const MOST_WAITING: usize = 512;

/// When a meter sends.
#[derive(Debug, Clone, Copy)]
pub struct Rhythm {
    /// The first telegram.
    pub first: i64,
    /// Until then once an hour, as in a grid company's history.
    pub hourly_until: i64,
    /// And until then once a quarter-hour.
    pub quarterly_until: i64,
    /// From then on.
    pub interval: i64,
}

impl Rhythm {
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

/// What a house's port, clock and outbox tell each other.
#[derive(Debug, Default)]
pub struct Pace {
    /// Time of the newest telegram: what the gateway's clock shows.
    pub(crate) at: AtomicI64,
    waiting: AtomicUsize,
    room: Notify,
    /// Telegrams sent.
    pub sent: AtomicUsize,
    /// Telegrams that the gateway refused.
    pub refused: AtomicUsize,
}

/// Tells the port how many readings wait.
#[derive(Debug)]
pub struct Watcher(pub Arc<Pace>);

impl Observer for Watcher {
    fn queued(&mut self, _: ReadingId, waiting: usize) {
        self.0.waiting.store(waiting, Relaxed);
    }
    fn acknowledged(&mut self, _: ReadingId, waiting: usize) {
        self.0.waiting.store(waiting, Relaxed);
        self.0.room.notify_one();
    }
    fn telegram_rejected(&mut self, _: gateway::meter::TelegramError) {
        self.0.refused.fetch_add(1, Relaxed);
    }
}

/// A meter's port.
#[derive(Debug)]
pub struct Port {
    seed: u64,
    register: Register,
    multiplier: u64,
    faults: Faults,
    zone: TimeZone,
    calendar: Calendar,
    rhythm: Rhythm,
    pace: Arc<Pace>,
    next: i64,
    bytes: Vec<u8>,
    taken: usize,
}

impl Port {
    /// A port that begins with the rhythm's first telegram.
    pub fn new(
        hall: &TownHall,
        register: Register,
        faults: Faults,
        zone: TimeZone,
        calendar: Calendar,
        rhythm: Rhythm,
        pace: Arc<Pace>,
    ) -> Self {
        Self {
            seed: hall.seed,
            register,
            multiplier: hall.multiplier.max(1).into(),
            faults,
            zone,
            calendar,
            rhythm,
            pace,
            next: rhythm.first,
            bytes: Vec::with_capacity(2048),
            taken: 0,
        }
    }

    /// What the meter shows then, secondary, Wh.
    fn shown(&self, at: i64) -> u64 {
        let moved = if self.faults.hourly { at - at.rem_euclid(3600) } else { at };
        let mut wh = self.register.mwh(moved) / (1000 * self.multiplier);
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
        self.taken = 0;
        let summer = self.faults.summer_clock
            && Timestamp::from_second(at)
                .is_ok_and(|t| self.zone.to_offset_info(t).dst() == jiff::tz::Dst::Yes);
        let values = Values {
            at,
            offset_s: if summer { 7200 } else { 3600 },
            summer,
            import_wh: self.shown(at),
            watts: self.register.watts(at) / self.multiplier,
        };
        telegram::write(&mut self.bytes, &values);
        self.faults.spoil(self.seed, at, &mut self.bytes, 0);
        self.pace.at.store(at, Relaxed);
        self.pace.sent.fetch_add(1, Relaxed);
        self.next = self.rhythm.after(at);
    }
}

impl ErrorType for Port {
    type Error = Infallible;
}

impl Read for Port {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        while self.taken == self.bytes.len() {
            if self.next <= self.calendar.now() {
                while self.pace.waiting.load(Relaxed) >= MOST_WAITING {
                    self.pace.room.notified().await;
                }
            } else {
                self.calendar.until(self.next).await;
            }
            self.send(self.next);
        }
        let count = buffer.len().min(self.bytes.len() - self.taken);
        buffer[..count].copy_from_slice(&self.bytes[self.taken..self.taken + count]);
        self.taken += count;
        Ok(count)
    }
}

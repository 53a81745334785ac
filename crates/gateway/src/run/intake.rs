//! The meter's side of the loop: bytes to readings in the outbox.
use core::future::pending;

use embassy_futures::select::{Either, select};
use embedded_io_async::Read;
use wire::{ConnectionState, Status, Time};

use super::RunError;
use super::fallback::Fallback;
use crate::meter::p1::Decoder;
use crate::meter::{MeterTime, Telegram, TelegramError};
use crate::{Clock, ClockOffsets, Config, Measurement, MeterClock, Observer, Outbox, Undated};

/// Bytes read at once.
const CHUNK: usize = 512;
/// No meter pauses that long within a telegram.
const SILENCE_MS: u64 = 2_000;
/// A reading may come that much before the interval is over, so that a meter of
/// ten seconds is not halved by an interval of ten seconds.
const EARLY_MS: u64 = 500;
/// So long after the start the network is given to tell the time before the meter may.
/// As many telegrams of ten seconds wait even in RAM without being thinned.
const PATIENCE_MS: u64 = 300_000;
/// After so many telegrams whose time is known all is learned that will be.
const LEARNED: u8 = 6;
/// What came from the meter's port, or that a deadline has passed.
pub(super) enum Input<E> {
    Bytes(usize),
    Failed(E),
    Due,
}

pub(super) struct Intake<'a, R, C, O, W> {
    config: &'a Config,
    meter: &'a mut R,
    pub(super) clock: &'a C,
    pub(super) outbox: &'a mut O,
    pub(super) observer: &'a mut W,
    chunk: [u8; CHUNK],
    decoder: Decoder,
    meter_clock: MeterClock,
    /// When the last bytes came.
    heard_ms: u64,
    /// A telegram has begun and not ended.
    within: bool,
    start_ms: u64,
    fallback: Fallback,
    /// What the outbox keeps of the meter's clock.
    kept: ClockOffsets,
    /// Telegrams since the time is known.
    learned: u8,
    /// Readings that nobody could date.
    undatable: u32,
    /// The newest that is not due yet.
    held: Option<(Undated, u64)>,
    /// When the last was let through.
    passed_ms: Option<u64>,
    last: Option<Time>,
    /// Telegrams that were sound, and no reading.
    no_register: u32,
    ended: bool,
}

impl<'a, R: Read, C: Clock, O: Outbox, W: Observer> Intake<'a, R, C, O, W> {
    pub(super) fn new(
        config: &'a Config,
        meter: &'a mut R,
        clock: &'a C,
        outbox: &'a mut O,
        observer: &'a mut W,
    ) -> Self {
        let kept = outbox.clock_offsets();
        Self {
            config,
            meter,
            clock,
            outbox,
            observer,
            chunk: [0; CHUNK],
            decoder: Decoder::new(),
            meter_clock: MeterClock::with(kept),
            start_ms: clock.monotonic_ms(),
            fallback: Fallback::default(),
            kept,
            learned: 0,
            undatable: 0,
            heard_ms: 0,
            within: false,
            held: None,
            passed_ms: None,
            last: None,
            no_register: 0,
            ended: false,
        }
    }

    /// Whether the meter's stream is over and all of it is in the outbox.
    pub(super) const fn ended(&self) -> bool {
        self.ended
    }

    /// Waits for bytes or a deadline. Cancel-safe as far as `read` is.
    pub(super) async fn input(&mut self) -> Input<R::Error> {
        if self.ended {
            return pending().await;
        }
        let deadline = self.deadline_ms();
        let read = self.meter.read(&mut self.chunk);
        let result = match deadline {
            None => read.await,
            Some(at) => match select(read, self.clock.sleep_until(at)).await {
                Either::First(result) => result,
                Either::Second(()) => return Input::Due,
            },
        };
        match result {
            Ok(length) => Input::Bytes(length),
            Err(error) => Input::Failed(error),
        }
    }

    fn deadline_ms(&self) -> Option<u64> {
        let silence = self.within.then_some(self.heard_ms + SILENCE_MS);
        let due = self
            .held
            .as_ref()
            .and(self.passed_ms)
            .map(|passed| passed + self.interval_ms() + EARLY_MS);
        silence.into_iter().chain(due).min()
    }

    fn interval_ms(&self) -> u64 {
        u64::from(self.config.interval_s) * 1000
    }

    /// Takes what came.
    pub(super) async fn take(
        &mut self,
        input: Input<R::Error>,
    ) -> Result<(), RunError<R::Error, O::Error>> {
        let now = self.clock.monotonic_ms();
        match input {
            Input::Bytes(0) => {
                self.ended = true;
                self.end(now).await?;
                self.pass_held().await?;
            }
            Input::Bytes(length) => {
                self.heard_ms = now;
                let mut at = 0;
                loop {
                    let mut rest = self.chunk.get(at..length).unwrap_or_default();
                    let Some(event) = self.decoder.next(&mut rest) else { break };
                    at = length - rest.len();
                    if let Some(undated) = self.measure(event, now) {
                        self.pass(undated, now).await?;
                    }
                }
                self.within = self.decoder.is_within();
            }
            Input::Failed(error) => return Err(RunError::Meter(error)),
            Input::Due => {
                if self.within && now >= self.heard_ms + SILENCE_MS {
                    self.end(now).await?;
                }
                let passed = self.passed_ms.unwrap_or(0);
                if now >= passed + self.interval_ms() + EARLY_MS {
                    self.pass_held().await?;
                }
            }
        }
        Ok(())
    }

    async fn end(&mut self, now: u64) -> Result<(), RunError<R::Error, O::Error>> {
        self.within = false;
        match self.decoder.end().and_then(|event| self.measure(event, now)) {
            Some(undated) => self.pass(undated, now).await,
            None => Ok(()),
        }
    }

    async fn pass_held(&mut self) -> Result<(), RunError<R::Error, O::Error>> {
        match self.held.take() {
            Some((undated, at)) => self.pass(undated, at).await,
            None => Ok(()),
        }
    }

    /// What a telegram tells, if it is time for a reading.
    fn measure(
        &mut self,
        event: Result<Telegram, TelegramError>,
        received_ms: u64,
    ) -> Option<Undated> {
        let telegram = match event {
            Ok(telegram) => telegram,
            Err(error) => {
                self.observer.telegram_rejected(error);
                return None;
            }
        };
        let measurement = Measurement::from_telegram(&telegram, self.config.multiplier);
        self.observer.telegram(&telegram, measurement.as_ref());
        // Without a register there is no reading, only something to look at.
        let Some(measurement) = measurement else {
            self.no_register = self.no_register.saturating_add(1);
            return None;
        };
        let shown = telegram.time();
        if let Some(told) = shown.and_then(|shown| self.meter_clock.known().told(shown))
            && self.fallback.hear(told, received_ms)
            && self.clock.utc().is_none()
        {
            self.observer.meter_clock_in_use();
        }
        let undated = Undated { measurement, shown, received_ms: Some(received_ms) };
        let due = |passed| received_ms + EARLY_MS >= passed + self.interval_ms();
        if self.passed_ms.is_none_or(due) {
            return Some(undated);
        }
        self.held = Some((undated, received_ms));
        None
    }

    async fn pass(
        &mut self,
        undated: Undated,
        received_ms: u64,
    ) -> Result<(), RunError<R::Error, O::Error>> {
        self.passed_ms = Some(received_ms);
        self.held = None;
        self.tell_time().await?;
        let Some(utc) = self.utc() else {
            self.outbox.push_undated(undated).await.map_err(RunError::Outbox)?;
            self.observer.undated_queued(self.outbox.undated_len());
            return Ok(());
        };
        let Some(time) = self.by_age(undated.shown, received_ms, utc) else { return Ok(()) };
        self.learned = self.learned.saturating_add(1);
        let known = self.meter_clock.known();
        if known.is_news(&self.kept) {
            self.outbox.store_clock_offsets(known).await.map_err(RunError::Outbox)?;
            self.kept = known;
        }
        // A reading is known by its second: a second one there would be a repeat.
        if self.last == Some(time) {
            return Ok(());
        }
        let id = self.outbox.push(time, undated.measurement).await.map_err(RunError::Outbox)?;
        self.last = Some(time);
        self.observer.queued(id, self.outbox.len());
        Ok(())
    }

    /// UTC, from whoever tells it: the meter only where nobody else does.
    fn utc(&self) -> Option<Time> {
        self.clock.utc().or_else(|| {
            let now = self.clock.monotonic_ms();
            self.fallback.utc(now).filter(|_| now >= self.start_ms + PATIENCE_MS)
        })
    }

    /// Once the time is known, the readings that wait get theirs.
    pub(super) async fn tell_time(&mut self) -> Result<(), RunError<R::Error, O::Error>> {
        if self.outbox.undated_len() == 0 {
            return Ok(());
        }
        let Some(utc) = self.utc() else { return Ok(()) };
        let (mut place, before) = (0, self.undatable);
        while let Some(undated) = self.outbox.undated(place) {
            let time = match undated.received_ms {
                Some(at) => self.by_age(undated.shown, at, utc),
                None => match self.by_the_meter(undated.shown, utc) {
                    None if undated.shown.is_some() && self.learned < LEARNED => {
                        place += 1;
                        continue;
                    }
                    None => {
                        self.undatable = self.undatable.saturating_add(1);
                        None
                    }
                    time => time,
                },
            };
            // As above: a repeat is none.
            let time = time.filter(|time| self.last != Some(*time));
            let id = self.outbox.assign_time(place, time).await.map_err(RunError::Outbox)?;
            if let Some(id) = id {
                self.last = time;
                self.observer.queued(id, self.outbox.len());
            }
        }
        if self.undatable > before {
            self.observer.undatable(self.undatable - before);
        }
        Ok(())
    }

    /// By how long ago it came.
    fn by_age(&mut self, shown: Option<MeterTime>, received_ms: u64, utc: Time) -> Option<Time> {
        let age = self.clock.monotonic_ms().saturating_sub(received_ms) / 1000;
        let received = Time::from_unix(utc.unix().saturating_sub_unsigned(age)).ok()?;
        Some(match self.clock.utc() {
            Some(_) => self.meter_clock.stamp(shown, received).0,
            None => self.meter_clock.repeat(shown, received),
        })
    }

    /// Of before the power went: by what the meter showed then.
    fn by_the_meter(&self, shown: Option<MeterTime>, utc: Time) -> Option<Time> {
        self.meter_clock.known().meant_before(shown?, utc)
    }

    /// What the gateway tells about itself now.
    pub(super) fn status(&self) -> Status {
        let up_ms = self.clock.monotonic_ms().saturating_sub(self.start_ms);
        let counters = self.decoder.counters();
        let refused = counters.by_reason(self.no_register);
        let queued = self.outbox.len() + self.outbox.undated_len();
        Status {
            state: ConnectionState::Online,
            firmware: Some(self.config.firmware.clone()),
            t: self.utc(),
            boot: Some(self.outbox.boot()),
            uptime_s: Some((up_ms / 1000).try_into().unwrap_or(u32::MAX)),
            queued: Some(queued.try_into().unwrap_or(u32::MAX)),
            dropped: Some(self.outbox.dropped().saturating_add(self.undatable)),
            telegrams: Some(counters.understood().saturating_sub(self.no_register)),
            errors: Some(refused.total()),
            refused: Some(refused),
            reset: self.config.reset.clone(),
            config: self.observer.config_error(),
            update: self.observer.update_state(),
        }
    }
}

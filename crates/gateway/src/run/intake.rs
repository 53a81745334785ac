//! The meter's side of the loop: from bytes to readings in the outbox.
use core::future::pending;

use embassy_futures::select::{Either, select};
use embedded_io_async::Read;
use wire::{ConnectionState, Status, Time};

use super::RunError;
use super::fallback::FallbackClock;
use crate::meter::p1::Decoder;
use crate::meter::{MeterTime, Telegram, TelegramError};
use crate::{Clock, ClockOffsets, Config, Measurement, MeterClock, Observer, Outbox, Undated};

/// Buffer of one read, bytes.
const CHUNK: usize = 512;
/// Silence after which a telegram counts as ended; no meter pauses so long within one.
const SILENCE_MS: u64 = 2_000;
/// A reading may be this much earlier than the interval, so that with an interval of ten
/// seconds every telegram of a ten-second meter becomes a reading.
const INTERVAL_TOLERANCE_MS: u64 = 500;
/// Time after the start in which only the network can give UTC. After it the meter's clock
/// is used. Even in RAM the telegrams of this time, one in ten seconds, fit without
/// thinning.
const NETWORK_TIME_MS: u64 = 300_000;
/// Telegrams with a known time after which no further offset will be learned.
const TELEGRAMS_TO_LEARN: u8 = 6;
/// Result of waiting for the meter's port.
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
    /// When the last bytes were received.
    last_bytes_ms: u64,
    /// Whether a telegram has begun and not ended.
    in_telegram: bool,
    start_ms: u64,
    fallback: FallbackClock,
    /// The offsets that the outbox has stored.
    stored_offsets: ClockOffsets,
    /// Number of telegrams since the time is known.
    telegrams_with_time: u8,
    /// Number of readings whose time could not be determined.
    undatable: u32,
    /// The newest reading that is not due yet, and when it was received.
    deferred: Option<(Undated, u64)>,
    /// When the telegram of the last reading was received.
    last_enqueued_ms: Option<u64>,
    /// Time of the last reading in the outbox.
    last_time: Option<Time>,
    /// Number of valid telegrams without a register of imported energy.
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
        let stored_offsets = outbox.clock_offsets();
        Self {
            config,
            meter,
            clock,
            outbox,
            observer,
            chunk: [0; CHUNK],
            decoder: Decoder::new(),
            meter_clock: MeterClock::with_offsets(stored_offsets),
            start_ms: clock.monotonic_ms(),
            fallback: FallbackClock::default(),
            stored_offsets,
            telegrams_with_time: 0,
            undatable: 0,
            last_bytes_ms: 0,
            in_telegram: false,
            deferred: None,
            last_enqueued_ms: None,
            last_time: None,
            no_register: 0,
            ended: false,
        }
    }

    /// Whether the meter's stream has ended and all of it is in the outbox.
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
        let silence = self.in_telegram.then_some(self.last_bytes_ms + SILENCE_MS);
        let due = self
            .deferred
            .as_ref()
            .and(self.last_enqueued_ms)
            .map(|last| last + self.interval_ms() + INTERVAL_TOLERANCE_MS);
        silence.into_iter().chain(due).min()
    }

    fn interval_ms(&self) -> u64 {
        u64::from(self.config.interval_s) * 1000
    }

    /// Handles the result of [`Self::input`].
    pub(super) async fn handle(
        &mut self,
        input: Input<R::Error>,
    ) -> Result<(), RunError<R::Error, O::Error>> {
        let now = self.clock.monotonic_ms();
        match input {
            Input::Bytes(0) => {
                self.ended = true;
                self.end(now).await?;
                self.enqueue_deferred().await?;
            }
            Input::Bytes(length) => {
                self.last_bytes_ms = now;
                let mut at = 0;
                loop {
                    let mut rest = self.chunk.get(at..length).unwrap_or_default();
                    let Some(event) = self.decoder.next(&mut rest) else { break };
                    at = length - rest.len();
                    if let Some(undated) = self.undated_from(event, now) {
                        self.enqueue(undated, now).await?;
                    }
                }
                self.in_telegram = self.decoder.is_within();
            }
            Input::Failed(error) => return Err(RunError::Meter(error)),
            Input::Due => {
                if self.in_telegram && now >= self.last_bytes_ms + SILENCE_MS {
                    self.end(now).await?;
                }
                let last = self.last_enqueued_ms.unwrap_or(0);
                if now >= last + self.interval_ms() + INTERVAL_TOLERANCE_MS {
                    self.enqueue_deferred().await?;
                }
            }
        }
        Ok(())
    }

    async fn end(&mut self, now: u64) -> Result<(), RunError<R::Error, O::Error>> {
        self.in_telegram = false;
        match self.decoder.end().and_then(|event| self.undated_from(event, now)) {
            Some(undated) => self.enqueue(undated, now).await,
            None => Ok(()),
        }
    }

    async fn enqueue_deferred(&mut self) -> Result<(), RunError<R::Error, O::Error>> {
        match self.deferred.take() {
            Some((undated, at)) => self.enqueue(undated, at).await,
            None => Ok(()),
        }
    }

    /// The reading of a telegram, if one is due.
    fn undated_from(
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
        // A telegram without the register is for display only.
        let Some(measurement) = measurement else {
            self.no_register = self.no_register.saturating_add(1);
            return None;
        };
        let shown = telegram.time();
        if let Some(utc) = shown.and_then(|shown| self.meter_clock.offsets().to_utc(shown))
            && self.fallback.observe(utc, received_ms)
            && self.clock.utc().is_none()
        {
            self.observer.meter_clock_in_use();
        }
        let undated = Undated { measurement, shown, received_ms: Some(received_ms) };
        let due = |last| received_ms + INTERVAL_TOLERANCE_MS >= last + self.interval_ms();
        if self.last_enqueued_ms.is_none_or(due) {
            return Some(undated);
        }
        self.deferred = Some((undated, received_ms));
        None
    }

    async fn enqueue(
        &mut self,
        undated: Undated,
        received_ms: u64,
    ) -> Result<(), RunError<R::Error, O::Error>> {
        self.last_enqueued_ms = Some(received_ms);
        self.deferred = None;
        self.assign_times().await?;
        let Some(utc) = self.utc() else {
            self.outbox.push_undated(undated).await.map_err(RunError::Outbox)?;
            self.observer.undated_queued(self.outbox.undated_len());
            return Ok(());
        };
        let Some(time) = self.time_by_age(undated.shown, received_ms, utc) else { return Ok(()) };
        self.telegrams_with_time = self.telegrams_with_time.saturating_add(1);
        let offsets = self.meter_clock.offsets();
        if offsets.is_worth_storing(&self.stored_offsets) {
            self.outbox.store_clock_offsets(offsets).await.map_err(RunError::Outbox)?;
            self.stored_offsets = offsets;
        }
        // The server identifies a reading by meter and second.
        if self.last_time == Some(time) {
            return Ok(());
        }
        let id = self.outbox.push(time, undated.measurement).await.map_err(RunError::Outbox)?;
        self.last_time = Some(time);
        self.observer.queued(id, self.outbox.len());
        Ok(())
    }

    /// UTC from the clock; without it, from the meter after [`NETWORK_TIME_MS`].
    fn utc(&self) -> Option<Time> {
        self.clock.utc().or_else(|| {
            let now = self.clock.monotonic_ms();
            self.fallback.utc(now).filter(|_| now >= self.start_ms + NETWORK_TIME_MS)
        })
    }

    /// Assigns times to the undated readings, once UTC is known.
    pub(super) async fn assign_times(&mut self) -> Result<(), RunError<R::Error, O::Error>> {
        if self.outbox.undated_len() == 0 {
            return Ok(());
        }
        let Some(utc) = self.utc() else { return Ok(()) };
        let (mut index, before) = (0, self.undatable);
        while let Some(undated) = self.outbox.undated(index) {
            let time = match undated.received_ms {
                Some(at) => self.time_by_age(undated.shown, at, utc),
                None => match self.time_by_meter(undated.shown, utc) {
                    None if undated.shown.is_some()
                        && self.telegrams_with_time < TELEGRAMS_TO_LEARN =>
                    {
                        index += 1;
                        continue;
                    }
                    None => {
                        self.undatable = self.undatable.saturating_add(1);
                        None
                    }
                    time => time,
                },
            };
            // As in `enqueue`.
            let time = time.filter(|time| self.last_time != Some(*time));
            let id = self.outbox.assign_time(index, time).await.map_err(RunError::Outbox)?;
            if let Some(id) = id {
                self.last_time = time;
                self.observer.queued(id, self.outbox.len());
            }
        }
        if self.undatable > before {
            self.observer.undatable(self.undatable - before);
        }
        Ok(())
    }

    /// Time of a telegram by its age.
    fn time_by_age(
        &mut self,
        shown: Option<MeterTime>,
        received_ms: u64,
        utc: Time,
    ) -> Option<Time> {
        let age = self.clock.monotonic_ms().saturating_sub(received_ms) / 1000;
        let received = Time::from_unix(utc.unix().saturating_sub_unsigned(age)).ok()?;
        Some(match self.clock.utc() {
            Some(_) => self.meter_clock.stamp(shown, received).0,
            None => self.meter_clock.stamp_unconfirmed(shown, received),
        })
    }

    /// Time of a telegram from before a loss of power, by the meter's clock alone.
    fn time_by_meter(&self, shown: Option<MeterTime>, utc: Time) -> Option<Time> {
        self.meter_clock.offsets().to_past_utc(shown?, utc)
    }

    /// The status message.
    pub(super) fn status(&self) -> Status {
        let up_ms = self.clock.monotonic_ms().saturating_sub(self.start_ms);
        let counters = self.decoder.counters();
        let rejected = counters.by_reason(self.no_register);
        let queued = self.outbox.len() + self.outbox.undated_len();
        Status {
            state: ConnectionState::Online,
            firmware: Some(self.config.firmware.clone()),
            t: self.utc(),
            boot: Some(self.outbox.boot()),
            uptime_s: Some((up_ms / 1000).try_into().unwrap_or(u32::MAX)),
            queued: Some(queued.try_into().unwrap_or(u32::MAX)),
            dropped: Some(self.outbox.dropped().saturating_add(self.undatable)),
            telegrams: Some(counters.decoded().saturating_sub(self.no_register)),
            errors: Some(rejected.total()),
            refused: Some(rejected),
            reset: self.config.reset.clone(),
            config: self.observer.config_error(),
            update: self.observer.update_state(),
        }
    }
}

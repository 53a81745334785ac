//! The broker's side of the loop: what goes out on one connection.
use core::future::ready;

use embassy_futures::select::{Either, Either3, select, select3};
use embedded_io_async::Read;
use wire::{ConnectionState, MAX_READING, MAX_STATUS, Status, Topic, TopicBuf};

use super::backoff::Backoff;
use super::intake::Intake;
use super::window::Window;
use super::{Over, RunError, beside};
use crate::{Clock, Config, Entry, Message, Observer, Outbox, ReadingId, UplinkConnection};

/// How soon to look again when a status is due and the window is full.
const NO_ROOM_MS: u64 = 1_000;
/// How often to look for what may be told at any moment.
const LOOK_MS: u64 = 5_000;
/// A connection that has lasted so long holds.
const HELD_MS: u64 = 60_000;

pub(super) struct Sender<'a, L> {
    config: &'a Config,
    pub(super) link: L,
    window: Window,
    /// The newest reading sent on this connection.
    sent: Option<ReadingId>,
    reading: TopicBuf,
    status: TopicBuf,
}

impl<'a, L: UplinkConnection> Sender<'a, L> {
    pub(super) fn new(config: &'a Config, link: L) -> Self {
        Self {
            config,
            link,
            window: Window::new(config.window),
            sent: None,
            reading: Topic::Reading(config.gateway.clone()).to_buf(),
            status: Topic::Status(config.gateway.clone()).to_buf(),
        }
    }

    /// Sends what the outbox holds and gets until the meter's stream is over
    /// and all is acknowledged, the goodbye too.
    pub(super) async fn until_done<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
        backoff: &mut Backoff,
    ) -> Result<(), Over<R::Error, O::Error>> {
        let clock = intake.clock;
        let began_ms = clock.monotonic_ms();
        let mut status_ms = began_ms;
        // When something was last acknowledged, or nothing was to be.
        let mut heard_ms = began_ms;
        let mut said_goodbye = false;
        let mut told = (intake.observer.config_error(), intake.observer.update_state());
        loop {
            // An uplink that always has an answer ready must not starve the meter.
            if let Either::First(input) = select(intake.input(), ready(())).await {
                intake.take(input).await?;
            }
            intake.tell_time().await?;
            let now = clock.monotonic_ms();
            let tells = (intake.observer.config_error(), intake.observer.update_state());
            if tells != told {
                told = tells;
                status_ms = now;
            }
            if now >= status_ms && !self.window.is_full() && !said_goodbye {
                self.publish_status(intake, &intake.status()).await?;
                status_ms = now + u64::from(self.config.status_interval_s.max(1)) * 1000;
            }
            self.fill(intake).await?;
            if intake.ended() && intake.outbox.is_empty() && self.window.is_empty() {
                if said_goodbye {
                    return Ok(());
                }
                said_goodbye = true;
                let goodbye = Status { state: ConnectionState::Offline, ..intake.status() };
                self.publish_status(intake, &goodbye).await?;
            }
            // The time, and what becomes of settings or an update, may be told at any moment,
            // and nobody says so.
            let soon = intake.outbox.undated_len() > 0 || told.1.is_some();
            let waits = if soon { now } else { status_ms.min(now + LOOK_MS) };
            if self.window.is_empty() {
                heard_ms = now;
            }
            let patience_ms = u64::from(self.config.ack_timeout_s) * 1000;
            if now >= heard_ms + patience_ms {
                return Err(Over::Broken);
            }
            let wake = waits.max(now + NO_ROOM_MS).min(heard_ms + patience_ms);
            let wake = clock.sleep_until(wake);
            match select3(self.link.next_ack(), intake.input(), wake).await {
                Either3::First(Ok(token)) => {
                    heard_ms = clock.monotonic_ms();
                    // A broker that takes the status and breaks off at the first reading
                    // has not held.
                    if heard_ms >= began_ms + HELD_MS {
                        backoff.reset();
                    }
                    if let Some(through) = self.window.acknowledge(token) {
                        backoff.reset();
                        intake.outbox.release(through).await.map_err(RunError::Outbox)?;
                        intake.observer.acknowledged(through, intake.outbox.len());
                    }
                }
                Either3::First(Err(_)) => return Err(Over::Broken),
                Either3::Second(input) => intake.take(input).await?,
                Either3::Third(()) => {}
            }
        }
    }

    /// Sends as many readings as the window takes.
    async fn fill<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
    ) -> Result<(), Over<R::Error, O::Error>> {
        while !self.window.is_full() {
            let next = intake.outbox.after(self.sent).await.map_err(RunError::Outbox)?;
            let Some(Entry { id, time, measurement }) = next else { break };
            let mut payload = [0; MAX_READING];
            // Fits: `wire` proves it for the longest.
            let length =
                measurement.reading(&self.config.meter, time, id).encode(&mut payload).unwrap_or(0);
            let payload = &payload[..length];
            let message = Message { topic: &self.reading, payload, retain: false };
            let token = self.window.begin(Some(id));
            beside(intake, self.link.publish(token, message)).await?.map_err(|_| Over::Broken)?;
            self.sent = Some(id);
        }
        Ok(())
    }

    async fn publish_status<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
        status: &Status,
    ) -> Result<(), Over<R::Error, O::Error>> {
        let mut payload = [0; MAX_STATUS];
        // Fits: `wire` proves it for the longest.
        let length = status.encode(&mut payload).unwrap_or(0);
        let message = Message { topic: &self.status, payload: &payload[..length], retain: true };
        let token = self.window.begin(None);
        beside(intake, self.link.publish(token, message)).await?.map_err(|_| Over::Broken)
    }
}

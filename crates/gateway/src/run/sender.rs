//! The broker's side of the loop: publishes on one connection.
use core::future::ready;

use embassy_futures::select::{Either, Either3, select, select3};
use embedded_io_async::Read;
use wire::{ConnectionState, MAX_READING, MAX_STATUS, Status, Topic, TopicBuf};

use super::backoff::Backoff;
use super::intake::Intake;
use super::window::Window;
use super::{ConnectionEnd, RunError, serving_meter};
use crate::{Clock, Config, Entry, Message, Observer, Outbox, ReadingId, UplinkConnection};

/// Minimum wait, also while a status is due and the window is full.
const MIN_WAIT_MS: u64 = 1_000;
/// How often the observer's part of the status is checked for changes.
const POLL_MS: u64 = 5_000;
/// Age from which an acknowledgement of a status message shows that a connection is stable.
const STABLE_MS: u64 = 60_000;

pub(super) struct Sender<'a, L> {
    config: &'a Config,
    pub(super) link: L,
    window: Window,
    /// The newest reading sent on this connection.
    last_sent: Option<ReadingId>,
    reading: TopicBuf,
    status: TopicBuf,
}

impl<'a, L: UplinkConnection> Sender<'a, L> {
    pub(super) fn new(config: &'a Config, link: L) -> Self {
        Self {
            config,
            link,
            window: Window::new(config.window),
            last_sent: None,
            reading: Topic::Reading(config.gateway.clone()).to_buf(),
            status: Topic::Status(config.gateway.clone()).to_buf(),
        }
    }

    /// Publishes the readings of the outbox until the meter's stream has ended and
    /// everything is acknowledged, the status "offline" included.
    pub(super) async fn until_done<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
        backoff: &mut Backoff,
    ) -> Result<(), ConnectionEnd<R::Error, O::Error>> {
        let clock = intake.clock;
        let connected_ms = clock.monotonic_ms();
        let mut status_ms = connected_ms;
        // When an acknowledgement last arrived, or none was outstanding.
        let mut last_ack_ms = connected_ms;
        let mut offline_sent = false;
        let mut reported = (intake.observer.config_error(), intake.observer.update_state());
        loop {
            // An uplink whose acknowledgements are always ready must not starve the meter.
            if let Either::First(input) = select(intake.input(), ready(())).await {
                intake.handle(input).await?;
            }
            intake.assign_times().await?;
            let now = clock.monotonic_ms();
            let reportable = (intake.observer.config_error(), intake.observer.update_state());
            if reportable != reported {
                reported = reportable;
                status_ms = now;
            }
            if now >= status_ms && !self.window.is_full() && !offline_sent {
                self.publish_status(intake, &intake.status()).await?;
                status_ms = now + u64::from(self.config.status_interval_s.max(1)) * 1000;
            }
            self.fill(intake).await?;
            if intake.ended() && intake.outbox.is_empty() && self.window.is_empty() {
                if offline_sent {
                    return Ok(());
                }
                offline_sent = true;
                let offline = Status { state: ConnectionState::Offline, ..intake.status() };
                self.publish_status(intake, &offline).await?;
            }
            // UTC and the observer's part of the status can change without an event, so that
            // they are polled.
            let soon = intake.outbox.undated_len() > 0 || reported.1.is_some();
            let next_check = if soon { now } else { status_ms.min(now + POLL_MS) };
            if self.window.is_empty() {
                last_ack_ms = now;
            }
            let timeout_ms = u64::from(self.config.ack_timeout_s) * 1000;
            if now >= last_ack_ms + timeout_ms {
                return Err(ConnectionEnd::Broken);
            }
            let wake = next_check.max(now + MIN_WAIT_MS).min(last_ack_ms + timeout_ms);
            let wake = clock.sleep_until(wake);
            match select3(self.link.next_ack(), intake.input(), wake).await {
                Either3::First(Ok(token)) => {
                    last_ack_ms = clock.monotonic_ms();
                    // Some brokers accept the status and disconnect at the first reading.
                    if last_ack_ms >= connected_ms + STABLE_MS {
                        backoff.reset();
                    }
                    if let Some(through) = self.window.acknowledge(token) {
                        backoff.reset();
                        intake.outbox.release(through).await.map_err(RunError::Outbox)?;
                        intake.observer.acknowledged(through, intake.outbox.len());
                    }
                }
                Either3::First(Err(_)) => return Err(ConnectionEnd::Broken),
                Either3::Second(input) => intake.handle(input).await?,
                Either3::Third(()) => {}
            }
        }
    }

    /// Publishes readings until the window is full.
    async fn fill<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
    ) -> Result<(), ConnectionEnd<R::Error, O::Error>> {
        while !self.window.is_full() {
            let next = intake.outbox.after(self.last_sent).await.map_err(RunError::Outbox)?;
            let Some(Entry { id, time, measurement }) = next else { break };
            let mut payload = [0; MAX_READING];
            // It fits: a test of `wire` encodes the longest message.
            let length =
                measurement.reading(&self.config.meter, time, id).encode(&mut payload).unwrap_or(0);
            let payload = &payload[..length];
            let message = Message { topic: &self.reading, payload, retain: false };
            let token = self.window.begin(Some(id));
            serving_meter(intake, self.link.publish(token, message))
                .await?
                .map_err(|_| ConnectionEnd::Broken)?;
            self.last_sent = Some(id);
        }
        Ok(())
    }

    async fn publish_status<R: Read, C: Clock, O: Outbox, W: Observer>(
        &mut self,
        intake: &mut Intake<'_, R, C, O, W>,
        status: &Status,
    ) -> Result<(), ConnectionEnd<R::Error, O::Error>> {
        let mut payload = [0; MAX_STATUS];
        // It fits: a test of `wire` encodes the longest message.
        let length = status.encode(&mut payload).unwrap_or(0);
        let message = Message { topic: &self.status, payload: &payload[..length], retain: true };
        let token = self.window.begin(None);
        serving_meter(intake, self.link.publish(token, message))
            .await?
            .map_err(|_| ConnectionEnd::Broken)
    }
}

//! The life of a connection: one task that reads, answers, delivers and keeps time,
//! and never waits for one of these while another could go on.
use std::time::Duration;

use mqtt_protocol_core::mqtt::result_code::DisconnectReasonCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{Link, packets::End};
use crate::broker::{
    away,
    session::InFlight,
    waiting::{Lost, Reply},
};

/// Above that many bytes for a client that does not take them, nothing is read from
/// it and nothing more is fetched for it.
const OUT: usize = 256 << 10;

/// Deliveries fetched from the queue at a time.
const BATCH: usize = 64;

/// How long the end waits for the last commits and bytes.
const LAST: Duration = Duration::from_secs(5);

/// Serves a seated client until its connection ends, and does what is then to do.
pub(super) async fn run<S>(mut link: Link<S>, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    link.send_again();
    let end = link.live(stop).await;
    tracing::debug!(client = %link.session.id, ?end, "disconnected");
    metrics::gauge!("wattkampen_mqtt_connections").decrement(1);
    link.leave(end).await;
}

impl<S> Link<S> {
    /// What the session's last connection did not finish, before anything new.
    fn send_again(&mut self) {
        let unfinished = std::mem::take(&mut self.seat.in_flight);
        for delivery in unfinished {
            if delivery.queued.message.expired() || !self.protocol.rename(delivery.id) {
                continue;
            }
            if self.protocol.deliver(&delivery.queued, Some(delivery.id), true).is_ok() {
                self.seat.in_flight.push_back(delivery);
            }
        }
    }

    /// Answers what is committed and gives it to subscribers.
    fn answer(&mut self) {
        while let Some(slot) = self.waiting.next() {
            match slot.reply {
                Reply::Puback(id) => self.protocol.puback(id, slot.refusal),
                Reply::Pubrec(id) => self.protocol.pubrec(id, slot.refusal),
                Reply::None => {}
            }
            if let Some(message) = slot.message {
                let (_, targets) = self.routes.find(&self.hub, &message.topic);
                self.hub.route(&message, &targets, Some(&self.session));
            }
        }
    }

    fn may_deliver(&mut self) -> bool {
        self.seat.in_flight.len() < self.window && self.protocol.out().len() < OUT
    }

    /// Fetches what waits for the client.
    fn deliver(&mut self) {
        let mut taken = Vec::new();
        while self.may_deliver() {
            self.session.take(BATCH.min(self.window - self.seat.in_flight.len()), &mut taken);
            if taken.is_empty() {
                return;
            }
            for queued in taken.drain(..) {
                if queued.message.expired() {
                    continue;
                }
                let id = if queued.qos == 0 { None } else { self.protocol.name() };
                match self.protocol.deliver(&queued, id, false) {
                    Ok(()) => self.seat.in_flight.extend(id.map(|id| InFlight { id, queued })),
                    Err(error) => {
                        metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "client")
                            .increment(1);
                        tracing::debug!(client = %self.session.id, "not delivered: {error}");
                    }
                }
            }
        }
    }

    /// Whether more packets may be looked at.
    fn may_take(&mut self) -> bool {
        self.stalled.is_none()
            && self.waiting.len() < self.hub.limits.waiting.into()
            && self.waiting.bytes() < self.hub.limits.waiting_bytes
            && self.protocol.out().len() < OUT
            && !self.protocol.closing()
    }

    /// Looks at what has come.
    fn consume(&mut self) -> Option<End> {
        while !self.input.is_empty() && self.may_take() {
            match self.protocol.receive(&mut self.input) {
                Ok(None) => {}
                Ok(Some(incoming)) => {
                    if let Some(end) = self.take(incoming) {
                        return Some(end);
                    }
                }
                Err(fault) => {
                    metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "protocol")
                        .increment(1);
                    tracing::debug!(client = %self.session.id, "protocol error: {fault}");
                    return Some(End::Fault);
                }
            }
        }
        None
    }
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Link<S> {
    async fn live(&mut self, mut stop: watch::Receiver<bool>) -> End {
        let stall = self.hub.limits.stall;
        let silence = self.keep_alive * 3 / 2;
        let mut heard = Instant::now();
        let mut moved = heard;
        let period = if silence.is_zero() { stall } else { silence.min(stall) };
        let alarm = sleep_until(heard + period);
        tokio::pin!(alarm);
        let mut burst = 0;
        let mut stopping = false;
        loop {
            if !stopping && let Some(end) = self.consume() {
                return end;
            }
            self.answer();
            self.deliver();
            if self.protocol.closing() {
                return End::Fault;
            }
            if stopping && self.waiting.is_empty() && self.stalled.is_none() {
                return End::Stop;
            }
            let may_take = !stopping && self.may_take();
            if !may_take {
                // It is not the client that is silent.
                heard = Instant::now();
            } else if self.input.capacity() - self.input.len() < 1024 {
                self.input.reserve(if burst >= 2048 { 64 << 10 } else { 4 << 10 });
            }
            let may_deliver = self.may_deliver();
            let to_send = !self.protocol.out().is_empty();
            tokio::select! {
                biased;
                // The session holds the sender as long as this lives.
                _ = self.wanted.wait_for(|wanted| *wanted > self.serial) => return End::TakenOver,
                _ = stop.wait_for(|stop| *stop), if !stopping => stopping = true,
                report = self.waiting.report() => {
                    if let Err(Lost) = self.waiting.settle(report) {
                        return End::Lost;
                    }
                }
                handed = wait(&mut self.stalled), if self.stalled.is_some() => {
                    self.stalled = None;
                    if handed.is_err() {
                        return End::Stop;
                    }
                }
                sent = self.writer.write_buf(self.protocol.out()), if to_send => match sent {
                    Ok(count) if count > 0 => moved = Instant::now(),
                    _ => return End::Closed,
                },
                read = self.reader.read_buf(&mut self.input), if may_take => match read {
                    Ok(count) if count > 0 => {
                        heard = Instant::now();
                        burst = count;
                    }
                    _ => return End::Closed,
                },
                () = self.session.bell.notified(), if may_deliver => {}
                () = &mut alarm => {
                    let now = Instant::now();
                    if to_send && now >= moved + stall {
                        return End::Stuck;
                    }
                    if !silence.is_zero() && now >= heard + silence {
                        return End::Silent;
                    }
                    if !to_send {
                        moved = now;
                    }
                    let due = if silence.is_zero() { now + period } else { heard + silence };
                    alarm.as_mut().reset(due.min(now + period));
                }
            }
        }
    }

    /// Says goodbye, publishes or keeps the will, gives the seat back.
    async fn leave(mut self, end: End) {
        let reason = match end {
            End::TakenOver => Some(DisconnectReasonCode::SessionTakenOver),
            End::Silent => Some(DisconnectReasonCode::KeepAliveTimeout),
            End::Stop => Some(DisconnectReasonCode::ServerShuttingDown),
            End::Lost => Some(DisconnectReasonCode::UnspecifiedError),
            End::Fault => Some(DisconnectReasonCode::ProtocolError),
            End::Stuck => Some(DisconnectReasonCode::QuotaExceeded),
            End::Goodbye { .. } | End::Closed => None,
        };
        if let Some(reason) = reason {
            self.protocol.disconnect(reason);
        }
        let out = self.protocol.out();
        if !matches!(end, End::Closed | End::Stuck | End::Goodbye { .. }) && !out.is_empty() {
            // Not waited for: a takeover is not to depend on a peer that is gone.
            let (mut writer, bytes) = (self.writer, out.split());
            tokio::spawn(timeout(LAST, async move {
                let sent = writer.write_all(&bytes).await;
                sent.and(writer.shutdown().await)
            }));
        }
        drop(self.reader);
        self.seat.handled = self.protocol.handled();
        self.session.set_online(false);

        if let Some(stalled) = self.stalled.take() {
            // It came whole, and its sender may not come again. An error means that
            // the engine is gone, and then nothing is to be done.
            let _ = stalled.await;
        }
        // A broker that ends says nothing of its clients: they will be back.
        let quiet = match end {
            End::Goodbye { with_will } => !with_will,
            End::Stop => true,
            _ => false,
        };
        let will = self.will.take().filter(|_| !quiet);
        if end != End::Stop {
            self.hub.set_will(&self.session.id, None);
        }
        let mut delay = Duration::ZERO;
        if let Some((will, wait)) = will {
            let arrival = self.hub.arrival();
            let will = will.with_arrival(arrival);
            if wait.min(self.expiry).is_zero() {
                // Before the seat is free: a client that takes over speaks after it.
                away::say(&self.hub, &mut self.waiting, will).await;
            } else {
                delay = wait;
                self.session.swap_will(Some(will));
            }
        }
        if self.expiry.is_zero() {
            self.hub.end(&self.session);
        } else {
            self.session.set_seen();
            away::absent(&self.hub, &self.session, self.expiry, delay);
        }
        away::linger(self.hub, self.waiting);
        drop(self.seat);
    }
}

/// Waits for the engine to take what it had no room for; cancel-safe, since the
/// future stays where it is.
async fn wait(
    stalled: &mut Option<super::delivery::Stalled>,
) -> Result<(), super::delivery::EngineGone> {
    match stalled {
        Some(stalled) => stalled.await,
        None => std::future::pending().await,
    }
}

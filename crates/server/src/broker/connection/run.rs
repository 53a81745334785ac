//! The event loop of a connection: one task that reads, acknowledges, delivers and watches the
//! timeouts, and never waits for one of these while another could make progress.
use std::time::Duration;

use mqtt_protocol_core::mqtt::result_code::DisconnectReasonCode;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{Connection, Will, packets::CloseReason};
use crate::broker::{
    ingest::{EngineEnded, PendingDelivery},
    pending_acks::{NotCommitted, PendingPublish, PublishRejection, Reply},
    session::InFlight,
    wills,
};

/// Messages that are put into queues of subscribers before other connections have their turn: some
/// milliseconds.
const ROUTED_IN_A_TURN: usize = 4096;
/// While more bytes than this wait for the client to accept them, nothing is read from it and
/// nothing more is dequeued for it.
const MAX_OUTPUT: usize = 256 << 10;

/// Deliveries that are dequeued at a time.
const BATCH: usize = 64;

/// Longest time for the last bytes to a client.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Serves a client until its connection ends, and closes the connection.
pub(super) async fn run<S>(mut connection: Connection<S>, stop: watch::Receiver<bool>)
where
    S: AsyncRead + AsyncWrite + Send + 'static,
{
    connection.resend_in_flight();
    let reason = connection.serve(stop).await;
    tracing::debug!(client = %connection.session.key, ?reason, "disconnected");
    metrics::gauge!("wattkampen_mqtt_connections").decrement(1);
    connection.close(reason).await;
}

impl<S> Connection<S> {
    /// Sends again what the session's last connection delivered and the client has not
    /// acknowledged.
    fn resend_in_flight(&mut self) {
        let unfinished = std::mem::take(&mut self.slot.in_flight);
        for delivery in unfinished {
            if delivery.queued.message.expired()
                || !self.protocol.register_packet_id(delivery.packet_id)
            {
                continue;
            }
            if self.protocol.deliver(&delivery.queued, Some(delivery.packet_id), true).is_ok() {
                self.slot.in_flight.push_back(delivery);
            }
        }
    }

    /// Acknowledges the committed publishes and routes them; `Some` where that ends the
    /// connection. A retained message that is not kept is not acknowledged as a success: MQTT 5
    /// has a reason code for that, and 3.1.1 only the end of the connection.
    ///
    /// Whether there may be more: a turn ends after [`ROUTED_IN_A_TURN`] messages in queues.
    fn acknowledge(&mut self) -> Result<bool, CloseReason> {
        let mut routed = 0;
        while let Some(PendingPublish { reply, mut message, mut rejection, .. }) =
            self.pending.pop_committed()
        {
            let kept = message.as_ref().is_none_or(|message| self.hub.retain(message).is_ok());
            if !kept && reply != Reply::None {
                if !self.protocol.v5() {
                    return Err(CloseReason::NotRetained);
                }
                rejection = Some(PublishRejection::QuotaExceeded);
                message = None;
            }
            match reply {
                Reply::Puback(id) => self.protocol.puback(id, rejection),
                Reply::Pubrec(id) => self.protocol.pubrec(id, rejection),
                Reply::None => {}
            }
            if let Some(message) = message {
                let (_, subscribers) = self.subscribers.find(&self.hub, &message.topic);
                self.hub.route(&message, &subscribers, Some(&self.session));
                routed += subscribers.len();
            }
            if routed >= ROUTED_IN_A_TURN {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn may_deliver(&mut self) -> bool {
        self.slot.in_flight.len() < self.window && self.protocol.output().len() < MAX_OUTPUT
    }

    /// Delivers the queued messages, as far as the window and the output allow.
    fn deliver(&mut self) {
        let mut dequeued = Vec::new();
        while self.may_deliver() {
            self.session.dequeue(BATCH.min(self.window - self.slot.in_flight.len()), &mut dequeued);
            if dequeued.is_empty() {
                return;
            }
            for queued in dequeued.drain(..) {
                if queued.message.expired() {
                    continue;
                }
                let id = if queued.qos == 0 { None } else { self.protocol.acquire_packet_id() };
                match self.protocol.deliver(&queued, id, false) {
                    Ok(()) => {
                        let sent = id.map(|packet_id| InFlight { packet_id, queued });
                        self.slot.in_flight.extend(sent);
                    }
                    Err(error) => {
                        metrics::counter!("wattkampen_mqtt_dropped_total", "reason" => "client")
                            .increment(1);
                        tracing::debug!(client = %self.session.key, "not delivered: {error}");
                    }
                }
            }
        }
    }

    /// Whether further packets may be read.
    fn may_read(&mut self) -> bool {
        self.handover.is_none()
            && self.pending.len() < self.hub.limits.receive_maximum.into()
            && self.pending.bytes() < self.hub.limits.uncommitted_bytes
            && self.protocol.output().len() < MAX_OUTPUT
            && !self.protocol.closing()
    }

    /// Decodes and handles the received packets.
    fn handle_input(&mut self) -> Option<CloseReason> {
        while !self.input.is_empty() && self.may_read() {
            match self.protocol.receive(&mut self.input) {
                Ok(None) => {}
                Ok(Some(incoming)) => {
                    if let Some(reason) = self.handle(incoming) {
                        return Some(reason);
                    }
                }
                Err(error) => {
                    metrics::counter!("wattkampen_mqtt_refused_total", "reason" => "protocol")
                        .increment(1);
                    tracing::debug!(client = %self.session.key, "protocol error: {error}");
                    return Some(CloseReason::ProtocolError);
                }
            }
        }
        None
    }
}

impl<S: AsyncRead + AsyncWrite + Send + 'static> Connection<S> {
    async fn serve(&mut self, mut stop: watch::Receiver<bool>) -> CloseReason {
        let send_timeout = self.hub.limits.send_timeout;
        let receive_timeout = self.keep_alive * 3 / 2;
        let mut last_received = Instant::now();
        let mut last_sent = last_received;
        let period = if receive_timeout.is_zero() {
            send_timeout
        } else {
            receive_timeout.min(send_timeout)
        };
        let alarm = sleep_until(last_received + period);
        tokio::pin!(alarm);
        let mut last_read = 0;
        let mut stopping = false;
        loop {
            if !stopping && let Some(reason) = self.handle_input() {
                return reason;
            }
            let routes_more = match self.acknowledge() {
                Ok(more) => more,
                Err(reason) => return reason,
            };
            self.deliver();
            if self.protocol.closing() {
                return CloseReason::ProtocolError;
            }
            if stopping && self.pending.is_empty() && self.handover.is_none() {
                return CloseReason::Shutdown;
            }
            let may_read = !stopping && self.may_read();
            if !may_read {
                // The client cannot be blamed for silence while nothing is read.
                last_received = Instant::now();
            } else if self.input.capacity() - self.input.len() < 1024 {
                self.input.reserve(if last_read >= 2048 { 64 << 10 } else { 4 << 10 });
            }
            if routes_more {
                // The tasks of other clients, whose messages were just queued, run first.
                tokio::task::yield_now().await;
            }
            let may_deliver = self.may_deliver();
            let to_send = !self.protocol.output().is_empty();
            tokio::select! {
                biased;
                // The session holds the sender as long as this connection lives.
                _ = self.claim.wait_for(|claim| *claim > self.number) => return CloseReason::TakenOver,
                _ = stop.wait_for(|stop| *stop), if !stopping => stopping = true,
                report = self.pending.report() => {
                    if let Err(NotCommitted) = self.pending.apply(report) {
                        return CloseReason::NotCommitted;
                    }
                }
                handed_over = wait(&mut self.handover), if self.handover.is_some() => {
                    self.handover = None;
                    if handed_over.is_err() {
                        return CloseReason::Shutdown;
                    }
                }
                sent = self.writer.write_buf(self.protocol.output()), if to_send => match sent {
                    Ok(count) if count > 0 => last_sent = Instant::now(),
                    _ => return CloseReason::Closed,
                },
                read = self.reader.read_buf(&mut self.input), if may_read => match read {
                    Ok(count) if count > 0 => {
                        last_received = Instant::now();
                        last_read = count;
                    }
                    _ => return CloseReason::Closed,
                },
                () = self.session.notify.notified(), if may_deliver => {}
                () = std::future::ready(()), if routes_more => {}
                () = &mut alarm => {
                    let now = Instant::now();
                    if to_send && now >= last_sent + send_timeout {
                        return CloseReason::SendTimeout;
                    }
                    if !receive_timeout.is_zero() && now >= last_received + receive_timeout {
                        return CloseReason::KeepAliveTimeout;
                    }
                    if !to_send {
                        last_sent = now;
                    }
                    let due = if receive_timeout.is_zero() {
                        now + period
                    } else {
                        last_received + receive_timeout
                    };
                    alarm.as_mut().reset(due.min(now + period));
                }
            }
        }
    }

    /// Sends DISCONNECT where there is a reason to, publishes or delays the will, and releases
    /// the slot.
    async fn close(mut self, reason: CloseReason) {
        let code = match reason {
            CloseReason::TakenOver => Some(DisconnectReasonCode::SessionTakenOver),
            CloseReason::KeepAliveTimeout => Some(DisconnectReasonCode::KeepAliveTimeout),
            CloseReason::Shutdown => Some(DisconnectReasonCode::ServerShuttingDown),
            CloseReason::NotCommitted => Some(DisconnectReasonCode::UnspecifiedError),
            CloseReason::ProtocolError => Some(DisconnectReasonCode::ProtocolError),
            CloseReason::SendTimeout | CloseReason::NotRetained => {
                Some(DisconnectReasonCode::QuotaExceeded)
            }
            CloseReason::Disconnect { .. } | CloseReason::Closed => None,
        };
        if let Some(code) = code {
            self.protocol.disconnect(code);
        }
        let output = self.protocol.output();
        if code.is_some() && reason != CloseReason::SendTimeout && !output.is_empty() {
            // In the background: a takeover must not depend on a peer that may have vanished.
            let (mut writer, bytes) = (self.writer, output.split());
            tokio::spawn(timeout(CLOSE_TIMEOUT, async move {
                let sent = writer.write_all(&bytes).await;
                sent.and(writer.shutdown().await)
            }));
        }
        drop(self.reader);
        self.slot.unreleased = self.protocol.unreleased();
        self.session.set_connected(false);

        if let Some(handover) = self.handover.take() {
            // The message was received whole, and its client may never reconnect. An error means
            // that the engine has ended.
            let _ = handover.await;
        }
        // A broker that shuts down publishes no wills: its clients will reconnect.
        let discard_will = match reason {
            CloseReason::Disconnect { with_will } => !with_will,
            CloseReason::Shutdown => true,
            _ => false,
        };
        let will = self.will.take().filter(|_| !discard_will);
        if reason != CloseReason::Shutdown {
            self.hub.set_will(&self.session.key, None);
        }
        let mut delay = Duration::ZERO;
        if let Some(Will { message, delay: requested }) = will {
            let arrival = self.hub.next_arrival();
            let will = message.with_arrival(arrival);
            if requested.min(self.session_expiry).is_zero() {
                // Before the slot is free: the publishes of a takeover follow the will.
                wills::submit_will(&self.hub, &mut self.pending, will).await;
            } else {
                delay = requested;
                self.session.replace_will(Some(will));
            }
        }
        if self.session_expiry.is_zero() {
            self.hub.end(&self.session);
        } else {
            self.session.set_resumable();
            self.hub.set_absent(&self.session);
            wills::start_expiry(&self.hub, &self.session, self.session_expiry, delay);
        }
        wills::route_when_committed(self.hub, self.pending);
        drop(self.slot);
    }
}

/// Waits until the engine has room for the delivery; cancel-safe, since the future stays in
/// `handover`.
async fn wait(handover: &mut Option<PendingDelivery>) -> Result<(), EngineEnded> {
    match handover {
        Some(handover) => handover.await,
        None => std::future::pending().await,
    }
}

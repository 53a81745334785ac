//! One protocol state for both versions of MQTT: a thin wrapping of
//! `mqtt-protocol-core`, so that the rest of the broker sees neither packets nor
//! versions.
//!
//! What this adds to the library, found by reading it:
//! - an error that the library only notes (a packet that a server must not get, an
//!   unknown packet type, an unknown protocol level) ends the connection here;
//! - a repeated PUBLISH of QoS 2 whose first one is not committed yet gets no
//!   PUBREC, which the library would send by itself;
//! - packet identifier 0 and topics with wildcards are refused;
//! - messages in flight are kept in the session and sent again under their old
//!   identifiers; the library's own restoring does not count them against the
//!   client's receive maximum and underflows when they are acknowledged.
mod incoming;
mod outgoing;

use std::collections::HashSet;

use bytes::{Buf, BytesMut};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event},
    packet::{GenericPacket, GenericPacketTrait},
    result_code::{DisconnectReasonCode, MqttError},
    role::Server,
};

pub(super) use incoming::{Hello, Incoming, Published, Wish};
pub(super) use outgoing::{Granted, No, Welcome};

/// The protocol of one connection. What is to be sent gathers in [`Self::out`].
pub(super) struct Protocol {
    core: Connection<Server>,
    out: BytesMut,
    closing: bool,
    /// Identifiers of QoS 2 publishes that are not committed.
    uncommitted: HashSet<u16>,
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protocol").field("v5", &self.v5()).finish_non_exhaustive()
    }
}

/// The client broke the protocol or asked for what is not offered. It has been told,
/// as far as its version can be told, in [`Protocol::out`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Fault(pub(super) MqttError);

impl Protocol {
    pub(super) fn new(max_packet: u32) -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(max_packet);
        let mut core = Connection::with_options(Version::Undetermined, options);
        core.set_auto_ping_response(true);
        Self { core, out: BytesMut::new(), closing: false, uncommitted: HashSet::new() }
    }

    /// Whether the client speaks MQTT 5; known after its CONNECT.
    pub(super) fn v5(&self) -> bool {
        self.core.get_protocol_version() == Version::V5_0
    }

    /// Bytes for the client.
    pub(super) fn out(&mut self) -> &mut BytesMut {
        &mut self.out
    }

    /// The connection ends when [`Self::out`] is sent.
    pub(super) fn closing(&self) -> bool {
        self.closing
    }

    /// Takes bytes of at most one packet off `input`. `None`: it needs more, or the
    /// packet was the library's own business.
    pub(super) fn receive(&mut self, input: &mut BytesMut) -> Result<Option<Incoming>, Fault> {
        let mut cursor = Cursor::new(&input[..]);
        let events = self.core.recv(&mut cursor);
        let used = cursor.position() as usize;
        input.advance(used);
        let mut incoming = None;
        let mut fault = None;
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => incoming = Some(packet),
                Event::NotifyError(error) => fault = fault.or(Some(error)),
                event => self.obey(event),
            }
        }
        if let Some(error) = fault {
            return Err(self.fail(error));
        }
        let Some(packet) = incoming else { return Ok(None) };
        let incoming = incoming::read(packet).map_err(|error| self.fail(error))?;
        if let Some(Incoming::Publish(Published { id: Some(id), exactly_once: true, .. })) =
            &incoming
        {
            self.uncommitted.insert(*id);
        }
        Ok(incoming)
    }

    /// Does what the library asks for; timers are the connection's own.
    fn obey(&mut self, event: Event) {
        match event {
            Event::RequestSendPacket { packet, .. } => {
                let early = match &packet {
                    GenericPacket::V3_1_1Pubrec(pubrec) => Some(pubrec.packet_id()),
                    GenericPacket::V5_0Pubrec(pubrec) => Some(pubrec.packet_id()),
                    _ => None,
                };
                if early.is_none_or(|id| !self.uncommitted.contains(&id)) {
                    self.out.extend_from_slice(&packet.to_continuous_buffer());
                }
            }
            Event::RequestClose => self.closing = true,
            _ => {}
        }
    }

    fn fail(&mut self, error: MqttError) -> Fault {
        if !self.closing {
            if error == MqttError::UnsupportedProtocolVersion {
                // Level unknown, so no version's packet: the CONNACK of 3.1.1 says
                // "unacceptable protocol version", as every broker does.
                self.out.extend_from_slice(&[0x20, 2, 0, 1]);
            }
            self.disconnect(DisconnectReasonCode::from(error));
        }
        self.closing = true;
        Fault(error)
    }
}

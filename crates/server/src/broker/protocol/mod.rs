//! The protocol state of a connection, for both versions of MQTT: a thin layer over
//! `mqtt-protocol-core`, so that the rest of the broker depends on neither packets nor versions.
//!
//! What this layer adds to the library:
//! - An error that the library only reports (a packet that a server must not receive, an unknown
//!   packet type, an unknown protocol level) ends the connection.
//! - A repeated QoS 2 PUBLISH whose first one is not committed gets no PUBREC; the library would
//!   send one.
//! - Packet identifier 0 is rejected.
//! - Deliveries in flight are stored in the session and sent again with their packet
//!   identifiers. The library's own restore does not count them against the client's receive
//!   maximum, and its counter underflows when they are acknowledged.
//! - A CONNECT with a Topic Alias Maximum of 0 would panic in the library (`topic_alias`).
mod incoming;
mod outgoing;
mod topic_alias;

use std::collections::HashSet;

use bytes::{Buf, BytesMut};
use mqtt_protocol_core::mqtt::{
    Connection, Version,
    common::Cursor,
    connection::{ConnectionOptions, Event},
    packet::{GenericPacket, GenericPacketTrait, Qos},
    result_code::{DisconnectReasonCode, MqttError},
    role::Server,
};

pub(super) use incoming::{Connect, Incoming, IncomingPublish, RequestedWill};
pub(super) use outgoing::{Connack, ConnectRefusal, SubscribeResult};
use topic_alias::FirstPacket;

/// The protocol state of one connection. Encoded packets collect in [`Self::output`].
pub(super) struct Protocol {
    core: Connection<Server>,
    output: BytesMut,
    closing: bool,
    max_packet: u32,
    /// Packet identifiers of QoS 2 publishes that are not committed.
    uncommitted: HashSet<u16>,
}

impl std::fmt::Debug for Protocol {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Protocol").field("v5", &self.v5()).finish_non_exhaustive()
    }
}

/// The client violated the protocol or requested what is not supported. The packet that reports
/// it, if the version has one, is in [`Protocol::output`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct ProtocolError(pub(super) MqttError);

impl Protocol {
    pub(super) fn new(max_packet: u32) -> Self {
        let options = ConnectionOptions::new().maximum_packet_size_recv(max_packet);
        let mut core = Connection::with_options(Version::Undetermined, options);
        core.set_auto_ping_response(true);
        let (output, uncommitted) = (BytesMut::new(), HashSet::new());
        Self { core, output, closing: false, max_packet, uncommitted }
    }

    /// Whether the client speaks MQTT 5; known after its CONNECT.
    pub(super) fn v5(&self) -> bool {
        self.core.get_protocol_version() == Version::V5_0
    }

    /// Bytes to send to the client.
    pub(super) fn output(&mut self) -> &mut BytesMut {
        &mut self.output
    }

    /// Whether the connection ends when [`Self::output`] is sent.
    pub(super) fn closing(&self) -> bool {
        self.closing
    }

    /// Consumes the bytes of at most one packet of `input`. `None` where the packet is incomplete
    /// or the library has handled it.
    pub(super) fn receive(
        &mut self,
        input: &mut BytesMut,
    ) -> Result<Option<Incoming>, ProtocolError> {
        if self.core.get_protocol_version() == Version::Undetermined
            && topic_alias::sanitize(input, self.max_packet) == FirstPacket::Incomplete
        {
            return Ok(None);
        }
        let mut cursor = Cursor::new(&input[..]);
        let events = self.core.recv(&mut cursor);
        let used = cursor.position() as usize;
        input.advance(used);
        let mut incoming = None;
        let mut first_error = None;
        for event in events {
            match event {
                Event::NotifyPacketReceived(packet) => incoming = Some(packet),
                Event::NotifyError(error) => first_error = first_error.or(Some(error)),
                event => self.handle_event(event),
            }
        }
        if let Some(error) = first_error {
            return Err(self.fail(error));
        }
        let Some(packet) = incoming else { return Ok(None) };
        let incoming = incoming::decode(packet).map_err(|error| self.fail(error))?;
        if let Some(Incoming::Publish(publish)) = &incoming
            && publish.qos == Qos::ExactlyOnce
        {
            self.uncommitted.extend(publish.packet_id);
        }
        Ok(incoming)
    }

    /// Executes an instruction of the library, except for its timers.
    fn handle_event(&mut self, event: Event) {
        match event {
            Event::RequestSendPacket { packet, .. } => {
                let pubrec = match &packet {
                    GenericPacket::V3_1_1Pubrec(pubrec) => Some(pubrec.packet_id()),
                    GenericPacket::V5_0Pubrec(pubrec) => Some(pubrec.packet_id()),
                    _ => None,
                };
                if pubrec.is_none_or(|id| !self.uncommitted.contains(&id)) {
                    self.output.extend_from_slice(&packet.to_continuous_buffer());
                }
            }
            Event::RequestClose => self.closing = true,
            _ => {}
        }
    }

    fn fail(&mut self, error: MqttError) -> ProtocolError {
        if !self.closing {
            if error == MqttError::UnsupportedProtocolVersion {
                // CONNACK of 3.1.1 with "unacceptable protocol version".
                self.output.extend_from_slice(&[0x20, 2, 0, 1]);
            }
            self.disconnect(DisconnectReasonCode::from(error));
        }
        self.closing = true;
        ProtocolError(error)
    }
}

//! A client of raw bytes, so that tests assert the bytes on the wire.
use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
};

use crate::support::*;

/// Topic, payload, QoS, retain, encoded properties.
pub(crate) type Will<'a> = (&'a str, &'a [u8], u8, bool, Vec<u8>);

/// The content of a CONNECT.
pub(crate) struct Connect<'a> {
    pub(crate) v5: bool,
    pub(crate) id: &'a str,
    pub(crate) clean: bool,
    pub(crate) keep_alive: u16,
    /// Encoded properties, MQTT 5.
    pub(crate) properties: Vec<u8>,
    pub(crate) will: Option<Will<'a>>,
    pub(crate) login: Option<(&'a str, &'a str)>,
}

impl<'a> Connect<'a> {
    pub(crate) fn new(v5: bool, id: &'a str) -> Self {
        let (will, login) = (None, None);
        Self { v5, id, clean: true, keep_alive: 60, properties: Vec::new(), will, login }
    }

    /// A session that outlives the connection.
    pub(crate) fn persistent(v5: bool, id: &'a str) -> Self {
        let properties = if v5 { vec![0x11, 0, 0, 1, 0] } else { Vec::new() };
        Self { clean: false, properties, ..Self::new(v5, id) }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut flags = u8::from(self.clean) << 1;
        let mut tail = Vec::new();
        string(&mut tail, self.id.as_bytes());
        if let Some((topic, payload, qos, retain, properties)) = &self.will {
            flags |= 4 | qos << 3 | u8::from(*retain) << 5;
            if self.v5 {
                length(&mut tail, properties.len());
                tail.extend(properties);
            }
            string(&mut tail, topic.as_bytes());
            string(&mut tail, payload);
        }
        if let Some((user, password)) = self.login {
            flags |= 0xc0;
            string(&mut tail, user.as_bytes());
            string(&mut tail, password.as_bytes());
        }
        let mut body = Vec::new();
        string(&mut body, b"MQTT");
        body.extend([if self.v5 { 5 } else { 4 }, flags]);
        body.extend(self.keep_alive.to_be_bytes());
        if self.v5 {
            length(&mut body, self.properties.len());
            body.extend(&self.properties);
        }
        body.extend(tail);
        packet(0x10, &body)
    }
}

/// A connection that sends and receives packets as bytes.
pub(crate) struct RawClient {
    pub(crate) stream: TcpStream,
    pub(crate) v5: bool,
}

/// A received PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Received {
    pub(crate) topic: String,
    pub(crate) payload: Vec<u8>,
    pub(crate) qos: u8,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    pub(crate) id: u16,
    pub(crate) properties: Vec<u8>,
}

impl RawClient {
    pub(crate) fn open(addr: SocketAddr, v5: bool) -> Self {
        let stream = TcpStream::connect(addr).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        stream.set_write_timeout(Some(TIMEOUT)).unwrap();
        Self { stream, v5 }
    }

    /// Connects, and returns Session Present.
    pub(crate) fn connect(addr: SocketAddr, connect: Connect<'_>) -> (Self, bool) {
        let (raw, answer) = Self::try_connect(addr, connect);
        assert_eq!(answer[1], 0, "CONNACK says {answer:x?}");
        (raw, answer[0] == 1)
    }

    /// Connects, and returns the body of the CONNACK.
    #[expect(clippy::needless_pass_by_value, reason = "made for one call")]
    pub(crate) fn try_connect(addr: SocketAddr, connect: Connect<'_>) -> (Self, Vec<u8>) {
        let mut raw = Self::open(addr, connect.v5);
        raw.send(&connect.encode());
        let (head, body) = raw.packet();
        assert_eq!(head, 0x20);
        (raw, body)
    }

    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// The next packet: first byte and body.
    pub(crate) fn packet(&mut self) -> (u8, Vec<u8>) {
        self.try_packet().expect("a packet, not the end of the connection")
    }

    /// The next packet; `None` where the broker closed the connection.
    pub(crate) fn try_packet(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut head = [0; 2];
        if !self.fill(&mut head[..1]) {
            return None;
        }
        let (mut size, mut shift) = (0, 0);
        loop {
            if !self.fill(&mut head[1..]) {
                return None;
            }
            size |= usize::from(head[1] & 0x7f) << shift;
            shift += 7;
            if head[1] & 0x80 == 0 {
                break;
            }
        }
        let mut body = vec![0; size];
        self.fill(&mut body).then_some((head[0], body))
    }

    fn fill(&mut self, buffer: &mut [u8]) -> bool {
        match self.stream.read_exact(buffer) {
            Ok(()) => true,
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                panic!("nothing was received in time")
            }
            Err(_) => false,
        }
    }

    /// Asserts that nothing is received for [`QUIET`].
    pub(crate) fn expect_silence(&mut self) {
        self.stream.set_read_timeout(Some(QUIET)).unwrap();
        let mut byte = [0];
        let read = self.stream.read(&mut byte);
        self.stream.set_read_timeout(Some(TIMEOUT)).unwrap();
        match read {
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            other => panic!("expected silence, got {other:?} {byte:x?}"),
        }
    }

    /// Waits for the end of the connection; returns the reason code of a DISCONNECT, if any.
    pub(crate) fn expect_close(&mut self) -> Option<u8> {
        let mut reason = None;
        while let Some((head, body)) = self.try_packet() {
            if head == 0xe0 {
                reason = Some(body.first().copied().unwrap_or(0));
            }
        }
        reason
    }

    pub(crate) fn publish(&mut self, topic: &str, payload: &[u8], qos: u8, retain: bool, id: u16) {
        let bytes = self.publish_bytes(topic, payload, qos, retain, id);
        self.send(&bytes);
    }

    pub(crate) fn publish_bytes(
        &self,
        topic: &str,
        payload: &[u8],
        qos: u8,
        retain: bool,
        id: u16,
    ) -> Vec<u8> {
        let mut body = Vec::new();
        string(&mut body, topic.as_bytes());
        if qos > 0 {
            body.extend(id.to_be_bytes());
        }
        if self.v5 {
            body.push(0);
        }
        body.extend(payload);
        packet(0x30 | qos << 1 | u8::from(retain), &body)
    }

    /// Subscribes, and returns the reason codes.
    pub(crate) fn subscribe(&mut self, filters: &[(&str, u8)]) -> Vec<u8> {
        let mut body = vec![0, 77];
        if self.v5 {
            body.push(0);
        }
        for (filter, options) in filters {
            string(&mut body, filter.as_bytes());
            body.push(*options);
        }
        self.send(&packet(0x82, &body));
        let (head, body) = self.packet();
        assert_eq!((head, &body[..2]), (0x90, &[0, 77][..]));
        body[if self.v5 { 3 } else { 2 }..].to_vec()
    }

    /// Asserts that the next packet is a PUBACK (0x40), PUBREC (0x50) or PUBCOMP (0x70) with this
    /// packet identifier; returns its reason code.
    pub(crate) fn expect_ack(&mut self, head: u8, id: u16) -> u8 {
        let (got, body) = self.packet();
        assert_eq!((got, &body[..2]), (head, &id.to_be_bytes()[..]), "{body:x?}");
        body.get(2).copied().unwrap_or(0)
    }

    /// Receives a PUBLISH and acknowledges it.
    pub(crate) fn receive(&mut self) -> Received {
        let received = self.receive_without_ack();
        if received.qos == 1 {
            let [high, low] = received.id.to_be_bytes();
            self.send(&[0x40, 2, high, low]);
        }
        received
    }

    /// Receives a PUBLISH and does not acknowledge it.
    pub(crate) fn receive_without_ack(&mut self) -> Received {
        let (head, body) = self.packet();
        assert_eq!(head & 0xf0, 0x30, "{head:x} {body:x?}");
        let size = usize::from(body[0]) << 8 | usize::from(body[1]);
        let topic = String::from_utf8(body[2..2 + size].to_vec()).unwrap();
        let (qos, mut at) = (head >> 1 & 3, 2 + size);
        let mut id = 0;
        if qos > 0 {
            id = u16::from_be_bytes([body[at], body[at + 1]]);
            at += 2;
        }
        let mut properties = Vec::new();
        if self.v5 {
            let size = usize::from(body[at]);
            properties = body[at + 1..][..size].to_vec();
            at += 1 + size;
        }
        Received {
            topic,
            payload: body[at..].to_vec(),
            qos,
            retain: head & 1 == 1,
            dup: head & 8 == 8,
            id,
            properties,
        }
    }

    pub(crate) fn disconnect(mut self) {
        self.send(&[0xe0, 0]);
        assert_eq!(self.expect_close(), None);
    }
}

pub(crate) fn packet(head: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![head];
    length(&mut bytes, body.len());
    bytes.extend(body);
    bytes
}

pub(crate) fn string(into: &mut Vec<u8>, text: &[u8]) {
    into.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    into.extend(text);
}

fn length(into: &mut Vec<u8>, mut size: usize) {
    loop {
        let low = (size & 0x7f) as u8;
        size >>= 7;
        into.push(if size > 0 { low | 0x80 } else { low });
        if size == 0 {
            return;
        }
    }
}

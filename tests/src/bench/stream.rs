//! Messages encoded beforehand, so that what is measured is not their making.
use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS,
    v4::{Packet, Publish},
};

use crate::publisher::Message;

/// Encoded messages, and where each ends.
#[derive(Debug)]
pub struct Stream {
    bytes: BytesMut,
    ends: Vec<usize>,
    window: u64,
}

impl Stream {
    /// Of these messages, of which so many may wait for their acknowledgement.
    ///
    /// # Panics
    /// When a message is larger than a packet may be.
    pub fn new(messages: impl IntoIterator<Item = Message>, window: u16) -> Self {
        let (mut bytes, mut ends) = (BytesMut::new(), Vec::new());
        for (topic, payload) in messages {
            let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload);
            publish.pkid = (ends.len() % usize::from(window)) as u16 + 1;
            Packet::Publish(publish).write(&mut bytes, 1 << 20).expect("a small packet");
            ends.push(bytes.len());
        }
        Self { bytes, ends, window: u64::from(window) }
    }

    /// Messages in it.
    pub fn count(&self) -> u64 {
        self.ends.len() as u64
    }

    /// Messages that may be under way.
    pub(super) fn window(&self) -> u64 {
        self.window
    }

    /// The bytes of the messages from one to another.
    pub(super) fn slice(&self, from: u64, to: u64) -> &[u8] {
        let end = |n: u64| n.checked_sub(1).map_or(0, |n| self.ends[n as usize]);
        &self.bytes[end(from)..end(to)]
    }
}

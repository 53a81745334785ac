//! What the broker remembers across a restart: retained messages, and the wills of
//! those who were connected.
//!
//! - Pages are left out: the server says them anew. So are messages that expire.
//! - The file is a line of text and then MQTT 5 packets, a PUBLISH for each retained
//!   message and a CONNECT for each will; it is written whole beside the old one,
//!   synced, and renamed over it, at most every half second and at the end. A kill
//!   may so take the last half second; gateways repeat their state when they
//!   reconnect.
//! - Wills are there because a gateway that is gone for good after a restart would
//!   be "online" for ever: whoever does not come back within
//!   [`super::Limits::grace`] is said to be what its will says.
//! - A file that cannot be read is set aside under another name, and said so.
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use mqtt_protocol_core::mqtt::{
    common::Cursor,
    connection::{PacketBuildResult, PacketBuilder, PacketData},
    packet::{Qos, v5_0},
    result_code::MqttError,
};
use wire::Topic;

use super::message::Message;

const HEAD: &[u8] = b"wattkampen mqtt 1\n";

/// Least time between two writes.
pub(super) const PAUSE: Duration = Duration::from_millis(500);

/// The content of the file.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) retained: Vec<Arc<Message>>,
    /// By client identifier.
    pub(super) wills: Vec<(Arc<str>, Arc<Message>)>,
}

/// The file is none of ours, or damaged.
#[derive(Debug, thiserror::Error)]
#[error("not what the broker writes: {0}")]
struct Damaged(String);

impl From<MqttError> for Damaged {
    fn from(error: MqttError) -> Self {
        Self(error.to_string())
    }
}

/// Reads what an earlier run wrote; nothing where there is nothing.
pub(super) fn load(path: &Path) -> io::Result<Memory> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Memory::default()),
        Err(error) => return Err(error),
    };
    match parse(&bytes) {
        Ok(memory) => Ok(memory),
        Err(error) => {
            let aside = path.with_extension("damaged");
            tracing::error!(
                "{}: {error}; it is set aside as {} and the broker begins without retained messages",
                path.display(),
                aside.display()
            );
            fs::rename(path, aside)?;
            Ok(Memory::default())
        }
    }
}

fn parse(bytes: &[u8]) -> Result<Memory, Damaged> {
    let body = bytes.strip_prefix(HEAD).ok_or_else(|| Damaged("first line".into()))?;
    let mut cursor = Cursor::new(body);
    let mut builder = PacketBuilder::new();
    let mut memory = Memory::default();
    while (cursor.position() as usize) < body.len() {
        let packet = match builder.feed(&mut cursor) {
            PacketBuildResult::Complete(packet) => packet,
            PacketBuildResult::Incomplete => return Err(Damaged("it ends too early".into())),
            PacketBuildResult::Error(error) => return Err(error.into()),
        };
        let flags = packet.flags();
        match (packet.packet_type(), packet.data) {
            (3, PacketData::Publish(data)) => {
                let (publish, _) = v5_0::Publish::parse(flags, data)?;
                let (topic, payload) = (publish.topic_name(), publish.payload().clone());
                memory.retained.push(message(
                    topic,
                    payload,
                    publish.qos(),
                    true,
                    publish.props(),
                )?);
            }
            (1, PacketData::Normal(data)) => {
                let (connect, _) = v5_0::Connect::parse(&data)?;
                let topic = connect.will_topic().unwrap_or_default();
                let payload = connect.will_payload().unwrap_or_default();
                let (qos, retain) = (connect.will_qos(), connect.will_retain());
                let will = message(topic, payload, qos, retain, &connect.will_props)?;
                memory.wills.push((connect.client_id().into(), will));
            }
            (kind, _) => return Err(Damaged(format!("a packet of type {kind}"))),
        }
    }
    Ok(memory)
}

fn message(
    topic: &str,
    payload: impl mqtt_protocol_core::mqtt::IntoPayload,
    qos: Qos,
    retain: bool,
    properties: &[mqtt_protocol_core::mqtt::packet::Property],
) -> Result<Arc<Message>, Damaged> {
    let message = Message::new(topic.into(), payload, qos, retain, properties);
    Ok(Arc::new(message.map_err(|error| Damaged(error.to_string()))?))
}

/// Writes it all, safe against a kill or a power cut at any moment.
pub(super) fn save(path: &Path, memory: &Memory) -> io::Result<()> {
    let bytes = encode(memory).map_err(io::Error::other)?;
    let beside: PathBuf = path.with_extension("new");
    let mut file = fs::File::create(&beside)?;
    io::Write::write_all(&mut file, &bytes)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    if let Some(directory) = path.parent() {
        fs::File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn encode(memory: &Memory) -> Result<Vec<u8>, MqttError> {
    let mut bytes = HEAD.to_vec();
    for message in &memory.retained {
        let page = matches!(Topic::parse(&message.topic), Ok(Topic::Page(_)));
        if page || message.expires.is_some() {
            continue;
        }
        let mut publish = v5_0::Publish::builder()
            .topic_name(&*message.topic)?
            .qos(message.qos)
            .retain(true)
            .props(message.properties.to_vec())
            .payload(message.payload.clone());
        if message.qos != Qos::AtMostOnce {
            // The packet has to have one.
            publish = publish.packet_id(1u16);
        }
        bytes.extend_from_slice(&publish.build()?.to_continuous_buffer());
    }
    for (client, will) in &memory.wills {
        let connect = v5_0::Connect::builder()
            .client_id(&**client)?
            .will_message(&*will.topic, will.payload.as_slice().to_vec(), will.qos, will.retain)?
            .will_props(will.properties.to_vec())
            .build()?;
        bytes.extend_from_slice(&connect.to_continuous_buffer());
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use mqtt_protocol_core::mqtt::packet::{Property, UserProperty};

    use super::*;

    #[test]
    fn what_is_written_is_read_and_damage_is_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mqtt.retained");
        assert!(load(&path).unwrap().retained.is_empty());

        let user: Property = UserProperty::new("unit", "Wh").unwrap().into();
        let make = |topic: &str, payload: &[u8], qos| {
            let properties = std::slice::from_ref(&user);
            Arc::new(Message::new(topic.into(), payload, qos, true, properties).unwrap())
        };
        let memory = Memory {
            retained: vec![
                make("wattkampen/v1/mora-1/status", b"{\"state\":\"online\"}", Qos::AtLeastOnce),
                make("wattkampen/v1/mora-1/page", b"regenerated", Qos::AtMostOnce),
                make("plug/å", &[0, 255, 7], Qos::ExactlyOnce),
            ],
            wills: vec![("mora-1".into(), make("w/t", b"gone", Qos::AtLeastOnce))],
        };
        save(&path, &memory).unwrap();
        let read = load(&path).unwrap();
        let kept: Vec<_> = read
            .retained
            .iter()
            .map(|m| (&*m.topic, m.payload.as_slice(), m.qos, m.properties.to_vec()))
            .collect();
        assert_eq!(
            kept,
            [
                (
                    "wattkampen/v1/mora-1/status",
                    &b"{\"state\":\"online\"}"[..],
                    Qos::AtLeastOnce,
                    vec![user.clone()]
                ),
                ("plug/å", &[0, 255, 7], Qos::ExactlyOnce, vec![user.clone()]),
            ]
        );
        assert_eq!((&*read.wills[0].0, &*read.wills[0].1.topic), ("mora-1", "w/t"));

        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 3);
        fs::write(&path, &bytes).unwrap();
        assert!(load(&path).unwrap().retained.is_empty());
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), bytes);
        assert!(!path.exists());
    }
}

//! The state that survives a restart of the broker: retained messages, and the wills of
//! connected clients.
//!
//! - Pages are left out, because the server publishes them again, and so are messages that
//!   expire.
//! - The file is a line of text and then MQTT 5 packets, a PUBLISH for each retained message and
//!   a CONNECT for each will, with the client's user name. It is written to a new file, which is
//!   synced and renamed over the old one, at most every half second and at the end. A kill can
//!   therefore lose the last half second; gateways publish their status again when they reconnect.
//! - Wills are stored because a gateway that never returns after a restart would be "online" for
//!   ever: the will of a client that does not reconnect within [`super::Limits::will_grace`] is
//!   published.
//! - A file that cannot be decoded is renamed, which is logged, and the broker starts empty.
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

use super::{message::Message, session::SessionKey};

/// First line of the file.
const HEAD: &[u8] = b"wattkampen mqtt 1\n";

/// Least time between two writes.
pub(super) const SAVE_INTERVAL: Duration = Duration::from_millis(500);

/// The content of the file.
#[derive(Debug, Default)]
pub(super) struct PersistentState {
    pub(super) retained: Vec<Arc<Message>>,
    pub(super) wills: Vec<StoredWill>,
}

/// The will of a client that was connected when the file was written.
#[derive(Debug, Clone)]
pub(super) struct StoredWill {
    pub(super) key: SessionKey,
    pub(super) message: Arc<Message>,
}

/// The file cannot be decoded.
#[derive(Debug, thiserror::Error)]
#[error("not a file of this broker, or damaged: {0}")]
struct Damaged(String);

impl From<MqttError> for Damaged {
    fn from(error: MqttError) -> Self {
        Self(error.to_string())
    }
}

/// Reads what an earlier run wrote; the default where there is no file.
pub(super) fn load(path: &Path) -> io::Result<PersistentState> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(PersistentState::default());
        }
        Err(error) => return Err(error),
    };
    match parse(&bytes) {
        Ok(state) => Ok(state),
        Err(error) => {
            let renamed = path.with_extension("damaged");
            tracing::error!(
                "{}: {error}; the file is renamed to {} and the broker starts without retained messages",
                path.display(),
                renamed.display()
            );
            fs::rename(path, renamed)?;
            Ok(PersistentState::default())
        }
    }
}

fn parse(bytes: &[u8]) -> Result<PersistentState, Damaged> {
    let body = bytes.strip_prefix(HEAD).ok_or_else(|| Damaged("first line".into()))?;
    let mut cursor = Cursor::new(body);
    let mut builder = PacketBuilder::new();
    let mut state = PersistentState::default();
    while (cursor.position() as usize) < body.len() {
        let packet = match builder.feed(&mut cursor) {
            PacketBuildResult::Complete(packet) => packet,
            PacketBuildResult::Incomplete => return Err(Damaged("the last packet is cut".into())),
            PacketBuildResult::Error(error) => return Err(error.into()),
        };
        let flags = packet.flags();
        match (packet.packet_type(), packet.data) {
            (3, PacketData::Publish(data)) => {
                let (publish, _) = v5_0::Publish::parse(flags, data)?;
                let (topic, payload) = (publish.topic_name(), publish.payload().clone());
                state.retained.push(message(topic, payload, publish.qos(), true, publish.props())?);
            }
            (1, PacketData::Normal(data)) => {
                let (connect, _) = v5_0::Connect::parse(&data)?;
                let topic = connect.will_topic().unwrap_or_default();
                let payload = connect.will_payload().unwrap_or_default();
                let (qos, retain) = (connect.will_qos(), connect.will_retain());
                let will = message(topic, payload, qos, retain, &connect.will_props)?;
                let login = connect.user_name().map(Arc::from);
                let key = SessionKey { login, client_id: connect.client_id().into() };
                state.wills.push(StoredWill { key, message: will });
            }
            (kind, _) => return Err(Damaged(format!("a packet of type {kind}"))),
        }
    }
    Ok(state)
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

/// Writes the file so that a kill or a power cut at any moment leaves the old or the new one.
pub(super) fn save(path: &Path, state: &PersistentState) -> io::Result<()> {
    let bytes = encode(state).map_err(io::Error::other)?;
    let new: PathBuf = path.with_extension("new");
    let mut file = fs::File::create(&new)?;
    io::Write::write_all(&mut file, &bytes)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    if let Some(directory) = path.parent() {
        fs::File::open(directory)?.sync_all()?;
    }
    Ok(())
}

fn encode(state: &PersistentState) -> Result<Vec<u8>, MqttError> {
    let mut bytes = HEAD.to_vec();
    for message in &state.retained {
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
            // The packet needs an identifier; this one has no meaning.
            publish = publish.packet_id(1u16);
        }
        bytes.extend_from_slice(&publish.build()?.to_continuous_buffer());
    }
    for StoredWill { key, message: will } in &state.wills {
        let mut connect = v5_0::Connect::builder().client_id(&*key.client_id)?;
        if let Some(login) = &key.login {
            connect = connect.user_name(&**login)?;
        }
        let connect = connect
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
    fn a_written_file_is_read_and_a_damaged_one_is_renamed() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("mqtt.retained");
        assert!(load(&path).unwrap().retained.is_empty());

        let user: Property = UserProperty::new("unit", "Wh").unwrap().into();
        let make = |topic: &str, payload: &[u8], qos| {
            let properties = std::slice::from_ref(&user);
            Arc::new(Message::new(topic.into(), payload, qos, true, properties).unwrap())
        };
        let state = PersistentState {
            retained: vec![
                make("wattkampen/v1/mora-1/status", b"{\"state\":\"online\"}", Qos::AtLeastOnce),
                make("wattkampen/v1/mora-1/page", b"regenerated", Qos::AtMostOnce),
                make("plug/å", &[0, 255, 7], Qos::ExactlyOnce),
            ],
            wills: vec![StoredWill {
                key: SessionKey { login: Some("mora".into()), client_id: "mora-1".into() },
                message: make("w/t", b"gone", Qos::AtLeastOnce),
            }],
        };
        save(&path, &state).unwrap();
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
        let will = &read.wills[0];
        assert_eq!((&*will.key.to_string(), &*will.message.topic), ("mora/mora-1", "w/t"));

        let mut bytes = fs::read(&path).unwrap();
        bytes.truncate(bytes.len() - 3);
        fs::write(&path, &bytes).unwrap();
        assert!(load(&path).unwrap().retained.is_empty());
        assert_eq!(fs::read(path.with_extension("damaged")).unwrap(), bytes);
        assert!(!path.exists());
    }
}

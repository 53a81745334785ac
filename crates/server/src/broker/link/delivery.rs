//! From a message to what the engine takes.
use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use mqtt_protocol_core::mqtt::ArcPayload;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    broker::{hub::Hub, message::Message},
    ingest::{Ack, Delivery, Inbox, MAX_PAYLOAD},
};

/// The engine has no room (or the payload is large and has to wait for its share of
/// memory): a delivery that is still to be handed over. `Err`: the engine is gone.
pub(in crate::broker) type Stalled =
    Pin<Box<dyn Future<Output = Result<(), EngineGone>> + Send + Sync>>;

/// The engine takes nothing any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::broker) struct EngineGone;

/// A payload together with its share of [`super::super::Limits::large_bytes`].
struct Large {
    payload: ArcPayload,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for Large {
    fn as_ref(&self) -> &[u8] {
        self.payload.as_slice()
    }
}

/// Small payloads are copied: less than what their packet would hold.
pub(in crate::broker) fn plain(message: &Message, ack: Ack) -> Delivery {
    let payload = Bytes::copy_from_slice(message.payload.as_slice());
    Delivery { topic: message.topic.clone(), payload, ack }
}

/// Hands over at once, or gives what is to be waited for.
pub(in crate::broker) fn hand_over(
    hub: &Hub,
    message: &Arc<Message>,
    ack: Ack,
) -> Result<Option<Stalled>, EngineGone> {
    use tokio::sync::mpsc::error::TrySendError;

    if message.payload.len() > MAX_PAYLOAD {
        // The engine will refuse it, but it is to say so itself.
        let size = (message.payload.len() >> 10) + 1;
        let share = u32::try_from(size.min(hub.limits.large_bytes >> 10)).unwrap_or(u32::MAX);
        let (large, inbox) = (hub.large.clone(), hub.inbox.clone());
        let (topic, payload) = (message.topic.clone(), message.payload.clone());
        return Ok(Some(Box::pin(async move {
            let share = large.acquire_many_owned(share).await.map_err(|_| EngineGone)?;
            let payload = Bytes::from_owner(Large { payload, _share: share });
            send(inbox, Delivery { topic, payload, ack }).await
        })));
    }
    match hub.inbox.try_send(plain(message, ack)) {
        Ok(()) => Ok(None),
        Err(TrySendError::Full(delivery)) => Ok(Some(Box::pin(send(hub.inbox.clone(), delivery)))),
        Err(TrySendError::Closed(_)) => Err(EngineGone),
    }
}

async fn send(inbox: Inbox, delivery: Delivery) -> Result<(), EngineGone> {
    inbox.send(delivery).await.map_err(|_| EngineGone)
}

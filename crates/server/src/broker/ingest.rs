//! The handover of a message to the engine.
use std::{future::Future, pin::Pin, sync::Arc};

use bytes::Bytes;
use mqtt_protocol_core::mqtt::ArcPayload;
use tokio::sync::{OwnedSemaphorePermit, mpsc::error::TrySendError};

use super::{hub::Hub, message::Message};
use crate::ingest::{Ack, Delivery, Inbox, MAX_PAYLOAD};

/// A delivery that waits for room in the engine's inbox, or for its share of the memory for
/// large payloads.
pub(super) type PendingDelivery =
    Pin<Box<dyn Future<Output = Result<(), EngineEnded>> + Send + Sync>>;

/// The engine accepts no deliveries any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EngineEnded;

/// A payload together with its share of [`super::Limits::large_bytes`].
struct LargePayload {
    payload: ArcPayload,
    _share: OwnedSemaphorePermit,
}

impl AsRef<[u8]> for LargePayload {
    fn as_ref(&self) -> &[u8] {
        self.payload.as_slice()
    }
}

/// A delivery with a copy of the payload: a small payload is smaller than the packet that it
/// would keep alive.
pub(super) fn copy(message: &Message, ack: Ack) -> Delivery {
    let payload = Bytes::copy_from_slice(message.payload.as_slice());
    Delivery { topic: message.topic.clone(), payload, ack }
}

/// Hands the message over; `Some` where the handover has to be awaited.
pub(super) fn hand_over(
    hub: &Hub,
    message: &Arc<Message>,
    ack: Ack,
) -> Result<Option<PendingDelivery>, EngineEnded> {
    if message.payload.len() > MAX_PAYLOAD {
        // The engine rejects it, counts it and logs it, as it does with all payloads.
        let size = (message.payload.len() >> 10) + 1;
        let share = u32::try_from(size.min(hub.limits.large_bytes >> 10)).unwrap_or(u32::MAX);
        let (large, inbox) = (hub.large.clone(), hub.inbox.clone());
        let (topic, payload) = (message.topic.clone(), message.payload.clone());
        return Ok(Some(Box::pin(async move {
            let share = large.acquire_many_owned(share).await.map_err(|_| EngineEnded)?;
            let payload = Bytes::from_owner(LargePayload { payload, _share: share });
            send(inbox, Delivery { topic, payload, ack }).await
        })));
    }
    match hub.inbox.try_send(copy(message, ack)) {
        Ok(()) => Ok(None),
        Err(TrySendError::Full(delivery)) => Ok(Some(Box::pin(send(hub.inbox.clone(), delivery)))),
        Err(TrySendError::Closed(_)) => Err(EngineEnded),
    }
}

async fn send(inbox: Inbox, delivery: Delivery) -> Result<(), EngineEnded> {
    inbox.send(delivery).await.map_err(|_| EngineEnded)
}

//! What the service says through an external broker, over a client of its own.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, PublishOptions, QoS};
use tokio::time::sleep;

use super::{LONGEST, SHORTEST};
use crate::publish::{Busy, Publisher};

/// Messages that may wait; a panel's next page is newer than one that waits.
const WAITING: usize = 1024;

/// Publishes while the broker is there.
#[derive(Debug)]
pub(super) struct Mouth {
    client: AsyncClient,
    open: Arc<AtomicBool>,
}

impl Mouth {
    /// And the work that has to go on for it.
    pub(super) fn new(options: MqttOptions) -> (Self, impl Future<Output = ()> + Send) {
        let (client, events) = AsyncClient::builder(options).capacity(WAITING).build();
        let open = Arc::new(AtomicBool::new(false));
        (Self { client, open: Arc::clone(&open) }, pump(events, open))
    }
}

async fn pump(mut events: EventLoop, open: Arc<AtomicBool>) {
    let mut wait = SHORTEST;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                wait = SHORTEST;
                open.store(true, Relaxed);
            }
            Ok(_) => {}
            Err(error) => {
                open.store(false, Relaxed);
                tracing::debug!("nothing can be said to the external broker: {error}");
                sleep(wait).await;
                wait = (wait * 2).min(LONGEST);
            }
        }
    }
}

impl Publisher for Mouth {
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy> {
        if !self.open.load(Relaxed) {
            return Err(Busy);
        }
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(retain);
        self.client.try_publish(topic, payload, options).map_err(|_| Busy)
    }
}

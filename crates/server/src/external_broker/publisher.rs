//! Publishes the service's own messages through an external broker, over its own client.
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use bytes::Bytes;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, PublishOptions, QoS};
use tokio::time::sleep;

use super::{MAX_RETRY_DELAY, MIN_RETRY_DELAY};
use crate::publish::{Busy, Publisher};

/// Messages that may wait for the broker. A panel's next page replaces one that is dropped.
const QUEUE: usize = 1024;

/// Publishes while the broker is connected.
#[derive(Debug)]
pub(super) struct ExternalPublisher {
    client: AsyncClient,
    connected: Arc<AtomicBool>,
}

impl ExternalPublisher {
    /// Makes a publisher, and the future that drives its connection.
    pub(super) fn new(options: MqttOptions) -> (Self, impl Future<Output = ()> + Send) {
        let (client, events) = AsyncClient::builder(options).capacity(QUEUE).build();
        let connected = Arc::new(AtomicBool::new(false));
        (Self { client, connected: Arc::clone(&connected) }, drive(events, connected))
    }
}

async fn drive(mut events: EventLoop, connected: Arc<AtomicBool>) {
    let mut delay = MIN_RETRY_DELAY;
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                delay = MIN_RETRY_DELAY;
                connected.store(true, Relaxed);
            }
            Ok(_) => {}
            Err(error) => {
                connected.store(false, Relaxed);
                tracing::debug!("no connection to the external broker for publishing: {error}");
                sleep(delay).await;
                delay = (delay * 2).min(MAX_RETRY_DELAY);
            }
        }
    }
}

impl Publisher for ExternalPublisher {
    fn publish(&self, topic: &str, payload: Bytes, retain: bool) -> Result<(), Busy> {
        if !self.connected.load(Relaxed) {
            return Err(Busy);
        }
        let options = PublishOptions::new(QoS::AtLeastOnce).retain(retain);
        self.client.try_publish(topic, payload, options).map_err(|_| Busy)
    }
}

//! The thread before the engine's: takes deliveries from the inbox and parses them, so
//! that the next batch is ready while the engine waits for the disk.
use std::{sync::Arc, thread};

use competition::{MeterIndex, Sample};
use tokio::sync::{mpsc, watch};
use wire::{GatewayId, Status};

use super::{
    acks::AckBatch,
    delivery::Delivery,
    error::IngestError,
    meter_directory::MeterDirectory,
    parse::{Message, parse},
};

/// Most deliveries of a batch; they share a commit.
const BATCH: usize = 4096;

/// A reading of a known meter, from the gateway that the configuration names.
#[derive(Debug)]
pub(crate) struct ResolvedReading {
    pub(crate) meter: MeterIndex,
    pub(crate) sample: Sample,
    /// For the list of rejections, should the competition reject it.
    pub(crate) topic: Arc<str>,
}

/// Deliveries that were in the inbox at one time, parsed.
#[derive(Debug, Default)]
pub(crate) struct DecodedBatch {
    pub(crate) received: u64,
    pub(crate) readings: Vec<ResolvedReading>,
    pub(crate) statuses: Vec<(GatewayId, Status)>,
    pub(crate) refused: Vec<(Arc<str>, IngestError)>,
    pub(crate) acks: AckBatch,
}

impl DecodedBatch {
    pub(crate) fn push(&mut self, directory: &MeterDirectory, delivery: Delivery) {
        self.received += 1;
        self.acks.push(delivery.ack);
        let topic = delivery.topic;
        let resolved = match parse(&topic, &delivery.payload) {
            Ok(Message::Reading(gateway, reading)) => directory.resolve(&gateway, &reading),
            Ok(Message::Status(gateway, status)) => {
                self.statuses.push((gateway, *status));
                return;
            }
            Err(reason) => Err(reason),
        };
        match resolved {
            Ok((meter, sample)) => self.readings.push(ResolvedReading { meter, sample, topic }),
            Err(reason) => self.refused.push((topic, reason)),
        }
    }
}

/// Starts the thread. It ends when all inboxes are dropped, or after `stop` turns true
/// and what is in the inbox has been passed on.
///
/// # Errors
/// Where the operating system refuses a thread.
pub(crate) fn start_decoder(
    inbox: mpsc::Receiver<Delivery>,
    directory: MeterDirectory,
    batches: mpsc::Sender<DecodedBatch>,
    stop: watch::Receiver<bool>,
) -> std::io::Result<thread::JoinHandle<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    thread::Builder::new()
        .name("decoder".to_owned())
        .spawn(move || runtime.block_on(run(inbox, directory, batches, stop)))
}

async fn run(
    mut inbox: mpsc::Receiver<Delivery>,
    directory: MeterDirectory,
    batches: mpsc::Sender<DecodedBatch>,
    mut stop: watch::Receiver<bool>,
) {
    let mut deliveries = Vec::with_capacity(BATCH);
    let mut stopping = false;
    loop {
        let count = tokio::select! {
            biased;
            // An error means that the sender is dropped, which also means stop.
            _ = stop.wait_for(|stop| *stop), if !stopping => {
                stopping = true;
                inbox.close();
                continue;
            }
            count = inbox.recv_many(&mut deliveries, BATCH) => count,
        };
        if count == 0 {
            return;
        }
        let mut batch =
            DecodedBatch { readings: Vec::with_capacity(count), ..DecodedBatch::default() };
        for delivery in deliveries.drain(..) {
            batch.push(&directory, delivery);
        }
        if batches.send(batch).await.is_err() {
            return;
        }
    }
}

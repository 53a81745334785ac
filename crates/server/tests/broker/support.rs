//! A real broker on a free port, and a committer that commits to a real SQLite file and can be
//! paused.
use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, Condvar, Mutex},
    time::Duration,
};

use server::{
    broker::{self, Broker, Config, Limits},
    ingest::{Ack, Delivery},
};
use tempfile::TempDir;
use tokio::{runtime::Runtime, sync::mpsc};

pub(crate) use crate::client::*;

/// Longest wait for an expected event.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(20);
/// How long a test observes that nothing happens.
pub(crate) const QUIET: Duration = Duration::from_millis(300);

/// A broker, its committer and their runtime.
pub(crate) struct Server {
    pub(crate) addr: SocketAddr,
    pub(crate) commits: Arc<Commits>,
    pub(crate) broker: Broker,
    runtime: Option<Runtime>,
    stop: Option<tokio::sync::oneshot::Sender<()>>,
    committer: Option<std::thread::JoinHandle<()>>,
    pub(crate) directory: Arc<TempDir>,
}

/// Controls the committer and records its commits.
#[derive(Default)]
pub(crate) struct Commits {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: bool,
    drop_next: bool,
    /// Deliveries of each commit.
    batches: Vec<usize>,
    deliveries: Vec<(String, usize)>,
}

impl Commits {
    /// Pauses the committer.
    pub(crate) fn hold(&self) {
        self.state.lock().unwrap().held = true;
    }

    pub(crate) fn release(&self) {
        self.state.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    /// The next batch is dropped without a commit.
    pub(crate) fn drop_next(&self) {
        self.state.lock().unwrap().drop_next = true;
    }

    /// Sizes of the commits so far.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.state.lock().unwrap().batches.clone()
    }

    /// Topics and payload sizes, in the order of their commits.
    pub(crate) fn deliveries(&self) -> Vec<(String, usize)> {
        self.state.lock().unwrap().deliveries.clone()
    }

    fn run(&self, mut store: rusqlite::Connection, mut inbox: mpsc::Receiver<Delivery>) {
        let mut batch = Vec::new();
        while inbox.blocking_recv_many(&mut batch, 4096) > 0 {
            let mut state = self.state.lock().unwrap();
            while state.held {
                state = self.changed.wait(state).unwrap();
            }
            let drop_batch = std::mem::take(&mut state.drop_next);
            drop(state);
            while batch.len() < 4096 {
                match inbox.try_recv() {
                    Ok(delivery) => batch.push(delivery),
                    Err(_) => break,
                }
            }
            if drop_batch {
                batch.clear();
                continue;
            }
            let transaction = store.transaction().unwrap();
            for delivery in &batch {
                let row = (&*delivery.topic, &delivery.payload[..]);
                transaction.execute("INSERT INTO d VALUES (?, ?)", row).unwrap();
            }
            transaction.commit().unwrap();
            let mut state = self.state.lock().unwrap();
            state.batches.push(batch.len());
            state.deliveries.extend(batch.iter().map(|d| (d.topic.to_string(), d.payload.len())));
            drop(state);
            self.changed.notify_all();
            acknowledge(batch.drain(..).map(|delivery| delivery.ack));
        }
    }
}

/// Acknowledges runs of one connection in one call, as the engine does.
fn acknowledge(acks: impl Iterator<Item = Ack>) {
    let mut run: Option<(Arc<dyn server::ingest::Acknowledge>, Vec<u64>)> = None;
    for Ack { connection, token } in acks {
        let connection = connection.expect("every delivery of the broker has a connection");
        match &mut run {
            Some((last, tokens)) if Arc::ptr_eq(last, &connection) => tokens.push(token),
            _ => {
                if let Some((last, tokens)) = run.replace((connection, vec![token])) {
                    last.acknowledge(&tokens);
                }
            }
        }
    }
    if let Some((last, tokens)) = run {
        last.acknowledge(&tokens);
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        Self::restart_in(Arc::new(tempfile::tempdir().unwrap()), change)
    }

    /// Starts a broker in the directory of an earlier one.
    pub(crate) fn restart_in(directory: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            tls: None,
            listen: "127.0.0.1:0".parse().unwrap(),
            logins: Vec::new(),
            state_file: Some(directory.path().join("mqtt.retained")),
            limits: Limits::default(),
        };
        change(&mut config);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let (inbox, deliveries) = mpsc::channel(1024);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        let broker = runtime
            .block_on(broker::start(config, inbox, async {
                let _ = stopped.await;
            }))
            .unwrap();
        let commits = Arc::new(Commits::default());
        let store = open(&directory.path().join("store.sqlite"));
        let of = commits.clone();
        let committer = std::thread::spawn(move || of.run(store, deliveries));
        Self {
            addr: broker.addr,
            commits,
            broker,
            runtime: Some(runtime),
            stop: Some(stop),
            committer: Some(committer),
            directory,
        }
    }

    /// Shuts the broker down as the service does, and returns its directory.
    pub(crate) fn stop(mut self) -> Arc<TempDir> {
        drop(self.stop.take());
        let broker = &mut self.broker;
        self.runtime.as_ref().unwrap().block_on(async {
            tokio::time::timeout(TIMEOUT, broker.ended()).await.expect("the broker ends");
        });
        self.committer.take().unwrap().join().expect("the committer ends with the inbox");
        self.directory.clone()
    }

    pub(crate) fn client(&self, v5: bool, id: &str) -> RawClient {
        RawClient::connect(self.addr, Connect::new(v5, id)).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.commits.release();
        drop(self.stop.take());
        // The tasks of the runtime hold the inbox, whose end ends the committer.
        drop(self.runtime.take());
        if let Some(committer) = self.committer.take() {
            let _ = committer.join();
        }
    }
}

fn open(file: &Path) -> rusqlite::Connection {
    let store = rusqlite::Connection::open(file).unwrap();
    store.execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE IF NOT EXISTS d (t, p)").unwrap();
    store
}

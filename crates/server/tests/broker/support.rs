//! A real broker on a free port, a committer that commits to a real SQLite file and
//! can be held back, and a client of raw bytes, so that what is asserted is what
//! stands on the wire.
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

/// Long enough for anything that is to happen.
pub(crate) const SOON: Duration = Duration::from_secs(20);
/// How long nothing is watched not to happen.
pub(crate) const NEVER: Duration = Duration::from_millis(300);

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

/// What the committer does and did.
#[derive(Default)]
pub(crate) struct Commits {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    held: bool,
    lose: bool,
    /// Deliveries of each commit.
    batches: Vec<usize>,
    seen: Vec<(String, usize)>,
}

impl Commits {
    /// Nothing is taken in from now on.
    pub(crate) fn hold(&self) {
        self.state.lock().unwrap().held = true;
    }

    pub(crate) fn release(&self) {
        self.state.lock().unwrap().held = false;
        self.changed.notify_all();
    }

    /// The next batch is dropped without a commit.
    pub(crate) fn lose_next(&self) {
        self.state.lock().unwrap().lose = true;
    }

    /// Sizes of the commits so far.
    pub(crate) fn batches(&self) -> Vec<usize> {
        self.state.lock().unwrap().batches.clone()
    }

    /// Topics and payload sizes, in the order of their commits.
    pub(crate) fn seen(&self) -> Vec<(String, usize)> {
        self.state.lock().unwrap().seen.clone()
    }

    fn run(&self, mut store: rusqlite::Connection, mut inbox: mpsc::Receiver<Delivery>) {
        let mut batch = Vec::new();
        while inbox.blocking_recv_many(&mut batch, 4096) > 0 {
            let mut state = self.state.lock().unwrap();
            while state.held {
                state = self.changed.wait(state).unwrap();
            }
            let lose = std::mem::take(&mut state.lose);
            drop(state);
            while batch.len() < 4096 {
                match inbox.try_recv() {
                    Ok(delivery) => batch.push(delivery),
                    Err(_) => break,
                }
            }
            if lose {
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
            state.seen.extend(batch.iter().map(|d| (d.topic.to_string(), d.payload.len())));
            drop(state);
            self.changed.notify_all();
            acknowledge(batch.drain(..).map(|delivery| delivery.ack));
        }
    }
}

/// Runs of one connection in one call, as the engine does.
fn acknowledge(acks: impl Iterator<Item = Ack>) {
    let mut run: Option<(Arc<dyn server::ingest::Acknowledge>, Vec<u64>)> = None;
    for Ack { connection, token } in acks {
        let connection = connection.expect("the broker names a connection for each");
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
        Self::again(Arc::new(tempfile::tempdir().unwrap()), change)
    }

    /// In the directory of an earlier one.
    pub(crate) fn again(directory: Arc<TempDir>, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
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

    /// A clean end, as the service does it; the directory stays.
    pub(crate) fn stop(mut self) -> Arc<TempDir> {
        drop(self.stop.take());
        let broker = &mut self.broker;
        self.runtime.as_ref().unwrap().block_on(async {
            tokio::time::timeout(SOON, broker.ended()).await.expect("the broker ends");
        });
        self.committer.take().unwrap().join().expect("the committer ends with the inbox");
        self.directory.clone()
    }

    pub(crate) fn client(&self, v5: bool, id: &str) -> Raw {
        Raw::connect(self.addr, Connect::new(v5, id)).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.commits.release();
        drop(self.stop.take());
        // Its tasks hold the inbox; without it the committer ends.
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

//! Whether the service receives readings, keeps them and shows a leaderboard, now.
use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::sync::Mutex;

use crate::{broker, engine::EngineClient};

/// How long a state of the parts is used again: a request must not cost a connection to the broker
/// each time.
const VALID: Duration = Duration::from_secs(1);

/// What readiness is about besides the engine; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Readiness(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The data directory and the bytes that have to be free there.
    disk: Option<(PathBuf, u64)>,
    /// The address of the embedded broker, which is asked each time.
    embedded: OnceLock<SocketAddr>,
    /// Whether the external broker is connected.
    connected: AtomicBool,
    last: Mutex<Option<(Instant, Parts)>>,
}

/// The parts that the service needs before it is ready, and those that are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) engine: bool,
    pub(super) store: bool,
    pub(super) data: bool,
    pub(super) disk: bool,
    pub(super) board: bool,
    pub(super) broker: bool,
    pub(super) clock: bool,
}

impl Parts {
    /// Each part with its name, and what is wrong and how to fix it where it is not ready.
    pub(super) const fn named(self) -> [(&'static str, bool, &'static str); 7] {
        [
            ("engine", self.engine, "the engine does not answer; see the log, and restart"),
            (
                "store",
                self.store,
                "the store takes no write transactions; see the log, and that the disk is writable",
            ),
            (
                "data",
                self.data,
                "the store's file was deleted or replaced; put it back or restore a backup, and restart",
            ),
            ("disk", self.disk, "the disk of the data directory is nearly full; free some space"),
            ("board", self.board, "the leaderboard is not computed yet; wait"),
            (
                "broker",
                self.broker,
                "the broker does not answer or is not connected; see the log and the network",
            ),
            ("clock", self.clock, "the clock is behind the newest stored reading; set it"),
        ]
    }

    pub(super) fn all(self) -> bool {
        self.named().iter().all(|(_, ready, _)| *ready)
    }
}

impl Readiness {
    /// Of a service with this data directory, in which `min_free` bytes have to be free.
    pub fn new(data: PathBuf, min_free: u64) -> Self {
        Self(Arc::new(Inner { disk: Some((data, min_free)), ..Inner::default() }))
    }

    /// The embedded broker listens at this address.
    pub fn set_embedded_broker(&self, addr: SocketAddr) {
        // It is set once.
        let _ = self.0.embedded.set(addr);
    }

    /// Records whether the external broker is connected.
    pub fn set_broker(&self, connected: bool) {
        self.0.connected.store(connected, Ordering::Relaxed);
    }

    /// The state of the parts, at most a second old.
    pub(super) async fn parts(&self, engine: &EngineClient) -> Parts {
        // Held while the parts are asked, so that many requests ask once.
        let mut last = self.0.last.lock().await;
        if let Some((at, parts)) = &*last
            && at.elapsed() < VALID
        {
            return *parts;
        }
        let parts = self.ask(engine).await;
        *last = Some((Instant::now(), parts));
        parts
    }

    async fn ask(&self, engine: &EngineClient) -> Parts {
        let (inner, health) = (self.0.clone(), engine.health().clone());
        // File systems of a network may make these wait.
        let files = tokio::task::spawn_blocking(move || {
            (health.are_files_in_place(), inner.disk.as_ref().is_none_or(has_room))
        });
        let broker = async {
            match self.0.embedded.get() {
                Some(addr) => broker::ping(*addr).await,
                None => self.0.connected.load(Ordering::Relaxed),
            }
        };
        let (files, broker) = tokio::join!(files, broker);
        let (data, disk) = files.unwrap_or((false, false));
        let health = engine.health();
        Parts {
            engine: engine.is_running() && health.is_alive(),
            store: health.is_writing(),
            data,
            disk,
            board: engine.snapshot().version > 0,
            broker,
            clock: !health.is_clock_behind(),
        }
    }
}

/// Whether the disk of the directory has so many bytes that this process may use.
fn has_room((data, min_free): &(PathBuf, u64)) -> bool {
    let Ok(disk) = rustix::fs::statvfs(data) else { return false };
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    metrics::gauge!("wattkampen_data_free_bytes").set(free as f64);
    free >= *min_free
}

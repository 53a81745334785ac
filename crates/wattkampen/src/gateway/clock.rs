//! The machine's clock, once it can be believed.
//!
//! A Raspberry Pi has no clock that runs without power: until NTP answers, it
//! shows the time at which it was switched off. Readings dated by that would be
//! wrong and look right, so they wait.
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use gateway::Clock;
use tokio::process::Command;
use wire::Time;

/// How often to ask whether it is synchronised, until it is.
const ASK: Duration = Duration::from_secs(5);
/// What systemd-timesyncd leaves from its first answer until the machine restarts.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// When the machine's clock is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// At once.
    Always,
    /// As soon as the system says that it is synchronised, by whichever program.
    Synchronised,
}

/// The machine's clock. Once believed, always: it goes on well enough without NTP.
#[derive(Debug, Clone)]
pub struct MachineClock {
    start: Instant,
    believed: Arc<AtomicBool>,
}

impl MachineClock {
    /// Asks in a task of its own; needs a runtime.
    pub fn new(trust: Trust) -> Self {
        let believed = Arc::new(AtomicBool::new(trust == Trust::Always));
        if trust == Trust::Synchronised {
            tokio::spawn(ask(Arc::clone(&believed)));
        }
        Self { start: Instant::now(), believed }
    }
}

async fn ask(believed: Arc<AtomicBool>) {
    let mut told = false;
    while !synchronised().await {
        if !told {
            tracing::warn!(
                "this machine's clock is not synchronised; readings wait until it is \
                 (timedatectl tells more; --trust-clock believes it as it is)"
            );
            told = true;
        }
        tokio::time::sleep(ASK).await;
    }
    if told {
        tracing::info!("this machine's clock is synchronised");
    }
    believed.store(true, Relaxed);
}

async fn synchronised() -> bool {
    if Path::new(SYNCHRONISED).exists() {
        return true;
    }
    // The kernel's own flag, which chrony and ntpd set as well.
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    matches!(asked.await, Ok(answer) if answer.stdout.trim_ascii() == b"yes")
}

impl Clock for MachineClock {
    fn monotonic_ms(&self) -> u64 {
        self.start.elapsed().as_millis().try_into().unwrap_or(u64::MAX)
    }

    fn utc(&self) -> Option<Time> {
        if !self.believed.load(Relaxed) {
            return None;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Time::from_unix(since.as_secs().try_into().ok()?).ok()
    }

    async fn sleep_until(&self, at_ms: u64) {
        tokio::time::sleep_until((self.start + Duration::from_millis(at_ms)).into()).await;
    }
}

//! The machine's clock, once it can be believed.
//!
//! A Raspberry Pi has no clock that runs without power: until NTP answers, it
//! shows the time at which it was switched off. Readings dated by that would be
//! wrong and look right, so they wait, as old as the machine's own counting says:
//! that is of the whole machine and goes on over a restart of this program.
//!
//! Whether the clock is set right is the kernel's to know (`STA_UNSYNC`, which every
//! NTP program clears); `timedatectl` asks it without a privilege.
use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use gateway::Clock;
use rustix::time::{ClockId, clock_gettime};
use tokio::process::Command;
use wire::Time;

use super::MachineStart;

/// How often to ask whether it is synchronised, until it is.
const ASK: Duration = Duration::from_secs(2);
/// What systemd-timesyncd leaves from its first answer until the machine restarts.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// When the machine's clock is believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// At once.
    Always,
    /// As soon as the system says that it is synchronised, by whichever program.
    Synchronised,
    /// As soon as this file exists.
    File(PathBuf),
}

impl Trust {
    async fn is_given(&self) -> bool {
        match self {
            Self::Always => true,
            Self::File(path) => path.exists(),
            Self::Synchronised => synchronised().await,
        }
    }
}

/// Which start of the machine this is, where the kernel tells.
pub fn machine_start() -> MachineStart {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

/// Milliseconds since the machine's start, asleep or not.
fn since_start_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let (seconds, ms) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() / 1_000_000);
    seconds.saturating_mul(1000).saturating_add(ms)
}

/// The machine's clock. Once believed, always: it goes on well enough without NTP.
#[derive(Debug, Clone)]
pub struct MachineClock {
    believed: Arc<AtomicBool>,
}

impl MachineClock {
    /// Asks in a task of its own; needs a runtime.
    pub fn new(trust: Trust) -> Self {
        let believed = Arc::new(AtomicBool::new(trust == Trust::Always));
        if trust != Trust::Always {
            tokio::spawn(ask(trust, Arc::clone(&believed)));
        }
        Self { believed }
    }
}

async fn ask(trust: Trust, believed: Arc<AtomicBool>) {
    let mut told = false;
    while !trust.is_given().await {
        if !told {
            tracing::warn!(
                "this machine's clock is not synchronised; readings wait until it is, or \
                 until the meter's clock can tell (timedatectl tells more; --trust-clock \
                 believes it as it is)"
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
    if fs::exists(SYNCHRONISED).unwrap_or(false) {
        return true;
    }
    // The kernel's own flag, which chrony and ntpd clear as well.
    let asked = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    matches!(asked.await, Ok(answer) if answer.stdout.trim_ascii() == b"yes")
}

impl Clock for MachineClock {
    fn monotonic_ms(&self) -> u64 {
        since_start_ms()
    }

    fn utc(&self) -> Option<Time> {
        if !self.believed.load(Relaxed) {
            return None;
        }
        let since = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        Time::from_unix(since.as_secs().try_into().ok()?).ok()
    }

    async fn sleep_until(&self, at_ms: u64) {
        let wait = at_ms.saturating_sub(since_start_ms());
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

//! The system clock, used once it is synchronised.
//!
//! A Raspberry Pi has no clock that runs without power: until NTP answers, it shows about the
//! time at which it was switched off. Readings with that time would be wrong, so they wait
//! with their age by the kernel's boot-time clock, which a restart of this program does not
//! reset.
//!
//! The kernel knows whether the clock is synchronised (`STA_UNSYNC`, which every NTP program
//! clears); `timedatectl` reads it without privileges. This program needs no SNTP client of
//! its own.
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

use super::BootId;

/// Interval of the check until the clock is synchronised.
const CHECK_INTERVAL: Duration = Duration::from_secs(2);
/// The file that systemd-timesyncd creates at the first synchronisation after boot.
const SYNCHRONISED: &str = "/run/systemd/timesync/synchronized";

/// When the system clock is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClockTrust {
    /// Always.
    Always,
    /// Once the kernel reports it as synchronised, by any program.
    Synchronised,
    /// Once this file exists.
    File(PathBuf),
}

impl ClockTrust {
    async fn is_established(&self) -> bool {
        match self {
            Self::Always => true,
            Self::File(path) => path.exists(),
            Self::Synchronised => synchronised().await,
        }
    }
}

/// The kernel's identifier of this boot, if it is available.
pub fn boot_id() -> Option<BootId> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    u128::from_str_radix(&digits, 16).ok().map(u128::to_be_bytes)
}

/// Milliseconds since boot, including suspend.
fn since_start_ms() -> u64 {
    let now = clock_gettime(ClockId::Boottime);
    let (seconds, ms) = (now.tv_sec.unsigned_abs(), now.tv_nsec.unsigned_abs() / 1_000_000);
    seconds.saturating_mul(1000).saturating_add(ms)
}

/// The system clock. Once trusted, it stays trusted: it is accurate enough without NTP.
#[derive(Debug, Clone)]
pub struct SystemClock {
    trusted: Arc<AtomicBool>,
}

impl SystemClock {
    /// Starts a task that checks the synchronisation; needs a tokio runtime.
    pub fn new(trust: ClockTrust) -> Self {
        let trusted = Arc::new(AtomicBool::new(trust == ClockTrust::Always));
        if trust != ClockTrust::Always {
            tokio::spawn(wait_for_trust(trust, Arc::clone(&trusted)));
        }
        Self { trusted }
    }
}

async fn wait_for_trust(trust: ClockTrust, trusted: Arc<AtomicBool>) {
    let mut warned = false;
    while !trust.is_established().await {
        if !warned {
            tracing::warn!(
                "this machine's clock is not synchronised; readings wait until it is, or \
                 until the meter's clock is usable (timedatectl shows more; --trust-clock \
                 uses the clock as it is)"
            );
            warned = true;
        }
        tokio::time::sleep(CHECK_INTERVAL).await;
    }
    if warned {
        tracing::info!("this machine's clock is synchronised");
    }
    trusted.store(true, Relaxed);
}

async fn synchronised() -> bool {
    if fs::exists(SYNCHRONISED).unwrap_or(false) {
        return true;
    }
    // The kernel's own flag, which chrony and ntpd clear as well.
    let output = Command::new("timedatectl")
        .args(["show", "--property=NTPSynchronized", "--value"])
        .kill_on_drop(true)
        .output();
    matches!(output.await, Ok(output) if output.stdout.trim_ascii() == b"yes")
}

impl Clock for SystemClock {
    fn monotonic_ms(&self) -> u64 {
        since_start_ms()
    }

    fn utc(&self) -> Option<Time> {
        if !self.trusted.load(Relaxed) {
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

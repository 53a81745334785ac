//! Programs of the machine and files beside the repository: present, or skipped in
//! words. `cargo xtask test` sets `WATTKAMPEN_REQUIRE=all`; then absent is failed.
use std::{
    env,
    io::Write,
    path::{Path, PathBuf},
};

/// A program that is not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// The browser.
    Chromium,
    /// curl, for README.md's examples.
    Curl,
    /// The external broker.
    Mosquitto,
    /// Its command-line clients.
    MosquittoClients,
    /// What runs the emulator of the RP2040.
    Node,
    /// The emulator of boards.
    Qemu,
}

impl Tool {
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Chromium => &["chromium", "chromium-browser", "google-chrome"],
            Self::Curl => &["curl"],
            Self::Mosquitto => &["mosquitto"],
            Self::MosquittoClients => &["mosquitto_sub"],
            Self::Node => &["node", "nodejs"],
            Self::Qemu => &["qemu-system-arm"],
        }
    }

    /// Its path. `None`: the tool is absent, and the skipped test is reported.
    ///
    /// # Panics
    /// When it is absent and everything is required.
    pub fn find(self) -> Option<PathBuf> {
        let path = env::var_os("PATH").unwrap_or_default();
        // Debian puts servers where an ordinary user's path does not lead.
        let folders: Vec<_> = env::split_paths(&path).chain(["/usr/sbin".into()]).collect();
        let candidates =
            self.names().iter().flat_map(|name| folders.iter().map(move |f| f.join(name)));
        let found = candidates.into_iter().find(|candidate| candidate.is_file());
        if found.is_none() {
            skip(&format!("there is no {}; `cargo xtask test` installs it", self.names()[0]));
        }
        found
    }
}

/// Says what is not tested, past the test harness, which swallows what passing
/// tests print.
///
/// # Panics
/// When everything is required.
pub fn skip(why: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    assert!(env::var_os("WATTKAMPEN_REQUIRE").is_none(), "{name}: {why}");
    // A broken pipe must not fail a test that is skipped anyway.
    let _ = writeln!(std::io::stderr(), "skipped {name}: {why}");
}

/// The repository's root.
pub fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// Where cargo builds, and where pictures go.
pub fn target_dir() -> PathBuf {
    let folder = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(folder)
}

/// The folder of real meter telegrams beside the repository, which is not part of
/// it: where it is absent, the tests that need it are skipped, and this is reported.
pub fn shared() -> Option<PathBuf> {
    let folder = root().join("../shared");
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "skipped: there is no ../shared here");
    None
}

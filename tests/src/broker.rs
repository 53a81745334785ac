//! A real mosquitto with the rules of `deploy/mosquitto.conf`, on a free port.
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use tempfile::TempDir;

use crate::{
    certificate::Certificate,
    process::signal,
    tools::{Tool, root},
    wait::{tail, until},
};

/// A running mosquitto; its data is deleted with it.
#[derive(Debug)]
pub struct Mosquitto {
    child: Child,
    folder: TempDir,
    /// The address of its listener.
    pub address: SocketAddr,
    /// Its TLS certificate; without one, its listener is not encrypted.
    pub certificate: Option<Certificate>,
}

impl Mosquitto {
    /// Starts one. `None` where mosquitto is not installed.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start() -> Option<Self> {
        Self::start_as(false)
    }

    /// With a certificate of an authority of its own; otherwise as [`Self::start`].
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_encrypted() -> Option<Self> {
        Self::start_as(true)
    }

    fn start_as(encrypted: bool) -> Option<Self> {
        let program = Tool::Mosquitto.find()?;
        // Another process may take the free port first; mosquitto then ends at once.
        for _ in 0..10 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let address = free_port();
            let certificate = encrypted.then(|| Certificate::make(folder.path()));
            let child = launch(&program, folder.path(), address, certificate.as_ref());
            let mut this = Self { child, folder, address, certificate };
            let up = until("mosquitto runs", || match this.child.try_wait() {
                Ok(Some(_)) => Some(false),
                _ => this.is_running().then_some(true),
            });
            if up {
                return Some(this);
            }
        }
        panic!("mosquitto found no free port");
    }

    /// Its log since its last start.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// Makes it save its database now instead of at the next interval: a kill then loses
    /// only what changes afterwards.
    ///
    /// # Panics
    /// When it does not save.
    pub fn save(&self) {
        let database = self.folder.path().join("mosquitto.db");
        // It writes another file and renames that one.
        let inode = || fs::metadata(&database).map(|file| file.ino()).ok();
        let before = inode();
        signal(self.child.id(), "USR1");
        until("mosquitto saves its database", || inode().filter(|now| Some(*now) != before));
    }

    /// SIGKILL and a start with the same data and port.
    ///
    /// # Panics
    /// When it does not start again.
    pub fn kill_and_restart(&mut self) {
        self.kill();
        self.start_again();
    }

    /// SIGKILL: it does not save its database.
    ///
    /// # Panics
    /// When it is not running.
    pub fn kill(&mut self) {
        self.child.kill().expect("mosquitto was running");
        self.child.wait().expect("mosquitto has ended");
    }

    /// Starts with the same data and port.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start_again(&mut self) {
        let program = Tool::Mosquitto.find().expect("it was found before");
        self.child = launch(&program, self.folder.path(), self.address, self.certificate.as_ref());
        until("mosquitto runs again", || self.is_running().then_some(()));
    }

    /// Whether it has logged that it runs: it handles signals then, which it does not when it
    /// begins to listen.
    fn is_running(&self) -> bool {
        self.log().contains(" running\n")
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("mosquitto's log ends with\n{}", tail(&self.log()));
        }
    }
}

fn launch(
    program: &Path,
    folder: &Path,
    address: SocketAddr,
    certificate: Option<&Certificate>,
) -> Child {
    let file = folder.join("mosquitto.conf");
    fs::write(&file, configuration(folder, address, certificate))
        .expect("the configuration is written");
    let log = fs::File::create(folder.join("log")).expect("the log is created");
    Command::new(program)
        .arg("-c")
        .arg(file)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("mosquitto starts")
}

/// The settings of `deploy/mosquitto.conf` with the test's own address, folder and accounts.
fn configuration(folder: &Path, address: SocketAddr, certificate: Option<&Certificate>) -> String {
    let product: PathBuf = root().join("deploy/mosquitto.conf");
    let rules = fs::read_to_string(product).expect("deploy/mosquitto.conf");
    let replaced = [
        "listener",
        "persistence_location",
        "allow_anonymous",
        "password_file",
        "acl_file",
        "log_dest",
        "pid_file",
        "user",
        "certfile",
        "keyfile",
    ];
    let keep = |line: &&str| {
        let key = line.split_whitespace().next().unwrap_or("#");
        !key.starts_with('#') && !replaced.contains(&key)
    };
    let rules: Vec<_> = rules.lines().filter(keep).collect();
    let (folder, ip, port) = (folder.display(), address.ip(), address.port());
    let encrypted = certificate.map_or_else(String::new, |files| {
        let (certificate, key) = (files.certificate.display(), files.key.display());
        format!("certfile {certificate}\nkeyfile {key}\n")
    });
    format!(
        "listener {port} {ip}\n{encrypted}allow_anonymous true\npersistence_location {folder}/\n\
         log_dest stderr\nlog_type all\nuser root\n{}\n",
        rules.join("\n")
    )
}

fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("the listener has an address")
}

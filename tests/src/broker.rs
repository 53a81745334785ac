//! A real mosquitto with the product's own configuration for it, on a free port.
use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use tempfile::TempDir;

use crate::{
    certificate::Certificate,
    tools::{Tool, root},
    wait::until,
};

/// A running mosquitto; its data goes with it.
#[derive(Debug)]
pub struct Mosquitto {
    child: Child,
    folder: TempDir,
    /// Where it listens.
    pub address: SocketAddr,
    /// How it proves who it is; without, it speaks in the clear.
    pub certificate: Option<Certificate>,
}

impl Mosquitto {
    /// `None` where there is no mosquitto.
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
        // Somebody may take a free port before mosquitto does; it then ends at once.
        for _ in 0..10 {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let address = free_port();
            let certificate = encrypted.then(|| Certificate::make(folder.path()));
            let child = launch(&program, folder.path(), address, certificate.as_ref());
            let mut this = Self { child, folder, address, certificate };
            let up = until("mosquitto listens", || {
                match (TcpStream::connect(address), this.child.try_wait()) {
                    (_, Ok(Some(_))) => Some(false),
                    (Ok(_), _) => Some(true),
                    _ => None,
                }
            });
            if up {
                return Some(this);
            }
        }
        panic!("mosquitto found no free port");
    }

    /// What it has said since it started.
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    /// SIGKILL and start again with the same data and port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn kill_and_restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// SIGKILL.
    ///
    /// # Panics
    /// When there is nothing to kill.
    pub fn stop(&mut self) {
        self.child.kill().expect("mosquitto was running");
        self.child.wait().expect("mosquitto is gone");
    }

    /// With the same data and port.
    ///
    /// # Panics
    /// When it does not come back.
    pub fn start_again(&mut self) {
        let program = Tool::Mosquitto.find().expect("it was there before");
        self.child = launch(&program, self.folder.path(), self.address, self.certificate.as_ref());
        until("mosquitto listens again", || TcpStream::connect(self.address).ok());
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
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

/// The rules of `deploy/mosquitto.conf`; address, folder and accounts are the test's.
fn configuration(folder: &Path, address: SocketAddr, certificate: Option<&Certificate>) -> String {
    let theirs: PathBuf = root().join("deploy/mosquitto.conf");
    let rules = fs::read_to_string(theirs).expect("deploy/mosquitto.conf");
    let ours = [
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
        !key.starts_with('#') && !ours.contains(&key)
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
    listener.local_addr().expect("it has an address")
}

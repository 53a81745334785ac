//! The real binary as a process: found or built, started on free ports, killed.
use std::{
    env,
    fs::{self, File},
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, OnceLock, PoisonError, mpsc},
    thread,
};

use crate::{
    http::{self, Response},
    process::{output, signal},
    tools::{root, target_dir},
    wait::{DEADLINE, tail, until, until_count},
};

/// The binary. `WATTKAMPEN_BIN` names it; without that cargo builds it, once.
///
/// # Panics
/// When it cannot be built.
pub fn wattkampen() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        if let Some(path) = env::var_os("WATTKAMPEN_BIN") {
            return path.into();
        }
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "wattkampen"])
            .current_dir(root())
            .status()
            .expect("cargo starts");
        assert!(built.success(), "wattkampen does not build");
        target_dir().join("debug/wattkampen")
    })
}

/// A running service.
#[derive(Debug)]
pub struct Server {
    child: Child,
    /// The configuration of `serve`.
    config: Option<PathBuf>,
    organiser: OnceLock<String>,
    log: PathBuf,
    printed: Arc<Mutex<String>>,
    /// Where its pages are.
    pub http: SocketAddr,
    /// Where its broker listens; `None` with an external one.
    pub mqtt: Option<SocketAddr>,
}

impl Server {
    /// `wattkampen serve` with a configuration; its log goes beside that file.
    ///
    /// # Panics
    /// When it does not print its addresses.
    pub fn serve(config: &Path) -> Self {
        let mut command = Command::new(wattkampen());
        command.arg("serve").arg("--config").arg(config);
        let mut server = Self::start(command, &config.with_extension("log"));
        server.config = Some(config.to_owned());
        server
    }

    /// `wattkampen demo` with its data in a folder.
    ///
    /// # Panics
    /// When it does not print its addresses.
    pub fn demo(data: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(wattkampen());
        command.args(["demo", "--http", "127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data"]);
        command.arg(data).args(arguments);
        Self::start(command, &data.with_extension("log"))
    }

    fn start(mut command: Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("the log opens");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(file)
            .env("NO_COLOR", "1")
            .spawn()
            .expect("wattkampen starts");
        let lines = BufReader::new(child.stdout.take().expect("standard output is a pipe")).lines();
        let (sender, received) = mpsc::channel();
        // Goes on reading for as long as the process lives: a full pipe would stop it.
        let all = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&all);
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                kept.push_str(&line);
                kept.push('\n');
                drop(kept);
                drop(sender.send(line));
            }
        });
        let (mut http, mut mqtt) = (None, None);
        while http.is_none() || mqtt.is_none() {
            let Ok(line) = received.recv_timeout(DEADLINE) else {
                let _ = child.kill();
                let status = child.wait();
                panic!("wattkampen did not start ({status:?}):\n{}", tail_of(log));
            };
            if let Some(address) = line.strip_prefix("http://") {
                http = address.trim_end_matches('/').parse().ok();
            } else if let Some(address) =
                line.strip_prefix("mqtt://").or_else(|| line.strip_prefix("mqtts://"))
            {
                // With an external broker it is that one's, and may have a name.
                mqtt = Some(address.trim_end_matches('/').parse().ok());
            }
        }
        let http = http.expect("the loop ends with it");
        let log = log.to_owned();
        let organiser = OnceLock::new();
        Self { child, config: None, organiser, log, printed: all, http, mqtt: mqtt.flatten() }
    }

    /// Where publishers connect.
    ///
    /// # Panics
    /// When it has no address of its own.
    pub fn broker(&self) -> SocketAddr {
        self.mqtt.expect("the server printed where its broker listens")
    }

    /// GET, and the answer whatever it is.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn get(&self, path: &str) -> Response {
        http::get(self.http, path).unwrap_or_else(|error| {
            panic!("GET {path}: {error}; the server's log ends with\n{}", tail_of(&self.log))
        })
    }

    /// The header with which the organiser's requests are answered: an API token of the
    /// competition, or the session of a demonstration's link.
    ///
    /// # Panics
    /// When there is neither.
    pub fn organiser(&self) -> &str {
        self.organiser.get_or_init(|| match &self.config {
            Some(config) => {
                let mut command = Command::new(wattkampen());
                command.args(["token", "add", "--role", "organiser", "--expires", "1d"]);
                let done = output(command.arg("--config").arg(config));
                let errors = String::from_utf8_lossy(&done.stderr);
                assert!(done.status.success(), "{errors}");
                format!("Authorization: Bearer {}", String::from_utf8_lossy(&done.stdout).trim())
            }
            None => {
                let answer = self.get(&self.link());
                let mut lines = answer.head.lines();
                let cookie = lines.find_map(|line| line.strip_prefix("set-cookie: "));
                let cookie = cookie.unwrap_or_else(|| panic!("no session: {}", answer.head));
                format!("Cookie: {}", cookie.split(';').next().unwrap_or_default())
            }
        })
    }

    /// The path of the link that it printed for the organiser.
    ///
    /// # Panics
    /// When it printed none.
    pub fn link(&self) -> String {
        let line = until("the link is printed", || {
            let printed = self.printed();
            printed
                .lines()
                .find_map(|line| line.strip_prefix("organiser http://"))
                .map(str::to_owned)
        });
        line.strip_prefix(&self.http.to_string()).expect("the address of the service").to_owned()
    }

    /// GET as the organiser.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn get_as_organiser(&self, path: &str) -> Response {
        http::get_with(self.http, path, &format!("{}\r\n", self.organiser()))
            .expect("the server answers")
    }

    /// POST as the organiser, of a body of a kind; the kind may have further headers.
    ///
    /// # Panics
    /// When the server does not answer.
    pub fn post_as_organiser(&self, path: &str, kind: &str, body: &str) -> Response {
        http::post(self.http, path, &format!("{kind}\r\n{}", self.organiser()), body)
            .expect("the server answers")
    }

    /// A sum over the lines of `/metrics` that begin with `name`.
    pub fn metric(&self, name: &str) -> u64 {
        let metrics = self.get("/metrics");
        let values = metrics.text().lines().filter(|line| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', '{']))
        });
        values.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
    }

    /// The number of readings in the store.
    pub fn stored(&self) -> u64 {
        self.metric("wattkampen_stored_readings")
    }

    /// Waits until exactly this many readings are in the store.
    ///
    /// # Panics
    /// When there are more, or when their number does not grow for [`DEADLINE`].
    pub fn until_stored(&self, readings: u64) {
        until_count("the readings in the store", readings, || self.stored());
        assert_eq!(self.stored(), readings, "readings in the store");
    }

    /// SIGSTOP: the process stays and its sockets accept data, but it does nothing.
    pub fn suspend(&self) {
        signal(self.child.id(), "STOP");
    }

    /// What it has logged so far.
    ///
    /// # Panics
    /// When the log is not there.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log is text")
    }

    /// What it has printed on standard output so far, in whole lines.
    pub fn printed(&self) -> String {
        self.printed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Its process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no last word, no flush.
    ///
    /// # Panics
    /// When there is nothing to kill.
    pub fn kill(mut self) {
        self.child.kill().expect("the server was running");
        self.child.wait().expect("the server is gone");
    }

    /// Waits until it ends by itself; its exit status and its log.
    ///
    /// # Panics
    /// When it does not end.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let status =
            until("the server ends by itself", || self.child.try_wait().expect("it is our child"));
        (status, self.log())
    }

    /// SIGTERM, as a service manager ends it.
    ///
    /// # Panics
    /// When it does not end.
    pub fn terminate(mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        until("the server ends after SIGTERM", || self.child.try_wait().expect("it is our child"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("the server's log ends with\n{}", tail_of(&self.log));
        }
    }
}

fn tail_of(log: &Path) -> String {
    tail(&fs::read_to_string(log).unwrap_or_default())
}

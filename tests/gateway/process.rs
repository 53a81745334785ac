//! The gateway as a process: the readings that its log reports as stored, and its end at
//! any moment.
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
};

use tests::{Mosquitto, TownHall, process::signal, until, wattkampen};

pub(crate) struct Gateway {
    child: Child,
    log: PathBuf,
    arguments: Vec<String>,
}

impl Gateway {
    pub(crate) fn start(
        folder: &Path,
        hall: &TownHall,
        mosquitto: &Mosquitto,
        serial: &Path,
        // The machine that runs the tests has the right time, whether it reports this or not.
        clock: &str,
    ) -> Self {
        let broker = match &mosquitto.certificate {
            None => format!("mqtt://{}", mosquitto.address),
            Some(files) => {
                format!("mqtts://{} --ca {}", mosquitto.address, files.authority.display())
            }
        };
        let data = folder.join("gateway");
        let arguments = format!(
            "gateway --serial {} --meter {} --gateway {} --broker {broker} --data {} \
             {clock}",
            serial.display(),
            hall.meter,
            hall.gateway,
            data.display()
        );
        let arguments: Vec<_> = arguments.split_whitespace().map(str::to_owned).collect();
        let log = folder.join("gateway.log");
        let child = launch(&arguments, &log);
        let this = Self { child, log, arguments };
        this.until_reading(0);
        this
    }

    /// Waits until the gateway reads the port, so that no telegram is lost.
    pub(crate) fn until_reading(&self, before: usize) {
        until("the gateway reads the meter", || {
            (self.log().matches("reading the meter at").count() > before).then_some(())
        });
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the log is text")
    }

    /// Telegrams that were on the disk without a time.
    pub(crate) fn untimed(&self) -> usize {
        self.log().matches("stored a reading without a time").count()
    }

    /// Boot and sequence of every reading that was on the disk.
    pub(crate) fn kept(&self) -> Vec<(u32, u32)> {
        let log = self.log();
        // A line that is being written is not one yet.
        let whole = log.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let lines = whole.lines().filter(|line| line.contains("stored a reading: "));
        let number = |line: &str, name: &str| -> u32 {
            let found = line.split_whitespace().find_map(|word| word.strip_prefix(name));
            found.and_then(|value| value.parse().ok()).unwrap_or_else(|| panic!("{line}"))
        };
        lines.map(|line| (number(line, "boot="), number(line, "seq="))).collect()
    }

    /// SIGKILL, and a new one at once.
    pub(crate) fn kill_and_restart(&mut self) {
        let before = self.log().matches("reading the meter at").count();
        self.child.kill().expect("it was running");
        self.child.wait().expect("it is gone");
        self.child = launch(&self.arguments, &self.log);
        self.until_reading(before);
    }

    /// SIGTERM.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        signal(self.child.id(), "TERM");
        until("the gateway ends", || self.child.try_wait().expect("it is our child"))
    }
}

fn launch(arguments: &[String], log: &Path) -> Child {
    let file = File::options().create(true).append(true).open(log).expect("the log opens");
    Command::new(wattkampen())
        .args(arguments)
        .env("RUST_LOG", "info,wattkampen=debug")
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(file)
        .spawn()
        .expect("wattkampen starts")
}

impl Drop for Gateway {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the gateway's log:\n{}", self.log());
        }
    }
}

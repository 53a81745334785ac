//! The RP2040's own binary in rp2040js (`tests/rp2040`): a W5500 on its pins, whose
//! cable ends in QEMU's user network, and a meter at the speed of the line.
use std::{
    env,
    fmt::Write as _,
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use serde_json::{Value, json};

use crate::{
    hub75::Refresh,
    tools::{Tool, root, skip, target_dir},
    wait::{DEADLINE, tail, until},
};

const TARGET: &str = "thumbv6m-none-eabi";
/// Bytes.
const FLASH: usize = 2 << 20;
/// Where the chip sees the programs that an update exchanges.
const SLOT: usize = 0x1000_5000;
/// Cycles a second.
pub const HZ: f64 = 125e6;

/// A board that runs.
#[derive(Debug)]
pub struct Pico {
    machine: Machine,
    emulator: Child,
    network: Child,
    orders: ChildStdin,
    messages: Receiver<Value>,
    /// Output of its command line that is not read yet.
    text: String,
}

/// What it takes to start one.
#[derive(Debug, Clone)]
struct Machine {
    node: PathBuf,
    qemu: PathBuf,
    modules: PathBuf,
    folder: PathBuf,
}

/// What happened while the meter spoke.
#[derive(Debug, Clone, Copy)]
pub struct Heard {
    /// How long that was for the board, ns.
    pub ns: f64,
    /// Cycles in which its processor did not sleep, whatever it did.
    pub busy: f64,
    /// Bytes since the start that the UART had no room for.
    pub lost: u64,
}

impl Pico {
    /// Starts a program on a board whose flash is empty, a gateway with the loader that it
    /// is linked for, and sets it up over USB, as a technician does. `None` where there is
    /// no emulator or no Rust for it.
    ///
    /// # Panics
    /// When it does not start, or does not take a setting.
    pub fn start(program: &str, folder: &Path, settings: &[(&str, String)]) -> Option<Self> {
        let (node, qemu) = (Tool::Node.find()?, Tool::Qemu.find()?);
        let modules = target_dir().join("rp2040");
        if !modules.join("node_modules/rp2040js").is_dir() {
            skip("there is no rp2040js; `cargo xtask test --only machine` installs it");
            return None;
        }
        let mut programs = vec![built("rp", program)?];
        if program == "gateway" {
            programs.push(built("loader", "loader")?);
        }
        let folder = folder.to_owned();
        fs::write(folder.join("flash"), vec![0xff; FLASH]).expect("the flash is written");
        let mut this = Self::power(Machine { node, qemu, modules, folder }, &programs);
        for (name, value) in settings {
            assert_eq!(this.command(&format!("set {name} {value}")), "ok", "{name}");
        }
        assert_eq!(this.command("save"), "saved; restarting");
        this.answer("started");
        Some(this)
    }

    /// The power comes; the flash is as it was, but for what is put into it first.
    fn power(machine: Machine, programs: &[PathBuf]) -> Self {
        let Machine { node, qemu, modules, folder } = &machine;
        let socket = folder.join("cable");
        // One that is left over says nothing of the next.
        let _ = fs::remove_file(&socket);
        let network = Command::new(qemu)
            .args(["-M", "none", "-display", "none", "-monitor", "none", "-serial", "none"])
            .arg("-netdev")
            .arg(format!("stream,id=cable,server=on,addr.type=unix,addr.path={}", socket.display()))
            .args(["-netdev", "hubport,id=one,hubid=0,netdev=cable"])
            .args(["-netdev", "user,id=net", "-netdev", "hubport,id=two,hubid=0,netdev=net"])
            .stdin(Stdio::null())
            .spawn()
            .expect("the network starts");
        until("the network is there", || socket.exists().then_some(()));
        let mut emulator = Command::new(node)
            .arg(root().join("tests/rp2040/board.mjs"))
            .args([modules, &folder.join("flash"), &socket])
            .args(programs)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the emulator starts");
        let orders = emulator.stdin.take().expect("standard input is a pipe");
        let lines = BufReader::new(emulator.stdout.take().expect("standard output is a pipe"));
        let (say, messages) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(value) => drop(say.send(value)),
                    Err(_) => eprintln!("rp2040js: {line}"),
                }
            }
        });
        let mut this = Self { machine, emulator, network, orders, messages, text: String::new() };
        this.answer("started");
        this
    }

    /// The power goes at once, and comes again.
    #[must_use]
    pub fn cut(self) -> Self {
        let machine = self.machine.clone();
        drop(self);
        Self::power(machine, &[])
    }

    /// The power will go amid an operation on a page of the flash, its first or a later.
    pub fn cut_amid(&mut self, page: u32, operation: u32) {
        self.order(&json!({ "cut": [page, operation] }));
    }

    /// Waits until it has gone; then it comes again.
    ///
    /// # Panics
    /// When it has not.
    #[must_use]
    pub fn until_dark(mut self) -> Self {
        until("the power goes", || self.emulator.try_wait().expect("a child"));
        self.cut()
    }

    /// Types a line over USB and gives the answer's next one.
    ///
    /// # Panics
    /// When the board is silent.
    pub fn command(&mut self, line: &str) -> String {
        self.order(&json!({ "usb": format!("{line}\r") }));
        self.line()
    }

    fn line(&mut self) -> String {
        loop {
            if let Some((line, rest)) = self.text.split_once("\r\n") {
                let (line, rest) = (line.to_owned(), rest.to_owned());
                self.text = rest;
                return line;
            }
            let more = self.answer("usb");
            self.text.push_str(more.as_str().expect("text"));
        }
    }

    /// All lines of an answer whose last begins so.
    ///
    /// # Panics
    /// When there is no such line.
    pub fn ask(&mut self, command: &str, last: &str) -> Vec<String> {
        let mut lines = vec![self.command(command)];
        while !lines.last().is_some_and(|line| line.starts_with(last)) {
            lines.push(self.line());
        }
        lines
    }

    fn order(&mut self, order: &Value) {
        writeln!(self.orders, "{order}").expect("the emulator runs");
    }

    /// The next of this name.
    fn answer(&mut self, name: &str) -> Value {
        loop {
            let mut messages = self.messages.recv_timeout(DEADLINE).unwrap_or_else(|_| {
                let text = tail(&self.text);
                panic!("no `{name}` of the emulator in {DEADLINE:?}; unread text:\n{text}");
            });
            if let Some(found) = messages.get_mut(name) {
                return found.take();
            }
        }
    }

    /// Its counters: `starts`, `ns`, `busy` cycles, flash pages `erased`, `frames`, bytes
    /// of `stack`.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn mark(&mut self) -> Value {
        self.order(&json!({ "mark": true }));
        self.answer("mark")
    }

    /// Bytes between the program's data and the deepest that its stack has been; the
    /// emulator ends where there is none.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn stack_left(&mut self) -> u64 {
        let stack = &self.mark()["stack"];
        eprintln!("stack: {} bytes used, {} left", stack["used"], stack["free"]);
        stack["free"].as_u64().expect("a number of bytes")
    }

    /// Closes and opens the S0 contact in turn, for so many ms each.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn pulse(&mut self, ms: &[u32]) {
        self.order(&json!({ "pulse": ms }));
        self.answer("pulsed");
    }

    /// The program no longer gets to its turn; waits until the watchdog has bitten.
    ///
    /// # Panics
    /// When it does not.
    pub fn hang(&mut self) {
        self.trouble("hang");
    }

    /// A hard fault, wherever the program is; waits until it starts anew.
    ///
    /// # Panics
    /// When it does not.
    pub fn fault(&mut self) {
        self.trouble("fault");
    }

    fn trouble(&mut self, which: &str) {
        self.order(&json!({ "trouble": which }));
        self.answer("started");
    }

    /// One refresh of the HUB75 panel on its pins.
    ///
    /// # Panics
    /// When there is none.
    pub fn look(&mut self) -> Refresh {
        self.order(&json!({ "look": true }));
        Refresh::parse(&self.answer("refresh"))
    }

    /// Looks at the panel from now on, until [`changed`](Self::changed).
    pub fn watch(&mut self) {
        self.order(&json!({ "watch": true }));
    }

    /// How long after the last byte of the meter the first LED was lit otherwise, in ns of
    /// the board. `None` when that was before.
    ///
    /// # Panics
    /// When nothing changes.
    pub fn changed(&mut self) -> Option<f64> {
        self.answer("changed")["ns"].as_f64()
    }

    /// Sends bytes as the line carries them, without a pause, and waits for the last.
    ///
    /// # Panics
    /// When the emulator has ended.
    pub fn hear(&mut self, bytes: &[u8]) -> Heard {
        let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
            // A string takes everything.
            let _ = write!(hex, "{byte:02x}");
            hex
        });
        self.order(&json!({ "meter": hex }));
        let silent = self.answer("silent");
        let number = |name: &str| silent[name].as_f64().expect("a number");
        Heard { ns: number("ns"), busy: number("busy"), lost: number("lost") as u64 }
    }
}

impl Drop for Pico {
    fn drop(&mut self) {
        for child in [&mut self.emulator, &mut self.network] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The bytes of a program that an update sends. `None` where Rust has no core for it.
///
/// # Panics
/// When it is none for a slot.
pub fn image(program: &str) -> Option<Vec<u8>> {
    let elf = fs::read(built("rp", program)?).expect("the program");
    let half = |at: usize| u16::from_le_bytes([elf[at], elf[at + 1]]);
    let word = |at: usize| u32::from(half(at)) | u32::from(half(at + 2)) << 16;
    let mut image = Vec::new();
    for header in (0..usize::from(half(44))).map(|n| word(28) as usize + 32 * n) {
        let [kind, from, _, to, length] = [0, 1, 2, 3, 4].map(|n| word(header + 4 * n) as usize);
        if kind == 1 && length > 0 {
            image.resize(to - SLOT, 0);
            image.extend(&elf[from..from + length]);
        }
    }
    Some(image)
}

/// The program as `cargo xtask firmware` builds it. `None` where Rust has no core for it.
fn built(package: &str, program: &str) -> Option<PathBuf> {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
    let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).ok()?.trim());
    if !sysroot.join("lib/rustlib").join(TARGET).is_dir() {
        skip(&format!("there is no Rust target {TARGET}; `cargo xtask test` installs it"));
        return None;
    }
    let firmware = root().join("firmware");
    let mut build = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build.args(["build", "--quiet", "--release", "--locked", "--bins", "--package", package]);
    if package == "rp" {
        build.args(["--features", "rp2040"]);
    }
    build.args(["--target", TARGET, "--target-dir", "target"]).current_dir(&firmware);
    let done = build.status();
    assert!(done.expect("cargo starts").success(), "the firmware does not build");
    Some(firmware.join("target").join(TARGET).join("release").join(program))
}

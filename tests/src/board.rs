//! The firmware on an emulated board (QEMU's mps2-an385): its serial ports are sockets
//! without an address, its flash and its panel a file that outlives it.
use std::{
    env, fs,
    io::{BufRead, BufReader, Read, Write},
    os::{fd::OwnedFd, unix::fs::FileExt, unix::net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
};

use crate::{
    tools::{Tool, root, skip},
    wait::{DEADLINE, tail, until},
};

const TARGET: &str = "thumbv7m-none-eabi";
const MEMORY: usize = 16 << 20;
/// Where the panel's picture is in it, how fast the calendar runs, and how slowly the
/// flash writes.
const PICTURE: u64 = 0x80_0000;
const SPEED: u64 = 0xf0_0000;
const SLOWNESS: u64 = 0xf0_0004;
/// Whether the flash's next write panics.
const PANIC: u64 = 0xf0_0008;
/// Where the board's chance is, and how much.
const CHANCE: u64 = 0xf1_0000;
const CHANCE_BYTES: u64 = 0x1_0000;
/// Microseconds a byte of a slow write: a record of some fifty bytes takes a minute instead
/// of a millisecond, so that a power cut after its first byte comes before its last, however
/// busy this machine is.
const SLOW_US: u32 = 1_000_000;

/// The file that is a board's flash, and what its panel shows.
#[derive(Debug)]
pub struct Flash {
    path: PathBuf,
    file: fs::File,
}

impl Flash {
    const SIZE: usize = 2 << 20;
    /// Where the outbox's readings are, as `firmware/app/src/storage.rs` has it.
    const OUTBOX: u64 = 0x8_2000;
    const PAGE: usize = 4096;

    /// Erased, on a board whose calendar runs so fast.
    ///
    /// # Panics
    /// When it cannot be written.
    pub fn erased(folder: &Path, speed: u32) -> Self {
        let path = folder.join("memory");
        let mut options = fs::File::options();
        let file = options.create(true).truncate(true).read(true).write(true).open(&path);
        let file = file.expect("the board's memory");
        file.set_len(MEMORY as u64).expect("room on the disk");
        file.write_all_at(&vec![0xff; Self::SIZE], 0).expect("it is written");
        file.write_all_at(&speed.to_le_bytes(), SPEED).expect("it is written");
        let mut chance = Vec::new();
        let ours = fs::File::open("/dev/urandom").expect("chance");
        ours.take(CHANCE_BYTES).read_to_end(&mut chance).expect("chance");
        file.write_all_at(&chance, CHANCE).expect("it is written");
        Self { path, file }
    }

    /// Where the next record of the outbox will be written; `None` on the seam of two
    /// pages.
    ///
    /// # Panics
    /// When the file is gone.
    pub fn frontier(&self) -> Option<u64> {
        let mut bytes = vec![0; Self::SIZE - Self::OUTBOX as usize];
        self.file.read_exact_at(&mut bytes, Self::OUTBOX).expect("the flash");
        let page = bytes.chunks(Self::PAGE).enumerate().find_map(|(number, page)| {
            // The last byte is the page's mark that it is full.
            let blank = page[..Self::PAGE - 1].iter().rev().take_while(|b| **b == 0xff).count();
            let used = Self::PAGE - 1 - blank;
            (used > 1 && blank > 200 && page[Self::PAGE - 1] == 0xff)
                .then_some((number * Self::PAGE + used) as u64)
        });
        page.map(|at| Self::OUTBOX + at)
    }

    /// Whether something has been written at this place or soon after it.
    ///
    /// # Panics
    /// When the file is gone.
    pub fn is_written(&self, at: u64) -> bool {
        // The last byte of the record before may be one that leaves all bits set.
        let mut bytes = [0; 8];
        self.file.read_exact_at(&mut bytes, at).expect("the flash");
        bytes.iter().any(|byte| *byte != 0xff)
    }

    /// Makes it write so slowly that a power cut comes in the middle of a record.
    ///
    /// # Panics
    /// When the file is gone.
    pub fn slow(&self, slow: bool) {
        let time = if slow { SLOW_US } else { 0 };
        self.file.write_all_at(&time.to_le_bytes(), SLOWNESS).expect("the flash");
    }

    /// Makes the program panic at its next write.
    ///
    /// # Panics
    /// When the file is gone.
    pub fn panic(&self) {
        self.file.write_all_at(&1_u32.to_le_bytes(), PANIC).expect("the flash");
    }

    /// Width, height and pixels of what the panel shows, when it is not just changing.
    ///
    /// # Panics
    /// When the file is gone.
    pub fn picture(&self) -> Option<(u32, u32, Vec<u8>)> {
        let word = |at: u64| {
            let mut bytes = [0; 4];
            self.file.read_exact_at(&mut bytes, PICTURE + at).expect("the picture");
            u32::from_le_bytes(bytes)
        };
        let (version, width, height) = (word(0), word(4), word(8));
        if version == 0 || version % 2 == 1 {
            return None;
        }
        let mut pixels = vec![0; 3 * (width * height) as usize];
        self.file.read_exact_at(&mut pixels, PICTURE + 12).expect("the picture");
        (word(0) == version).then_some((width, height, pixels))
    }
}

/// A board that runs.
#[derive(Debug)]
pub struct Board {
    child: Child,
    /// The meter's end of the port.
    pub meter: UnixStream,
    console: BufReader<UnixStream>,
    log: PathBuf,
    seen: usize,
}

impl Board {
    /// Starts a program on it. `None` where there is no emulator or no Rust for it.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(program: &str, flash: &Flash) -> Option<Self> {
        let emulator = Tool::Qemu.find()?;
        let program = programs()?.join(program);
        let (meter, theirs) = UnixStream::pair().expect("a pair of sockets");
        let (console, keys) = UnixStream::pair().expect("a pair of sockets");
        console.set_read_timeout(Some(DEADLINE)).expect("a time limit");
        console.set_write_timeout(Some(DEADLINE)).expect("a time limit");
        meter.set_write_timeout(Some(DEADLINE)).expect("a time limit");
        let log = flash.path.with_extension("log");
        let seen = fs::metadata(&log).map_or(0, |log| log.len() as usize);
        let memory = format!(
            "memory-backend-file,id=psram,size=16M,share=on,mem-path={}",
            flash.path.display()
        );
        let child = Command::new(emulator)
            .args(["-M", "mps2-an385,memory-backend=psram", "-object", &memory])
            .args(["-display", "none", "-monitor", "none"])
            // Time of its own: the emulator sleeps while the board does.
            .args(["-icount", "shift=auto,sleep=on"])
            // The ports are our ends of two pairs, handed over as 0 and 1.
            .args(["-chardev", "socket,id=meter,fd=0", "-serial", "chardev:meter"])
            .args(["-chardev", "socket,id=console,fd=1", "-serial", "chardev:console"])
            .arg("-chardev")
            .arg(format!("file,id=log,append=on,path={}", log.display()))
            .args(["-serial", "chardev:log"])
            .args(["-netdev", "user,id=net", "-net", "nic,netdev=net"])
            .arg("-kernel")
            .arg(program)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::from(OwnedFd::from(keys)))
            .spawn()
            .expect("the emulator starts");
        Some(Self { child, meter, console: BufReader::new(console), log, seen })
    }

    /// Types a line and gives the answer's next one.
    ///
    /// # Panics
    /// When the board is silent.
    pub fn command(&mut self, line: &str) -> String {
        self.console.get_mut().write_all(format!("{line}\r").as_bytes()).expect("a console");
        self.line()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.console.read_line(&mut line).unwrap_or_else(|error| {
            panic!("the board's command line: {error}; its log:\n{}", self.log())
        });
        line.trim_end().to_owned()
    }

    /// What `test` says, a line each.
    ///
    /// # Panics
    /// When the board is silent.
    pub fn test(&mut self) -> Vec<String> {
        let mut lines = vec![self.command("test")];
        while !lines.last().is_some_and(|line| line.starts_with("waiting")) {
            lines.push(self.line());
        }
        lines
    }

    /// Readings in its outbox.
    ///
    /// # Panics
    /// When the board is silent.
    pub fn waiting(&mut self) -> u64 {
        let lines = self.test();
        let last = lines.last().and_then(|line| line.strip_prefix("waiting "));
        last.and_then(|count| count.parse().ok()).expect("a number")
    }

    /// Waits until `test` says this.
    ///
    /// # Panics
    /// When it does not.
    pub fn until(&mut self, line: &str) {
        until(&format!("the board says `{line}`"), || {
            self.test().iter().any(|answer| answer.starts_with(line)).then_some(())
        });
    }

    /// All that any board on this flash has logged.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Readings that this start has put into its flash.
    pub fn queued(&self) -> u64 {
        let log = self.log();
        log[self.seen..].matches("queued ").count() as u64
    }

    /// SIGKILL: the power goes. Gives what this start had put into its flash.
    ///
    /// # Panics
    /// When there is nothing to kill.
    pub fn kill(mut self) -> u64 {
        self.child.kill().expect("the board was running");
        self.child.wait().expect("the board is gone");
        self.queued()
    }
}

impl Drop for Board {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("the board's log ends with\n{}", tail(&self.log()));
        }
    }
}

/// Builds the programs once. `None` where Rust has no core for the board.
fn programs() -> Option<&'static Path> {
    static PROGRAMS: OnceLock<Option<PathBuf>> = OnceLock::new();
    let built = PROGRAMS.get_or_init(|| {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
        let sysroot = PathBuf::from(String::from_utf8(sysroot.stdout).ok()?.trim());
        if !sysroot.join("lib/rustlib").join(TARGET).is_dir() {
            return None;
        }
        let firmware = root().join("firmware");
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let done = Command::new(cargo)
            .args(["build", "--quiet", "--release", "--locked", "--package", "qemu", "--bins"])
            .args(["--target", TARGET, "--target-dir", "target"])
            .current_dir(&firmware)
            .status()
            .expect("cargo starts");
        assert!(done.success(), "the firmware does not build");
        Some(firmware.join("target").join(TARGET).join("release"))
    });
    if built.is_none() {
        skip(&format!("there is no Rust target {TARGET}; `cargo xtask test` installs it"));
    }
    built.as_deref()
}

//! A meter's cable: a pseudo-terminal behind a path that stays.
use std::{
    fs::{self, File},
    io::Write,
    os::unix::{ffi::OsStrExt, fs::symlink},
    path::{Path, PathBuf},
    thread,
};

use jiff::Timestamp;
use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{OptionalActions, tcgetattr, tcsetattr},
};
use tests::until;

/// The meter's end.
pub(crate) struct Cable {
    /// The path that the gateway opens.
    pub(crate) path: PathBuf,
    meter: Option<File>,
    /// Second of the last telegram.
    last: i64,
    register: u64,
}

impl Cable {
    pub(crate) fn plug(path: &Path) -> Self {
        let mut cable = Self { path: path.into(), meter: None, last: 0, register: 6_678_394 };
        cable.plug_again();
        cable
    }

    pub(crate) fn plug_again(&mut self) {
        let meter = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)
            .expect("a pseudo-terminal");
        grantpt(&meter).expect("granted");
        unlockpt(&meter).expect("unlocked");
        // Like a cable: no echo and no line editing.
        let mut settings = tcgetattr(&meter).expect("settings");
        settings.make_raw();
        tcsetattr(&meter, OptionalActions::Now, &settings).expect("raw");
        let name = ptsname(&meter, Vec::new()).expect("its name");
        symlink(Path::new(std::ffi::OsStr::from_bytes(name.as_bytes())), &self.path)
            .expect("a link");
        self.meter = Some(File::from(meter));
    }

    pub(crate) fn unplug(&mut self) {
        fs::remove_file(&self.path).expect("it was plugged in");
        self.meter = None;
    }

    /// Waits until the terminal has taken all bytes, which it does as the gateway reads.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        let meter = self.meter.as_ref().expect("it is plugged in").try_clone();
        let (mut meter, bytes) = (meter.expect("a second handle"), bytes.to_vec());
        let writer = thread::spawn(move || meter.write_all(&bytes));
        until("the gateway reads what the meter sends", || writer.is_finished().then_some(()));
        writer.join().expect("writing does not panic").expect("the bytes are sent");
    }

    /// A whole telegram, of a second that no telegram had before.
    pub(crate) fn telegram(&mut self) {
        let last = self.last;
        let now = until("the next second", || {
            Some(Timestamp::now().as_second()).filter(|now| *now > last)
        });
        self.last = now;
        self.register += 5;
        let bytes = text(now, self.register);
        self.send(bytes.as_bytes());
    }

    /// Second and register of the last telegram.
    pub(crate) fn last(&self) -> (i64, u64) {
        (self.last, self.register)
    }

    /// The part of a telegram that arrives when the cable is pulled out.
    pub(crate) fn half_a_telegram(&mut self) {
        let bytes = text(self.last, self.register);
        self.send(&bytes.as_bytes()[..bytes.len() / 2]);
    }
}

fn text(at: i64, register: u64) -> String {
    String::from_utf8(closed(body(at, register).as_bytes())).expect("ASCII")
}

/// A telegram up to its `!`.
pub(crate) fn body(at: i64, register: u64) -> String {
    let shown = Timestamp::from_second(at + 3600).expect("in range").strftime("%y%m%d%H%M%S");
    format!(
        "/ELL5\\253833635_A\r\n\r\n0-0:1.0.0({shown}W)\r\n1-0:1.8.0({:08}.{:03}*kWh)\r\n\
         1-0:2.8.0(00000000.000*kWh)\r\n1-0:1.7.0(0001.727*kW)\r\n!",
        register / 1000,
        register % 1000
    )
}

/// With its checksum.
pub(crate) fn closed(body: &[u8]) -> Vec<u8> {
    let mut bytes = body.to_vec();
    bytes.extend(format!("{:04X}\r\n", crc(body)).bytes());
    bytes
}

/// CRC-16/ARC, bit by bit.
fn crc(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(crc ^ u16::from(*byte), |crc, _| {
            (crc >> 1) ^ if crc & 1 == 1 { 0xa001 } else { 0 }
        })
    })
}

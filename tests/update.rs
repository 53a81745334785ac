//! Updates over the air on the RP2040's own binary in an emulator: the loader, the slots
//! in its flash, the sender's command and a real broker. The power goes amid the exchange.
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use serde_json::Value;
use tests::{
    Calendar, Meter, Pico, Place, Publisher, Server, TimeServer, TownHall, image, process, until,
    wattkampen, write_config,
};

/// A competition that goes on now, whenever that is.
const NOW: (&str, &str) = (
    r#"{ start = "2025-01-01", end = "2026-01-01" }"#,
    r#"{ start = "2026-01-01", end = "2036-01-01" }"#,
);
/// The loader's own page of the flash, and two of the slot that it moves last.
const STATE: u32 = 0x4000;
const LATE: [u32; 2] = [0x9000, 0x7000];

/// `wattkampen update`, with a key and a town hall's board.
struct Sender<'a> {
    folder: &'a Path,
    broker: String,
    gateway: &'a str,
}

impl Sender<'_> {
    /// A new key of this name; gives the public one.
    fn key(&self, name: &str) -> String {
        let made = process::output(
            Command::new(wattkampen()).args(["update", "key"]).arg(self.folder.join(name)),
        );
        let printed = String::from_utf8(made.stdout).expect("text");
        printed.trim().strip_prefix("set update-key ").expect("what to type").to_owned()
    }

    /// Sends a program that is signed with a key.
    fn send(&self, program: &[u8], key: &str) -> Child {
        let file = self.folder.join("program.bin");
        fs::write(&file, program).expect("room on the disk");
        Command::new(wattkampen())
            .args(["update", "send", "--gateway", self.gateway, "--broker", &self.broker, "--key"])
            .args([&self.folder.join(key), &file])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it starts")
    }
}

/// Whether the program was kept, and what the command printed meanwhile.
fn ended(sender: Child) -> (bool, String) {
    let done = sender.wait_with_output().expect("it ends");
    eprint!("{}", String::from_utf8_lossy(&done.stderr));
    (done.status.success(), String::from_utf8_lossy(&done.stdout).into_owned())
}

/// The board's retained status.
fn status(server: &Server, gateway: &str) -> Value {
    let mut listener = Publisher::connect(server.broker(), "listener").expect("a broker");
    listener.subscribe(&format!("wattkampen/v1/{gateway}/status")).expect("a subscription");
    serde_json::from_slice(&listener.message().expect("a status").1).expect("JSON")
}

/// The program with other bytes wherever these are.
fn patched(program: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut patched = program.to_vec();
    let found: Vec<_> = (0..program.len()).filter(|at| program[*at..].starts_with(from)).collect();
    assert!(!found.is_empty(), "{} is not in it", from.escape_ascii());
    found.into_iter().for_each(|at| patched[at..at + to.len()].copy_from_slice(to));
    patched
}

#[test]
fn a_signed_program_is_tried_and_kept_and_one_that_cannot_connect_is_taken_back() {
    let hall = TownHall::several(1).remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let halls = std::slice::from_ref(&hall);
    let server = Server::serve(&write_config(folder.path(), NOW, halls, Place::Embedded));
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    let calendar = Calendar::start(jiff::Timestamp::now(), 1);
    let time = TimeServer::start(calendar);
    let port = server.broker().port();
    let broker = format!("mqtt://127.0.0.1:{port}");
    let sender = Sender { folder: folder.path(), broker, gateway: &hall.gateway };
    let key = sender.key("key");
    sender.key("foreign");
    // How QEMU's network calls this machine.
    let here = |port: u16| format!("10.0.2.2:{port}");
    let settings = [
        ("gateway", hall.gateway.clone()),
        ("meter", hall.meter.clone()),
        ("broker", here(port)),
        ("time", here(time.address.port())),
        ("interval", "0".to_owned()),
        ("update-key", key),
        ("update-trial", "15".to_owned()),
    ];
    let Some(mut board) = Pico::start("gateway", folder.path(), &settings) else { return };
    let Some(program) = image("gateway") else { return };
    until("the gateway is at the broker", || {
        (server.metric("wattkampen_mqtt_connections") >= 1).then_some(())
    });
    let reported = |what: &str, firmware: &str| {
        until(what, || {
            let status = status(&server, &hall.gateway);
            let is = |name: &str, what: &str| status[name].as_str().is_some_and(|is| is == what);
            (is("update", what) && is("firmware", firmware)).then_some(())
        });
    };
    let (old, new) = ("0.1.0 rp2040-gateway", "0.1.1 rp2040-gateway");
    reported("ready", old);

    let (kept, printed) = ended(sender.send(&program, "foreign"));
    assert!(!kept && printed.ends_with("refused: not signed with the update-key\n"), "{printed}");
    assert_eq!(board.mark()["starts"], 2, "it runs on");

    // The power goes while the loader notes how far it is, amid an erase, and amid a write.
    board.cut_amid(STATE, 60);
    let newer = patched(&program, b"0.1.0", b"0.1.1");
    let good = sender.send(&newer, "key");
    board = board.until_dark();
    for (page, operation) in [(LATE[0], 1), (LATE[1], 2)] {
        board.cut_amid(page, operation);
        board = board.until_dark();
    }
    let (kept, printed) = ended(good);
    assert!(kept, "{printed}");
    reported("kept", new);
    assert_eq!(board.mark()["starts"], 1, "nothing went wrong at its first start");

    // A program that speaks no MQTT.
    let mute = patched(&newer, b"MQTT", b"MUTE");
    let (kept, printed) = ended(sender.send(&mute, "key"));
    assert!(!kept && printed.ends_with("rolled back\n"), "{printed}");
    reported("rolled back", new);
    assert_eq!(board.mark()["starts"], 3, "the new one, and again the old one");

    let mut meter = Meter::new(calendar, 136_678_394);
    board.hear(&meter.telegram());
    server.until_stored(1);
}

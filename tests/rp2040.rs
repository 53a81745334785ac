//! The RP2040's real binary in an emulator, a real server: from the bytes on the meter's
//! port to the store, set up over USB as `firmware/README.md` says. Pins and times of the
//! real chip are not shown here, nor is anything of the RP2350, for which there is no
//! emulator.
use serde_json::Value;
use tests::{
    Calendar, Heard, Meter, Mosquitto, PICO_HZ, Pico, Place, Publisher, Server, TimeServer,
    TownHall, until, write_config,
};

/// A competition that goes on now, whenever that is.
const NOW: (&str, &str) = (
    r#"{ start = "2025-01-01", end = "2026-01-01" }"#,
    r#"{ start = "2026-01-01", end = "2036-01-01" }"#,
);
/// What must be left between stack and data, bytes.
const STACK: u64 = 16 << 10;
const TELEGRAMS: u64 = 6;
/// Most of the processor that all of the program may take while the line is never silent:
/// interrupts, network, decoder, and all tasks that a byte wakes.
const SHARE: f64 = 0.25;
/// Most of it that the decoder may take then: all that `Decoder::next` does, from bytes to
/// registers, without the interrupts that bring the bytes.
const DECODER: f64 = 0.02;
/// Bytes a second: 115200 baud, 8N1.
const LINE: f64 = 11_520.0;

fn settings(hall: &TownHall, broker: u16, time: &TimeServer) -> [(&'static str, String); 5] {
    // How QEMU's network calls this machine.
    let here = |port: u16| format!("10.0.2.2:{port}");
    [
        ("gateway", hall.gateway.clone()),
        ("meter", hall.meter.clone()),
        ("broker", here(broker)),
        ("time", here(time.address.port())),
        ("interval", "0".to_owned()),
    ]
}

#[test]
fn the_rp2040s_own_binary_carries_telegrams_to_the_server() {
    let hall = TownHall::several(1).remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let halls = std::slice::from_ref(&hall);
    let config = write_config(folder.path(), NOW, halls, Place::Embedded);
    let server = Server::serve(&config);
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    let calendar = Calendar::start(jiff::Timestamp::now(), 1);
    let time = TimeServer::start(calendar);
    let settings = settings(&hall, server.broker().port(), &time);
    let Some(mut board) = Pico::start("gateway", folder.path(), &settings) else { return };
    until("the gateway is at the broker", || {
        (server.metric("wattkampen_mqtt_connections") >= 1).then_some(())
    });
    // The first messages are sent, so that the measurement covers telegrams alone.
    until("the organiser sees why it started last", || {
        server.get_as_organiser("/organiser").text().contains("command line").then_some(())
    });

    let mut meter = Meter::new(calendar, 136_678_394);
    let (mut heard, mut second) = (Vec::new(), 0);
    for number in 1..=TELEGRAMS {
        // Two of the same second are one reading.
        second = until("the next second", || {
            Some(calendar.now().as_second()).filter(|now| *now > second)
        });
        let bytes = meter.telegram();
        let before = decoder(&mut board);
        let answer = board.hear(&bytes);
        server.until_stored(number);
        heard.push((bytes.len() as f64, answer, decoder(&mut board) - before));
    }
    let mark = board.mark();
    assert_eq!(mark["starts"], 2, "once with the power, once to keep its settings");
    // What the last step of firmware/README.md checks.
    let tested = until("all is acknowledged", || {
        Some(board.ask("test", "waiting"))
            .filter(|answer| answer.last().is_some_and(|l| l == "waiting 0"))
    });
    for line in ["cable ok", "address ok", "time ok", "connection ok"] {
        assert!(tested.iter().any(|answer| answer.starts_with(line)), "{line}: {tested:?}");
    }
    assert!(tested.contains(&format!("telegrams {TELEGRAMS} refused 0")), "{tested:?}");
    assert!(board.command("set gateway söder").starts_with("error: this must be"));
    let shown = board.ask("show", "brightness");
    assert!(shown[0].starts_with(&format!("gateway {} ", hall.gateway)), "{shown:?}");

    let answer = server.get("/api/v1/leaderboard");
    let json: serde_json::Value = serde_json::from_str(answer.text()).expect("JSON");
    let power = json["rows"][0]["power_w"].as_u64().expect("the building's power");
    assert!((6_000..18_500).contains(&power), "{power} W is not what the meter sent");
    eprintln!("{mark}");
    assert!(board.stack_left() >= STACK, "of {STACK} bytes");
    for (bytes, Heard { ns, busy, lost }, cycles) in &heard {
        let share = busy / (ns * 1e-9 * PICO_HZ);
        let decoder = cycles / bytes * LINE / PICO_HZ;
        eprintln!(
            "{bytes} bytes in {:.1} ms, {:.2} % of the processor; decoder {:.0} cycles a byte, \
             {:.2} %, {:.3} % at one such telegram a second",
            ns * 1e-6,
            100.0 * share,
            cycles / bytes,
            100.0 * decoder,
            100.0 * cycles / PICO_HZ
        );
        assert_eq!(*lost, 0, "bytes of the meter lost");
        assert!(share < SHARE, "{share}");
        assert!(cycles > bytes, "the decoder was not found in the program");
        assert!(decoder < DECODER, "{decoder}");
    }
}

/// Cycles that it has taken so far.
fn decoder(board: &mut Pico) -> f64 {
    board.mark()["decoder"].as_f64().expect("cycles")
}

/// The messages of one board at the broker.
struct Listener(Publisher);

impl Listener {
    fn next(&mut self, what: &str) -> Value {
        loop {
            let (topic, payload) = self.0.message().expect("the board speaks");
            if topic.ends_with(what) {
                return serde_json::from_slice(&payload).expect("JSON");
            }
        }
    }

    /// The first register at or above this, and how many readings it took.
    fn register(&mut self, least: u64) -> (u64, u64) {
        let registers = || self.next("/reading")["import_wh"].as_u64().expect("a register");
        let mut readings = 0;
        let counted = std::iter::repeat_with(registers).inspect(|_| readings += 1);
        let found = counted.into_iter().find(|wh| *wh >= least).expect("they never end");
        (found, readings)
    }

    /// Waits until the board gives a reason for its last start that begins so.
    fn started_by(&mut self, reason: &str) {
        loop {
            let status = self.next("/status");
            let why = status["reset"].as_str().unwrap_or_default();
            if why.starts_with(reason) {
                return;
            }
            assert!(!why.starts_with("panic"), "{why}");
        }
    }
}

#[test]
fn pulses_survive_a_power_cut_and_each_start_reports_its_reason() {
    let Some(broker) = Mosquitto::start() else { return };
    let hall = TownHall::several(1).remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let place = Place::External(broker.address);
    let server =
        Server::serve(&write_config(folder.path(), NOW, std::slice::from_ref(&hall), place));
    let mut listener = Listener(Publisher::connect(broker.address, "listener").expect("a broker"));
    listener.0.subscribe(&format!("wattkampen/v1/{}/#", hall.gateway)).expect("a broker");
    let time = TimeServer::start(Calendar::start(jiff::Timestamp::now(), 1));
    let mut settings = settings(&hall, broker.address.port(), &time).to_vec();
    settings.extend([("input", "s0".to_owned()), ("pulses", "1000".to_owned())]);
    let Some(mut board) = Pico::start("gateway", folder.path(), &settings) else { return };
    listener.started_by("command line");

    // 30 ms are a pulse of a Wh, 5 ms are a disturbance.
    board.pulse(&[30, 30, 5, 35].repeat(20));
    let (register, readings) = listener.register(20);
    assert_eq!(register, 20);
    server.until_stored(readings);
    // Only pulses since the last stored count may be lost with the power.
    board.pulse(&[30, 30].repeat(3));
    let mut board = board.cut();
    listener.started_by("power on");
    board.pulse(&[30, 30].repeat(5));
    let (register, _) = listener.register(24);
    assert!([25, 28].contains(&register), "{register} Wh");

    board.hang();
    listener.started_by("watchdog: the program hung");
    board.fault();
    listener.started_by("hard fault at ");
}

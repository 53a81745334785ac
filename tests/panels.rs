//! The real firmware on an emulated board with a panel: what it shows, pixel by pixel,
//! is what the golden pictures of `crates/panel` show.
use std::{fs, io::Write};

use serde_json::{Value, json};
use tests::{Board, Calendar, Flash, Mosquitto, Publisher, Relay, TimeServer, root, until};

/// Noon in Sweden, where a round of views begins, and where the golden pictures are.
pub(crate) const NOW: &str = "2027-04-20T10:00:00Z";
/// How fast the calendar runs: a round takes 20 s.
const SPEED: u32 = 4;

/// The telegram that the meter repeats.
const TELEGRAM: &[u8] =
    b"/ABC5\\2\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n1-0:1.7.0(0018.249*kW)\r\n!\r\n";

/// A page as the server sends it.
pub(crate) fn page(power_w: i64) -> (String, Vec<u8>) {
    let kw = [19, 22, 23, 21, 17, 12, 8, 7, 6, 5, 5, 5, 5, 5, 5, 5, 5, 6, 8, 14, 19, 22, 23, 22];
    let hours = kw.map(|kw| kw * 1000 + 300);
    let page = json!({
        "t": NOW, "name": "Söderhamn", "contact": "live", "since": "2027-04-20T09:59:50Z",
        "utc_offset_min": 120, "power_w": power_w, "today_wh": 142_300,
        "today_baseline_wh": 155_000, "saving_permille": 224, "direction": "up", "rank": 1,
        "of": 24, "wh_per_m2": 2870, "night_w": 6200, "hours_w": hours,
        "ticker": "Piteå närmar sig: 18,9 %. Släck när du går!", "night": false,
        "language": "sv",
    });
    ("wattkampen/v1/soderhamn-1/page".to_owned(), page.to_string().into_bytes())
}

/// Width, height and pixels.
pub(crate) fn golden(name: &str) -> (u32, u32, Vec<u8>) {
    let path = root().join("crates/panel/tests/golden").join(format!("{name}.png"));
    let file = fs::File::open(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut reader = png::Decoder::new(std::io::BufReader::new(file)).read_info().expect("a PNG");
    let mut rgb = vec![0; reader.output_buffer_size().expect("a size")];
    let info = reader.next_frame(&mut rgb).expect("pixels");
    assert_eq!(info.color_type, png::ColorType::Rgb, "{name}");
    (info.width, info.height, rgb)
}

fn shows(flash: &Flash, name: &str) {
    let golden = golden(name);
    until(&format!("the panel shows {name}"), || {
        flash.picture().is_some_and(|picture| picture == golden).then_some(())
    });
}

/// As a technician does it. No command is sent while the board restarts.
fn install(board: &mut Board, meter: bool, broker: &Relay, time: &TimeServer) {
    let set = |board: &mut Board, name: &str, value: &str| {
        assert_eq!(board.command(&format!("set {name} {value}")), "ok", "{name}");
    };
    set(board, "gateway", "soderhamn-1");
    if meter {
        set(board, "meter", "735999100000000001");
    }
    // How the emulator's network calls this machine.
    set(board, "broker", &format!("10.0.2.2:{}", broker.address.port()));
    set(board, "time", &format!("10.0.2.2:{}", time.address.port()));
    assert_eq!(board.command("save"), "saved; restarting");
}

/// The next of a board that runs.
fn hear_status(server: &mut Publisher, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let (topic, payload) = server.message().expect("the board speaks");
        if !topic.ends_with("/status") {
            continue;
        }
        let status: Value = serde_json::from_slice(&payload).expect("JSON");
        if status["state"] == "online" && wanted(&status) {
            return status;
        }
    }
}

#[test]
fn a_page_is_shown_as_it_was_looked_at() {
    let Some(broker) = Mosquitto::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let flash = Flash::erased(folder.path(), SPEED);
    // Before the calendar begins: here the firmware is built.
    let Some(mut board) = Board::start("panel", &flash) else { return };
    let relay = Relay::start();
    relay.to(Some(broker.address));
    let mut server = Publisher::connect(broker.address, "server").expect("a broker");
    server.keep(&page(18_249)).expect("it is kept");
    let time = TimeServer::start(Calendar::start(NOW.parse().expect("a time"), SPEED));
    install(&mut board, false, &relay, &time);

    for view in ["power", "today", "saving", "rank", "day", "intensity", "last-night"] {
        shows(&flash, &format!("{view}-128x64"));
    }
    // A page that arrives while the board runs is shown, too.
    server.keep(&page(-12_000)).expect("it is kept");
    shows(&flash, "power-export-128x64");
}

#[test]
fn a_panel_beside_its_meter_needs_no_broker() {
    let Some(broker) = Mosquitto::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let flash = Flash::erased(folder.path(), SPEED);
    let Some(mut board) = Board::start("gateway-panel", &flash) else { return };
    let relay = Relay::start();
    let time = TimeServer::start(Calendar::start(NOW.parse().expect("a time"), SPEED));
    install(&mut board, true, &relay, &time);

    // The meter speaks again and again; there is no broker.
    let golden_power = golden("power-64x32");
    until("the panel shows the building's own power", || {
        board.meter.write_all(TELEGRAM).expect("the board listens");
        flash.picture().is_some_and(|picture| picture == golden_power).then_some(())
    });

    // Then there is one: the page arrives, and the measured readings leave.
    let mut server = Publisher::connect(broker.address, "server").expect("a broker");
    server.keep(&page(18_249)).expect("it is kept");
    server.subscribe("wattkampen/v1/soderhamn-1/#").expect("a broker");
    relay.to(Some(broker.address));
    let (mut status, mut reading) = (None, None);
    while status.is_none() || reading.is_none() {
        let (topic, payload) = server.message().expect("the board speaks");
        let json: Value = serde_json::from_slice(&payload).expect("JSON");
        match topic.rsplit('/').next() {
            Some("status") => status = Some(json),
            Some("reading") => reading = Some(json),
            _ => {}
        }
    }
    let (status, reading) = (status.expect("one"), reading.expect("one"));
    assert_eq!(reading["import_wh"], 6_678_394);
    assert_eq!(reading["power_w"], 18_249);
    assert_eq!(status["state"], "online");
    assert_eq!(status["reset"], "command line", "why it started last: {status}");
    shows(&flash, "saving-64x32");

    // Settings over MQTT: none is applied where one of them could cut the board off.
    let publish_settings = |server: &mut Publisher, lines: &str| {
        let topic = "wattkampen/v1/soderhamn-1/config".to_owned();
        server.keep(&(topic, lines.into())).expect("it is kept");
    };
    publish_settings(&mut server, "interval 1\nbroker 10.0.0.1:1883");
    let refused = "broker: this is set at the serial port alone";
    hear_status(&mut server, |status| status["config"] == refused);
    publish_settings(&mut server, "interval 1\nbrightness 90 5\n");
    let status = hear_status(&mut server, |status| status["reset"] == "settings over MQTT");
    assert_eq!(status["config"], Value::Null, "{status}");
    let boot = status["boot"].as_u64().expect("a number");

    // A fault in the program: the board restarts and reports the place.
    flash.panic();
    until("it panics", || {
        board.meter.write_all(TELEGRAM).expect("the board listens");
        board.log().contains("panic at ").then_some(())
    });
    let status = hear_status(&mut server, |status| {
        status["reset"].as_str().is_some_and(|reset| reset.starts_with("panic"))
    });
    assert_eq!(status["boot"], boot + 1, "settings that wait where they were are no news");
    let reset = status["reset"].as_str().expect("a reason");
    let places = reset.strip_prefix("panic at ").expect(reset);
    let places = places.split(' ').map(|place| u32::from_str_radix(place, 16));
    let places = places.collect::<Result<Vec<_>, _>>().expect(reset);
    assert!(places.len() >= 3 && places.iter().all(|place| *place < 0x40_0000), "{reset}");
    assert!(board.log().contains(reset), "{reset}");
}

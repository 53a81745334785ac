//! The RP2040's own panel programs in an emulator: what their pins send to a HUB75 panel is
//! the golden picture, and the building's own power is there at once. Whether LEDs light up,
//! and how bright, only a panel shows.
use serde_json::Value;
use tests::{Calendar, Mosquitto, PICO_HZ, Pico, Publisher, Refresh, TimeServer, light_of, until};

use crate::panels::{NOW, golden, page};

/// Cycles of PIO a second, as its divider is set.
const PIO_HZ: f64 = PICO_HZ / 3.0;
/// From the last byte of a telegram to the first LED that shows it, of the board's time.
const AT_ONCE_MS: f64 = 50.0;
/// That many are watched.
const TELEGRAMS: usize = 12;
/// What must be left between stack and data, bytes.
const STACK: u64 = 16 << 10;
/// An address at which no broker listens.
const NO_BROKER: &str = "10.0.2.2:9";

/// A telegram with a power in kW, and no time.
fn telegram(kw: &str) -> Vec<u8> {
    let power = format!("1-0:1.7.0({kw}*kW)");
    format!("/ABC5\\2\r\n\r\n1-0:1.8.0(00006678.394*kWh)\r\n{power}\r\n!\r\n").into_bytes()
}

fn settings(broker: &str, time: &TimeServer) -> [(&'static str, String); 4] {
    [
        ("gateway", "soderhamn-1".to_owned()),
        ("meter", "735999100000000001".to_owned()),
        ("broker", broker.to_owned()),
        ("time", format!("10.0.2.2:{}", time.address.port())),
    ]
}

fn noon() -> TimeServer {
    TimeServer::start(Calendar::start(NOW.parse().expect("a time"), 1))
}

/// As [`Refresh::light`] has it.
struct Picture {
    width: usize,
    height: usize,
    light: Vec<u64>,
}

impl Picture {
    fn golden(name: &str) -> Self {
        let (width, height, rgb) = golden(name);
        Self { width: width as usize, height: height as usize, light: light_of(&rgb) }
    }

    fn is(&self, seen: &Refresh) -> bool {
        seen.light(self.width, self.height) == self.light
    }
}

/// Refreshes a second, at least the hundred below which eyes see it flicker.
fn refresh_hz(seen: &Refresh) -> f64 {
    let hz = PIO_HZ / seen.cycles as f64;
    assert!(hz >= 100.0, "{hz:.0} refreshes a second");
    hz
}

fn share(before: &Value, after: &Value) -> f64 {
    let grown = |name: &str| after[name].as_f64().expect(name) - before[name].as_f64().expect(name);
    grown("busy") / (grown("ns") * 1e-9 * PICO_HZ)
}

#[test]
fn the_pins_show_the_local_power_as_soon_as_the_telegram_arrives() {
    let folder = tempfile::tempdir().expect("a folder");
    let time = noon();
    let settings = settings(NO_BROKER, &time);
    let Some(mut board) = Pico::start("gateway-panel", folder.path(), &settings) else { return };
    let power = Picture::golden("power-64x32");
    let refresh = until("the pins show the building's own power", || {
        board.hear(&telegram("0018.249"));
        Some(board.look()).filter(|seen| power.is(seen))
    });
    let hz = refresh_hz(&refresh);

    // The picture does not change until the meter sends another value.
    board.watch();
    let before = board.mark();
    for _ in 0..50 {
        assert!(power.is(&board.look()), "the picture moves");
    }
    let share = 100.0 * share(&before, &board.mark());
    // A telegram may come while the picture before is being laid out, or just after.
    let worst_ms = (0..TELEGRAMS).fold(0.0_f64, |worst, number| {
        board.watch();
        board.look();
        board.hear(&telegram(["0018.849", "0018.249"][number % 2]));
        let ns = board.changed().expect("nothing else changes the picture");
        worst.max(ns * 1e-6)
    });
    eprintln!(
        "64x32: {hz:.0} refreshes a second, {share:.0} % of the processor for 25 pictures a \
         second; at most {worst_ms:.1} ms from a telegram's last byte to the first LED"
    );
    assert!(worst_ms < AT_ONCE_MS, "{worst_ms:.1} ms");
    assert!(board.stack_left() >= STACK, "of {STACK} bytes");
    // The UART has no receiver before the program has started.
    assert_eq!(board.mark()["lost"], before["lost"], "bytes lost beside the panel");
}

#[test]
fn the_pins_of_a_large_panel_show_its_page() {
    let Some(broker) = Mosquitto::start() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let mut server = Publisher::connect(broker.address, "server").expect("a broker");
    server.keep(&page(18_249)).expect("it is kept");
    let time = noon();
    let settings = settings(&format!("10.0.2.2:{}", broker.address.port()), &time);
    let Some(mut board) = Pico::start("panel", folder.path(), &settings) else { return };
    let power = Picture::golden("power-128x64");
    let refresh =
        until("the pins show the page", || Some(board.look()).filter(|seen| power.is(seen)));
    let before = board.mark();
    for _ in 0..50 {
        // Its light is of no interest, but PIO and DMA run for as long as that.
        board.look();
    }
    let share = 100.0 * share(&before, &board.mark());
    eprintln!(
        "128x64: {:.0} refreshes a second, {share:.0} % of the processor for 25 pictures a second",
        refresh_hz(&refresh)
    );
    assert!(board.stack_left() >= STACK, "of {STACK} bytes");
    assert!(share < 60.0, "the gateway's work would have to wait: {share:.0} %");
}

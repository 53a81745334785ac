//! The real firmware on an emulated board, a real server: what a meter cupboard sees in
//! its worst day. What only hardware can show is listed in `firmware/README.md`.
use std::path::Path;

use tests::{
    Board, Calendar, Flash, Meter, Place, Relay, Server, TimeServer, TownHall, until, write_config,
};

/// How fast the calendar runs: a day in 43 s.
const SPEED: u32 = 2000;
/// Telegrams that the meter sends while there is power. One and the noise before it take
/// some 40 ms on the line, so that the day passes as fast as on the calendar. What
/// happens when is counted in telegrams: a busy machine takes longer, and sees the same.
const PER_HOUR: u64 = 40;
const BEGIN: &str = "2026-02-10T00:00:00+01:00";
const BASELINE: &str = r#"{ start = "2025-02-01", end = "2026-02-01" }"#;
const CONTEST: &str = r#"{ start = "2026-02-01", end = "2026-03-01" }"#;
/// Hours of the day at which the power goes; the odd ones while a reading is written.
const KILLS: [u64; 10] = [2, 5, 7, 9, 11, 13, 15, 17, 20, 22];
/// Hours between which there is no server.
const OUTAGE: std::ops::Range<u64> = 10..16;

/// As a technician does it, over the serial port.
fn install(board: &mut Board, hall: &TownHall, broker: &Relay, time: &TimeServer) {
    for (name, value) in [
        ("gateway", hall.gateway.clone()),
        ("meter", hall.meter.clone()),
        // How the emulator's network calls this machine.
        ("broker", format!("10.0.2.2:{}", broker.address.port())),
        ("time", format!("10.0.2.2:{}", time.address.port())),
        ("interval", "0".to_owned()),
    ] {
        assert_eq!(board.command(&format!("set {name} {value}")), "ok", "{name}");
    }
    assert!(board.command("set gateway söder").starts_with("error: this must be"));
    assert_eq!(board.command("save"), "saved; restarting");
    until("it starts anew", || board.log().contains("restart: command line").then_some(()));
}

/// What was sent to a board since it started, and what it reported of it.
struct Shift {
    board: Board,
    sent: u64,
}

impl Shift {
    fn start(flash: &Flash) -> Option<Self> {
        Some(Self { board: Board::start("gateway", flash)?, sent: 0 })
    }

    fn send(&mut self, meter: &mut Meter) {
        meter.send(&mut self.board.meter).expect("the board listens");
        self.sent += 1;
    }

    /// Waits until all of it is in the flash.
    fn settle(&self) {
        until("the board has taken all", || (self.board.queued() >= self.sent).then_some(()));
    }

    /// Waits until the record of a further telegram is being written.
    fn write_slowly(&mut self, flash: &Flash, meter: &mut Meter) {
        // Behind a whole record, where the next one begins; on the seam of two pages
        // there is nothing to watch, and one further on there is.
        let frontier = loop {
            self.send(meter);
            self.settle();
            if let Some(frontier) = flash.frontier() {
                break frontier;
            }
        };
        flash.slow(true);
        self.send(meter);
        until("the reading is being written", || flash.is_written(frontier).then_some(()));
    }
}

fn ready(config: &Path, relay: &Relay) -> Server {
    let server = Server::serve(config);
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    relay.to(server.mqtt);
    server
}

#[test]
fn a_day_in_a_meter_cupboard() {
    let hall = TownHall::several(1).remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    let halls = std::slice::from_ref(&hall);
    let config = write_config(folder.path(), (BASELINE, CONTEST), halls, Place::Embedded);
    let flash = Flash::erased(folder.path(), SPEED);
    // Before the calendar begins: here the firmware is built.
    let Some(mut shift) = Shift::start(&flash) else { return };
    let relay = Relay::start();
    let mut server = Some(ready(&config, &relay));
    let calendar = Calendar::start(BEGIN.parse().expect("a time"), SPEED);
    let time = TimeServer::start(calendar);
    install(&mut shift.board, &hall, &relay, &time);
    let mut meter = Meter::new(calendar, 136_678_394);
    let first = meter.register();

    // What is typed while a board starts is lost: the technician plugs it in again.
    shift.board.kill();
    shift = Shift::start(&flash).expect("it started before");
    let (mut promised, mut torn, mut sent) = (0, 0, 0);
    shift.board.until("time ok");
    for telegram in 0..24 * PER_HOUR {
        let hour = (telegram % PER_HOUR == 0).then_some(telegram / PER_HOUR);
        if hour == Some(OUTAGE.start)
            && let Some(server) = server.take()
        {
            relay.to(None);
            server.kill();
        }
        if hour == Some(OUTAGE.end) {
            server = Some(ready(&config, &relay));
        }
        if let Some(hour) = hour.filter(|hour| KILLS.contains(hour)) {
            shift.settle();
            if hour % 2 == 1 {
                shift.write_slowly(&flash, &mut meter);
            }
            let kept = shift.board.kill();
            flash.slow(false);
            sent += shift.sent;
            promised += kept;
            torn += shift.sent - kept;
            shift = Shift::start(&flash).expect("it started before");
            shift.board.until("time ok");
        }
        if telegram % 11 == 10 {
            meter.send_broken(&mut shift.board.meter).expect("the board listens");
        }
        shift.send(&mut meter);
    }
    shift.settle();
    sent += shift.sent;
    promised += shift.board.queued();
    assert_eq!(promised + torn, sent);
    assert!(promised >= 24 * PER_HOUR, "{promised} readings are no day");
    let amid_a_write = KILLS.iter().filter(|hour| *hour % 2 == 1).count() as u64;
    assert_eq!(torn, amid_a_write, "readings whose record was cut");
    let server = server.expect("the outage is over");
    until("the board's outbox is empty", || (shift.board.waiting() == 0).then_some(()));

    // Each that the board had promised is there, once; those that were being written when
    // the power went may be there or not.
    let stored = server.metric("wattkampen_stored_readings");
    assert!((promised..=sent).contains(&stored), "{promised} to {sent}, but {stored}");
    let board = server.get("/api/v1/leaderboard");
    let json: serde_json::Value = serde_json::from_str(board.text()).expect("JSON");
    let energy = json["rows"][0]["energy_kwh"].as_f64().expect("energy on the board");
    let measured = (meter.register() - first) as f64 / 1000.0;
    assert!(energy > 0.9 * measured && energy <= measured, "{energy} of {measured} kWh");
    eprintln!("{sent} telegrams, {torn} cut while written, {stored} stored");
}

//! A board that trusts one authority, and brokers with right and wrong certificates: the
//! real firmware on an emulated board, and a real mosquitto.
use std::{fs, net::SocketAddr};

use rcgen::PKCS_ECDSA_P384_SHA384;
use tests::{
    Authority, Board, Calendar, Certificate, Flash, Impostor, Meter, Mosquitto, Place, Relay,
    Server, TimeServer, TownHall, until, write_config,
};

/// How fast the calendar runs: no two telegrams in one second of it.
const SPEED: u32 = 2000;
const BEGIN: &str = "2026-02-10T12:00:00+01:00";
const BASELINE: &str = r#"{ start = "2025-02-01", end = "2026-02-01" }"#;
const CONTEST: &str = r#"{ start = "2026-02-01", end = "2026-03-01" }"#;

/// Pastes a certificate and gives the answer to its last line, the only one.
fn paste(board: &mut Board, pem: &str) -> String {
    board.command(pem.trim_end().replace("\r\n", "\n").replace('\n', "\r").as_str())
}

/// The broker comes back with this certificate.
fn restart(mosquitto: &mut Mosquitto, certificate: Certificate) {
    mosquitto.save();
    mosquitto.kill();
    mosquitto.certificate = Some(certificate);
    mosquitto.start_again();
}

/// A reading enters the flash, and the board reports why it stays there.
fn refused(board: &mut Board, meter: &mut Meter, why: &str) {
    let before = board.queued();
    meter.send(&mut board.meter).expect("the board listens");
    until("the reading is in the flash", || (board.queued() > before).then_some(()));
    board.until(&format!("connection NO: {why}"));
    assert!(board.waiting() > 0, "a broker that is not trusted has acknowledged a reading");
}

/// All but the authority, and not saved.
fn install(board: &mut Board, hall: &TownHall, broker: SocketAddr, time: &TimeServer) {
    for (name, value) in [
        ("gateway", hall.gateway.clone()),
        ("meter", hall.meter.clone()),
        // How the emulator's network calls this machine.
        ("broker", format!("10.0.2.2:{}", broker.port())),
        ("time", format!("10.0.2.2:{}", time.address.port())),
        ("interval", "0".to_owned()),
    ] {
        assert_eq!(board.command(&format!("set {name} {value}")), "ok", "{name}");
    }
}

/// Saves and starts the board again: input during a restart is lost.
fn save_and_restart(mut board: Board, program: &str, flash: &Flash) -> Board {
    assert_eq!(board.command("save"), "saved; restarting");
    until("the board restarts", || board.log().contains("restart: command line").then_some(()));
    board.kill();
    let mut board = Board::start(program, flash).expect("it started before");
    board.until("time ok");
    board
}

#[test]
fn a_panel_listens_to_a_proven_broker_alone() {
    let Some(mut mosquitto) = Mosquitto::start_encrypted() else { return };
    let files = tempfile::tempdir().expect("a folder");
    let authority = Authority::with_p256();
    restart(&mut mosquitto, authority.certify(files.path()));
    let folder = tempfile::tempdir().expect("a folder");
    let flash = Flash::erased(folder.path(), 1);
    let Some(mut board) = Board::start("panel", &flash) else { return };
    let time = TimeServer::start(Calendar::start(BEGIN.parse().expect("a time"), 1));
    let hall = TownHall::several(1).remove(0);
    install(&mut board, &hall, mosquitto.address, &time);
    assert_eq!(paste(&mut board, &authority.pem), "ok");
    let mut board = save_and_restart(board, "panel", &flash);
    board.until("connection ok");
    let heard = format!("wattkampen/v1/{}/page (QoS", hall.gateway);
    assert!(mosquitto.log().contains(&heard), "{}", mosquitto.log());
    restart(&mut mosquitto, Authority::with_p256().certify(files.path()));
    board.until("connection NO: the authority in `ca` has not signed");
}

#[test]
fn only_a_broker_that_proves_its_certificate_gets_readings() {
    let Some(mut mosquitto) = Mosquitto::start_encrypted() else { return };
    let files = tempfile::tempdir().expect("a folder");
    let authority = Authority::with_p256();
    let at = |name: &str| {
        let folder = files.path().join(name);
        fs::create_dir(&folder).expect("a folder");
        folder
    };
    restart(&mut mosquitto, authority.certify(&at("right")));

    let hall = TownHall::several(1).remove(0);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("authority.pem"), &authority.pem).expect("written");
    let halls = std::slice::from_ref(&hall);
    let place = Place::Encrypted(mosquitto.address);
    let config = write_config(folder.path(), (BASELINE, CONTEST), halls, place);
    let flash = Flash::erased(folder.path(), SPEED);
    let Some(mut board) = Board::start("gateway", &flash) else { return };
    let server = Server::serve(&config);
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    let relay = Relay::start();
    relay.to(Some(mosquitto.address));
    let calendar = Calendar::start(BEGIN.parse().expect("a time"), SPEED);
    let time = TimeServer::start(calendar);
    let mut meter = Meter::new(calendar, 136_678_394);

    install(&mut board, &hall, relay.address, &time);
    let other = Authority::with(&PKCS_ECDSA_P384_SHA384);
    assert!(paste(&mut board, &other.pem).starts_with("error: the authority's key must be"));
    let torn = authority.pem.lines().take(4).collect::<Vec<_>>().join("\n");
    let torn = format!("{torn}\n-----END CERTIFICATE-----");
    assert_eq!(paste(&mut board, &torn), "error: this is not a certificate");
    assert_eq!(paste(&mut board, &authority.pem), "ok");
    let mut board = save_and_restart(board, "gateway", &flash);
    board.until("connection ok");
    let mut sent = 0;
    for _ in 0..20 {
        meter.send(&mut board.meter).expect("the board listens");
        sent += 1;
    }
    arrived(&server, sent);
    until("the board's outbox is empty", || (board.waiting() == 0).then_some(()));

    // While the meter is silent, the connection stays.
    let ping = format!("Received PINGREQ from {}", hall.gateway);
    until("the board has nothing to say", || mosquitto.log().contains(&ping).then_some(()));
    let connected = format!(" as {} (", hall.gateway);
    assert_eq!(mosquitto.log().matches(&connected).count(), 1, "{}", mosquitto.log());

    for (name, certificate, why) in [
        (
            "other",
            Authority::with_p256().certify(&at("other")),
            "the authority in `ca` has not signed the broker's certificate",
        ),
        (
            "name",
            authority.certify_as(&at("name"), &["127.0.0.1", "broker.example"], false),
            "the broker's certificate is for another name",
        ),
        (
            "expired",
            authority.certify_as(&at("expired"), &["127.0.0.1", "10.0.2.2"], true),
            "the broker's certificate has expired",
        ),
    ] {
        eprintln!("a broker with the wrong certificate: {name}");
        restart(&mut mosquitto, certificate);
        refused(&mut board, &mut meter, why);
        sent += 1;
    }

    // A man in the middle needs no certificate to be heard by a careless board.
    let impostor = Impostor::start();
    relay.to(Some(impostor.address));
    mosquitto.save();
    mosquitto.kill();
    refused(&mut board, &mut meter, "the broker has not proven its certificate");
    sent += 1;
    let heard = impostor.heard();
    assert!(heard.finished > 0, "the handshake itself was refused; look for the reason anew");
    assert!(heard.text.is_empty(), "{}", String::from_utf8_lossy(&heard.text));

    relay.to(Some(mosquitto.address));
    mosquitto.certificate = Some(authority.certify(&at("again")));
    mosquitto.start_again();
    board.until("connection ok");
    until("the board's outbox is empty", || (board.waiting() == 0).then_some(()));
    arrived(&server, sent);
}

/// All of them are at the server, once.
fn arrived(server: &Server, sent: u64) {
    until("all have arrived", || {
        (server.metric("wattkampen_stored_readings") >= sent).then_some(())
    });
    assert_eq!(server.metric("wattkampen_stored_readings"), sent);
}

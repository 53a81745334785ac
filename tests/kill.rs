//! Twenty kills while a fleet publishes. What was acknowledged is stored, once, and the board
//! equals that of a service that was never killed.
//!
//! The work is bounded: between two kills the fleet may publish a fixed number of readings,
//! so that neither a fast nor a slow machine changes what a kill meets.
use std::{path::Path, sync::OnceLock};

use tests::{
    Fleet, History, Message, Mosquitto, PAST, Place, Server, TownHall, local, until, until_count,
    write_config,
};

const KILLS: u64 = 20;
const HALLS: usize = 3;
const BOARD: &str = "/api/v1/leaderboard?as_of=2025-03-10T00:00:00Z";

/// The baseline year by the hour and nine days of the contest by the half-hour for each hall:
/// 27 576 readings in all. A share of them is more than mosquitto has in flight at once.
fn readings(halls: &[TownHall]) -> Vec<Vec<Message>> {
    let one = |(number, hall)| {
        let percent = 96 - 2 * number as u64;
        let mut history = History::new(hall, local("2024-03-01T00:00"));
        let mut all = history.run(local("2025-03-01T00:00"), 3600, 100);
        all.extend(history.run(local("2025-03-10T00:00"), 1800, percent));
        all
    };
    halls.iter().enumerate().map(one).collect()
}

fn count(lists: &[Vec<Message>]) -> u64 {
    lists.iter().map(|list| list.len() as u64).sum()
}

/// The board of a service that stores the same readings and is never killed.
fn undisturbed() -> &'static str {
    static UNDISTURBED: OnceLock<String> = OnceLock::new();
    UNDISTURBED.get_or_init(|| {
        let halls = TownHall::several(HALLS);
        let folder = tempfile::tempdir().unwrap();
        let server = Server::serve(&write_config(folder.path(), PAST, &halls, Place::Embedded));
        let readings = readings(&halls);
        let all = count(&readings);
        Fleet::start(server.broker(), readings).finish();
        server.until_stored(all);
        let board = board(&server);
        let json: serde_json::Value = serde_json::from_str(&board).unwrap();
        assert_eq!(json["rows"][HALLS - 1]["rank"], HALLS, "{board}");
        board
    })
}

fn board(server: &Server) -> String {
    let response = server.get(BOARD);
    assert_eq!(response.status, 200, "{}", response.text());
    response.text().to_owned()
}

fn ready(config: &Path) -> Server {
    let server = Server::serve(config);
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    server
}

#[test]
fn the_embedded_broker_loses_nothing_acknowledged_through_twenty_kills() {
    let halls = TownHall::several(HALLS);
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
    let readings = readings(&halls);
    let all = count(&readings);
    let share = all / (KILLS + 1);
    let mut server = ready(&config);
    let fleet = Fleet::start_held(server.broker(), readings);
    for kill in 1..=KILLS {
        fleet.release(share);
        // Half of the share is still to be acknowledged.
        fleet.until_acknowledged(share * kill - share / 2);
        server.kill();
        // Without a broker there are no further acknowledgements.
        let promised = fleet.acknowledged();
        server = ready(&config);
        let stored = server.stored();
        assert!(stored >= promised, "kill {kill}: {promised} acknowledged, {stored} stored");
        fleet.moved(server.broker());
    }
    fleet.finish();
    server.until_stored(all);
    assert_eq!(board(&server), undisturbed(), "after the last kill");
    // The same from the store alone.
    server.kill();
    let server = ready(&config);
    server.until_stored(all);
    assert_eq!(board(&server), undisturbed(), "after a restart");
}

#[test]
fn an_external_broker_delivers_again_through_twenty_kills() {
    let Some(mosquitto) = Mosquitto::start() else { return };
    let halls = TownHall::several(HALLS);
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, &halls, Place::External(mosquitto.address));
    let readings = readings(&halls);
    let all = count(&readings);
    let share = all / (KILLS + 1);
    // Its session has to exist before the first message.
    let mut server = ready(&config);
    let fleet = Fleet::start_held(mosquitto.address, readings);
    for kill in 1..=KILLS {
        let stored = server.stored();
        if kill % 2 == 0 {
            // Killed between deliveries and commits, as far as chance has it.
            fleet.release(share);
            until_count("the stored readings", stored + 1, || server.stored());
        } else {
            // Killed with a whole share delivered and nothing of it acknowledged.
            server.suspend();
            fleet.release(share);
            fleet.until_acknowledged(share * kill);
        }
        server.kill();
        server = ready(&config);
        // Everything that mosquitto has acknowledged arrives, also after the kill.
        fleet.until_acknowledged(share * kill);
        server.until_stored(share * kill);
    }
    let again = mosquitto.log().matches("Sending PUBLISH to wattkampen (d1, q1").count();
    assert!(again >= 1000, "only {again} deliveries were unacknowledged at a kill");
    fleet.finish();
    server.until_stored(all);
    assert_eq!(board(&server), undisturbed());
}

/// What `deploy/mosquitto.conf` says about a kill of mosquitto itself.
#[test]
fn a_killed_mosquitto_loses_readings_since_its_last_save_and_no_energy() {
    let Some(mut mosquitto) = Mosquitto::start() else { return };
    let halls = TownHall::several(1);
    let mut history = History::new(&halls[0], local("2025-03-01T00:00"));
    let mut until = |end| history.run(local(end), 900, 100);
    let saved = until("2025-03-02T00:00");
    let lost = until("2025-03-02T01:00");
    let later = until("2025-03-03T00:00");
    let stored = (saved.len() + later.len()) as u64;

    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, &halls, Place::External(mosquitto.address));
    // Its session has to exist before the first message; then mosquitto holds the readings.
    ready(&config).kill();
    let address = mosquitto.address;
    let publish = |list: &[Message]| {
        Fleet::start(address, vec![list.to_vec()]).finish();
    };
    publish(&saved);
    mosquitto.save();
    publish(&lost);
    mosquitto.kill_and_restart();
    let server = ready(&config);
    server.until_stored(saved.len() as u64);
    publish(&later);
    server.until_stored(stored);

    let folder = tempfile::tempdir().unwrap();
    let peer = Server::serve(&write_config(folder.path(), PAST, &halls, Place::Embedded));
    Fleet::start(peer.broker(), vec![[saved, lost, later].concat()]).finish();
    let energy = |server: &Server| {
        let board = server.get("/api/v1/leaderboard?as_of=2025-03-03T00:00:00Z").json();
        board["rows"][0]["energy_kwh"].as_f64().expect("energy on the board")
    };
    assert_eq!(energy(&server), energy(&peer));
}

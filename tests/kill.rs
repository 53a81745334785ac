//! Killed twenty times while a fleet publishes: what was acknowledged is there, once,
//! and the board is the one of a service that was never killed.
use std::{path::Path, sync::OnceLock};

use tests::{
    Fleet, History, Message, Mosquitto, PAST, Place, Server, TownHall, local, until, write_config,
};

const KILLS: u64 = 20;
const HALLS: usize = 8;
const BOARD: &str = "/api/v1/leaderboard?as_of=2025-03-10T00:00:00Z";

/// A baseline year and nine days of the contest for each hall.
fn readings(halls: &[TownHall]) -> Vec<Vec<Message>> {
    let one = |(number, hall)| {
        let percent = 96 - 2 * number as u64;
        let mut history = History::new(hall, local("2024-03-01T00:00"));
        let mut all = history.run(local("2025-03-01T00:00"), 3600, 100);
        all.extend(history.run(local("2025-03-10T00:00"), 300, percent));
        all
    };
    halls.iter().enumerate().map(one).collect()
}

fn count(lists: &[Vec<Message>]) -> u64 {
    lists.iter().map(|list| list.len() as u64).sum()
}

/// The board of a service that takes the same readings in peace.
fn undisturbed() -> &'static str {
    static BOARD_IN_PEACE: OnceLock<String> = OnceLock::new();
    BOARD_IN_PEACE.get_or_init(|| {
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
fn the_embedded_broker_keeps_its_word_through_twenty_kills() {
    let halls = TownHall::several(HALLS);
    let folder = tempfile::tempdir().unwrap();
    let config = write_config(folder.path(), PAST, &halls, Place::Embedded);
    let readings = readings(&halls);
    let all = count(&readings);
    let mut server = ready(&config);
    let fleet = Fleet::start(server.broker(), readings);
    for kill in 1..=KILLS {
        until("the fleet gets on", || {
            (fleet.acknowledged() >= all * kill / (KILLS + 1)).then_some(())
        });
        assert!(fleet.acknowledged() < all, "the fleet was through before the last kill");
        server.kill();
        // Nobody is acknowledged while nobody is there.
        let promised = fleet.acknowledged();
        server = ready(&config);
        let kept = server.metric("wattkampen_stored_readings");
        assert!(kept >= promised, "kill {kill}: {promised} acknowledged, {kept} kept");
        fleet.moved(server.broker());
    }
    fleet.finish();
    server.until_stored(all);
    assert_eq!(board(&server), undisturbed(), "after the last kill");
    // And from what is on disk alone.
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
    // Its session must be there before the first message.
    let mut server = ready(&config);
    let fleet = Fleet::start(mosquitto.address, readings);
    for kill in 1..=KILLS {
        let stored = || server.metric("wattkampen_stored_readings");
        until("the server gets on", || (stored() >= all * kill / (KILLS + 1)).then_some(()));
        assert!(stored() < all, "everything was stored before the last kill");
        server.kill();
        server = ready(&config);
    }
    fleet.finish();
    server.until_stored(all);
    assert_eq!(board(&server), undisturbed());
}

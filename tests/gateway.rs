//! `wattkampen gateway` on a pseudo-terminal: unplugged, killed, without its broker.
//! Every reading that it kept is at the service, once.
mod cable;
mod clock;
mod nonsense;
mod process;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use cable::Cable;
use process::Gateway;
use tests::{Certificate, Mosquitto, Place, Server, TownHall, until, write_config};

/// A competition that goes on now, whenever that is.
const NOW: (&str, &str) = (
    r#"{ start = "2025-01-01", end = "2026-01-01" }"#,
    r#"{ start = "2026-01-01", end = "2036-01-01" }"#,
);

struct World {
    cable: Cable,
    gateway: Gateway,
    mosquitto: Mosquitto,
    server: Server,
    folder: tempfile::TempDir,
}

fn world() -> Option<World> {
    Some(world_at(Mosquitto::start()?))
}

fn world_at(mosquitto: Mosquitto) -> World {
    world_by(mosquitto, |_| "--trust-clock".to_owned())
}

/// With this on the gateway's command line, by the folder that it works in.
fn world_by(mosquitto: Mosquitto, clock: impl Fn(&Path) -> String) -> World {
    let folder = tempfile::tempdir().unwrap();
    let halls = TownHall::several(1);
    let place = match &mosquitto.certificate {
        None => Place::External(mosquitto.address),
        Some(files) => {
            fs::copy(&files.authority, folder.path().join("authority.pem")).unwrap();
            Place::Encrypted(mosquitto.address)
        }
    };
    let config = write_config(folder.path(), NOW, &halls, place);
    let server = Server::serve(&config);
    until("the server is ready", || (server.get("/readyz").status == 200).then_some(()));
    // The server's subscription survives the kills of mosquitto from now on.
    mosquitto.save();
    let cable = Cable::plug(&folder.path().join("meter"));
    let clock = clock(folder.path());
    let gateway = Gateway::start(folder.path(), &halls[0], &mosquitto, &cable.path, &clock);
    World { cable, gateway, mosquitto, server, folder }
}

impl World {
    /// Sends a telegram and waits until it is kept.
    fn kept(&mut self) {
        let before = self.gateway.kept().len();
        self.cable.telegram();
        until("the reading is kept", || (self.gateway.kept().len() > before).then_some(()));
    }

    /// Everything that was kept has arrived, and nothing else.
    fn all_arrived(&self) {
        let kept = self.gateway.kept();
        let apart: BTreeSet<_> = kept.iter().collect();
        assert_eq!(apart.len(), kept.len(), "no boot and sequence was given twice");
        self.server.until_stored(kept.len() as u64);
    }
}

#[test]
fn unplugged_and_plugged_in_again_it_goes_on() {
    let Some(mut world) = world() else { return };
    world.kept();
    world.all_arrived();
    for _ in 0..2 {
        world.cable.half_a_telegram();
        world.cable.unplug();
        let lost = || world.gateway.log().matches("cannot read the meter").count();
        let opened = || world.gateway.log().matches("reading the meter at").count();
        let before = opened();
        until("the gateway says that the cable is out", || (lost() >= before).then_some(()));
        world.cable.plug_again();
        until("the gateway reads again", || (opened() > before).then_some(()));
        world.kept();
        world.kept();
    }
    world.all_arrived();
    assert_eq!(world.gateway.kept().len(), 5);
    assert!(world.gateway.terminate().success());
}

#[test]
fn a_broker_that_is_away_is_waited_for() {
    let Some(mut world) = world() else { return };
    world.kept();
    world.all_arrived();
    world.mosquitto.kill();
    for _ in 0..3 {
        world.kept();
    }
    until("the gateway says that the broker is away", || {
        world.gateway.log().contains("readings wait in the outbox").then_some(())
    });
    world.mosquitto.start_again();
    world.all_arrived();
    assert_eq!(world.gateway.kept().len(), 4);
}

#[test]
fn twelve_kills_lose_nothing_that_was_kept() {
    let Some(mut world) = world() else { return };
    for kill in 0..12 {
        // With and without a broker, so that some die with a full outbox and some
        // while it empties.
        let away = kill % 6 == 1;
        if away {
            // What mosquitto has acknowledged and not delivered is lost with it.
            world.all_arrived();
            world.mosquitto.kill();
        }
        world.kept();
        if kill % 2 == 0 {
            // In the middle of a telegram, which is lost with the one who reads it.
            world.cable.half_a_telegram();
        }
        world.gateway.kill_and_restart();
        if away {
            world.kept();
            world.gateway.kill_and_restart();
            world.mosquitto.start_again();
        }
    }
    world.kept();
    assert_eq!(world.gateway.kept().len(), 12 + 2 + 1);
    world.all_arrived();
    let boots: BTreeSet<_> = world.gateway.kept().iter().map(|(boot, _)| *boot).collect();
    assert!(boots.len() >= 12 && boots.last() == Some(&15), "{boots:?}");
    let boot = fs::read_to_string(world.folder.path().join("gateway/boot")).unwrap();
    assert_eq!(boot.trim(), "15");
}

#[test]
fn a_thousand_malformed_telegrams_are_counted_and_explained_and_stop_nothing() {
    const ROUNDS: usize = 12;
    const EACH: usize = 7;
    let Some(mut world) = world() else { return };
    let mut sent = BTreeMap::<&str, usize>::new();
    for round in 0..ROUNDS {
        world.kept();
        for n in 0..EACH {
            for (reason, bytes) in nonsense::nonsense(round * EACH + n) {
                *sent.entry(reason).or_default() += 1;
                world.cable.send(&bytes);
            }
        }
    }
    world.kept();
    assert!(sent.values().sum::<usize>() >= 1000, "{sent:?}");
    world.all_arrived();
    assert_eq!(world.gateway.kept().len(), ROUNDS + 1, "each good one, and nothing else");
    assert!(world.gateway.terminate().success());
    for (reason, count) in &sent {
        let metric = format!(
            "wattkampen_telegrams_refused_total{{gateway=\"gateway-1\",reason=\"{reason}\"}}"
        );
        until(&format!("{count} of {metric}"), || {
            let metrics = world.server.get("/metrics");
            metrics.text().lines().any(|line| line == format!("{metric} {count}")).then_some(())
        });
        let label = format!("reason=\"telegram_{reason}\"");
        let log = world.server.log();
        let line = log.lines().find(|line| line.contains(&label));
        let line = line.unwrap_or_else(|| panic!("{label} is explained:\n{log}"));
        assert!(
            line.contains("gateway-1/status") && line.contains("the gateway refused"),
            "{line}"
        );
    }
    assert!(!world.gateway.log().contains("panicked"));
}

#[test]
fn encrypted_to_the_broker_and_on_to_the_service() {
    let Some(mosquitto) = Mosquitto::start_encrypted() else { return };
    let mut world = world_at(mosquitto);
    world.kept();
    world.all_arrived();
    world.mosquitto.kill_and_restart();
    world.kept();
    world.all_arrived();
    assert!(world.gateway.terminate().success());
}

#[test]
fn a_broker_that_cannot_prove_who_it_is_gets_nothing() {
    let Some(mut mosquitto) = Mosquitto::start_encrypted() else { return };
    let folder = tempfile::tempdir().unwrap();
    // An authority, and not that of this broker.
    let other = Certificate::make(folder.path());
    mosquitto.certificate = Some(other);
    let halls = TownHall::several(1);
    let config = write_config(folder.path(), NOW, &halls, Place::Encrypted(mosquitto.address));
    let server = Server::serve(&config);
    until("the service says why", || {
        let log = server.log();
        (log.contains("no connection to the external broker") && log.contains("certificate"))
            .then_some(())
    });
    assert_ne!(server.get("/readyz").status, 200);
    let mut cable = Cable::plug(&folder.path().join("meter"));
    let gateway =
        Gateway::start(folder.path(), &halls[0], &mosquitto, &cable.path, "--trust-clock");
    cable.telegram();
    until("the reading is kept", || (!gateway.kept().is_empty()).then_some(()));
    until("the gateway says why", || gateway.log().contains("certificate").then_some(()));
    assert!(!gateway.log().contains("connected to the broker"), "{}", gateway.log());
}

//! A machine without a clock of its own, such as a Raspberry Pi after a power cut:
//! telegrams wait, also through kills, and each gets its own second.
use std::{
    collections::BTreeSet,
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command},
};

use tests::{Mosquitto, Tool, until};

use super::{World, world_by};

const FILE: &str = "clock-is-right";

fn world() -> Option<World> {
    Some(world_by(Mosquitto::start()?, |folder| {
        format!("--clock-file {}", folder.join(FILE).display())
    }))
}

/// A second client of the broker that records every message.
struct Listener {
    child: Child,
    file: PathBuf,
}

impl Listener {
    fn start(world: &World) -> Option<Self> {
        let program = Tool::MosquittoClients.find()?;
        let file = world.folder.path().join("listener");
        let (host, port) = (world.mosquitto.address.ip(), world.mosquitto.address.port());
        let child = Command::new(program)
            .args(["-q", "1", "-t", "wattkampen/v1/+/reading", "-t", "wattkampen/v1/+/status"])
            .args(["-h", &host.to_string(), "-p", &port.to_string()])
            .stdout(File::create(&file).unwrap())
            .spawn()
            .expect("mosquitto_sub starts");
        let this = Self { child, file };
        // The status is retained: it arrives with the subscription.
        until("it listens", || this.text().contains("online").then_some(()));
        Some(this)
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.file).unwrap()
    }

    /// Second and register of all readings that were sent, however often.
    fn heard(&self) -> BTreeSet<(i64, u64)> {
        let text = self.text();
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        let readings = whole.lines().filter(|line| line.contains("import_wh"));
        readings
            .map(|line| {
                let reading: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let time: jiff::Timestamp = reading["t"].as_str().unwrap().parse().unwrap();
                (time.as_second(), reading["import_wh"].as_u64().unwrap())
            })
            .collect()
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends a telegram, waits until it is on the disk without a time, and gives its second
/// and register.
fn held(world: &mut World) -> (i64, u64) {
    let before = world.gateway.untimed();
    world.cable.telegram();
    until("the telegram is kept", || (world.gateway.untimed() > before).then_some(()));
    world.cable.last()
}

#[test]
fn telegrams_of_before_the_clock_is_right_survive_kills_and_get_their_own_seconds() {
    let Some(mut world) = world() else { return };
    let Some(listener) = Listener::start(&world) else { return };
    let mut sent = BTreeSet::new();
    for kill in 0..10 {
        sent.insert(held(&mut world));
        if kill % 3 == 1 {
            // Also in the middle of the next one.
            world.cable.half_a_telegram();
        }
        world.gateway.kill_and_restart();
    }
    assert!(world.gateway.log().contains("clock is not synchronised"));
    assert!(world.gateway.kept().is_empty() && listener.heard().is_empty(), "no made-up time");
    fs::write(world.folder.path().join(FILE), "").unwrap();
    until("one has a time", || (!world.gateway.kept().is_empty()).then_some(()));
    // Maybe as the others get theirs.
    world.gateway.kill_and_restart();
    world.cable.telegram();
    sent.insert(world.cable.last());
    until("all have come", || (listener.heard().len() >= sent.len()).then_some(()));
    assert_eq!(listener.heard(), sent, "each at its own second");
    world.server.until_stored(sent.len() as u64);
    assert!(world.gateway.terminate().success());
}

#[test]
fn telegrams_get_their_seconds_while_the_gateway_runs_on() {
    let Some(mut world) = world() else { return };
    let Some(listener) = Listener::start(&world) else { return };
    let mut sent: BTreeSet<_> = (0..2).map(|_| held(&mut world)).collect();
    world.cable.unplug();
    fs::write(world.folder.path().join(FILE), "").unwrap();
    until("those before are sent", || (listener.heard() == sent).then_some(()));
    world.cable.plug_again();
    world.gateway.until_reading(1);
    world.kept();
    sent.insert(world.cable.last());
    until("the one after is sent", || (listener.heard() == sent).then_some(()));
    assert!(world.gateway.terminate().success());
}

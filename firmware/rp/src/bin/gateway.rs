//! The gateway: P1 to MQTT over the cable. `cargo xtask firmware` builds it.
#![no_std]
#![no_main]

use embassy_executor::{SpawnError, Spawner};
use rp::{Parts, restart::restart};

// `IN_SLOTS` of the build script links this program for a slot.
#[cfg(feature = "rp2040")]
use app::layout::SLOTS as OTA;
#[cfg(not(feature = "rp2040"))]
use app::update::NoOta as OTA;

const NAME: &str = if cfg!(feature = "rp2350") { "rp2350-gateway" } else { "rp2040-gateway" };

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    if start(spawner).await.is_err() {
        restart("no room for a task");
    }
}

async fn start(spawner: Spawner) -> Result<(), SpawnError> {
    let (parts, _) =
        Parts::take(embassy_rp::init(embassy_rp::config::Config::default()), spawner).await?;
    spawner.spawn(program(parts)?);
    Ok(())
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::gateway(parts.board::<_, false>(NAME, OTA)).await)
}

//! The lobby panel: MQTT to HUB75, 128x64. `cargo xtask firmware` builds it.
#![no_std]
#![no_main]

use app::{hub75::words, state::State, update::NoOta};
use embassy_executor::{SpawnError, Spawner};
use panel::Frame128x64;
use rp::{
    Parts,
    hub75::{Panel, Wires},
    restart::restart,
};
use static_cell::ConstStaticCell;

const NAME: &str = if cfg!(feature = "rp2350") { "rp2350-panel" } else { "rp2040-panel" };

#[embassy_executor::main]
async fn main(spawner: Spawner) {
    if start(spawner).await.is_err() {
        restart("no room for a task");
    }
}

async fn start(spawner: Spawner) -> Result<(), SpawnError> {
    let (parts, wires) =
        Parts::take(embassy_rp::init(embassy_rp::config::Config::default()), spawner).await?;
    spawner.spawn(draw(parts.state(), wires)?);
    spawner.spawn(program(parts)?);
    Ok(())
}

#[embassy_executor::task]
async fn draw(state: &'static State, wires: Wires) {
    static PICTURES: ConstStaticCell<[[u32; words(128, 64)]; 2]> =
        ConstStaticCell::new([[0; words(128, 64)]; 2]);
    static FRAME: ConstStaticCell<Frame128x64> = ConstStaticCell::new(Frame128x64::new());
    let mut screen = Panel::<128, 64, { words(128, 64) }>::start(wires, PICTURES.take());
    match app::screen::run(state, &mut screen, FRAME.take()).await {}
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::panel(parts.board::<_, true>(NAME, NoOta)).await)
}

//! A gateway with a panel: P1 to MQTT and to HUB75, 64x32, with or without a broker.
//! `cargo xtask firmware` builds it.
#![no_std]
#![no_main]

use app::{hub75::words, state::State, update::NoOta};
use embassy_executor::{SpawnError, Spawner};
use panel::Frame64x32;
use rp::{
    Parts,
    hub75::{Panel, Wires},
    restart::restart,
};
use static_cell::ConstStaticCell;

const NAME: &str =
    if cfg!(feature = "rp2350") { "rp2350-gateway-panel" } else { "rp2040-gateway-panel" };

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
    static PICTURES: ConstStaticCell<[[u32; words(64, 32)]; 2]> =
        ConstStaticCell::new([[0; words(64, 32)]; 2]);
    static FRAME: ConstStaticCell<Frame64x32> = ConstStaticCell::new(Frame64x32::new());
    let mut screen = Panel::<64, 32, { words(64, 32) }>::start(wires, PICTURES.take());
    match app::screen::run(state, &mut screen, FRAME.take()).await {}
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::gateway(parts.board::<_, true>(NAME, NoOta)).await)
}

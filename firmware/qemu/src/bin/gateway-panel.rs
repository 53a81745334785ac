//! A gateway with a panel on the emulated board: P1 to MQTT and to a picture of 64x32, with
//! or without a broker. `cargo xtask firmware` builds it, `tests/panels.rs` runs it.
#![no_std]
#![no_main]

use app::state::State;
use embassy_executor::{SpawnError, Spawner};
use panel::Frame64x32;
use qemu::{Parts, executor, frame::HostPanel, restart};
use static_cell::ConstStaticCell;

#[cortex_m_rt::entry]
fn main() -> ! {
    executor::run(|spawner| {
        if start(spawner).is_err() {
            restart("no room for a task");
        }
    })
}

fn start(spawner: Spawner) -> Result<(), SpawnError> {
    let (parts, runner) = Parts::take();
    spawner.spawn(qemu::network(runner)?);
    spawner.spawn(draw(parts.state())?);
    spawner.spawn(program(parts)?);
    Ok(())
}

#[embassy_executor::task]
async fn draw(state: &'static State) {
    static FRAME: ConstStaticCell<Frame64x32> = ConstStaticCell::new(Frame64x32::new());
    match app::screen::run(state, &mut HostPanel::<64, 32>, FRAME.take()).await {}
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::gateway(parts.board::<true>("qemu-gateway-panel")).await)
}

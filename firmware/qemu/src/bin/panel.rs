//! The panel on the emulated board: MQTT to a picture of 128x64.
//! `cargo xtask firmware` builds it, `tests/panels.rs` runs it.
#![no_std]
#![no_main]

use app::state::State;
use embassy_executor::{SpawnError, Spawner};
use panel::Frame128x64;
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
    static FRAME: ConstStaticCell<Frame128x64> = ConstStaticCell::new(Frame128x64::new());
    match app::screen::run(state, &mut HostPanel::<128, 64>, FRAME.take()).await {}
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::panel(parts.board::<true>("qemu-panel")).await)
}

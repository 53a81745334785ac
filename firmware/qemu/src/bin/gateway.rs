//! The gateway on the emulated board: P1 on UART0 to MQTT.
//! `cargo xtask firmware` builds it, `tests/firmware.rs` runs it.
#![no_std]
#![no_main]

use embassy_executor::{SpawnError, Spawner};
use qemu::{Parts, executor, restart};

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
    spawner.spawn(program(parts)?);
    Ok(())
}

#[embassy_executor::task]
async fn program(parts: Parts) {
    restart(&app::run::gateway(parts.board::<false>("qemu-gateway")).await)
}

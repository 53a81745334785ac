//! Writes each program's memory map where the linker finds it, from any working directory.
//! A map names the parts of the flash as `app/src/layout.rs` does: `{active.start}` is the
//! address in the chip's memory, `{active.size}` the size.
#[path = "app/src/layout.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it belongs to app, and this script uses a part of it"
)]
mod layout;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use layout::{FIRMWARE, SLOTS};

/// Address of the flash in the chips' memory.
const FLASH: u32 = 0x1000_0000;

/// Programs with updates over the air; the loader starts them.
const IN_SLOTS: &[&str] = &["gateway"];

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let feature = |name: &str| env::var_os(format!("CARGO_FEATURE_{name}")).is_some();
    // A package of two chips has two maps.
    let whole = if feature("RP2350") { "rp2350.x" } else { "memory.x" };
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    }
    if !feature("RP2040") {
        println!("cargo:rustc-link-search={}", map(whole, &out).display());
        return;
    }
    let (whole, slot) = (map(whole, &out.join("whole")), map("slot.x", &out.join("slot")));
    for program in fs::read_dir("src/bin").expect("the programs") {
        let program = program.expect("a program").path();
        let program = program.file_stem().and_then(|name| name.to_str()).expect("a name");
        let map = if IN_SLOTS.contains(&program) { &slot } else { &whole };
        println!("cargo:rustc-link-arg-bin={program}=-L{}", map.display());
    }
}

/// Writes a memory map, and returns its folder.
fn map(file: &str, folder: &Path) -> PathBuf {
    println!("cargo:rerun-if-changed={file}");
    let mut text = fs::read_to_string(file).expect("the memory map");
    for (name, extent) in [
        ("firmware", FIRMWARE),
        ("loader", SLOTS.loader),
        ("state", SLOTS.state),
        ("active", SLOTS.active),
    ] {
        text = text
            .replace(&format!("{{{name}.start}}"), &format!("{:#x}", FLASH + extent.start))
            .replace(&format!("{{{name}.size}}"), &format!("{:#x}", extent.size));
    }
    fs::create_dir_all(folder).expect("a folder of our own");
    fs::write(folder.join("memory.x"), text).expect("a file of our own");
    folder.to_path_buf()
}

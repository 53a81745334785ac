//! Puts the board's memory map where the linker finds it, from whatever folder cargo
//! was called.
use std::{env, fs, path::PathBuf};

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    // A package of two chips has two maps.
    let map = if env::var_os("CARGO_FEATURE_RP2350").is_some() { "rp2350.x" } else { "memory.x" };
    fs::copy(map, out.join("memory.x")).expect("the memory map");
    println!("cargo:rerun-if-changed={map}");
    println!("cargo:rustc-link-search={}", out.display());
    println!("cargo:rustc-link-arg-bins=--nmagic");
    println!("cargo:rustc-link-arg-bins=-Tlink.x");
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo:rustc-link-arg-bins=-Tdefmt.x");
    }
}

//! The `wattkampen` command: configuration and the wiring of the other crates.
fn main() {}

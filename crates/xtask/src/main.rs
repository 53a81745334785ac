//! The repository own chores.
fn main() {}

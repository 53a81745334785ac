//! The embedded broker on the wire: bytes against it, a committer with a real SQLite
//! file behind it.
mod client;
mod commit;
mod fuzz;
mod limits;
mod routing;
mod sessions;
mod support;

//! Tests of the embedded broker over TCP, with a committer and a real SQLite file behind it.
mod client;
mod commit;
mod fuzz;
mod limits;
mod memory;
mod quotas;
mod routing;
mod sessions;
mod support;

//! The literal bytes of each version of the messages. A failing test here means
//! that the code is wrong: devices in lobbies speak these bytes for years.
mod v1;

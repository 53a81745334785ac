//! Meter bytes to readings: meter protocols, registers, outbox, the gateway loop.

//! Configuration and wiring, as a library for the end-to-end tests.

//! What crosses crates, processes or machines: one binary, one module a subject.
mod access;
mod audit;
mod demo;
mod firmware;
mod gateway;
mod import;
mod kill;
mod machine;
mod malformed;
mod order;
mod page;
mod panels;
mod pins;
mod readme;
mod rp2040;
mod tls;
mod update;

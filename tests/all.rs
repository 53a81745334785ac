//! What crosses crates, processes or machines: one binary, one module a subject.
mod demo;
mod machine;

//! The standings as the server uses them: with a store of samples beside them.
mod advice;
mod days;
mod gaming;
mod hall;
mod intervals;
mod model;
mod oslo;
#[path = "../../examples/placebo/read.rs"]
mod read;
mod registers;
mod saving_opportunities;
mod saving_opportunities_oslo;
mod scores;
mod set;

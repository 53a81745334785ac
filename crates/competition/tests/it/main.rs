//! The standings as the server uses them: together with a store of samples.
mod advice;
mod days;
mod doubts;
mod doubts_oslo;
mod doubts_production;
mod doubts_quarters;
mod doubts_rates;
mod doubts_temperature;
mod gaming;
mod gaps;
mod intervals;
mod model;
mod oslo;
mod production;
#[path = "../../examples/placebo/read.rs"]
mod read;
mod reference_buildings;
mod registers;
mod sample_set;
mod saving_opportunities;
mod saving_opportunities_oslo;
mod scores;
mod support;

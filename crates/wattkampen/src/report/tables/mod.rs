//! The tables of the report, in the order in which they are printed.
mod done;
mod money;
mod places;
mod quality;
mod trail;

use super::{summary::Summary, table::Table};

/// Names of all tables, in their order.
pub(super) const NAMES: [&str; 12] = [
    "total",
    "board",
    "participants",
    "clusters",
    "weeks",
    "activities",
    "traps",
    "quality",
    "decisions",
    "trail",
    "factors",
    "method",
];

/// All tables.
pub(super) fn all(facts: &Summary) -> Vec<Table> {
    vec![
        money::total(facts),
        places::board(facts),
        places::participants(facts),
        places::clusters(facts),
        money::weeks(facts),
        done::activities(facts),
        done::traps(facts),
        quality::quality(facts),
        trail::decisions(facts),
        trail::digest(facts),
        money::factors(facts),
        super::method::table(facts),
    ]
}

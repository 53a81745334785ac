//! The tables of the report, in the order in which they are printed.
mod activities;
mod decisions;
mod quality;
mod standings;
mod totals;

use super::{summary::Summary, table::Table};

/// The ids of all tables, in their order.
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
pub(super) fn all(summary: &Summary) -> Vec<Table> {
    vec![
        totals::total(summary),
        standings::board(summary),
        standings::participants(summary),
        standings::clusters(summary),
        totals::weeks(summary),
        activities::activities(summary),
        activities::traps(summary),
        quality::quality(summary),
        decisions::decisions(summary),
        decisions::digest(summary),
        totals::factors(summary),
        super::method::table(summary),
    ]
}

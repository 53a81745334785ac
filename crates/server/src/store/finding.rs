//! What a verification of the store can find: places that differ from what was written.
use competition::Time;

use super::row_kind::RowKind;

/// A place of the store that differs from what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// An entry of the audit log does not match its hash, its kind, or the hash before it.
    Entry(i64),
    /// Entries are missing, both ends included.
    Missing(i64, i64),
    /// The seals of an entry are not those that the entry covers.
    Seals(i64),
    /// Stored readings are not those that were sealed.
    Readings {
        /// Name of their meter.
        meter: String,
        /// UTC day, as midnight.
        day: Time,
        /// The entry that sealed them.
        entry: i64,
    },
    /// A block of stored readings does not match its checksum.
    Damaged {
        /// Name of their meter.
        meter: String,
        /// The first UTC day that differs from its seal, and the last one of the
        /// block, as midnights.
        days: [Time; 2],
    },
    /// Imported rows are not those that were imported.
    Imported {
        /// Intervals or temperatures.
        kind: RowKind,
        /// Meter or participant.
        name: String,
        /// UTC day, as midnight.
        day: Time,
        /// The entry of their import; `None` where no entry has such a day.
        entry: Option<i64>,
    },
    /// A batch of the journal does not match its checksum.
    Batch(i64),
    /// The log itself records that it was changed while the service ran.
    Tampered(i64),
}

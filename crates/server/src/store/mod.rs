//! The embedded store: the only SQL of the product. SQLite in WAL mode, one
//! writer, any number of readers, also from other processes.
//!
//! **What it holds** is a *set* of readings by (meter, time), as they were sent.
//! Storing one twice changes nothing. Where one moment has two values the lower
//! register stands, whichever came first; the other is kept as a conflict.
//!
//! **Layout** (`wattkampen.sqlite` in the data directory; `schema.rs`, `codec.rs`)
//! - `journal`: each committed batch as one blob, in order. This commit is what is
//!   acknowledged.
//! - `block`: up to 512 readings of one meter, sorted, delta-coded, with a CRC-32;
//!   the key is meter and first moment, a block reaches to the next one's first.
//! - `day`: what the competition made of each (meter, UTC day), so that a start
//!   need not read the readings again. Derived: written with the blocks they tell
//!   of, from the first day on without a gap; what is missing at the end, or all,
//!   is made again from the readings.
//! - `meter`: the dictionary, with the count and the newest reading of each.
//! - `conflict`: values that do not stand.
//! - `interval`, `temperature`: imported rows by (meter or participant, beginning);
//!   `imported`: which of them changed, in order. See `importer.rs` for how an import
//!   and a running server share them.
//! - `audit`: the log of what moved the board; `seal`: digests of meters' days that it
//!   covers; `row_seal`: digests of days of imported rows; `unsealed`: days that wait
//!   for a seal; `aside`: what came after the lock (`aside.rs`, `log.rs`, `seal.rs`, [`crate::audit`]).
//!
//! **Durability.** `synchronous = FULL` by default: the journal is on the disk
//! when a reading is acknowledged, and neither a kill nor a power cut takes it (as
//! far as the disk keeps its word about flushing). With [`Durability::Normal`] a
//! kill takes nothing, a power cut may take what came in the last seconds. In
//! either mode the file itself stays whole.
//!
//! **Checkpoint.** Now and then the journal is merged into blocks, a few meters a
//! transaction so that ingest waits milliseconds only; the journal is emptied in
//! the last of them. A kill between two leaves readings in both places, and a
//! reading is one however often it is found.
//!
//! **Recovery** is [`Store::open`]: the dictionary, the days, then the journal
//! through the same door as live readings ([`Recovering::replay`]).
//!
//! **Limits.** 2²⁵ meters; moments from 1970 to the year 9999 (38 bits of
//! seconds); memory holds what is not checkpointed, some 100 000 readings at
//! 50 bytes, and 1 024 decoded blocks of 25 kB. Phases, sequence and boot count of
//! a message are not kept. One server for a directory: a lock file says so.

mod aside;
mod block;
mod bulk_writer;
mod checkpoint;
mod codec;
mod error;
mod history;
mod importer;
mod imports;
mod log;
mod pending;
mod reader;
mod recover;
mod schema;
mod seal;
#[cfg(test)]
mod tests;
mod verify;
mod writer;

pub use bulk_writer::BulkWriter;
pub use codec::Corrupt;
pub use error::StoreError;
pub(crate) use importer::ImportedRow;
pub use importer::{ImportOutcome, Importer};
pub use log::{Finding, append_audit_to};
pub use reader::{Reader, Reading, Readings, Verified};
pub use recover::Recovering;
pub use verify::{ChangedDay, SealReport};
pub use writer::{Inserted, Store};

/// What survives what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// Every acknowledged reading survives a power cut.
    #[default]
    Full,
    /// Every acknowledged reading survives a kill of the process; a power cut
    /// may take the last seconds.
    Normal,
}

//! The embedded store. SQLite in WAL mode, one writer, any
//! number of readers, also from other processes.
//!
//! **Content.** The store holds a *set* of readings by meter and time, as they were sent;
//! storing one twice changes nothing. Where one time has two values the lower register
//! counts, whichever arrived first, and the other is kept as a conflict.
//!
//! **Layout.** One file, `wattkampen.sqlite` in the data directory (`schema.rs` has its
//! tables and migrations, `codec.rs` the bytes of its blobs), and three types over one
//! connection, each of which owns its tables and their invariants:
//! - [`ReadingStore`]: `journal` has each committed batch as one blob, in order, and its
//!   commit is what is acknowledged. `block` has up to 512 readings of one meter, sorted,
//!   delta-coded, with a CRC-32; the key is the meter and the first time, and a block
//!   extends to the beginning of the next one. `day` has the competition's state of each
//!   meter and UTC day, so that a start need not read all readings; it is derived, and
//!   what is missing at its end is computed again. `meter` is the dictionary, with the
//!   count and the newest reading of each. `conflict` has the values that lost.
//! - [`AuditLog`]: `audit` is the log of what changed the leaderboard, hash-chained; `seal` has
//!   digests of meters' days that its entries cover; `unsealed` lists days that wait for
//!   a seal; `service_clock` says which clock dates the entries. See [`crate::audit`].
//! - [`ImportStore`]: `interval` and `temperature` have imported rows; `imported` lists
//!   the ranges that changed; `row_seal` has digests of their days; `post_lock` has rows that
//!   arrived after the lock. `import.rs` says how an import and a running service share
//!   them.
//!
//! [`Store`] has the three, and what concerns two of them.
//!
//! **Deleted files.** A commit into a file that was deleted or replaced beneath the service
//! succeeds and is lost with the process. After each commit the files have to be the ones
//! that were opened; otherwise nothing is acknowledged.
//!
//! **Durability.** `synchronous = FULL` by default: the journal is on the disk when a
//! reading is acknowledged, and neither a kill nor a power cut loses it, as far as the
//! disk's flush is honest. With [`Durability::Normal`] a kill loses nothing and a power
//! cut may lose the last seconds. In either mode the file stays consistent.
//!
//! **Checkpoint.** From time to time the journal is merged into blocks, a few meters a
//! transaction, so that ingest waits only milliseconds; the last transaction empties the
//! journal. A kill between two leaves readings in both places, and a reading counts once
//! however often it is found.
//!
//! **Recovery.** [`Recovering`] reads the dictionary, the days, and then the journal
//! through the same insertion as live readings.
//!
//! **Limits.** 2²⁵ meters; times from 1970 to the year 9999 (38 bits of seconds). Memory
//! holds what no checkpoint has merged, some 100 000 readings of 50 bytes, and 1 024
//! decoded blocks of 25 kB. Phases, sequence and boot count of a message are not kept.
//! One service a directory, which a lock file ensures.

mod audit_log;
mod backup;
mod block;
mod bulk_writer;
mod chain;
mod checkpoint;
mod codec;
mod error;
mod files;
mod finding;
mod import;
mod import_seals;
mod import_store;
mod offline;
mod pending;
mod post_lock;
mod query;
mod reader;
mod readings;
mod recover;
mod row_kind;
mod rows;
mod schema;
mod seal;
mod seal_check;
mod service_clock;
#[cfg(test)]
mod tests;
mod writer;

pub use audit_log::AuditLog;
pub use backup::{CheckedStore, back_up, backups, check, remove_old_backups, restore};
pub use bulk_writer::BulkWriter;
pub use codec::Corrupt;
pub use error::StoreError;
pub use files::StoreFiles;
pub use finding::Finding;
pub use import::Importer;
pub use import_store::ImportStore;
pub use offline::{append_audit_to, exists};
pub use reader::{Reader, StoredReading, StoredReadings, Verified};
pub use readings::{Inserted, ReadingStore};
pub use recover::Recovering;
pub use row_kind::RowKind;
pub(crate) use rows::ImportedRow;
pub use rows::{ImportOutcome, RemovedRows};
pub use schema::Durability;
pub use seal_check::{ChangedDay, SealReport};
pub use service_clock::service_clock;
pub use writer::Store;

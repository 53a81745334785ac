//! What the log holds, and its form on the disk. A form that was written once stays
//! readable: fields are only ever added, with a default.
use competition::Time;
use serde::{Deserialize, Serialize};

use super::{DeclarationRequest, Difference, LockedResult};

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum AuditEvent {
    /// The service started, with the configuration of the last `configuration` entry.
    Start {
        /// Of the program.
        version: String,
        /// SHA-256 of the configuration in its canonical form, hexadecimal.
        configuration: String,
    },
    /// The service started with another configuration than before, or for the first time.
    Configuration {
        /// As above.
        version: String,
        /// As above.
        configuration: String,
        /// What differs from the last one.
        changes: Vec<Difference>,
        /// All of it.
        content: serde_json::Value,
    },
    /// The organiser declared something.
    Declaration {
        /// What, by whom, why.
        declared: DeclarationRequest,
    },
    /// The organiser changed a locked result.
    Amendment {
        /// What, by whom, why.
        declared: DeclarationRequest,
    },
    /// The organiser locked the result.
    Lock {
        /// Role.
        by: String,
        /// Why, or under which decision.
        reason: String,
    },
    /// The locked result, as everybody sees it from then on.
    Result {
        /// The lock or the amendment that it follows.
        cause: i64,
        /// It.
        board: LockedResult,
        /// What differs from the configuration that was locked; none of it is an amendment.
        #[serde(default)]
        changes: Vec<Difference>,
    },
    /// What a declaration did to the board.
    Moved {
        /// Its entry.
        cause: i64,
        /// Who stands otherwise than before.
        places: Vec<[BoardPosition; 2]>,
    },
    /// Readings that came after the board had shown their hour.
    Late {
        /// Whose.
        participant: String,
        /// Of which meters and days.
        meters: Vec<LateReadings>,
        /// kWh that they added to the contest's energy.
        energy_kwh: f64,
        /// kWh that they added to what is saved.
        saved_kwh: f64,
        /// Ranks before the first and after the last of them, where they differ.
        #[serde(default)]
        rank: Option<[Option<u32>; 2]>,
    },
    /// Readings that are kept and do not count.
    Quarantine(QuarantineRecord),
    /// The official board at local midnight.
    Standing {
        /// The day that had ended.
        date: String,
        /// In the order of the board.
        places: Vec<BoardPosition>,
    },
    /// Stored readings of whole days.
    Sealed {
        /// Days of meters.
        days: u64,
        /// Of these, sealed before and changed since.
        again: u64,
        /// Readings in them.
        readings: u64,
        /// SHA-256 over the seals, hexadecimal.
        root: String,
    },
    /// Rows of history that an import brought.
    Import {
        /// `interval` or `temperature`.
        what: String,
        /// Meter or participant.
        name: String,
        /// Beginning of the first row, RFC 3339.
        first: String,
        /// And of the last.
        last: String,
        /// How many rows were new.
        taken: i64,
        /// How many replaced another value, as the organiser asked for.
        replaced: i64,
        /// SHA-256 over the digests of the days that it changed, hexadecimal.
        root: String,
        /// Up to where the store's list of imports is covered.
        upto: i64,
    },
    /// What came after the lock: kept, and no part of the result.
    #[serde(rename = "aside")]
    PostLock {
        /// `reading`, `interval` or `temperature`.
        what: String,
        /// Meter or participant.
        name: String,
        /// Time of the first, RFC 3339.
        first: String,
        /// And of the last.
        last: String,
        /// How many.
        rows: u64,
    },
    /// The log itself was changed while the service ran.
    Tampered {
        /// The newest entry that the service knew.
        entry: i64,
        /// Its hash then.
        hash: String,
    },
    /// Written by a later version of the program.
    #[serde(other, skip_serializing)]
    Unknown,
}

/// Late readings of a meter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateReadings {
    /// Its name.
    pub meter: String,
    /// First UTC day that has some.
    pub from: String,
    /// Last one.
    pub until: String,
    /// How many.
    pub readings: u64,
}

/// Readings in quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRecord {
    /// Meter.
    pub meter: String,
    /// Why, in words.
    pub reason: String,
    /// How many of that reason by now.
    pub readings: u64,
    /// The first, RFC 3339.
    pub first: String,
    /// The last.
    pub last: String,
}

/// Where a participant stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoardPosition {
    /// Its id.
    pub participant: String,
    /// `None` while it is not ranked.
    pub rank: Option<u32>,
    /// Percent of its baseline.
    pub saving_percent: Option<f64>,
    /// Baseline minus energy.
    pub saved_kwh: Option<f64>,
}

/// An entry of the log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditEntry {
    /// 1, 2, … without a gap.
    pub seq: i64,
    /// When, by the service's clock.
    pub at: Time,
    /// As it is stored.
    pub body: String,
    /// SHA-256 of the one before and of this.
    pub hash: [u8; 32],
}

impl AuditEntry {
    /// What happened; [`AuditEvent::Unknown`] where this version cannot read it.
    pub fn event(&self) -> AuditEvent {
        serde_json::from_str(&self.body).unwrap_or(AuditEvent::Unknown)
    }
}

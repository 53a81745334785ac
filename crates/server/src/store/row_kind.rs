//! The kinds of rows that an import brings or that wait after the lock.
use std::fmt;

use rusqlite::{
    ToSql,
    types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef},
};

/// Column `kind` of the tables `imported`, `row_seal` and `post_lock`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(i64)]
pub enum RowKind {
    /// Energy of an interval of a meter.
    Interval = 0,
    /// Outdoor temperature of an hour at a participant.
    Temperature = 1,
    /// A reading of a meter's register; only after the lock.
    Reading = 2,
}

impl RowKind {
    const ALL: [Self; 3] = [Self::Interval, Self::Temperature, Self::Reading];

    /// Its name in entries of the audit log and in answers for programs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Interval => "interval",
            Self::Temperature => "temperature",
            Self::Reading => "reading",
        }
    }

    /// The kind with this [`RowKind::name`].
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for RowKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl ToSql for RowKind {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok((*self as i64).into())
    }
}

impl FromSql for RowKind {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        let code = value.as_i64()?;
        Self::ALL
            .into_iter()
            .find(|kind| *kind as i64 == code)
            .ok_or(FromSqlError::OutOfRange(code))
    }
}

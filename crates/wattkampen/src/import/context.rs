//! What an import knows besides the file.
use jiff::tz::TimeZone;

use super::known::NamedLayout;

/// The competition and the command, as far as they say how to read files.
#[derive(Debug, Clone)]
pub(crate) struct Context<'a> {
    pub(crate) zone: &'a TimeZone,
    /// Ids of the configuration.
    pub(crate) meters: Vec<&'a str>,
    /// The meter of all files, if stated.
    pub(crate) meter: Option<&'a str>,
    /// The most that the connection of a meter carries, W.
    pub(crate) most_watts: i64,
    /// The values are outdoor temperatures.
    pub(crate) temperature: bool,
    /// The first and the last moment that can be stored.
    pub(crate) range: (i64, i64),
    pub(crate) saved: Vec<NamedLayout>,
}

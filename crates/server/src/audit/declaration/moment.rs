//! Moments as people and programs write them: with an offset, or in local time.
use std::{fmt, str::FromStr};

use competition::Time;
use jiff::{
    Timestamp,
    civil::{Date, DateTime},
    fmt::temporal::{Pieces, PiecesOffset},
    tz::{Offset, TimeZone},
};

use super::{DeclarationError, error};

/// A moment as it was declared; it is written as it was read.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// RFC 3339.
    Instant {
        /// The instant.
        at: Timestamp,
        /// The offset it was written with; `None` for `Z`.
        offset: Option<Offset>,
    },
    /// Local time of the competition, as browsers send it.
    Local(DateTime),
}

impl Moment {
    /// The instant in the competition's time zone; `field` names the moment in errors.
    ///
    /// # Errors
    /// A local time that does not exist or exists twice, because the clocks change.
    pub fn resolve(&self, field: &'static str, zone: &TimeZone) -> Result<Time, DeclarationError> {
        let at = match self {
            Self::Instant { at, .. } => *at,
            Self::Local(local) => {
                zone.to_ambiguous_timestamp(*local).unambiguous().map_err(|_| {
                    error(
                        format!("{field} = \"{self}\" is not one moment: the clocks change then"),
                        "give it with its offset, such as 2027-10-31T02:30:00+01:00",
                    )
                    .at(field, "Klockan ställs om då: tiden finns inte eller finns två gånger. Välj en annan timme.")
                })?
            }
        };
        Ok(Time(at.as_second()))
    }
}

impl FromStr for Moment {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, jiff::Error> {
        if let Ok(at) = text.parse::<Timestamp>() {
            let offset = match Pieces::parse(text)?.offset() {
                Some(PiecesOffset::Numeric(numeric)) => Some(numeric.offset()),
                _ => None,
            };
            return Ok(Self::Instant { at, offset });
        }
        Ok(Self::Local(text.parse()?))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instant { at, offset: Some(offset) } => {
                write!(f, "{}", at.display_with_offset(*offset))
            }
            Self::Instant { at, offset: None } => write!(f, "{at}"),
            Self::Local(local) if local.second() == 0 && local.subsec_nanosecond() == 0 => {
                write!(f, "{}", local.strftime("%Y-%m-%dT%H:%M"))
            }
            Self::Local(local) => write!(f, "{local}"),
        }
    }
}

/// The instant at which a local day begins.
pub(super) fn midnight(day: Date, zone: &TimeZone) -> Result<Time, DeclarationError> {
    let zoned = day.to_zoned(zone.clone());
    let zoned = zoned.map_err(|_| error(format!("{day} is beyond the calendar"), "correct it"))?;
    Ok(Time(zoned.timestamp().as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_written_as_it_was_read() {
        for text in [
            "2027-04-11T09:00:00+02:00",
            "2027-04-11T07:00:00Z",
            "2027-04-11T09:00",
            "2027-04-11T09:00:30",
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), text);
        }
        assert!("soon".parse::<Moment>().is_err());
    }
}

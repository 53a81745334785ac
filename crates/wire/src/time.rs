//! Time in messages: whole seconds of UTC, in JSON as RFC 3339.
use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Seconds since 1970-01-01T00:00:00Z, between the years 1970 and 9999.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// Why a text or number is not a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeError {
    /// Not RFC 3339 with an offset, such as `2027-04-11T09:59:50Z`.
    Format,
    /// Before 1970 or after 9999.
    Range,
}

impl fmt::Display for TimeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Format => "a time is RFC 3339 with an offset, such as 2027-04-11T09:59:50Z",
            Self::Range => "a time lies between the years 1970 and 9999",
        })
    }
}

impl core::error::Error for TimeError {}

impl Time {
    /// 9999-12-30T22:00:00Z, the last second that any time zone can show.
    const LAST: i64 = 253_402_207_200;

    /// From seconds since 1970.
    pub const fn from_unix(seconds: i64) -> Result<Self, TimeError> {
        if seconds < 0 || seconds > Self::LAST { Err(TimeError::Range) } else { Ok(Self(seconds)) }
    }

    /// Seconds since 1970.
    pub const fn unix(self) -> i64 {
        self.0
    }
}

impl FromStr for Time {
    type Err = TimeError;
    fn from_str(text: &str) -> Result<Self, TimeError> {
        let moment: Timestamp = text.parse().map_err(|_| TimeError::Format)?;
        // Rounded down, so that a fraction never makes a reading later.
        Self::from_unix(moment.as_millisecond().div_euclid(1000))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_second(self.0) {
            Ok(moment) => write!(f, "{moment}"),
            Err(_) => Err(fmt::Error),
        }
    }
}

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl de::Visitor<'_> for Visitor {
            type Value = Time;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 3339 time")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Time, E> {
                text.parse().map_err(E::custom)
            }
        }
        d.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use proptest::prelude::*;

    use super::{Time, TimeError};

    fn unix(text: &str) -> Result<i64, TimeError> {
        text.parse().map(Time::unix)
    }

    #[test]
    fn rfc_3339_is_parsed() {
        let ten_to_ten = 1_807_437_590;
        for text in [
            "2027-04-11T09:59:50Z",
            "2027-04-11T09:59:50+00:00",
            "2027-04-11T11:59:50+02:00",
            "2027-04-11T04:29:50-05:30",
            "2027-04-11t09:59:50z",
            "2027-04-11T09:59:50.999999999Z",
        ] {
            assert_eq!(unix(text), Ok(ten_to_ten), "{text}");
        }
        // A leap second is taken as the second before it.
        assert_eq!(unix("2016-12-31T23:59:60Z"), unix("2016-12-31T23:59:59Z"));
    }

    #[test]
    fn the_range_is_that_of_every_zone() {
        assert_eq!(unix("1970-01-01T00:00:00Z"), Ok(0));
        assert_eq!(unix("1969-12-31T23:59:59.5Z"), Err(TimeError::Range));
        assert_eq!(unix("9999-12-30T22:00:00Z"), Ok(Time::LAST));
        assert!(unix("9999-12-30T22:00:01Z").is_err());
        assert_eq!(Time::from_unix(Time::LAST + 1), Err(TimeError::Range));
        assert_eq!(Time::from_unix(-1), Err(TimeError::Range));
        assert_eq!(Time::from_unix(i64::MIN), Err(TimeError::Range));
        assert_eq!(Time::from_unix(i64::MAX), Err(TimeError::Range));
    }

    #[test]
    fn other_forms_are_rejected() {
        for text in [
            "",
            "NaN",
            "null",
            "now",
            "1807437590",
            "2027-04-11",
            "2027-04-11T09:59:50",
            "2027-04-11T09:59:50+2",
            "2027-02-29T00:00:00Z",
            "2027-13-01T00:00:00Z",
            "2027-04-11T24:00:00Z",
            "2027-04-11T09:60:00Z",
            "2027-04-11T09:59:50Z ",
            "2027-04-11T09:59:50Zoo",
            "12027-04-11T09:59:50Z",
        ] {
            assert_eq!(unix(text), Err(TimeError::Format), "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_inverts_formatting(seconds in 0..=Time::LAST) {
            let time = Time::from_unix(seconds).expect("in range");
            let text = time.to_string();
            prop_assert_eq!(text.len(), 20);
            prop_assert_eq!(text.parse(), Ok(time));
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = unix(&text);
        }
    }
}

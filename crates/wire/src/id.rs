//! Identifiers of gateways and meters, validated when they are parsed.
use core::fmt;
use core::str::FromStr;

use heapless::String;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// Longest identifier in bytes; a Swedish metering point has 18 digits.
const MAX: usize = 40;

/// Why a text is not an identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdError {
    /// The text is empty.
    Empty,
    /// More than 40 bytes.
    TooLong,
    /// A character other than `A-Z a-z 0-9 - _ . :`.
    Character(char),
}

impl fmt::Display for IdError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("an identifier must not be empty"),
            Self::TooLong => write!(f, "an identifier has at most {MAX} characters"),
            Self::Character(c) => {
                write!(f, "an identifier has only A-Z a-z 0-9 - _ . : and not {c:?}")
            }
        }
    }
}

impl core::error::Error for IdError {}

fn check(text: &str) -> Result<String<MAX>, IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    match text.chars().find(|c| !c.is_ascii_alphanumeric() && !"-_.:".contains(*c)) {
        Some(c) => Err(IdError::Character(c)),
        None => String::try_from(text).map_err(|_| IdError::TooLong),
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String<MAX>);

        impl $name {
            /// The identifier as it stands in topics and messages.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                check(text).map(Self)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                struct Visitor;
                impl de::Visitor<'_> for Visitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an identifier of 1 to 40 characters A-Z a-z 0-9 - _ . :")
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                d.deserialize_str(Visitor)
            }
        }
    };
}

id! {
    /// The device that publishes readings; a level of its topics.
    GatewayId
}
id! {
    /// The meter, usually its metering point number.
    MeterId
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::{IdError, MeterId};

    #[test]
    fn identifiers_are_valid_topic_levels() {
        for good in ["735999100000000001", "soderhamn-1", "A_b.c:d", &"x".repeat(40)] {
            assert_eq!(good.parse::<MeterId>().map(|id| id.to_string()), Ok(good.into()));
        }
        for (bad, why) in [
            ("", IdError::Empty),
            (&"x".repeat(41) as &str, IdError::TooLong),
            ("söderhamn", IdError::Character('ö')),
            ("a/b", IdError::Character('/')),
            ("+", IdError::Character('+')),
            ("#", IdError::Character('#')),
            ("a b", IdError::Character(' ')),
            ("a\0", IdError::Character('\0')),
        ] {
            assert_eq!(bad.parse::<MeterId>(), Err(why), "{bad:?}");
        }
    }
}

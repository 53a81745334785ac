//! Bounded text, truncated between characters. Control characters become spaces: a panel
//! cannot draw them, and in JSON each takes six bytes instead of one.
use core::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// At most `N` bytes of UTF-8.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Text<const N: usize>(heapless::String<N>);

impl<const N: usize> Text<N> {
    /// `text` up to the first character that does not fit.
    pub fn truncated(text: &str) -> Self {
        let mut kept = heapless::String::new();
        for c in text.chars() {
            if kept.push(if c.is_control() { ' ' } else { c }).is_err() {
                break;
            }
        }
        Self(kept)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<const N: usize> fmt::Display for Text<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<const N: usize> Serialize for Text<N> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.0)
    }
}

impl<'de, const N: usize> Deserialize<'de> for Text<N> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        struct Visitor<const N: usize>;
        impl<const N: usize> de::Visitor<'_> for Visitor<N> {
            type Value = Text<N>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<N>, E> {
                Ok(Text::truncated(text))
            }
        }
        d.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::Text;

    #[test]
    fn is_truncated_before_a_character_that_does_not_fit() {
        assert_eq!(Text::<5>::truncated("Åsele").as_str(), "Åsel");
        assert_eq!(Text::<1>::truncated("Å").as_str(), "");
    }

    #[test]
    fn holds_no_control_characters() {
        assert_eq!(Text::<8>::truncated("a\n\u{85}b").as_str(), "a  b");
    }
}

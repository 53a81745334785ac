//! Text in the two languages of the product, English and Swedish.

/// The same text in English and in Swedish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bilingual<T = String> {
    /// The English text.
    pub english: T,
    /// The Swedish text.
    pub swedish: T,
}

impl Bilingual {
    /// Owned texts.
    pub fn new(english: impl Into<String>, swedish: impl Into<String>) -> Self {
        Self { english: english.into(), swedish: swedish.into() }
    }

    /// A number with that many decimals, its thousands in groups and with a minus sign.
    pub fn number(value: f64, decimals: usize) -> Self {
        let plain = format!("{:.decimals$}", value.abs());
        let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
        let is_negative = value < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit));
        let text = |group: char, point: char| {
            let mut text = String::with_capacity(plain.len() + 6);
            text.extend(is_negative.then_some('\u{2212}'));
            for (i, digit) in whole.chars().enumerate() {
                text.extend((i > 0 && (whole.len() - i).is_multiple_of(3)).then_some(group));
                text.push(digit);
            }
            if !fraction.is_empty() {
                text.push(point);
                text.push_str(fraction);
            }
            text
        };
        Self::new(text(',', '.'), text('\u{a0}', ','))
    }
}

impl Bilingual<&'static str> {
    /// Texts that are constants.
    pub const fn fixed(english: &'static str, swedish: &'static str) -> Self {
        Self { english, swedish }
    }
}

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
}

impl Bilingual<&'static str> {
    /// Texts that are constants.
    pub const fn fixed(english: &'static str, swedish: &'static str) -> Self {
        Self { english, swedish }
    }
}

//! Numbers, dates and sentences as people read them in Swedish and in English. The
//! pages, the panels and the reports share this module, so that one value is written
//! the same everywhere.
//!
//! Two constant texts stand side by side in [`Language::pick`]; a text that is composed
//! before its reader's language is known is a [`Bilingual`].
mod date;
mod decision;
mod number;

pub use competition::Bilingual;
use wire::Language;

pub use date::{FormatDate, hour_minute, iso_minute, local, rfc3339};
pub use decision::{DecisionText, declaration_name, doubt_name, without_contacts};
pub use number::{FormatNumber, UNKNOWN, ascii};

/// Chooses the text of a language.
pub trait ChooseText {
    /// The text in this language.
    fn text<T: AsRef<str>>(self, text: &Bilingual<T>) -> &str;
}

impl ChooseText for Language {
    fn text<T: AsRef<str>>(self, text: &Bilingual<T>) -> &str {
        self.pick(text.swedish.as_ref(), text.english.as_ref())
    }
}

/// Composes a text once for each language.
pub fn bilingual(mut text: impl FnMut(Language) -> String) -> Bilingual {
    Bilingual { english: text(Language::English), swedish: text(Language::Swedish) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_language_gets_its_own_text() {
        let days = bilingual(|language| format!("2 {}", language.pick("dagar", "days")));
        assert_eq!(Language::Swedish.text(&days), "2 dagar");
        assert_eq!(Language::English.text(&days), "2 days");
    }
}

//! Text from files and file names as it may be printed: control characters, characters
//! that change the direction of text, and invisible ones are written as escapes, so that
//! a file cannot write to the terminal.
use std::{fmt, path::Path};

/// How many characters of a field are printed.
const SHOWN: usize = 60;

/// A text without quotes around it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printable<'a>(pub(crate) &'a str);

impl fmt::Display for Printable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|c| write_char(c, f))
    }
}

fn write_char(c: char, f: &mut impl fmt::Write) -> fmt::Result {
    // `escape_debug` also escapes quotes and backslashes, which are harmless.
    if matches!(c, '"' | '\'' | '\\') {
        f.write_char(c)
    } else {
        c.escape_debug().try_for_each(|c| f.write_char(c))
    }
}

/// A field in quotes, shortened.
pub(crate) fn quoted(text: &str) -> String {
    let mut shown = String::from("\"");
    for c in text.chars().take(SHOWN) {
        let _ = write_char(c, &mut shown);
    }
    shown.push_str(if text.chars().nth(SHOWN).is_some() { "…\"" } else { "\"" });
    shown
}

/// A field of a file in quotes, shortened.
pub(crate) fn quoted_bytes(field: &[u8]) -> String {
    quoted(String::from_utf8_lossy(field).trim())
}

pub(crate) fn path_text(path: &Path) -> String {
    Printable(&path.to_string_lossy()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_file_reaches_the_terminal_unescaped() {
        let hostile = "a\u{1b}[31m\u{202e}b\u{200b}\u{7}\r\nc\"d";
        for shown in [quoted(hostile), Printable(hostile).to_string(), quoted_bytes(b"\x1b\xff")] {
            assert!(
                shown.chars().all(|c| !c.is_control() && !"\u{202e}\u{200b}".contains(c)),
                "{shown:?}"
            );
        }
        assert_eq!(quoted("Förbrukning (kWh)"), "\"Förbrukning (kWh)\"");
        assert_eq!(quoted(&"å".repeat(61)), format!("\"{}…\"", "å".repeat(60)));
        assert_eq!(path_text(Path::new("a\nb.csv")), "a\\nb.csv");
    }
}

//! Data sets `CODE(value)(value)…` (IEC 62056-21) from a stream of bytes. Only one code and
//! one value are buffered, so that lines have any length.

/// A buffer that remembers whether bytes did not fit.
#[derive(Debug, Clone)]
pub(super) struct Bounded<const N: usize> {
    bytes: [u8; N],
    length: usize,
}

impl<const N: usize> Bounded<N> {
    const EMPTY: Self = Self { bytes: [0; N], length: 0 };

    fn extend(&mut self, bytes: &[u8]) {
        let end = self.length.saturating_add(bytes.len());
        if let Some(slots) = self.bytes.get_mut(self.length..end) {
            slots.copy_from_slice(bytes);
        }
        self.length = end;
    }

    fn clear(&mut self) {
        self.length = 0;
    }

    /// The bytes; `None` if some did not fit.
    fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}

/// What a bracket completed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scan<'a> {
    /// Nothing yet.
    Nothing,
    /// A data set's code, empty for a continuation line, and its first value. `None` for
    /// one that is longer than any in use.
    Set(Option<&'a [u8]>, Option<&'a [u8]>),
    /// An invalid data set.
    Malformed,
}

/// Splits lines into data sets; a line may have several.
#[derive(Debug, Clone)]
pub(super) struct DataSets {
    code: Bounded<24>,
    value: Bounded<40>,
    depth: u8,
    values: u8,
    /// Whether the last byte was the `)` that closes all brackets.
    value_ended: bool,
    /// Whether the line has no byte yet.
    line_is_empty: bool,
}

impl DataSets {
    pub(super) const EMPTY: Self = Self {
        code: Bounded::EMPTY,
        value: Bounded::EMPTY,
        depth: 0,
        values: 0,
        value_ended: false,
        line_is_empty: true,
    };

    /// Whether the line has no byte yet.
    pub(super) const fn line_is_empty(&self) -> bool {
        self.line_is_empty
    }

    /// Whether a `!` here ends the telegram: at the start of a line or after its last value.
    /// Elsewhere it is text.
    pub(super) const fn may_end(&self) -> bool {
        self.line_is_empty || self.value_ended
    }

    /// Ends the line; returns whether it is malformed.
    pub(super) fn end_line(&mut self) -> bool {
        let malformed = !self.may_end();
        self.code.clear();
        self.depth = 0;
        self.values = 0;
        self.value_ended = false;
        self.line_is_empty = true;
        malformed
    }

    /// Appends bytes other than brackets.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.line_is_empty = false;
        if self.depth > 0 {
            if self.values == 0 {
                self.value.extend(bytes);
            }
            return;
        }
        if self.value_ended {
            // The next data set on the same line.
            self.value_ended = false;
            self.values = 0;
            self.code.clear();
        }
        self.code.extend(bytes);
    }

    /// Handles a bracket.
    pub(super) fn bracket(&mut self, open: bool) -> Scan<'_> {
        self.line_is_empty = false;
        match (open, self.depth) {
            (true, 0) => {
                self.depth = 1;
                self.value_ended = false;
                self.value.clear();
                return Scan::Nothing;
            }
            (true, _) => self.depth = self.depth.saturating_add(1),
            (false, 0) => return Scan::Malformed,
            (false, 1) => {
                self.depth = 0;
                return self.close();
            }
            (false, _) => self.depth -= 1,
        }
        if self.values == 0 {
            self.value.extend(if open { b"(" } else { b")" });
        }
        Scan::Nothing
    }

    fn close(&mut self) -> Scan<'_> {
        self.value_ended = true;
        self.values = self.values.saturating_add(1);
        if self.values > 1 {
            return Scan::Nothing;
        }
        Scan::Set(self.code.get(), self.value.get())
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn push(sets: &mut DataSets, byte: u8) -> Scan<'_> {
        match byte {
            b'(' | b')' => sets.bracket(byte == b'('),
            _ => {
                sets.extend(&[byte]);
                Scan::Nothing
            }
        }
    }

    fn sets(line: &str) -> (Vec<String>, bool) {
        let mut sets = DataSets::EMPTY;
        let mut found = Vec::new();
        for byte in line.bytes() {
            match push(&mut sets, byte) {
                Scan::Nothing => {}
                Scan::Set(code, value) => {
                    let text = |bytes: Option<&[u8]>| {
                        String::from_utf8_lossy(bytes.unwrap_or(b"long")).into_owned()
                    };
                    found.push(text(code) + "=" + &text(value));
                }
                Scan::Malformed => found.push("malformed".into()),
            }
        }
        (found, sets.end_line())
    }

    #[test]
    fn lines() {
        for (line, expected, malformed) in [
            ("", &[] as &[&str], false),
            ("1-0:1.8.0(1*kWh)", &["1-0:1.8.0=1*kWh"], false),
            ("a(1)(2)(3)", &["a=1"], false),
            ("a()", &["a="], false),
            ("(00001.001)", &["=00001.001"], false),
            ("a(1)b(2)(3)c(4)", &["a=1", "b=2", "c=4"], false),
            ("a((b)!/c)", &["a=(b)!/c"], false),
            ("a(1", &[], true),
            ("a", &[], true),
            ("a(1)b", &["a=1"], true),
            ("a)", &["malformed"], true),
            ("1234567890123456789012345(1)", &["long=1"], false),
        ] {
            assert_eq!(
                sets(line),
                (expected.iter().map(|set| (*set).into()).collect(), malformed),
                "{line}"
            );
        }
        let long = std::format!("a({})", "x".repeat(1038));
        assert_eq!(sets(&long), (std::vec!["a=long".into()], false));
    }

    #[test]
    fn an_exclamation_mark_ends_only_behind_a_line_or_a_value() {
        let ends = |line: &str| {
            let mut sets = DataSets::EMPTY;
            for byte in line.bytes() {
                let _ = push(&mut sets, byte);
            }
            sets.may_end()
        };
        assert!(ends("") && ends("a(1)") && ends("a(1)(2)"));
        assert!(!ends("a") && !ends("a(1") && !ends("a(1)(") && !ends("a((1)"));
    }
}

//! Data sets `CODE(value)(value)…` out of a stream of bytes, by no more memory
//! than a code and a value: a line may be as long as it likes.

/// Bytes that fit, and whether some did not.
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

    /// Nothing where some did not fit.
    fn get(&self) -> Option<&[u8]> {
        self.bytes.get(..self.length)
    }
}

/// What a byte completed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Nothing yet.
    Nothing,
    /// A data set's code, empty for a continuation line, and its first value.
    /// `None` where it is longer than any that we read.
    Set(Option<&'a [u8]>, Option<&'a [u8]>),
    /// Something that is no data set.
    Malformed,
}

/// Splits lines into data sets. Several may stand on one line.
#[derive(Debug, Clone)]
pub(super) struct DataSets {
    code: Bounded<24>,
    value: Bounded<40>,
    depth: u8,
    values: u8,
    /// Just behind a `)` that closed all brackets.
    closed: bool,
    /// Nothing yet on this line.
    fresh: bool,
}

impl DataSets {
    pub(super) const EMPTY: Self = Self {
        code: Bounded::EMPTY,
        value: Bounded::EMPTY,
        depth: 0,
        values: 0,
        closed: false,
        fresh: true,
    };

    /// Whether nothing stands on this line yet.
    pub(super) const fn fresh(&self) -> bool {
        self.fresh
    }

    /// Whether a `!` here ends the telegram: at the start of a line, or behind
    /// the last value of one. Elsewhere it belongs to a text.
    pub(super) const fn may_end(&self) -> bool {
        self.fresh || self.closed
    }

    /// Forgets the line; true if it ends where no line should.
    pub(super) fn end_line(&mut self) -> bool {
        let malformed = !self.may_end();
        self.code.clear();
        self.depth = 0;
        self.values = 0;
        self.closed = false;
        self.fresh = true;
        malformed
    }

    /// Takes bytes of a line that are no bracket.
    pub(super) fn extend(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        self.fresh = false;
        if self.depth > 0 {
            if self.values == 0 {
                self.value.extend(bytes);
            }
            return;
        }
        if self.closed {
            // The next data set on the same line.
            self.closed = false;
            self.values = 0;
            self.code.clear();
        }
        self.code.extend(bytes);
    }

    /// Takes a bracket.
    pub(super) fn bracket(&mut self, open: bool) -> Found<'_> {
        self.fresh = false;
        match (open, self.depth) {
            (true, 0) => {
                self.depth = 1;
                self.closed = false;
                self.value.clear();
                return Found::Nothing;
            }
            (true, _) => self.depth = self.depth.saturating_add(1),
            (false, 0) => return Found::Malformed,
            (false, 1) => {
                self.depth = 0;
                return self.close();
            }
            (false, _) => self.depth -= 1,
        }
        if self.values == 0 {
            self.value.extend(if open { b"(" } else { b")" });
        }
        Found::Nothing
    }

    fn close(&mut self) -> Found<'_> {
        self.closed = true;
        self.values = self.values.saturating_add(1);
        if self.values > 1 {
            return Found::Nothing;
        }
        Found::Set(self.code.get(), self.value.get())
    }
}

#[cfg(test)]
mod tests {
    use std::string::String;
    use std::vec::Vec;

    use super::*;

    fn push(sets: &mut DataSets, byte: u8) -> Found<'_> {
        match byte {
            b'(' | b')' => sets.bracket(byte == b'('),
            _ => {
                sets.extend(&[byte]);
                Found::Nothing
            }
        }
    }

    fn sets(line: &str) -> (Vec<String>, bool) {
        let mut sets = DataSets::EMPTY;
        let mut found = Vec::new();
        for byte in line.bytes() {
            match push(&mut sets, byte) {
                Found::Nothing => {}
                Found::Set(code, value) => {
                    let text = |bytes: Option<&[u8]>| {
                        String::from_utf8_lossy(bytes.unwrap_or(b"long")).into_owned()
                    };
                    found.push(text(code) + "=" + &text(value));
                }
                Found::Malformed => found.push("malformed".into()),
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

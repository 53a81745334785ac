//! A certificate in PEM (RFC 7468) that comes line by line, between commands.
use base64ct::{Base64, Encoding};

use crate::secure::Authority;

/// Two lines of what is usual.
const LINE: usize = 96;

/// What a line was.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Nothing of a certificate.
    Other,
    /// A part of one.
    Part,
    /// The last of one.
    Whole,
    /// Amid one, and no part of it.
    Broken,
}

/// What has been pasted.
pub(crate) struct Paste {
    der: Authority,
    amid: bool,
}

impl Paste {
    pub(crate) const fn new() -> Self {
        Self { der: Authority::new(), amid: false }
    }

    /// Takes a line.
    pub(crate) fn line(&mut self, line: &str) -> Step {
        match line.trim() {
            "-----BEGIN CERTIFICATE-----" => {
                self.clear();
                self.amid = true;
                Step::Part
            }
            "-----END CERTIFICATE-----" if self.amid => {
                self.amid = false;
                Step::Whole
            }
            line if self.amid => {
                let mut bytes = [0; LINE];
                let bytes = Base64::decode(line, &mut bytes).ok();
                if bytes.is_some_and(|bytes| self.der.extend_from_slice(bytes).is_ok()) {
                    return Step::Part;
                }
                self.clear();
                Step::Broken
            }
            _ => Step::Other,
        }
    }

    /// X.509 in DER, once whole; empty otherwise.
    pub(crate) fn whole(&self) -> &[u8] {
        if self.amid { &[] } else { &self.der }
    }

    /// As if nothing had been pasted.
    pub(crate) fn clear(&mut self) {
        self.der.clear();
        self.amid = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_comes_line_by_line() {
        let mut paste = Paste::new();
        assert_eq!(paste.line("-----END CERTIFICATE-----"), Step::Other);
        assert_eq!(paste.line("show"), Step::Other);
        assert_eq!(paste.line("-----BEGIN CERTIFICATE-----"), Step::Part);
        assert_eq!(paste.line("AAEC"), Step::Part);
        assert_eq!(paste.line(""), Step::Part, "lines end in two characters");
        assert_eq!(paste.line(" Aw== "), Step::Part);
        assert_eq!(paste.whole(), []);
        assert_eq!(paste.line("-----END CERTIFICATE-----"), Step::Whole);
        assert_eq!(paste.whole(), [0, 1, 2, 3]);
        assert_eq!(paste.line("save"), Step::Other);
    }

    #[test]
    fn what_is_none_is_forgotten_as_a_whole() {
        for amid in ["show me", "AAE", "ÅÄÖ=", &"A".repeat(132)] {
            let mut paste = Paste::new();
            paste.line("-----BEGIN CERTIFICATE-----");
            assert_eq!(paste.line("AAEC"), Step::Part);
            assert_eq!(paste.line(amid), Step::Broken, "{amid}");
            assert_eq!(paste.whole(), []);
            assert_eq!(paste.line("AAEC"), Step::Other);
        }
        let mut paste = Paste::new();
        paste.line("-----BEGIN CERTIFICATE-----");
        let line = "A".repeat(64);
        let parts = (0..).take_while(|_| paste.line(&line) == Step::Part).count();
        assert_eq!(parts, crate::secure::MAX_AUTHORITY / 48);
    }
}

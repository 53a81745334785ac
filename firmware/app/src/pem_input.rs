//! A certificate in PEM (RFC 7468) that is pasted line by line, between commands.
use base64ct::{Base64, Encoding};

use crate::secure::Authority;

/// Longest decoded line: twice the usual 48 bytes.
const LINE: usize = 96;

/// The kind of a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum PemLine {
    /// The line does not belong to a certificate.
    Other,
    /// A part of a certificate.
    Part,
    /// The last line of a certificate.
    Last,
    /// The line is inside a certificate and cannot be decoded.
    Broken,
}

/// The certificate pasted so far.
pub(crate) struct PemInput {
    der: Authority,
    inside: bool,
}

impl PemInput {
    pub(crate) const fn new() -> Self {
        Self { der: Authority::new(), inside: false }
    }

    /// Takes a line.
    pub(crate) fn line(&mut self, line: &str) -> PemLine {
        match line.trim() {
            "-----BEGIN CERTIFICATE-----" => {
                self.clear();
                self.inside = true;
                PemLine::Part
            }
            "-----END CERTIFICATE-----" if self.inside => {
                self.inside = false;
                PemLine::Last
            }
            line if self.inside => {
                let mut bytes = [0; LINE];
                let bytes = Base64::decode(line, &mut bytes).ok();
                if bytes.is_some_and(|bytes| self.der.extend_from_slice(bytes).is_ok()) {
                    return PemLine::Part;
                }
                self.clear();
                PemLine::Broken
            }
            _ => PemLine::Other,
        }
    }

    /// The certificate, X.509 in DER, once it is complete; empty before.
    pub(crate) fn certificate(&self) -> &[u8] {
        if self.inside { &[] } else { &self.der }
    }

    /// Discards what was pasted.
    pub(crate) fn clear(&mut self) {
        self.der.clear();
        self.inside = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_read_line_by_line() {
        let mut input = PemInput::new();
        assert_eq!(input.line("-----END CERTIFICATE-----"), PemLine::Other);
        assert_eq!(input.line("show"), PemLine::Other);
        assert_eq!(input.line("-----BEGIN CERTIFICATE-----"), PemLine::Part);
        assert_eq!(input.line("AAEC"), PemLine::Part);
        assert_eq!(input.line(""), PemLine::Part, "lines end in two characters");
        assert_eq!(input.line(" Aw== "), PemLine::Part);
        assert_eq!(input.certificate(), []);
        assert_eq!(input.line("-----END CERTIFICATE-----"), PemLine::Last);
        assert_eq!(input.certificate(), [0, 1, 2, 3]);
        assert_eq!(input.line("save"), PemLine::Other);
    }

    #[test]
    fn a_broken_certificate_is_discarded_as_a_whole() {
        for inside in ["show me", "AAE", "ÅÄÖ=", &"A".repeat(132)] {
            let mut input = PemInput::new();
            input.line("-----BEGIN CERTIFICATE-----");
            assert_eq!(input.line("AAEC"), PemLine::Part);
            assert_eq!(input.line(inside), PemLine::Broken, "{inside}");
            assert_eq!(input.certificate(), []);
            assert_eq!(input.line("AAEC"), PemLine::Other);
        }
        let mut input = PemInput::new();
        input.line("-----BEGIN CERTIFICATE-----");
        let line = "A".repeat(64);
        let parts = (0..).take_while(|_| input.line(&line) == PemLine::Part).count();
        assert_eq!(parts, crate::secure::MAX_AUTHORITY / 48);
    }
}

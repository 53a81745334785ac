//! The lines of a text before they are divided into fields: a quotation mark that is never
//! closed would take the rest of the file for one field, and a line without an end all
//! memory.
use std::io::{self, Read};

/// Bytes of a line at most; a table of a portfolio has some thousand.
const MAX_LINE: usize = 1 << 20;
/// Bytes that are read at once.
const BUFFER: usize = 64 << 10;
/// Lines over which a field with line breaks may reach.
const MAX_FIELD_LINES: usize = 5;

/// Takes the quotation marks out of each line that has an odd number of them, unless a field
/// of the next lines closes it, as in the names of columns.
#[derive(Debug)]
pub(super) struct Lines<R> {
    text: R,
    /// Read and not examined.
    raw: Vec<u8>,
    /// Where the next line of `raw` begins.
    at: usize,
    ended: bool,
    /// Examined and not passed on, from `passed` on.
    ready: Vec<u8>,
    passed: usize,
}

impl<R: Read> Lines<R> {
    pub(super) const fn new(text: R) -> Self {
        Self { text, raw: Vec::new(), at: 0, ended: false, ready: Vec::new(), passed: 0 }
    }

    /// Reads more into `raw`.
    fn fill(&mut self) -> io::Result<()> {
        self.raw.drain(..self.at);
        self.at = 0;
        let known = self.raw.len();
        self.raw.resize(known + BUFFER, 0);
        let read = self.text.read(&mut self.raw[known..])?;
        self.raw.truncate(known + read);
        self.ended = read == 0;
        Ok(())
    }

    /// The end of the line that begins at a position of `raw`.
    fn line_end(&mut self, mut from: usize) -> io::Result<(usize, usize)> {
        loop {
            if let Some(length) = self.raw[from..].iter().position(|byte| *byte == b'\n') {
                return Ok((from, from + length + 1));
            }
            if self.ended {
                return Ok((from, self.raw.len()));
            }
            if self.raw.len() - from > MAX_LINE {
                let reason = "a line is longer than 1 MiB, so the file is no table of values";
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            from -= self.at;
            self.fill()?;
        }
    }

    /// Examines the next lines.
    fn advance(&mut self) -> io::Result<()> {
        self.ready.clear();
        self.passed = 0;
        if self.at == self.raw.len() {
            self.fill()?;
        }
        // Whole lines without any quotation mark are passed on as they are.
        let whole = self.raw[self.at..].iter().rposition(|byte| *byte == b'\n');
        if let Some(length) = whole {
            let lines = self.at..self.at + length + 1;
            if !self.raw[lines.clone()].contains(&b'"') {
                self.at = lines.end;
                self.ready.extend_from_slice(&self.raw[lines]);
                return Ok(());
            }
        }
        let (first, mut end) = self.line_end(self.at)?;
        let line = first..end;
        if is_odd(&self.raw[line.clone()]) {
            match self.end_of_field(end)? {
                // Positions are those after what was read meanwhile.
                Some(field_end) => end = field_end,
                None => {
                    let (first, end) = self.line_end(self.at)?;
                    let kept = self.raw[first..end].iter().filter(|byte| **byte != b'"');
                    self.ready.extend(kept);
                    self.at = end;
                    return Ok(());
                }
            }
        }
        self.ready.extend_from_slice(&self.raw[self.at..end]);
        self.at = end;
        Ok(())
    }

    /// The end of the line that closes a field with line breaks, which is open at `next`.
    /// A line that begins with a digit is a row of its own.
    fn end_of_field(&mut self, mut next: usize) -> io::Result<Option<usize>> {
        for _ in 0..MAX_FIELD_LINES {
            let (first, end) = self.line_end(next)?;
            let line = &self.raw[first..end];
            let text = line.trim_ascii_start();
            let text = text.strip_prefix(b"\"").unwrap_or(text);
            if line.is_empty() || text.first().is_some_and(u8::is_ascii_digit) {
                return Ok(None);
            }
            if is_odd(line) {
                return Ok(Some(end));
            }
            next = end;
        }
        Ok(None)
    }
}

fn is_odd(line: &[u8]) -> bool {
    line.iter().filter(|byte| **byte == b'"').count() % 2 == 1
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.passed == self.ready.len() {
            self.advance()?;
            if self.ready.is_empty() && self.ended && self.at == self.raw.len() {
                return Ok(0);
            }
        }
        let count = buffer.len().min(self.ready.len() - self.passed);
        buffer[..count].copy_from_slice(&self.ready[self.passed..self.passed + count]);
        self.passed += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    fn read(text: &str) -> String {
        let mut all = [1, 3, 7, 1 << 20].map(|step| {
            let mut read = String::new();
            Lines::new(Slow(text.as_bytes(), step)).read_to_string(&mut read).expect("text");
            read
        });
        all.iter().for_each(|it| assert_eq!(*it, all[0]));
        std::mem::take(&mut all[0])
    }

    #[test]
    fn a_quotation_mark_that_is_not_closed_is_taken_out() {
        assert_eq!(read("a;b\n1;\"2\n3;4\n5;\"6\"\n"), "a;b\n1;2\n3;4\n5;\"6\"\n");
        assert_eq!(read("a;b\n\"1;2\n3;4\n\"5;6\n7;8"), "a;b\n1;2\n3;4\n5;6\n7;8");
        assert_eq!(read("a;\"b\""), "a;\"b\"");
        assert_eq!(read("\""), "");
        assert_eq!(read(""), "");
    }

    #[test]
    fn names_of_columns_may_have_line_breaks() {
        let text = "Datum;\"Energi\n(kWh)\";\"Notering\n\nfritt\"\n2026-03-01;1;\n";
        assert_eq!(read(text), text);
    }

    #[test]
    fn a_line_without_an_end_is_an_error() {
        let mut read = Vec::new();
        let endless = io::repeat(b'0').take(1 << 30);
        let error = Lines::new(endless).read_to_end(&mut read).unwrap_err();
        assert!(error.to_string().contains("1 MiB"), "{error}");
        assert!(read.len() < 1 << 16);
    }
}

//! The rows of a file, one after the other, from text or from a workbook.
use std::io::{self, Read};

use csv::ByteRecord;
use encoding_rs::Encoding;

use super::{
    encoding::decode,
    lines::Lines,
    source::{Repeatable, Source},
    table::csv_reader,
};

/// What a file has, and how often it can be read.
#[derive(Debug)]
pub(super) enum Content {
    /// Text that is read once.
    Text { source: Box<Source>, delimiter: u8, encoding: Option<&'static Encoding> },
    /// Text that can be read again.
    Repeatable { file: Repeatable, delimiter: u8, encoding: Option<&'static Encoding> },
    /// Rows of a workbook.
    Rows(Vec<ByteRecord>),
}

impl Content {
    /// The same content, so that it can be read more than once.
    pub(super) fn repeatable(self) -> io::Result<Self> {
        Ok(match self {
            Self::Text { source, delimiter, encoding } => {
                Self::Repeatable { file: source.repeatable()?, delimiter, encoding }
            }
            other => other,
        })
    }

    /// The rows from the first one with data.
    pub(super) fn rows(&self, skip: usize) -> io::Result<RowReader<'_>> {
        match self {
            Self::Repeatable { file, delimiter, encoding } => {
                RowReader::text(file.open()?, *delimiter, *encoding, skip)
            }
            Self::Rows(rows) => Ok(RowReader::Rows { rows, at: skip }),
            Self::Text { .. } => Err(io::Error::other("the text can be read only once")),
        }
    }

    /// The rows of content that is read for the last time.
    pub(super) fn last_rows(&mut self, skip: usize) -> io::Result<RowReader<'_>> {
        if let Self::Text { source, delimiter, encoding } = self {
            let (delimiter, encoding) = (*delimiter, *encoding);
            return RowReader::text(source.as_mut(), delimiter, encoding, skip);
        }
        self.rows(skip)
    }
}

/// Reads rows.
pub(super) enum RowReader<'a> {
    Text {
        reader: csv::Reader<Lines<Box<dyn Read + 'a>>>,
        /// The CSV reader ends a row at `\r` and counts the line at `\n`, which it leaves to
        /// the next row.
        crlf: bool,
    },
    Rows {
        rows: &'a [ByteRecord],
        at: usize,
    },
}

impl<'a> RowReader<'a> {
    fn text(
        source: impl AsSource + 'a,
        delimiter: u8,
        encoding: Option<&'static Encoding>,
        skip: usize,
    ) -> io::Result<Self> {
        let crlf = source.beginning().contains(&b'\r');
        let text: Box<dyn Read + 'a> = match encoding {
            Some(encoding) => Box::new(decode(encoding, source)),
            None => Box::new(source),
        };
        let mut reader = csv_reader(delimiter, text);
        let mut row = ByteRecord::new();
        for _ in 0..skip {
            reader.read_byte_record(&mut row)?;
        }
        Ok(Self::Text { reader, crlf })
    }

    /// Reads the next row and returns its line.
    #[inline]
    pub(super) fn next(&mut self, row: &mut ByteRecord) -> io::Result<Option<u64>> {
        match self {
            Self::Text { reader, crlf } => {
                if !reader.read_byte_record(row)? {
                    return Ok(None);
                }
                let line =
                    row.position().map_or(0, |at| at.line() + u64::from(*crlf && at.record() > 0));
                Ok(Some(line))
            }
            Self::Rows { rows, at } => {
                let Some(found) = rows.get(*at) else { return Ok(None) };
                row.clone_from(found);
                *at += 1;
                Ok(Some(*at as u64))
            }
        }
    }
}

/// A source that is owned or borrowed.
trait AsSource: Read {
    fn beginning(&self) -> &[u8];
}

impl AsSource for Source {
    fn beginning(&self) -> &[u8] {
        Self::beginning(self)
    }
}

impl AsSource for &mut Source {
    fn beginning(&self) -> &[u8] {
        Source::beginning(self)
    }
}

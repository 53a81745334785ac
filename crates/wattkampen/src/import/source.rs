//! A file as a stream, decompressed if it is gzip, with its beginning for the detection of
//! the layout and a progress bar on standard error.
use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read, Write},
    path::{Path, PathBuf},
};

use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};
use tempfile::NamedTempFile;

/// Bytes that the layout is detected from.
const BEGINNING: u64 = 64 << 10;
/// Bytes of a file that is not read line by line.
const MAX_WHOLE: u64 = 256 << 20;
/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

pub(crate) struct Source {
    beginning: Vec<u8>,
    bytes: Box<dyn Read>,
    bar: ProgressBar,
    path: PathBuf,
    /// The file can be opened once more.
    regular: bool,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a file. Gzip is recognised by its first bytes.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        let length = metadata.len();
        // A pipe has no length, so the bar cannot show a share of it.
        let bar = if length > 0 { ProgressBar::new(length) } else { ProgressBar::no_length() };
        let style = "{prefix} {wide_bar} {bytes}/{total_bytes} {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        bar.set_prefix(super::printable::Printable(&name).to_string());
        let mut raw = BufReader::with_capacity(BUFFER, bar.wrap_read(file));
        let compressed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let mut bytes: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let mut beginning = Vec::new();
        bytes.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
        let bytes = Box::new(Cursor::new(beginning.clone()).chain(bytes));
        Ok(Self { beginning, bytes, bar, path: path.to_owned(), regular: metadata.is_file() })
    }

    /// The first 64 KiB.
    pub(crate) fn beginning(&self) -> &[u8] {
        &self.beginning
    }

    /// Whether the beginning is the whole file.
    pub(super) fn is_whole(&self) -> bool {
        (self.beginning.len() as u64) < BEGINNING
    }

    /// Reads a workbook or a feed, of which a year of quarter-hours has some megabytes.
    pub(super) fn read_all(mut self) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        self.bytes.by_ref().take(MAX_WHOLE + 1).read_to_end(&mut all)?;
        if all.len() as u64 > MAX_WHOLE {
            let reason = "the file has more than 256 MiB; divide it, or save it as CSV";
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, reason));
        }
        Ok(all)
    }

    /// What can be read more than once: the file, or a copy of what a pipe carries.
    pub(super) fn repeatable(mut self) -> io::Result<Repeatable> {
        if self.regular {
            return Ok(Repeatable::File(self.path.clone()));
        }
        let mut copy = NamedTempFile::new()?;
        io::copy(&mut self.bytes, &mut copy)?;
        copy.flush()?;
        Ok(Repeatable::Copy(copy))
    }
}

/// A file that can be opened again.
#[derive(Debug)]
pub(super) enum Repeatable {
    File(PathBuf),
    Copy(NamedTempFile),
}

impl Repeatable {
    pub(super) fn open(&self) -> io::Result<Source> {
        match self {
            Self::File(path) => Source::open(path),
            Self::Copy(copy) => Source::open(copy.path()),
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.bytes.read(buffer)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The id in a file's name: the name without folder, `.gz` and extension.
pub(crate) fn identifier(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = ["csv", "txt", "tsv", "xlsx", "xls", "ods", "xml"].iter().find_map(|extension| {
        let (stem, found) = name.rsplit_once('.')?;
        found.eq_ignore_ascii_case(extension).then_some(stem)
    });
    stem.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn gzip_files_of_several_members_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv.gz");
        let mut file = File::create(&path).unwrap();
        for part in ["one\n", "two\n"] {
            let mut encoder = GzEncoder::new(&mut file, Compression::fast());
            encoder.write_all(part.as_bytes()).unwrap();
            encoder.finish().unwrap();
        }
        let mut source = Source::open(&path).unwrap();
        assert_eq!(source.beginning(), b"one\ntwo\n");
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }

    #[test]
    fn the_id_is_the_name_of_the_file() {
        for name in
            ["soderhamn", "x/soderhamn.csv", "soderhamn.csv.gz", "soderhamn.txt", "soderhamn.XLSX"]
        {
            assert_eq!(identifier(Path::new(name)), "soderhamn");
        }
        assert_eq!(identifier(Path::new("7359.1.csv")), "7359.1");
    }
}

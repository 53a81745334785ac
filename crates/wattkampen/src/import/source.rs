//! A file as a stream: packed or not, with its beginning looked at, and a bar on
//! standard error that follows what was read of it.
use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};

/// What the layout is guessed from, bytes.
const BEGINNING: u64 = 64 << 10;
/// Read at once, bytes.
const BUFFER: usize = 256 << 10;

/// The text of a file.
pub(crate) struct Source {
    beginning: Vec<u8>,
    text: Box<dyn Read>,
    bar: ProgressBar,
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source").finish_non_exhaustive()
    }
}

impl Source {
    /// Opens a file; gzip is known by its first bytes.
    ///
    /// # Errors
    /// Where it cannot be opened or read.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        // A pipe has no length, and no share of it can be shown.
        let bar = if length > 0 { ProgressBar::new(length) } else { ProgressBar::no_length() };
        let style = "{prefix} {wide_bar} {bytes}/{total_bytes} {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_prefix(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let mut raw = BufReader::with_capacity(BUFFER, bar.wrap_read(file));
        let packed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let mut text: Box<dyn Read> =
            if packed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let mut beginning = Vec::new();
        text.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
        let text = Box::new(Cursor::new(beginning.clone()).chain(text));
        Ok(Self { beginning, text, bar })
    }

    /// The first rows.
    pub(crate) fn beginning(&self) -> &[u8] {
        &self.beginning
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.text.read(buffer)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The id that a file's name says: without folder, `.gz` and extension.
pub(crate) fn identifier(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = ["csv", "CSV", "txt", "tsv"]
        .iter()
        .find_map(|extension| name.strip_suffix(extension)?.strip_suffix('.'));
    stem.unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::{Compression, write::GzEncoder};

    use super::*;

    #[test]
    fn packed_files_are_read_as_they_are_also_in_several_members() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.csv.gz");
        let mut file = File::create(&path).unwrap();
        for part in ["one\n", "two\n"] {
            let mut packed = GzEncoder::new(&mut file, Compression::fast());
            packed.write_all(part.as_bytes()).unwrap();
            packed.finish().unwrap();
        }
        let mut source = Source::open(&path).unwrap();
        assert_eq!(source.beginning(), b"one\ntwo\n");
        let mut text = String::new();
        source.read_to_string(&mut text).unwrap();
        assert_eq!(text, "one\ntwo\n");
    }

    #[test]
    fn a_files_name_says_whose_it_is() {
        for name in ["soderhamn", "x/soderhamn.csv", "soderhamn.csv.gz", "soderhamn.txt"] {
            assert_eq!(identifier(Path::new(name)), "soderhamn");
        }
        assert_eq!(identifier(Path::new("7359.1.csv")), "7359.1");
    }
}

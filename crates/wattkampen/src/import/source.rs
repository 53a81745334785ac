//! A file as a stream, decompressed if it is gzip, with its beginning for the detection of
//! the layout and a progress bar on standard error.
use std::{
    fmt,
    fs::File,
    io::{self, BufRead, BufReader, Cursor, Read},
    path::Path,
};

use flate2::bufread::MultiGzDecoder;
use indicatif::{ProgressBar, ProgressStyle};

/// Bytes that the layout is detected from.
const BEGINNING: u64 = 64 << 10;
/// Bytes that are read at once.
const BUFFER: usize = 256 << 10;

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
    /// Opens a file. Gzip is recognised by its first bytes.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        // A pipe has no length, so the bar cannot show a share of it.
        let bar = if length > 0 { ProgressBar::new(length) } else { ProgressBar::no_length() };
        let style = "{prefix} {wide_bar} {bytes}/{total_bytes} {eta}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        bar.set_prefix(path.file_name().unwrap_or_default().to_string_lossy().into_owned());
        let mut raw = BufReader::with_capacity(BUFFER, bar.wrap_read(file));
        let compressed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
        let mut text: Box<dyn Read> =
            if compressed { Box::new(MultiGzDecoder::new(raw)) } else { Box::new(raw) };
        let mut beginning = Vec::new();
        text.by_ref().take(BEGINNING).read_to_end(&mut beginning)?;
        let text = Box::new(Cursor::new(beginning.clone()).chain(text));
        Ok(Self { beginning, text, bar })
    }

    /// The first 64 KiB of the text.
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

/// The id in a file's name: the name without folder, `.gz` and extension.
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
        for name in ["soderhamn", "x/soderhamn.csv", "soderhamn.csv.gz", "soderhamn.txt"] {
            assert_eq!(identifier(Path::new(name)), "soderhamn");
        }
        assert_eq!(identifier(Path::new("7359.1.csv")), "7359.1");
    }
}

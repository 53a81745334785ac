//! What kind of file it is, by its first bytes: text, a workbook, Green Button XML, or one
//! that is not read here, with what to ask the utility for instead.
use super::error::LayoutError;

/// A kind of file that is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Text,
    /// XLSX, XLS or ODS.
    Workbook,
    GreenButton,
}

/// The kind of a file, by its beginning.
pub(super) fn container(beginning: &[u8]) -> Result<Container, LayoutError> {
    let text = beginning.strip_prefix(b"\xef\xbb\xbf").unwrap_or(beginning).trim_ascii_start();
    let head = String::from_utf8_lossy(&text[..text.len().min(4096)]).to_lowercase();
    let ask = "ask the utility for the values of hours or quarter-hours as CSV or XLSX";
    if beginning.starts_with(b"PK\x03\x04") || beginning.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Ok(Container::Workbook);
    }
    let refused = if text.starts_with(b"%PDF") {
        "the file is a PDF, which has a picture of the values and not the values"
    } else if text.starts_with(b"UNA") || text.starts_with(b"UNB+") || text.starts_with(b"UNH+") {
        let message = if head.contains("mscons") { "MSCONS" } else { "EDIFACT" };
        return Err(LayoutError::new(
            format!("the file is an {message} message, as grid companies send each other"),
            ask,
        ));
    } else if text.starts_with(b"7z\xbc\xaf\x27\x1c") || text.starts_with(b"Rar!") {
        return Err(LayoutError::new(
            "the file is an archive",
            "unpack it and import the files that are in it",
        ));
    } else if head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || head.contains("<table")
    {
        return Err(LayoutError::new(
            "the file is a web page, whatever its name says",
            "open it in a spreadsheet program and save it as XLSX or CSV",
        ));
    } else if head.starts_with('<') {
        // The beginning of a feed names its vocabulary.
        let all = String::from_utf8_lossy(beginning).to_lowercase();
        if all.contains("naesb.org/espi") || all.contains("intervalreading") {
            return Ok(Container::GreenButton);
        }
        "the file is XML of another kind than Green Button"
    } else if head.starts_with('{') || head.starts_with("[{") || head.starts_with("[\n") {
        "the file is JSON"
    } else if beginning.iter().take(512).filter(|byte| **byte == 0).count() > 0
        && !super::encoding::is_utf16(beginning)
    {
        "the file is binary and of no known kind"
    } else {
        return Ok(Container::Text);
    };
    Err(LayoutError::new(refused, ask))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_that_are_not_read_are_named() {
        for (beginning, what) in [
            (&b"%PDF-1.7\n"[..], "PDF"),
            (b"UNA:+.? 'UNB+UNOC:3+73:14+73:14+260301'UNH+1+MSCONS:D:96A'", "MSCONS"),
            (b"<!DOCTYPE html><html><table>", "web page"),
            (b"<?xml version=\"1.0\"?><MeteredData/>", "XML of another kind"),
            (b"{\"data\":[]}", "JSON"),
            (b"SQLite format 3\0\x10\0", "binary"),
        ] {
            let error = container(beginning).unwrap_err().to_string();
            assert!(error.contains(what), "{error}");
        }
        let feed = b"<?xml version=\"1.0\"?><feed xmlns:espi=\"http://naesb.org/espi\">";
        assert_eq!(container(feed), Ok(Container::GreenButton));
        assert_eq!(container(b"PK\x03\x04"), Ok(Container::Workbook));
        assert_eq!(container(b"\xef\xbb\xbftid;kWh\n"), Ok(Container::Text));
        assert_eq!(container(b"\xff\xfet\0i\0d\0"), Ok(Container::Text));
    }
}

//! The commands that answer what is not clear about a file.
use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use crate::import::path_text;

/// The command as it was given, for one file and with one more option.
pub(super) fn command_line(option: &str, file: &Path, files: &[PathBuf]) -> String {
    let path = file.to_string_lossy();
    // A name that looks like an option is none.
    let path = if path.starts_with('-') { format!("./{path}") } else { path.into_owned() };
    let is_file = |word: &OsString| files.iter().any(|other| other.as_os_str() == word);
    let words = std::env::args_os().skip(1).filter(|word| !is_file(word));
    let words = words.map(|word| shell(&word.to_string_lossy()));
    let all: Vec<String> = std::iter::once("wattkampen".to_owned())
        .chain(words)
        .chain([option.to_owned(), shell(&path)])
        .collect();
    all.join(" ")
}

/// A word as a shell takes it, without characters that a terminal would obey.
pub(super) fn shell(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./:,+=".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", path_text(Path::new(&word.replace('\'', "'\\''"))))
}

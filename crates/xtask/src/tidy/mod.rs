//! `cargo xtask tidy`: the repository's own lint. Each rule is a function from text
//! to findings, with a test in which it fails: a rule that cannot fail is no rule.
mod dependencies;
mod licences;
mod manifests;
mod modules;
mod paths;
mod source;
mod tokens;
mod tree;
mod words;

use std::{fmt, fs, process::Command};

use anyhow::{Context, Result, bail};

use crate::shell;

/// Something that is not as it should be.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    file: String,
    line: usize,
    what: String,
}

impl Finding {
    fn new(file: &str, line: usize, what: impl Into<String>) -> Self {
        Self { file: file.to_owned(), line, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.what),
            line => write!(f, "{}:{line}: {}", self.file, self.what),
        }
    }
}

/// A file of the repository, committed or about to be.
struct File {
    /// From the root, with `/`.
    path: String,
    /// `None` where it is no text.
    text: Option<String>,
}

/// Applies every rule to every file.
pub(crate) fn run() -> Result<()> {
    let files = files()?;
    let mut findings = tree::check(&files);
    findings.extend(dependencies::check_workspaces()?);
    findings.extend(licences::check_all()?);
    findings.extend(modules::check(&files));
    let mut long = 0;
    for file in &files {
        findings.extend(words::check(file));
        let File { path, text: Some(text) } = file else { continue };
        findings.extend(paths::check_escapes(path, text));
        if path.ends_with("Cargo.toml") {
            findings.extend(manifests::check(path, text));
        } else if path.ends_with("README.md") {
            findings.extend(paths::check_mentions(path, text, &files));
        } else if path.ends_with(".rs") {
            findings.extend(source::check(path, text));
            long += usize::from(text.lines().count() > source::NEAR);
        }
    }
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("{} findings; each line above says what to fix", findings.len());
    }
    println!(
        "{} files, {long} of them longer than {} lines; nothing to fix",
        files.len(),
        source::NEAR
    );
    Ok(())
}

/// The files that git knows or would add, without those that it ignores.
fn files() -> Result<Vec<File>> {
    let list = ["ls-files", "--cached", "--others", "--exclude-standard", "-z"];
    let names = shell::output(Command::new("git").args(list))
        .context("tidy looks at the files of a git checkout")?;
    let mut files = Vec::new();
    for path in names.split_terminator('\0') {
        // Deleted and not yet committed.
        let Ok(bytes) = fs::read(path) else { continue };
        files.push(File { path: path.to_owned(), text: String::from_utf8(bytes).ok() });
    }
    Ok(files)
}

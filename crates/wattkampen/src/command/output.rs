//! Standard output and standard error. Their reader may have closed them, as in
//! `report | head`, and `println!` and `eprintln!` would panic then.
use std::{
    fmt::Display,
    io::{self, Write},
};

#[cfg(feature = "service")]
use super::Failure;

/// Writes a line to standard error. There is no place to report it when that fails.
pub(super) fn stderr_line(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Writes a line of a result to standard output.
#[cfg(feature = "service")]
pub(super) fn line(line: impl Display) -> Result<(), Failure> {
    whole(format!("{line}\n").as_bytes())
}

/// Writes a whole result to standard output. A closed pipe is no failure.
#[cfg(feature = "service")]
pub(super) fn whole(result: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(result).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| {
            Failure::failed(
                format_args!("standard output cannot be written: {error}"),
                "free space on its disk, or write elsewhere",
            )
        }),
    }
}

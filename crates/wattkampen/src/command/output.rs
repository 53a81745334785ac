//! Standard output and standard error, whose reader may have gone: `report | head`
//! has seen enough, and a service goes on. `println!` and `eprintln!` would panic.
use std::{
    fmt::Display,
    io::{self, Write},
};

/// One line for whoever reads standard error; there is nobody to tell when it fails.
pub(super) fn tell(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// One line of a result.
///
/// # Errors
/// Standard output cannot be written, as on a full disk.
#[cfg(feature = "service")]
pub(super) fn line(line: impl Display) -> Result<(), super::Failure> {
    whole(format!("{line}\n").as_bytes())
}

/// A whole result.
///
/// # Errors
/// As of [`line`].
#[cfg(feature = "service")]
pub(super) fn whole(result: &[u8]) -> Result<(), super::Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(result).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.map_err(|error| {
            super::Failure::Failed(anyhow::anyhow!(
                "standard output cannot be written: {error}\n  see that its disk has room"
            ))
        }),
    }
}

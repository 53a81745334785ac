//! The files of an open store, and whether they are still the ones in the data directory.
//!
//! A file that was deleted or replaced beneath an open connection takes every commit without an
//! error, and is gone with the process. Nothing may be acknowledged then.
use std::{
    fs, io,
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{error::StoreError, schema::FILE};

/// Which files an open store has.
#[derive(Debug, Clone)]
pub struct StoreFiles(Arc<[(PathBuf, FileId)]>);

/// Device and number, which no other file has as long as this one is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct FileId(u64, u64);

fn id(path: &Path) -> io::Result<FileId> {
    fs::metadata(path).map(|file| FileId(file.dev(), file.ino()))
}

impl StoreFiles {
    /// The files of the store that is open in `dir`: the database, its write-ahead log and the
    /// index of that log.
    pub(super) fn of(dir: &Path) -> Result<Self, StoreError> {
        let files = ["", "-wal", "-shm"].map(|suffix| dir.join(format!("{FILE}{suffix}")));
        let known = files.into_iter().map(|path| {
            let id = id(&path)
                .map_err(|source| StoreError::Directory { path: dir.to_owned(), source })?;
            Ok((path, id))
        });
        Ok(Self(known.collect::<Result<_, StoreError>>()?))
    }

    /// Whether all of them are where they were.
    ///
    /// # Errors
    /// [`StoreError::Replaced`] with one that is not.
    pub fn check(&self) -> Result<(), StoreError> {
        for (path, known) in &*self.0 {
            if id(path).ok() != Some(*known) {
                return Err(StoreError::Replaced(path.clone()));
            }
        }
        Ok(())
    }
}

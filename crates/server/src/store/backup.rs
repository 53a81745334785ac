//! Backups of a data directory: made while the service runs, verified, and restored.
//!
//! A backup is a folder `wattkampen-20270411T100000.000Z` with the store as one file and the other
//! files of the data directory. It is written under another name that begins with a dot, and
//! renamed once it is complete, verified and on the disk.
use std::{
    fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt, chown},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::{Connection, OpenFlags, backup::Backup};

use super::{
    error::StoreError,
    finding::Finding,
    reader::{Reader, Verified},
    schema::{self, FILE},
};

/// The first characters of a backup's folder.
const PREFIX: &str = "wattkampen-";
/// How its folder states the time.
const TIME: &str = "%Y%m%dT%H%M%S.%3fZ";

/// A store that was read as a whole.
#[derive(Debug)]
pub struct CheckedStore {
    /// Its folder.
    pub folder: PathBuf,
    /// What it has.
    pub verified: Verified,
    /// Entries of the audit log.
    pub entries: u64,
    /// What differs from what the audit log says was written.
    pub findings: Vec<Finding>,
}

/// Reads a whole store: pages, blocks, hash chain, seals and imported rows.
///
/// # Errors
/// Where there is no store, or it is empty, malformed, damaged or of a later version.
pub fn check(dir: &Path) -> Result<CheckedStore, StoreError> {
    if !dir.join(FILE).exists() {
        return Err(StoreError::Absent(dir.join(FILE)));
    }
    let reader = Reader::open(dir)?;
    let verified = reader.verify().map_err(|error| error.of_file(&dir.join(FILE)))?;
    let (entries, mut findings) = reader.audit_entries()?;
    findings.extend(reader.verify_seals(&entries)?.1);
    findings.extend(reader.verify_imports(&entries)?.1);
    let entries = entries.len() as u64;
    Ok(CheckedStore { folder: dir.to_owned(), verified, entries, findings })
}

/// Makes a backup of the data directory `data` in a new folder in `to`, also while a service
/// writes: it has the state of one moment.
///
/// # Errors
/// Where the store cannot be read, or the backup cannot be written or verified. Nothing is left
/// behind then.
pub fn back_up(data: &Path, to: &Path, now: Timestamp) -> Result<CheckedStore, StoreError> {
    if !data.join(FILE).exists() {
        return Err(StoreError::Absent(data.join(FILE)));
    }
    let name = format!("{PREFIX}{}", now.strftime(TIME));
    let (partial, folder) = (to.join(format!(".{name}")), to.join(name));
    if folder.exists() {
        return Err(unwritable(&folder)(io::ErrorKind::AlreadyExists.into()));
    }
    remove_abandoned(to, now).map_err(unwritable(to))?;
    let made = make(data, &partial).and_then(|checked| {
        fs::rename(&partial, &folder).and_then(|()| sync(to)).map_err(unwritable(&folder))?;
        Ok(CheckedStore { folder: folder.clone(), ..checked })
    });
    if made.is_err() {
        // The error that is returned says more than one of this.
        let _ = fs::remove_dir_all(&partial);
    }
    made
}

/// Removes backups that were killed before they were complete, each of which may be as large as
/// the store. One that is younger than a day may be under way.
fn remove_abandoned(to: &Path, now: Timestamp) -> io::Result<()> {
    let entries = match fs::read_dir(to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if let Some(begun) = name.strip_prefix('.').and_then(time_of)
            && now.duration_since(begun).as_hours() >= 24
        {
            fs::remove_dir_all(&path)?;
        }
    }
    Ok(())
}

/// The time in the name of a backup.
fn time_of(name: &str) -> Option<Timestamp> {
    let time = name.strip_prefix(PREFIX)?.strip_suffix('Z')?;
    let civil = jiff::civil::DateTime::strptime("%Y%m%dT%H%M%S%.f", time).ok()?;
    Some(civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp())
}

fn make(data: &Path, partial: &Path) -> Result<CheckedStore, StoreError> {
    // Its files are for the same users as those of the data directory.
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(partial)
        .map_err(unwritable(partial))?;
    let source = schema::open_read_only(data)?;
    copy_store(&source, &partial.join(FILE))?;
    copy_others(data, partial, true)?;
    sync(partial).map_err(unwritable(partial))?;
    check(partial)
}

/// Copies the store in one read transaction, which delays no writer.
fn copy_store(source: &Connection, to: &Path) -> Result<(), StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let mut copy = Connection::open_with_flags(to, flags)?;
    Backup::new(source, &mut copy)?.step(-1)?;
    // One file, without a write-ahead log beside it.
    copy.pragma_update(None, "journal_mode", "DELETE")?;
    let report: String = copy.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if report != "ok" {
        return Err(StoreError::Malformed { path: to.to_owned(), what: report });
    }
    Ok(())
}

/// Copies the files that are not the store's, such as the broker's retained messages. They are
/// written by renaming, so that each is whole at any moment.
fn copy_others(from: &Path, to: &Path, replace: bool) -> Result<(), StoreError> {
    let copied = || {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let name = entry.file_name();
            let text = name.to_string_lossy();
            // A file that is being written under another name is not whole.
            let temporary = text.starts_with('.') || text.ends_with(".new");
            let own = text.starts_with(FILE) || text == "lock" || temporary;
            if own || !entry.file_type()?.is_file() || (!replace && to.join(&name).exists()) {
                continue;
            }
            match fs::copy(entry.path(), to.join(&name)) {
                // It was removed since the folder was read.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                copied => copied?,
            };
            sync(&to.join(&name))?;
        }
        Ok(())
    };
    copied().map_err(unwritable(to))
}

/// Puts the backup in the folder `from` into the data directory `data`, which must have no store.
///
/// # Errors
/// Where `data` has a store or a service runs there, or the backup is not whole.
pub fn restore(from: &Path, data: &Path) -> Result<CheckedStore, StoreError> {
    check(from)?;
    let _lock = schema::lock(data)?;
    let beside =
        ["", "-wal", "-shm", "-journal"].map(|suffix| data.join(format!("{FILE}{suffix}")));
    let occupied = |path: &PathBuf| fs::metadata(path).is_ok_and(|file| file.len() > 0);
    if let Some(path) = beside.iter().find(|path| occupied(path)) {
        return Err(StoreError::Occupied(path.clone()));
    }
    let partial = data.join(format!(".{FILE}"));
    let restored = || {
        fs::copy(from.join(FILE), &partial)?;
        sync(&partial)?;
        for empty in beside.iter().filter(|path| path.exists()) {
            fs::remove_file(empty)?;
        }
        fs::rename(&partial, data.join(FILE))
    };
    restored().map_err(unwritable(data))?;
    copy_others(from, data, false)?;
    sync(data).map_err(unwritable(data))?;
    let checked = check(data)?;
    give_to_owner(data).map_err(unwritable(data))?;
    Ok(checked)
}

/// Gives the files of a data directory to the owner of the directory: a restore by root is for the
/// service's user.
fn give_to_owner(data: &Path) -> io::Result<()> {
    let owner = |file: &fs::Metadata| (file.uid(), file.gid());
    let (user, group) = owner(&fs::metadata(data)?);
    for entry in fs::read_dir(data)? {
        let entry = entry?;
        let found = entry.metadata()?;
        if found.is_file() && owner(&found) != (user, group) {
            chown(entry.path(), Some(user), Some(group))?;
        }
    }
    Ok(())
}

/// The complete backups in a folder, the newest first, with their times.
///
/// # Errors
/// Where the folder exists and cannot be read.
pub fn backups(to: &Path) -> Result<Vec<(Timestamp, PathBuf)>, StoreError> {
    let found = || -> io::Result<Vec<(Timestamp, PathBuf)>> {
        let mut found = Vec::new();
        for entry in fs::read_dir(to)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if let Some(time) = time_of(&name) {
                found.push((time, path));
            }
        }
        found.sort_unstable();
        found.reverse();
        Ok(found)
    };
    match found() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        found => found.map_err(unwritable(to)),
    }
}

/// Removes the oldest backups in a folder, so that `keep` remain; how many it removes.
///
/// # Errors
/// Where one cannot be removed.
pub fn remove_old_backups(to: &Path, keep: usize) -> Result<usize, StoreError> {
    let old: Vec<PathBuf> = backups(to)?.into_iter().skip(keep).map(|(_, path)| path).collect();
    for path in &old {
        fs::remove_dir_all(path).map_err(unwritable(path))?;
    }
    Ok(old.len())
}

/// Flushes a file or folder to the disk.
fn sync(path: &Path) -> io::Result<()> {
    fs::File::open(path)?.sync_all()
}

fn unwritable(path: &Path) -> impl Fn(io::Error) -> StoreError {
    |source| StoreError::Backup { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{Durability, Recovering};

    fn store(dir: &Path) {
        let store = Recovering::open(dir, Durability::Normal, &["m1"]).unwrap();
        drop(store.replay(|_, _, _| ()).unwrap());
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_808_208_000 + second).unwrap()
    }

    #[test]
    fn backups_have_their_time_and_the_oldest_are_removed() {
        let dir = tempfile::tempdir().unwrap();
        let (data, to) = (dir.path().join("data"), dir.path().join("backups"));
        assert!(matches!(back_up(&data, &to, at(0)), Err(StoreError::Absent(_))));
        store(&data);
        fs::write(data.join("retained"), "kept").unwrap();
        fs::write(data.join("retained.new"), "ke").unwrap();
        // One backup was killed long ago; another is under way.
        let unfinished =
            [-90_000, -60].map(|second| to.join(format!(".{PREFIX}{}", at(second).strftime(TIME))));
        for folder in &unfinished {
            fs::create_dir_all(folder).unwrap();
        }
        assert_eq!(backups(&to).unwrap(), []);
        let made: Vec<PathBuf> =
            (0..3).map(|n| back_up(&data, &to, at(n)).unwrap().folder).collect();
        assert!(made[0].ends_with("wattkampen-20270420T080000.000Z"), "{made:?}");
        assert_eq!(unfinished.map(|folder| folder.exists()), [false, true]);
        let mut files: Vec<String> = fs::read_dir(&made[0])
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .collect();
        files.sort();
        assert_eq!(files, ["retained", FILE]);
        let again = back_up(&data, &to, at(2)).unwrap_err();
        assert!(again.to_string().contains("exists"), "{again}");
        fs::write(to.join("notes.txt"), "of the user").unwrap();
        assert_eq!(remove_old_backups(&to, 2).unwrap(), 1);
        let left = backups(&to).unwrap();
        assert_eq!(left, [(at(2), made[2].clone()), (at(1), made[1].clone())]);
        assert!(to.join("notes.txt").exists());
    }

    #[test]
    fn a_restore_overwrites_nothing_and_takes_no_broken_backup() {
        let dir = tempfile::tempdir().unwrap();
        let (data, to) = (dir.path().join("data"), dir.path().join("backups"));
        store(&data);
        let backup = back_up(&data, &to, at(0)).unwrap().folder;
        let error = restore(&backup, &data).unwrap_err();
        assert!(matches!(error, StoreError::Occupied(_)), "{error}");
        // A kill while a store was created leaves an empty file.
        let new = dir.path().join("new");
        fs::create_dir(&new).unwrap();
        fs::write(new.join(FILE), "").unwrap();
        restore(&backup, &new).unwrap();
        store(&new);
        // A log of changes belongs to the file that is gone.
        let wal = dir.path().join("wal");
        fs::create_dir(&wal).unwrap();
        fs::write(wal.join(format!("{FILE}-wal")), "changes").unwrap();
        assert!(matches!(restore(&backup, &wal), Err(StoreError::Occupied(_))));
        let bytes = fs::read(backup.join(FILE)).unwrap();
        fs::write(backup.join(FILE), &bytes[..bytes.len() / 2]).unwrap();
        let error = restore(&backup, &dir.path().join("other")).unwrap_err();
        assert!(matches!(error, StoreError::Malformed { .. }), "{error}");
        assert!(!dir.path().join("other").join(FILE).exists());
    }

    #[test]
    fn restored_files_belong_to_the_owner_of_the_data_directory() {
        let dir = tempfile::tempdir().unwrap();
        let (data, new) = (dir.path().join("data"), dir.path().join("new"));
        store(&data);
        fs::write(data.join("retained"), "kept").unwrap();
        let backup = back_up(&data, &dir.path().join("backups"), at(0)).unwrap().folder;
        fs::create_dir(&new).unwrap();
        // Root alone may give a directory away; the directory of any other user stays its own.
        let owner = if chown(&new, Some(4321), Some(4322)).is_ok() {
            (4321, 4322)
        } else {
            let own = fs::metadata(&new).unwrap();
            (own.uid(), own.gid())
        };
        restore(&backup, &new).unwrap();
        for name in [FILE, "retained", "lock"] {
            let file = fs::metadata(new.join(name)).unwrap();
            assert_eq!((file.uid(), file.gid()), owner, "{name}");
        }
    }

    #[test]
    fn a_check_names_what_is_wrong_with_the_file() {
        let dir = tempfile::tempdir().unwrap();
        let (data, file) = (dir.path(), dir.path().join(FILE));
        assert!(matches!(check(data), Err(StoreError::Absent(_))));
        fs::write(&file, "").unwrap();
        assert!(matches!(check(data), Err(StoreError::Empty(_))));
        fs::write(&file, "not a database, and longer than its header would be; ".repeat(20))
            .unwrap();
        let error = check(data).unwrap_err();
        assert!(matches!(&error, StoreError::Malformed { .. }), "{error}");
        assert!(error.to_string().contains("not a database"), "{error}");
        assert!(error.hint().contains("wattkampen restore"), "{}", error.hint());
        let opened = Recovering::open(data, Durability::Normal, &["m1"]).unwrap_err();
        assert!(matches!(&opened, StoreError::Malformed { .. }), "{opened}");
        fs::remove_file(&file).unwrap();
        store(data);
        assert_eq!(check(data).unwrap().findings, []);
        Connection::open(&file).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(check(data), Err(StoreError::Newer { found: 99, .. })));
    }
}

//! `backup`, `restore` and `store check` as a user runs them, on a store of an earlier version.
use std::{
    fs::{self, File},
    io::Read,
    path::Path,
    process::{Command, Output},
};

use flate2::read::GzDecoder;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_wattkampen"))
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("wattkampen starts")
}

fn succeeds(folder: &Path, arguments: &[&str]) -> String {
    let done = run(folder, arguments);
    let errors = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(done.stdout).expect("UTF-8")
}

/// The two lines of the error: what is wrong, and what to do.
fn fails(folder: &Path, arguments: &[&str]) -> [String; 2] {
    let done = run(folder, arguments);
    let errors = String::from_utf8(done.stderr).expect("UTF-8");
    assert_eq!(done.status.code(), Some(1), "{arguments:?}: {errors}");
    let mut lines = errors.lines().map(str::to_owned);
    let lines = [lines.next(), lines.next()].map(Option::unwrap_or_default);
    assert!(!lines[1].is_empty(), "{errors}");
    lines
}

const CHECK: &[&str] = &["store", "check", "--config", "wattkampen.toml"];

#[test]
fn a_backup_is_restored_and_each_broken_store_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let fixture = |name| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/store_v3").join(name);
    let (data, store) = (folder.join("data"), folder.join("data/wattkampen.sqlite"));
    fs::create_dir(&data).expect("the data directory");
    let mut bytes = Vec::new();
    let packed = File::open(fixture("store.sqlite.gz")).expect("the stored competition");
    GzDecoder::new(packed).read_to_end(&mut bytes).expect("gzip");
    fs::write(&store, bytes).expect("the store");
    fs::copy(fixture("wattkampen.toml"), folder.join("wattkampen.toml")).expect("copied");

    let checked = succeeds(folder, CHECK);
    let audit = succeeds(folder, &["audit", "--config", "wattkampen.toml"]);
    let made = succeeds(
        folder,
        &["backup", "--config", "wattkampen.toml", "--to", "backups", "--keep", "1"],
    );
    let (backup, found) = made.split_once(": ").expect("folder and content");
    assert!(checked.ends_with(found) && found.contains(" readings, "), "{made}{checked}");
    let restore = &["restore", "--config", "wattkampen.toml", "--from", backup];
    let [what, hint] = fails(folder, restore);
    assert!(what.contains("a restore overwrites nothing"), "{what}");
    assert!(hint.contains("mv wattkampen.sqlite* before"), "{hint}");
    fs::rename(&data, folder.join("data.old")).expect("moved away");
    let [what, _] = fails(folder, CHECK);
    assert!(what.contains("there is no store"), "{what}");
    assert_eq!(succeeds(folder, restore), checked);
    assert_eq!(succeeds(folder, &["audit", "--config", "wattkampen.toml"]), audit);

    let whole = fs::read(&store).expect("the store");
    fs::write(&store, &whole[..whole.len() / 3]).expect("cut");
    let [what, hint] = fails(folder, CHECK);
    assert!(what.contains("malformed"), "{what}");
    assert!(hint.contains("wattkampen restore"), "{hint}");
    fs::write(&store, "").expect("emptied");
    let [what, hint] = fails(folder, CHECK);
    assert!(what.contains("is empty"), "{what}");
    assert!(hint.contains("restore a backup"), "{hint}");
    // SQLite's version of the schema is at offset 60, big-endian.
    let mut newer = whole.clone();
    newer[60..64].copy_from_slice(&99u32.to_be_bytes());
    fs::write(&store, newer).expect("written");
    let [what, hint] = fails(folder, CHECK);
    assert!(what.contains("schema version 99"), "{what}");
    assert!(hint.contains("a later one"), "{hint}");
}

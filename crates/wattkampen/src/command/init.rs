//! `init`: a commented configuration and a sample file of meter values to fill in.
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::{Failure, output};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the new competition; it is created where it is absent
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
}

/// The files that are written, and their texts.
const FILES: [(&str, &str); 2] = [
    ("wattkampen.toml", include_str!("init/wattkampen.toml")),
    ("735999100000000001.csv", include_str!("init/735999100000000001.csv")),
];

pub(super) fn run(args: &Args) -> Result<(), Failure> {
    let folder = &args.folder;
    // Nothing is written where one of the files is there already.
    for (name, _) in FILES {
        let path = folder.join(name);
        if path.exists() {
            return Err(Failure::usage(
                format!("{} is there already", path.display()),
                "name another folder: wattkampen init DIR",
            ));
        }
    }
    fs::create_dir_all(folder).map_err(|error| unwritable(folder, &error))?;
    for (name, text) in FILES {
        let path = folder.join(name);
        write_new(&path, text).map_err(|error| unwritable(&path, &error))?;
        output::line(path.display())?;
    }
    let config = folder.join(FILES[0].0);
    output::stderr_line(format_args!(
        "fill in both files, and then: wattkampen check --config {}",
        config.display()
    ));
    Ok(())
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().write(true).create_new(true).open(path)?.write_all(text.as_bytes())
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::failed(
        format!("{} cannot be written: {error}", path.display()),
        "name a folder that this user may write: wattkampen init DIR",
    )
}

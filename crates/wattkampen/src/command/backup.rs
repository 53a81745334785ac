//! `backup`: a verified copy of the store beside a running service, and `restore`, its way back.
use std::path::PathBuf;

use jiff::Timestamp;
use server::store::{self, CheckedStore};

use super::{Failure, audit::describe_finding, output};
use crate::config::Config;

#[derive(Debug, clap::Args)]
pub(super) struct BackupArgs {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder of the backups; each gets a folder with its time in it
    #[arg(long, value_name = "DIR")]
    to: PathBuf,
    /// Remove the oldest backups there, so that N remain
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    keep: Option<u16>,
}

#[derive(Debug, clap::Args)]
pub(super) struct RestoreArgs {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The folder of one backup
    #[arg(long, value_name = "BACKUP")]
    from: PathBuf,
}

pub(super) fn back_up(args: &BackupArgs) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    let made = store::back_up(&config.data, &args.to, Timestamp::now())?;
    if let Some(keep) = args.keep {
        store::remove_old_backups(&args.to, keep.into())?;
    }
    report(&made)
}

pub(super) fn restore(args: &RestoreArgs) -> Result<(), Failure> {
    let config = Config::load(&args.config)?;
    report(&store::restore(&args.from, &config.data)?)
}

/// Prints where a whole store is and what it has; fails where it differs from its audit log.
pub(super) fn report(checked: &CheckedStore) -> Result<(), Failure> {
    let CheckedStore { folder, verified, entries, findings } = checked;
    output::line(format_args!(
        "{}: {} readings, {entries} entries of the audit log",
        folder.display(),
        verified.readings
    ))?;
    match findings.first() {
        None => Ok(()),
        Some(first) => Err(Failure::failed(
            format_args!(
                "the store is whole, and differs from its audit log in {} places: {}",
                findings.len(),
                describe_finding(first)
            ),
            "`wattkampen audit` lists all of them; compare with an earlier backup",
        )),
    }
}

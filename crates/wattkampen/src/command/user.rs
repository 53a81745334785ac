//! `user`: accounts of people, with or without a running service.
use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use competition::Time;
use server::{
    access::{AccountName, Administration, RandomSecret, Role},
    text::rfc3339,
};

use super::{Failure, output};
use crate::config::Config;

/// Who makes these changes, in the audit trail.
pub(super) const BY: &str = "command line";

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add an account; prints a link that chooses its password, valid once and for three days
    Add {
        #[command(flatten)]
        place: Place,
        /// Name to sign in with, such as an e-mail address
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        role: RoleArgs,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List the accounts
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Remove an account; its sessions end at once
    Remove {
        #[command(flatten)]
        place: Place,
        /// The account
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Make an account's password void and print a link that chooses a new one; its sessions
    /// end at once
    Reset {
        #[command(flatten)]
        place: Place,
        /// The account
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
}

#[derive(Debug, clap::Args)]
pub(super) struct Place {
    /// The competition's configuration
    #[arg(long, value_name = "FILE")]
    pub(super) config: PathBuf,
}

#[derive(Debug, clap::Args)]
pub(super) struct RoleArgs {
    /// What it may do: organiser everything; town declare activities of its own participants;
    /// reader see everything and change nothing
    #[arg(long, value_name = "ROLE", value_parser = clap::builder::PossibleValuesParser::new(Role::NAMES))]
    role: String,
    /// A participant that a town is bound to; may be repeated
    #[arg(long = "participant", value_name = "ID")]
    participants: Vec<String>,
}

impl RoleArgs {
    /// The role, whose participants the configuration has.
    pub(super) fn role(&self, config: &Config) -> Result<Role, Failure> {
        for id in &self.participants {
            config.participant(id)?;
        }
        let role = Role::new(&self.role, self.participants.clone());
        role.map_err(|error| server::access::AccessError::from(error).into())
    }
}

#[derive(Debug, clap::Args)]
pub(super) struct PasswordArgs {
    /// Read the password from standard input instead of printing a link
    #[arg(long)]
    password_stdin: bool,
}

impl PasswordArgs {
    /// The first line of standard input, where it is asked for.
    fn read(&self) -> Result<Option<String>, Failure> {
        if !self.password_stdin {
            return Ok(None);
        }
        let mut text = String::new();
        io::stdin().take(4096).read_to_string(&mut text).map_err(|error| {
            Failure::failed(
                format_args!("the password cannot be read from standard input: {error}"),
                "send it as one line of UTF-8",
            )
        })?;
        Ok(Some(text.lines().next().unwrap_or_default().to_owned()))
    }
}

/// The configuration and the accounts of its data directory.
pub(super) fn open(config: &Path) -> Result<(Config, Administration<'static>), Failure> {
    let config = Config::load(config)?;
    let accounts = Administration::open(&config.data)?;
    Ok((config, accounts))
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Add { place, name, role, password } => {
            let (config, accounts) = open(&place.config)?;
            let (name, role) = (self::name(name)?, role.role(&config)?);
            let link = accounts.add(&name, &role, password.read()?.as_deref(), BY)?;
            output::stderr_line(format_args!("account {name} is added as {}", words(&role)));
            print_link(&config, link.as_ref())
        }
        Command::List { place } => list(&place.config),
        Command::Remove { place, name } => {
            let (_, accounts) = open(&place.config)?;
            let name = self::name(name)?;
            accounts.remove(&name, BY)?;
            output::line(format_args!("account {name} is removed, and its sessions have ended"))
        }
        Command::Reset { place, name, password } => {
            let (config, accounts) = open(&place.config)?;
            let name = self::name(name)?;
            let link = accounts.reset(&name, password.read()?.as_deref(), BY)?;
            output::stderr_line(format_args!(
                "the password of {name} is reset, and its sessions have ended"
            ));
            print_link(&config, link.as_ref())
        }
    }
}

fn name(text: &str) -> Result<AccountName, Failure> {
    text.parse().map_err(|error| server::access::AccessError::Name(error).into())
}

/// A role with its participants.
pub(super) fn words(role: &Role) -> String {
    match role.participants() {
        [] => role.name().to_owned(),
        participants => format!("{} of {}", role.name(), participants.join(", ")),
    }
}

/// Prints the link of an invitation by the name that people reach the service by.
fn print_link(config: &Config, secret: Option<&RandomSecret>) -> Result<(), Failure> {
    let Some(secret) = secret else { return Ok(()) };
    let base = match config.access.hosts.first() {
        Some(host) => format!("https://{host}"),
        None => format!("http://{}", config.http),
    };
    output::line(format_args!("{base}/invitation/{}", secret.reveal()))
}

fn list(config: &Path) -> Result<(), Failure> {
    let (_, accounts) = open(config)?;
    for account in accounts.accounts()? {
        let state = match (account.has_password, account.signed_in) {
            (false, _) => "no password yet".to_owned(),
            (true, None) => "never signed in".to_owned(),
            (true, Some(at)) => format!("signed in {}", rfc3339(Time(at))),
        };
        output::line(format_args!("{}\t{}\t{state}", account.name, words(&account.role)))?;
    }
    Ok(())
}

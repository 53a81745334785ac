//! Where a broker is: the arguments of the commands that speak to one as its client.
use std::{fs, path::PathBuf};

use simulator::uplink;

use super::Failure;
use crate::address::{Address, BROKER_PASSWORD};

#[derive(Debug, clap::Args)]
pub(super) struct BrokerArgs {
    /// The broker, such as mqtt://user@host:1883 or mqtts://user@host:8883
    #[arg(long, value_name = "URL")]
    broker: String,
    /// A file whose first line is the password; WATTKAMPEN_BROKER_PASSWORD where not given
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// The authority that signed the broker's certificate, PEM; the machine's own where not given
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl BrokerArgs {
    /// Checked, with the password and the authority read.
    pub(super) fn address(&self) -> Result<uplink::Address, Failure> {
        address(self)
    }
}

fn address(args: &BrokerArgs) -> Result<uplink::Address, Failure> {
    let address = Address::parse(&args.broker).ok_or_else(|| {
        Failure::usage(
            format!("--broker {:?} is no address of a broker", args.broker),
            format!(
                "write mqtt://user@host:1883 or mqtts://user@host:8883, the password in \
                 {BROKER_PASSWORD} or --password-file"
            ),
        )
    })?;
    let read = |path: &PathBuf, what: &str| {
        fs::read(path).map_err(|error| {
            Failure::usage(
                format!("{}: {error}", path.display()),
                format!("name a file that holds {what}"),
            )
        })
    };
    let password = match &args.password_file {
        Some(path) => {
            let bytes = read(path, "the password in its first line")?;
            let text = String::from_utf8_lossy(&bytes);
            text.lines().next().unwrap_or_default().to_owned()
        }
        None => std::env::var(BROKER_PASSWORD).unwrap_or_default(),
    };
    let authority = args.ca.as_ref().map(|path| read(path, "a certificate in PEM")).transpose()?;
    let tls = match (address.tls, authority) {
        (true, authority) => Some(uplink::tls(authority).map_err(|error| {
            Failure::usage(
                format!("no TLS: {error}"),
                "install the package ca-certificates, or name the authority with --ca",
            )
        })?),
        (false, None) => None,
        (false, Some(_)) => {
            return Err(Failure::usage(
                "--ca is for encrypted connections",
                "write mqtts:// in --broker, or leave --ca away",
            ));
        }
    };
    Ok(uplink::Address {
        host: address.host.to_owned(),
        port: address.port,
        login: address.user.map(|user| (user.to_owned(), password)),
        tls,
    })
}

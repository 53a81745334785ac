//! Arguments of the commands that connect to a broker as a client.
use std::{
    fs,
    path::{Path, PathBuf},
};

use gateway::mqtt::{self, BrokerAddress, Credentials};

use super::Failure;
use crate::broker_url::{BROKER_PASSWORD, BrokerUrl};

#[derive(Debug, clap::Args)]
pub(super) struct BrokerArgs {
    /// URL of the broker, such as mqtt://user@host:1883 or mqtts://user@host:8883
    #[arg(long, value_name = "URL")]
    broker: String,
    /// File whose first line is the password [default: WATTKAMPEN_BROKER_PASSWORD]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Certificate of the authority that signed the broker's, PEM [default: those that this machine
    /// trusts]
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

impl BrokerArgs {
    /// The address, with the password and the authority read from their files.
    pub(super) fn address(&self) -> Result<BrokerAddress, Failure> {
        let url = BrokerUrl::parse(&self.broker).ok_or_else(|| {
            Failure::usage(
                format!("--broker {:?} is not the URL of a broker", self.broker),
                format!(
                    "write mqtt://user@host:1883 or mqtts://user@host:8883, the password in \
                     {BROKER_PASSWORD} or --password-file"
                ),
            )
        })?;
        let credentials = match url.user {
            Some(user) => Some(Credentials { user: user.to_owned(), password: self.password()? }),
            None => None,
        };
        let authority =
            self.ca.as_deref().map(|path| read(path, "a certificate in PEM")).transpose()?;
        let tls = match (url.tls, authority) {
            (true, authority) => Some(mqtt::tls(authority).map_err(|error| {
                Failure::usage(
                    format!("TLS is not available: {error}"),
                    "install the package ca-certificates, or name the authority with --ca",
                )
            })?),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(Failure::usage(
                    "--ca needs an encrypted connection",
                    "write mqtts:// in --broker, or omit --ca",
                ));
            }
        };
        Ok(BrokerAddress { host: url.host.to_owned(), port: url.port, credentials, tls })
    }

    fn password(&self) -> Result<String, Failure> {
        match &self.password_file {
            Some(path) => {
                let bytes = read(path, "the password in its first line")?;
                let text = String::from_utf8_lossy(&bytes);
                Ok(text.lines().next().unwrap_or_default().to_owned())
            }
            None => Ok(std::env::var(BROKER_PASSWORD).unwrap_or_default()),
        }
    }
}

fn read(path: &Path, content: &str) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| {
        Failure::usage(
            format!("{} cannot be read: {error}", path.display()),
            format!("name a file that holds {content}"),
        )
    })
}

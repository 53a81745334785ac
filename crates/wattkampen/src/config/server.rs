//! `[server]` and `[[login]]`: addresses, data directory, broker and passwords.
use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use server::{BrokerKind, ExternalBrokerSettings, Login, Secret};
use wire::{GatewayId, Language};

use super::reader::Section;
use crate::broker_url::{BROKER_PASSWORD, BrokerUrl};

/// `min_free_mb` where the configuration does not state it: weeks of readings of 300 gateways.
const DEFAULT_FREE_MB: u64 = 500;
/// Largest `min_free_mb`: a petabyte.
const MAX_FREE_MB: i64 = 1_000_000_000;

pub(super) struct Server {
    pub(super) http: SocketAddr,
    pub(super) data: PathBuf,
    pub(super) broker: BrokerKind,
    pub(super) language: Language,
    pub(super) organiser: Option<Secret>,
    pub(super) min_free_bytes: u64,
}

pub(super) fn read(root: &Section<'_, '_>, folder: &Path) -> Option<Server> {
    let logins = logins(root, folder);
    let section = root.required_section("server", "a line [server]; its keys have defaults")?;
    let address = |key, default: &str| {
        if section.value(key).is_none() {
            return default.parse().ok();
        }
        section
            .parsed::<SocketAddr>(
                key,
                "an address and a port, such as \"127.0.0.1:8080\"; port 0 picks a free one",
            )
            .map(|address| address.value)
    };
    let http = address("http", "127.0.0.1:8080");
    let mqtt = address("mqtt", "127.0.0.1:1883");
    let data = section.text("data").map_or("data", |text| text.value);
    let language = match section.text("language") {
        None => Some(Language::default()),
        Some(text) => text.value.parse().ok().or_else(|| {
            section.report_unknown(text, "language", &Language::ALL.map(Language::tag));
            None
        }),
    };
    let min_free_mb = section.integer("min_free_mb", 0, MAX_FREE_MB, "MB");
    let organiser = secret(&section, "organiser_password_file", folder);
    let broker = match (external_broker(&section, folder), mqtt) {
        (Ok(Some(external)), _) => Some(BrokerKind::External(external)),
        (Ok(None), Some(listen)) => Some(BrokerKind::Embedded { listen, logins }),
        (Ok(None), None) | (Err(Reported), _) => None,
    };
    Some(Server {
        http: http?,
        data: folder.join(data),
        broker: broker?,
        language: language?,
        organiser,
        min_free_bytes: min_free_mb.map_or(DEFAULT_FREE_MB, |free| free.value as u64) * 1_000_000,
    })
}

/// A password: the first line of the file that `key` names.
fn secret(section: &Section<'_, '_>, key: &'static str, folder: &Path) -> Option<Secret> {
    let file = section.text(key)?;
    match fs::read_to_string(folder.join(file.value)) {
        Ok(text) => Some(Secret(text.lines().next().unwrap_or_default().to_owned())),
        Err(error) => {
            section.source.report(
                file.offset,
                format!("{key} {:?} cannot be read: {error}", file.value),
                "write the password to a file that only the service may read",
            );
            None
        }
    }
}

/// A mistake was reported.
struct Reported;

/// The external broker, or `None` where the broker is the embedded one.
fn external_broker(
    section: &Section<'_, '_>,
    folder: &Path,
) -> Result<Option<ExternalBrokerSettings>, Reported> {
    let url = section.text("broker");
    let password = secret(section, "broker_password_file", folder)
        .or_else(|| std::env::var(BROKER_PASSWORD).ok().map(Secret));
    let ca_file = section.text("broker_ca").map(|path| folder.join(path.value));
    let client_id = section.text("broker_client").map_or("wattkampen", |text| text.value);
    let Some(url) = url.filter(|url| url.value != "embedded") else { return Ok(None) };
    let Some(address) = BrokerUrl::parse(url.value) else {
        section.source.report(
            url.offset,
            format!("broker {:?} is not the URL of a broker", url.value),
            "write \"embedded\", \"mqtt://host:1883\" or \"mqtts://user@host:8883\"; \
             do not write a password in this file",
        );
        return Err(Reported);
    };
    Ok(Some(ExternalBrokerSettings {
        host: address.host.to_owned(),
        port: address.port,
        tls: address.tls,
        ca_file,
        user: address.user.map(str::to_owned),
        password,
        client_id: client_id.to_owned(),
    }))
}

fn logins(root: &Section<'_, '_>, folder: &Path) -> Vec<Login> {
    root.sections("login", "login")
        .into_iter()
        .filter_map(|section| {
            let user = section.required_text("user", "soderhamn-1");
            let gateway = section.parsed::<GatewayId>("gateway", "a gateway's name");
            let password = secret(&section, "password_file", folder);
            if password.is_none() {
                section.source.report(
                    section.offset,
                    format!("{} has no password", section.name),
                    "add a line such as: password_file = \"soderhamn.password\"",
                );
            }
            Some(Login {
                user: user?.value.to_owned(),
                password: password?,
                gateway: gateway.map(|gateway| gateway.value),
            })
        })
        .collect()
}

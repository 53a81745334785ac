//! `[server]` and `[[login]]`: addresses, data directory, broker and passwords.
use std::{
    fs,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use ipnet::IpNet;
use server::{
    AccessSettings, BackupSchedule, BrokerKind, ExternalBrokerSettings, Login, Secret, TlsSettings,
};
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
    pub(super) min_free_bytes: u64,
    pub(super) https: Option<SocketAddr>,
    pub(super) tls: Option<TlsSettings>,
    pub(super) backup: Option<BackupSchedule>,
    pub(super) access: AccessSettings,
}

pub(super) fn read(root: &Section<'_, '_>, folder: &Path) -> Option<Server> {
    let logins = logins(root, folder);
    let section = root.required_section("server", "a line [server]; its keys have defaults")?;
    let optional = |key| {
        let wanted = "an address and a port, such as \"127.0.0.1:8080\"; port 0 picks a free one";
        section.parsed::<SocketAddr>(key, wanted)
    };
    let address = |key, default: &str| {
        if section.value(key).is_none() {
            return default.parse().ok();
        }
        optional(key).map(|address| address.value)
    };
    let tls = tls(&section, folder);
    let (https, mqtts) = (optional("https"), optional("mqtts"));
    if !section.has("tls") {
        for (key, address) in [("https", &https), ("mqtts", &mqtts)] {
            if let Some(address) = address {
                section.source.report(
                    address.offset,
                    format!("{key} needs a certificate"),
                    "add: tls = { certificate = \"service.pem\", key = \"service.key\" }",
                );
            }
        }
    }
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
    let backup = backup(&section, folder);
    let access = access(&section);
    let broker = match (external_broker(&section, folder), mqtt) {
        (Ok(Some(external)), _) => Some(BrokerKind::External(external)),
        (Ok(None), Some(listen)) => {
            let listen_tls = mqtts.map(|address| address.value);
            Some(BrokerKind::Embedded { listen, listen_tls, logins })
        }
        (Ok(None), None) | (Err(Reported), _) => None,
    };
    Some(Server {
        http: http?,
        data: folder.join(data),
        broker: broker?,
        language: language?,
        access,
        https: https.map(|address| address.value),
        tls,
        backup,
        min_free_bytes: min_free_mb.map_or(DEFAULT_FREE_MB, |free| free.value as u64) * 1_000_000,
    })
}

/// `tls = { certificate, key, client_ca }`: files that can be used.
fn tls(section: &Section<'_, '_>, folder: &Path) -> Option<TlsSettings> {
    let section = section.section("tls")?;
    let certificate = section.required_text("certificate", "service.pem");
    let key = section.required_text("key", "service.key");
    let client_ca = section.text("client_ca").map(|path| folder.join(path.value));
    let (certificate, key) = (certificate?, key?);
    let offset = certificate.offset;
    let (certificate, key) = (folder.join(certificate.value), folder.join(key.value));
    let tls = TlsSettings { certificate, key, client_ca };
    if let Err(error) = tls.check() {
        section.source.report(offset, error.to_string(), error.hint());
    }
    Some(tls)
}

/// `backup = { to, every_hours, keep }`.
fn backup(section: &Section<'_, '_>, folder: &Path) -> Option<BackupSchedule> {
    let section = section.section("backup")?;
    let to = section.required_text("to", "/var/backups/wattkampen");
    let every = section.integer("every_hours", 1, 24 * 31, "hours");
    let keep = section.integer("keep", 1, 10_000, "backups");
    Some(BackupSchedule {
        to: folder.join(to?.value),
        every: Duration::from_secs(3600 * every.map_or(24, |every| every.value as u64)),
        keep: keep.map_or(14, |keep| keep.value as usize),
    })
}

/// `hosts` and `trusted_proxies`.
fn access(section: &Section<'_, '_>) -> AccessSettings {
    if let Some(file) = section.text("organiser_password_file") {
        section.source.report(
            file.offset,
            "organiser_password_file is no longer used: one password for all can be neither revoked nor bound to a role",
            "remove this line; make an account with wattkampen user add, and a token for a script with wattkampen token add",
        );
    }
    let texts = |key, wanted| section.texts(key, wanted);
    let is_name = |name: &str| {
        !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || "/:@,*".contains(c))
    };
    let mut hosts = Vec::new();
    for host in texts("hosts", "a list of names such as [\"tavling.example.org\"]") {
        if is_name(host.value) {
            hosts.push(host.value.to_owned());
        } else {
            section.source.report(
                host.offset,
                format!("{:?} in hosts is not the name of a host", host.value),
                "write the name alone, without scheme, port and path: \"tavling.example.org\"",
            );
        }
    }
    let mut trusted_proxies = Vec::new();
    for proxy in texts("trusted_proxies", "a list of networks such as [\"127.0.0.1/32\"]") {
        let address = || proxy.value.parse::<IpAddr>().map(IpNet::from);
        match proxy.value.parse::<IpNet>().or_else(|_| address()) {
            Ok(network) => trusted_proxies.push(network),
            Err(_) => section.source.report(
                proxy.offset,
                format!("{:?} in trusted_proxies is no network", proxy.value),
                "write an address with the length of its prefix, such as \"127.0.0.1/32\"",
            ),
        }
    }
    AccessSettings { hosts, trusted_proxies, demonstration: false }
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

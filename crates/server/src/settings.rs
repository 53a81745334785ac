//! The settings of a service, which the binary makes of its configuration file.
use std::{collections::HashMap, fmt, net::SocketAddr, path::PathBuf, time::Duration};

use competition::{Competition, Participant};
use ipnet::IpNet;
use wire::{GatewayId, Language};

use crate::{clock::Clock, store::Durability, tls::TlsSettings};

/// The settings of a service.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The address of the HTTP listener; port 0 picks a free port.
    pub http: SocketAddr,
    /// The address of a listener with TLS beside it, if there is one.
    pub https: Option<SocketAddr>,
    /// The files of TLS; a listener with TLS needs them.
    pub tls: Option<TlsSettings>,
    /// The directory of the store; it is created where it does not exist.
    pub data: PathBuf,
    /// Bytes that have to be free on the disk of the data directory for the service to be ready.
    pub min_free_bytes: u64,
    /// When to make backups; `None` where something else does.
    pub backup: Option<BackupSchedule>,
    /// The broker that gateways publish to.
    pub broker: BrokerKind,
    /// What a power cut can lose.
    pub durability: Durability,
    /// The rules of the competition.
    pub competition: Competition,
    /// The participants. [`competition::ParticipantIndex`] and [`competition::MeterIndex`] count
    /// in this order.
    pub participants: Vec<Participant>,
    /// By meter identifier, the only gateway that may publish its readings. Any gateway may
    /// publish those of other meters.
    pub gateways: HashMap<String, GatewayId>,
    /// The clock of the service.
    pub clock: Clock,
    /// The language of pages and panels where the visitor does not choose one.
    pub language: Language,
    /// Who may use the organiser's page, and by which names and proxies it is reached.
    pub access: AccessSettings,
}

/// Access to the pages.
#[derive(Debug, Clone, Default)]
pub struct AccessSettings {
    /// The names that requests may have in `Host`, besides loopback and the address of the
    /// listener.
    pub hosts: Vec<String>,
    /// The proxies whose `Forwarded` and `X-Forwarded-*` are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// A demonstration: no accounts in a file, and a link that signs in until it ends.
    pub demonstration: bool,
}

/// Backups at regular times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackupSchedule {
    /// The folder of the backups.
    pub to: PathBuf,
    /// The time from one to the next.
    pub every: Duration,
    /// How many remain.
    pub keep: usize,
}

/// The broker that gateways publish to.
#[derive(Debug, Clone)]
pub enum BrokerKind {
    /// The embedded broker.
    Embedded {
        /// The address of its listener; port 0 picks a free port.
        listen: SocketAddr,
        /// The address of a listener with TLS beside it, if there is one.
        listen_tls: Option<SocketAddr>,
        /// The clients that may connect. Where it is empty, every client on a loopback address
        /// may.
        logins: Vec<Login>,
    },
    /// Another broker, whose client the service is.
    External(ExternalBrokerSettings),
}

/// The connection to an external broker.
#[derive(Debug, Clone)]
pub struct ExternalBrokerSettings {
    /// Host name or address.
    pub host: String,
    /// 1883, or 8883 with TLS.
    pub port: u16,
    /// Whether the connection uses TLS (`mqtts`).
    pub tls: bool,
    /// PEM file of the certificate authority that replaces those of the machine.
    pub ca_file: Option<PathBuf>,
    /// MQTT user name.
    pub user: Option<String>,
    /// MQTT password.
    pub password: Option<Secret>,
    /// Client identifier. The broker's session belongs to it, so that a change loses what is
    /// queued.
    pub client_id: String,
}

/// A client that may use the embedded broker.
#[derive(Debug, Clone)]
pub struct Login {
    /// MQTT user name.
    pub user: String,
    /// MQTT password.
    pub password: Secret,
    /// The gateway that the client is. `None` for clients that subscribe to everything and
    /// publish nothing, such as panels and dashboards.
    pub gateway: Option<GatewayId>,
}

/// Text that must not appear in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

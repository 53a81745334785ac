//! All that a service is told at its start; the binary makes it from TOML.
use std::{collections::HashMap, fmt, net::SocketAddr, path::PathBuf};

use competition::{Competition, Participant};
use wire::{GatewayId, Language};

use crate::{clock::Clock, store::Durability};

/// What to serve, where, and for whom.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Where the pages are; port 0 picks a free one.
    pub http: SocketAddr,
    /// Directory of the store; made where it is absent.
    pub data: PathBuf,
    /// How readings come in.
    pub broker: BrokerKind,
    /// What a power cut may take.
    pub durability: Durability,
    /// The rules.
    pub competition: Competition,
    /// Who competes; [`competition::ParticipantIndex`] and
    /// [`competition::MeterIndex`] count these, in this order.
    pub participants: Vec<Participant>,
    /// By meter: the only gateway that may speak for it. A meter that is not
    /// here may come through any gateway.
    pub gateways: HashMap<String, GatewayId>,
    /// The service's time.
    pub clock: Clock,
    /// Language of pages and panels where the visitor does not choose.
    pub language: Language,
    /// What the organiser signs in with; without it the organiser's own pages
    /// answer on loopback addresses only.
    pub organiser: Option<Secret>,
}

/// How readings come in.
#[derive(Debug, Clone)]
pub enum BrokerKind {
    /// Our own broker.
    Embedded {
        /// Where it listens; port 0 picks a free one.
        listen: SocketAddr,
        /// Who may connect. Empty: anybody, from loopback addresses only.
        logins: Vec<Login>,
    },
    /// Somebody else's broker, to which we are a client.
    External(External),
}

/// Somebody else's broker.
#[derive(Debug, Clone)]
pub struct External {
    /// Name or address.
    pub host: String,
    /// 1883, or 8883 with TLS.
    pub port: u16,
    /// `mqtts`.
    pub tls: bool,
    /// Certificate authority to trust instead of the system's, PEM.
    pub authority: Option<PathBuf>,
    /// Our name there.
    pub user: Option<String>,
    /// And its password.
    pub password: Option<Secret>,
    /// Client identifier; must stay the same, the broker's session hangs on it.
    pub client: String,
}

/// A client that may use the embedded broker.
#[derive(Debug, Clone)]
pub struct Login {
    /// MQTT user name.
    pub user: String,
    /// MQTT password.
    pub password: Secret,
    /// The gateway that it is. `None`: may read everything, as a panel or a
    /// dashboard does, and write nothing.
    pub gateway: Option<GatewayId>,
}

/// Text that must not stand in a log.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

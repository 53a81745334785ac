//! The organiser's configuration file: TOML to typed settings, with all mistakes at once.
mod competition;
mod days;
mod lookup;
mod participant;
mod reader;
mod server;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ::competition::{Competition, Participant};
use ::server::{AccessSettings, BrokerKind, Settings, clock::Clock, store::Durability};
use toml::de::DeTable;
use wire::{GatewayId, Language};

pub(crate) use lookup::{UnknownId, place};
pub(crate) use reader::Diagnostic;
use reader::Source;

/// A competition and its service as configured.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) competition: Competition,
    pub(crate) participants: Vec<Participant>,
    /// By meter id: the only gateway that may send its readings.
    pub(crate) gateways: HashMap<String, GatewayId>,
    /// Where the pages and the API listen.
    pub(crate) http: SocketAddr,
    /// Data directory of the store.
    pub(crate) data: PathBuf,
    pub(crate) broker: BrokerKind,
    /// Language of pages and panels unless a reader chooses another.
    pub(crate) language: Language,
    pub(crate) min_free_bytes: u64,
    pub(crate) https: Option<std::net::SocketAddr>,
    pub(crate) tls: Option<::server::TlsSettings>,
    pub(crate) backup: Option<::server::BackupSchedule>,
    /// By which names and proxies the pages are reached.
    pub(crate) access: AccessSettings,
}

/// Why a configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfigError {
    #[error("cannot read {}: {error}\n  give the path of a configuration with --config FILE", path.display())]
    Read {
        path: PathBuf,
        /// Not a `source`: the message contains it.
        error: io::Error,
    },
    #[error("{}", list(path, diagnostics))]
    Mistakes {
        path: PathBuf,
        /// By line.
        diagnostics: Vec<Diagnostic>,
    },
}

fn list(path: &Path, diagnostics: &[Diagnostic]) -> String {
    let count = diagnostics.len();
    let mistakes = if count == 1 { "mistake" } else { "mistakes" };
    let heading = format!("{} has {count} {mistakes}", path.display());
    diagnostics.iter().fold(heading, |text, diagnostic| format!("{text}\n{diagnostic}"))
}

impl Config {
    /// Reads and checks a file. Relative paths in it start at its folder.
    pub(crate) fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .map_err(|diagnostics| ConfigError::Mistakes { path: path.to_owned(), diagnostics })
    }

    /// Checks the text of a file in `folder`.
    pub(crate) fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Diagnostic>> {
        let source = Source::new(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        let at = |error: &toml::de::Error| error.span().map_or(0, |span| span.start);
        // What follows a mistake of syntax is read as something else than it is.
        if let Some(first) = errors.iter().min_by_key(|error| at(error)) {
            let message = format!("not TOML: {}", first.message());
            source.report(at(first), message, "correct the syntax of this line");
            return Err(source.into_diagnostics());
        }
        let config = {
            let root = source.root(&table);
            let competition = root
                .required_section(
                    "competition",
                    "a [competition] table with name, baseline and contest",
                )
                .and_then(|section| competition::read(&section));
            let doubts = root.section("doubts").map(|section| competition::doubts(&section));
            let competition =
                competition.map(|it| Competition { doubts: doubts.unwrap_or_default(), ..it });
            let server = server::read(&root, folder);
            let all = participant::read(&root, competition.as_ref());
            competition.zip(server).map(|(competition, server)| Self {
                competition,
                participants: all.participants,
                gateways: all.gateways,
                http: server.http,
                data: server.data,
                broker: server.broker,
                language: server.language,
                https: server.https,
                tls: server.tls,
                min_free_bytes: server.min_free_bytes,
                backup: server.backup,
                access: server.access,
            })
        };
        let diagnostics = source.into_diagnostics();
        match config {
            Some(config) if diagnostics.is_empty() => Ok(config),
            _ => Err(diagnostics),
        }
    }

    /// The settings of the service.
    pub(crate) fn settings(self, clock: Clock) -> Settings {
        Settings {
            http: self.http,
            data: self.data,
            broker: self.broker,
            durability: Durability::default(),
            competition: self.competition,
            participants: self.participants,
            gateways: self.gateways,
            clock,
            language: self.language,
            https: self.https,
            tls: self.tls,
            min_free_bytes: self.min_free_bytes,
            backup: self.backup,
            access: self.access,
        }
    }
}

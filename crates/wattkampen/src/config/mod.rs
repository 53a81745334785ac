//! The organiser's file: TOML to settings, every mistake at once.
mod competition;
mod days;
mod participant;
mod reader;
mod server;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    fmt, fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use ::competition::{Competition, Participant};
use ::server::{BrokerKind, Settings, clock::Clock, store::Durability};
use toml::de::DeTable;
use wire::{GatewayId, Language};

pub use reader::Mistake;
use reader::Source;

/// A competition as configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// The rules.
    pub competition: Competition,
    /// Who competes.
    pub participants: Vec<Participant>,
    /// By meter: the gateway that speaks for it.
    pub gateways: HashMap<String, GatewayId>,
    /// Where the pages are.
    pub http: SocketAddr,
    /// Directory of the store.
    pub data: PathBuf,
    /// How readings come in.
    pub broker: BrokerKind,
    /// Language of pages and panels where nobody chooses.
    pub language: Language,
    /// What the organiser signs in with.
    pub organiser: Option<::server::Secret>,
}

/// Why a configuration is none.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {}: {error}\n  give the path of a configuration with --config FILE", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why; not a `source`, or it would be told twice.
        error: io::Error,
    },
    /// The file has mistakes.
    #[error("{}", Listed(path, mistakes))]
    Mistakes {
        /// Which file.
        path: PathBuf,
        /// All of them, by line.
        mistakes: Vec<Mistake>,
    },
}

struct Listed<'a>(&'a Path, &'a [Mistake]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.1.len();
        let mistakes = if count == 1 { "mistake" } else { "mistakes" };
        write!(f, "{} has {count} {mistakes}", self.0.display())?;
        for mistake in self.1 {
            write!(f, "\n{mistake}")?;
        }
        Ok(())
    }
}

impl Config {
    /// Reads and checks a file. A relative `data` is taken from the file's folder.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path)
            .map_err(|error| ConfigError::Read { path: path.to_owned(), error })?;
        let folder = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, folder)
            .map_err(|mistakes| ConfigError::Mistakes { path: path.to_owned(), mistakes })
    }

    /// Checks the text of a file that lies in `folder`.
    pub fn parse(text: &str, folder: &Path) -> Result<Self, Vec<Mistake>> {
        let source = Source::new(text);
        let (table, errors) = DeTable::parse_recoverable(text);
        for error in &errors {
            let at = error.span().map_or(0, |span| span.start);
            source.mistake(at, format!("not TOML: {}", error.message()), "mend the line's syntax");
        }
        let config = {
            let root = source.root(&table);
            let competition = root
                .need_section(
                    "competition",
                    "a [competition] table with name, baseline and contest",
                )
                .and_then(|section| competition::read(&section));
            let server = server::read(&root, folder);
            let people = participant::read(&root, competition.as_ref());
            competition.zip(server).map(|(competition, server)| Self {
                competition,
                participants: people.participants,
                gateways: people.gateways,
                http: server.http,
                data: server.data,
                broker: server.broker,
                language: server.language,
                organiser: server.organiser,
            })
        };
        let mistakes = source.into_mistakes();
        match config {
            Some(config) if mistakes.is_empty() => Ok(config),
            _ => Err(mistakes),
        }
    }

    /// What the service is started with.
    pub fn settings(self, clock: Clock) -> Settings {
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
            organiser: self.organiser,
        }
    }
}

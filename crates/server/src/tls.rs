//! TLS of the service's own, with certificate and key from files, which are read again when they
//! change.
//!
//! Before a handshake, at most once a second, the files are looked at. Where they have changed and
//! are right, this and later handshakes use them; where they are not, as between the renewal of
//! the certificate and that of its key, the last right ones stay in use and the log says why.
use std::{
    fs, io,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{
            CertificateDer, PrivateKeyDer,
            pem::{self, PemObject},
        },
        server::WebPkiClientVerifier,
    },
};

/// Least time between two looks at the files.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Permissions of others, whom a key must not have.
const OTHERS: u32 = 0o007;

/// The files of TLS, all in PEM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate of the service, and those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// The authority whose certificates MQTT clients have to show; `None` asks for none.
    pub client_ca: Option<PathBuf>,
}

/// Why the files of TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not there, or may not be read.
    #[error("the TLS file {path} cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// A file has no certificate or key.
    #[error("the TLS file {path} is not PEM with a {wanted}: {source}")]
    NotPem {
        /// The file.
        path: PathBuf,
        /// What it should have.
        wanted: &'static str,
        /// What the parser says.
        source: pem::Error,
    },
    /// Users that are neither owner nor in the group may use the key.
    #[error("the key {0} can be read or changed by every user of this machine")]
    OpenToOthers(PathBuf),
    /// Certificate and key do not belong together, or are of a kind that is not supported.
    #[error("the certificate {certificate} cannot be used: {source}")]
    Refused {
        /// The certificate.
        certificate: PathBuf,
        /// What rustls says.
        source: rustls::Error,
    },
    /// The authority of clients cannot be used.
    #[error("the authority {path} cannot be used: {what}")]
    Authority {
        /// The file.
        path: PathBuf,
        /// What rustls says.
        what: String,
    },
}

impl TlsError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => {
                "correct `tls` in [server], and let the service's user read the file"
            }
            Self::NotPem { .. } => "give the files in PEM, with lines -----BEGIN …-----",
            Self::OpenToOthers(_) => "take the permission from others: chmod o= FILE",
            Self::Refused { .. } => {
                "give the certificate first and its chain after it, and the key that belongs to it"
            }
            Self::Authority { .. } => {
                "give the certificate of the authority that signs the clients'"
            }
        }
    }
}

/// What a listener uses TLS for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TlsUse {
    Http,
    Mqtt,
}

/// The TLS of one listener.
#[derive(Debug)]
pub(crate) struct Tls {
    settings: TlsSettings,
    usage: TlsUse,
    current: Mutex<Current>,
}

struct Current {
    acceptor: TlsAcceptor,
    stamps: Vec<Option<Stamp>>,
    looked: Instant,
}

impl std::fmt::Debug for Current {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Current").field("looked", &self.looked).finish_non_exhaustive()
    }
}

/// Which version of a file was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    length: u64,
    changed: (i64, i64),
}

impl TlsSettings {
    /// Whether the files can be used.
    ///
    /// # Errors
    /// The first that cannot.
    pub fn check(&self) -> Result<(), TlsError> {
        self.server_config(TlsUse::Mqtt).map(drop)
    }

    fn stamps(&self) -> Vec<Option<Stamp>> {
        let files = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()];
        let stamp = |path: &PathBuf| {
            fs::metadata(path).ok().map(|file| Stamp {
                inode: file.ino(),
                length: file.len(),
                changed: (file.ctime(), file.ctime_nsec()),
            })
        };
        files.into_iter().flatten().map(stamp).collect()
    }

    fn server_config(&self, usage: TlsUse) -> Result<ServerConfig, TlsError> {
        let refused = |source| TlsError::Refused { certificate: self.certificate.clone(), source };
        let mode = fs::metadata(&self.key).map_err(unreadable(&self.key))?.permissions().mode();
        if mode & OTHERS != 0 {
            return Err(TlsError::OpenToOthers(self.key.clone()));
        }
        let key = fs::read(&self.key).map_err(unreadable(&self.key))?;
        let key = PrivateKeyDer::from_pem_slice(&key).map_err(not_pem(&self.key, "private key"))?;
        let chain = certificates(&self.certificate)?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone())
            .with_safe_default_protocol_versions()
            .map_err(refused)?;
        let builder = match self.client_ca.as_ref().filter(|_| usage == TlsUse::Mqtt) {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let unusable = |what: String| TlsError::Authority { path: path.clone(), what };
                let mut roots = RootCertStore::empty();
                for authority in certificates(path)? {
                    roots.add(authority).map_err(|error| unusable(error.to_string()))?;
                }
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                        .build()
                        .map_err(|error| unusable(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(refused)?;
        if usage == TlsUse::Http {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let text = fs::read(path).map_err(unreadable(path))?;
    let all: Result<Vec<_>, pem::Error> = CertificateDer::pem_slice_iter(&text).collect();
    let all =
        all.and_then(|all| if all.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(all) });
    all.map_err(not_pem(path, "certificate"))
}

fn unreadable(path: &Path) -> impl Fn(io::Error) -> TlsError {
    |source| TlsError::Unreadable { path: path.to_owned(), source }
}

fn not_pem(path: &Path, wanted: &'static str) -> impl Fn(pem::Error) -> TlsError {
    move |source| TlsError::NotPem { path: path.to_owned(), wanted, source }
}

impl Tls {
    /// Reads the files.
    pub(crate) fn load(settings: TlsSettings, usage: TlsUse) -> Result<Self, TlsError> {
        // Before they are read: a change in between is seen at the next look.
        let stamps = settings.stamps();
        let acceptor = TlsAcceptor::from(Arc::new(settings.server_config(usage)?));
        let current = Mutex::new(Current { acceptor, stamps, looked: Instant::now() });
        Ok(Self { settings, usage, current })
    }

    /// For the next handshake, with the files as they are now.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        if current.looked.elapsed() >= LOOK_EVERY {
            current.looked = Instant::now();
            let stamps = self.settings.stamps();
            if stamps != current.stamps {
                current.stamps = stamps;
                match self.settings.server_config(self.usage) {
                    Ok(config) => {
                        current.acceptor = TlsAcceptor::from(Arc::new(config));
                        tracing::info!(
                            "the certificate {} is in use",
                            self.settings.certificate.display()
                        );
                    }
                    Err(error) => tracing::error!(
                        "the changed TLS files are not used, and the last ones stay in use: {error}; {}",
                        error.hint()
                    ),
                }
            }
        }
        current.acceptor.clone()
    }
}

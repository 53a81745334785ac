//! An authority of a test, and the certificate that it gave a broker on 127.0.0.1.
use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{BasicConstraints, CertificateParams, Error, IsCa, Issuer, KeyPair};

/// Files of a test's authority, all in PEM.
#[derive(Debug)]
pub struct Certificate {
    /// Of the authority; whoever trusts it trusts the broker.
    pub authority: PathBuf,
    /// Of the broker.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

impl Certificate {
    /// A new authority and a new certificate in a folder that is there.
    ///
    /// # Panics
    /// When they cannot be made.
    pub fn make(folder: &Path) -> Self {
        let (authority, certificate, key) = make().expect("certificates");
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).expect("written");
            path
        };
        Self {
            authority: write("authority.pem", &authority),
            certificate: write("broker.pem", &certificate),
            key: write("broker.key", &key),
        }
    }
}

fn make() -> Result<(String, String, String), Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate()?;
    let root = authority.self_signed(&authority_key)?;
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate()?;
    let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()])?.signed_by(&key, &issuer)?;
    Ok((root.pem(), leaf.pem(), key.serialize_pem()))
}

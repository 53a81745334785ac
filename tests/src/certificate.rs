//! An authority of a test, and the certificates that it gives a broker.
use std::{
    fs,
    path::{Path, PathBuf},
};

use rcgen::{
    BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    SignatureAlgorithm, date_time_ymd,
};

/// How a broker on 127.0.0.1 is called by this machine and by an emulated board.
const HERE: [&str; 2] = ["127.0.0.1", "10.0.2.2"];

/// A client that trusts it trusts the brokers that it signed.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    /// Its own certificate.
    pub pem: String,
}

impl Authority {
    /// A new one, with the keys that boards understand.
    pub fn with_p256() -> Self {
        Self::with(&PKCS_ECDSA_P256_SHA256)
    }

    /// A new one.
    ///
    /// # Panics
    /// When there are no such keys.
    pub fn with(keys: &'static SignatureAlgorithm) -> Self {
        let key = KeyPair::generate_for(keys).expect("a key");
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self { issuer: Issuer::new(params, key), pem }
    }

    /// Certifies a broker under the names by which it is known here.
    pub fn certify(&self, folder: &Path) -> Certificate {
        self.certify_as(folder, &HERE, false)
    }

    /// Certifies a broker under these names, or did so once.
    ///
    /// # Panics
    /// When the files cannot be written.
    pub fn certify_as(&self, folder: &Path, names: &[&str], expired: bool) -> Certificate {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("names");
        if expired {
            params.not_after = date_time_ymd(2020, 1, 1);
        }
        let key = KeyPair::generate().expect("a key");
        let leaf = params.signed_by(&key, &self.issuer).expect("a certificate");
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            fs::write(&path, text).expect("written");
            path
        };
        Certificate {
            authority: write("authority.pem", &self.pem),
            certificate: write("broker.pem", &leaf.pem()),
            key: write("broker.key", &key.serialize_pem()),
        }
    }
}

/// Files, all in PEM.
#[derive(Debug)]
pub struct Certificate {
    /// Of the authority; a client that trusts it trusts the broker.
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
        Authority::with_p256().certify(folder)
    }
}

//! Verification of a broker: its certificate by `webpki`, and that it has the private key.
use core::time::Duration;

use app::{connector::TrustError, secure::Fingerprint};
use embedded_tls::{
    Aes128GcmSha256, CertificateEntryRef, CertificateRef, CertificateVerifyRef, Sha256,
    SignatureScheme, TlsError, TlsVerifier,
};
use heapless::Vec;
use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier as _};
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, ServerName,
    SignatureVerificationAlgorithm, UnixTime, alg_id,
};
use sha2::Digest as _;
use webpki::{EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

/// Longest chain: the broker's certificate and the intermediate ones.
const CHAIN: usize = 4;
/// Largest certificate of a broker, bytes.
const CERTIFICATE: usize = 1536;
/// Context of the server's signature (RFC 8446, 4.4.3), behind 64 spaces.
const WORDS: &[u8] = b"TLS 1.3, server CertificateVerify\0";

/// ECDSA on P-256 over SHA-256, the only algorithm: others are too large for the flash.
#[derive(Debug)]
struct P256;

impl SignatureVerificationAlgorithm for P256 {
    fn verify_signature(
        &self,
        key: &[u8],
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), InvalidSignature> {
        let key = VerifyingKey::from_sec1_bytes(key).map_err(|_| InvalidSignature)?;
        let signature = Signature::from_der(signature).map_err(|_| InvalidSignature)?;
        key.verify(message, &signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_P256
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::ECDSA_SHA256
    }
}

/// Checks that brokers can be verified with an authority's certificate, and returns its
/// fingerprint.
pub(crate) fn check(authority: &[u8]) -> Result<Fingerprint, &'static str> {
    let der = CertificateDer::from(authority);
    let anchor = anchor_from_trusted_cert(&der).map_err(|_| "this is not a certificate")?;
    // The first of the key's two fields is a sequence of less than 128 bytes.
    let algorithm = match anchor.subject_public_key_info.as_ref() {
        [0x30, length, rest @ ..] => rest.get(..usize::from(*length)),
        _ => None,
    };
    if algorithm != Some(alg_id::ECDSA_P256.as_ref()) {
        return Err("the authority's key must be an ECDSA key on P-256 (prime256v1)");
    }
    Ok(sha2::Sha256::digest(authority).into())
}

/// The verification of one handshake.
pub(crate) struct Proof<'a> {
    authority: &'a [u8],
    host: Option<ServerName<'a>>,
    now: UnixTime,
    /// The trusted certificate, and the hash of the transcript up to it.
    shown: Option<(Vec<u8, CERTIFICATE>, Sha256)>,
    outcome: Result<bool, TrustError>,
}

impl<'a> Proof<'a> {
    pub(crate) fn new(authority: &'a [u8], host: &'a str, now: Duration) -> Self {
        Self {
            authority,
            host: ServerName::try_from(host).ok(),
            now: UnixTime::since_unix_epoch(now),
            shown: None,
            outcome: Ok(false),
        }
    }

    /// Whether the broker has a host name: an address is never sent as one (RFC 6066, 3).
    pub(crate) const fn is_named(&self) -> bool {
        matches!(self.host, Some(ServerName::DnsName(_)))
    }

    /// The result, to be called after each handshake, successful or not.
    pub(crate) fn proven(self, done: bool) -> Result<(), TrustError> {
        match (self.outcome?, done) {
            (true, true) => Ok(()),
            (false, true) => Err(TrustError::Unproven),
            (_, false) => Err(TrustError::Handshake),
        }
    }

    /// Verifies the first certificate of a chain.
    fn trust(&self, chain: &[&[u8]]) -> Result<(), TrustError> {
        let chain: Vec<_, CHAIN> = chain.iter().map(|der| CertificateDer::from(*der)).collect();
        let (first, between) = chain.split_first().ok_or(TrustError::Unproven)?;
        let authority = CertificateDer::from(self.authority);
        let anchors = [anchor_from_trusted_cert(&authority).map_err(|_| TrustError::NoAuthority)?];
        let first = EndEntityCert::try_from(first).map_err(|_| TrustError::Untrusted)?;
        let usage = KeyUsage::server_auth();
        let path = first.verify_for_usage(&[&P256], &anchors, between, self.now, usage, None, None);
        path.map_err(|error| match error {
            Error::CertExpired { .. } | Error::CertNotValidYet { .. } => TrustError::Dates,
            _ => TrustError::Untrusted,
        })?;
        let host = self.host.as_ref().ok_or(TrustError::Name)?;
        first.verify_is_valid_for_subject_name(host).map_err(|_| TrustError::Name)
    }

    /// Verifies the signature of the transcript with the certificate's key.
    fn has_key(&mut self, scheme: SignatureScheme, signature: &[u8]) -> Result<(), TrustError> {
        let (certificate, transcript) = self.shown.take().ok_or(TrustError::Unproven)?;
        let mut signed_bytes = [b' '; 64 + WORDS.len() + 32];
        signed_bytes[64..][..WORDS.len()].copy_from_slice(WORDS);
        signed_bytes[64 + WORDS.len()..].copy_from_slice(&transcript.finalize());
        let der = CertificateDer::from(certificate.as_slice());
        let shown = EndEntityCert::try_from(&der).map_err(|_| TrustError::Untrusted)?;
        let signed = shown.verify_signature(&P256, &signed_bytes, signature);
        if scheme == SignatureScheme::EcdsaSecp256r1Sha256 && signed.is_ok() {
            Ok(())
        } else {
            Err(TrustError::Unproven)
        }
    }
}

impl TlsVerifier<Aes128GcmSha256> for Proof<'_> {
    fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
        Ok(()) // The host name is known already.
    }

    fn verify_certificate(
        &mut self,
        transcript: &Sha256,
        shown: CertificateRef<'_>,
    ) -> Result<(), TlsError> {
        let mut chain = Vec::<&[u8], CHAIN>::new();
        for entry in &shown.entries {
            if let CertificateEntryRef::X509(der) = entry {
                // Longer chains are cut: the path is found without the rest, or not at all.
                let _ = chain.push(*der);
            }
        }
        let first = chain.first().copied().unwrap_or_default();
        let kept = Vec::from_slice(first).map_err(|_| TrustError::Untrusted);
        match self.trust(&chain).and(kept) {
            Ok(kept) => {
                (self.shown, self.outcome) = (Some((kept, transcript.clone())), Ok(false));
                Ok(())
            }
            Err(cause) => {
                self.outcome = Err(cause);
                Err(TlsError::InvalidCertificate)
            }
        }
    }

    fn verify_signature(&mut self, verify: CertificateVerifyRef<'_>) -> Result<(), TlsError> {
        self.outcome = self.has_key(verify.signature_scheme, verify.signature).map(|()| true);
        self.outcome.map(drop).map_err(|_| TlsError::InvalidSignature)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        process::Command,
        string::{String, ToString},
        time::SystemTime,
        vec::Vec,
    };

    use p256::ecdsa::{DerSignature, SigningKey, signature::Signer as _};
    use p256::pkcs8::DecodePrivateKey as _;
    use rcgen::{
        BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
        PKCS_ECDSA_P384_SHA384, PKCS_ED25519, date_time_ymd,
    };
    use rustls_pki_types::pem::PemObject as _;

    use super::*;

    const HOST: &str = "broker.example";
    /// In February 2026.
    const NOW: Duration = Duration::from_secs(1_770_000_000);

    struct Certified {
        der: Vec<u8>,
        key: KeyPair,
        issuer: Issuer<'static, KeyPair>,
    }

    /// A certificate that `by` signs, or a self-signed one; `shape` adjusts its parameters.
    fn certify(
        by: Option<&Certified>,
        key: KeyPair,
        shape: impl FnOnce(&mut CertificateParams),
    ) -> Certified {
        let mut params = CertificateParams::new([HOST.to_string()]).expect("a name");
        shape(&mut params);
        let issuer = KeyPair::try_from(key.serialize_der()).expect("the same key");
        let made = match by {
            None => params.self_signed(&key),
            Some(by) => params.signed_by(&key, &by.issuer),
        };
        let der = made.expect("a certificate").der().to_vec();
        Certified { der, key, issuer: Issuer::new(params, issuer) }
    }

    fn key() -> KeyPair {
        KeyPair::generate().expect("a key")
    }

    fn authority() -> Certified {
        certify(None, key(), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        })
    }

    fn shown<'c>(chain: &[&'c Certified]) -> CertificateRef<'c> {
        let mut shown = CertificateRef::with_context(&[]);
        for certified in chain {
            shown.add(CertificateEntryRef::X509(&certified.der)).expect("room");
        }
        shown
    }

    /// The result of a handshake with this chain, signed with the key of its first certificate.
    fn outcome(
        root: &Certified,
        host: &str,
        now: Duration,
        chain: &[&Certified],
    ) -> Option<TrustError> {
        let mut proof = Proof::new(&root.der, host, now);
        let transcript = Sha256::new_with_prefix("hello");
        let done = proof.verify_certificate(&transcript, shown(chain)).is_ok()
            && proof.verify_signature(signed(chain[0], b"hello").verify()).is_ok();
        proof.proven(done).err()
    }

    struct Signed(DerSignature);

    impl Signed {
        fn verify(&self) -> CertificateVerifyRef<'_> {
            let signature_scheme = SignatureScheme::EcdsaSecp256r1Sha256;
            CertificateVerifyRef { signature_scheme, signature: self.0.as_bytes() }
        }
    }

    /// The signature of RFC 8446, 4.4.3, written independently of the code under test.
    fn signed(by: &Certified, transcript: &[u8]) -> Signed {
        let mut text = [b' '; 64].to_vec();
        text.extend(b"TLS 1.3, server CertificateVerify\0");
        text.extend(sha2::Sha256::digest(transcript));
        let key = SigningKey::from_pkcs8_der(by.key.serialized_der()).expect("the same key");
        Signed(key.sign(&text))
    }

    #[test]
    fn certificates_signed_by_the_authority_are_trusted() {
        let root = authority();
        let leaf = certify(Some(&root), key(), |_| ());
        assert_eq!(outcome(&root, HOST, NOW, &[&leaf]), None);
        let between = certify(Some(&root), key(), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        });
        let below = certify(Some(&between), key(), |_| ());
        assert_eq!(outcome(&root, HOST, NOW, &[&below, &between]), None);
        // A server may also send its authority.
        assert_eq!(outcome(&root, HOST, NOW, &[&leaf, &root]), None);
        let by_address = certify(Some(&root), key(), |params| {
            *params = CertificateParams::new(["10.0.0.7".to_string()]).expect("an address");
        });
        assert_eq!(outcome(&root, "10.0.0.7", NOW, &[&by_address]), None);
    }

    #[test]
    fn other_certificates_are_refused_with_the_cause() {
        let (root, other) = (authority(), authority());
        let leaf = certify(Some(&root), key(), |_| ());
        let foreign = certify(Some(&other), key(), |_| ());
        let itself = certify(None, key(), |_| ());
        // Signed by another server of the same authority, which is not an authority itself.
        let forged = certify(Some(&leaf), key(), |_| ());
        let client = certify(Some(&root), key(), |params| {
            params.extended_key_usages = [ExtendedKeyUsagePurpose::ClientAuth].into();
        });
        let too_deep = certify(Some(&root), key(), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        });
        let deeper = certify(Some(&too_deep), key(), |params| {
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        });
        let deepest = certify(Some(&deeper), key(), |_| ());
        for chain in [
            &[&foreign][..],
            &[&foreign, &other],
            &[&itself],
            &[&forged, &leaf],
            &[&client],
            &[&deepest, &deeper, &too_deep],
        ] {
            assert_eq!(outcome(&root, HOST, NOW, chain), Some(TrustError::Untrusted));
        }
        for host in ["broker.example.org", "example", "10.0.0.7"] {
            assert_eq!(outcome(&root, host, NOW, &[&leaf]), Some(TrustError::Name), "{host}");
        }
        let dated = certify(Some(&root), key(), |params| {
            params.not_before = date_time_ymd(2026, 1, 1);
            params.not_after = date_time_ymd(2027, 1, 1);
        });
        let year = Duration::from_secs(366 * 86_400);
        for (now, cause) in [
            (NOW - year, Some(TrustError::Dates)),
            (NOW, None),
            (NOW + year, Some(TrustError::Dates)),
        ] {
            assert_eq!(outcome(&root, HOST, now, &[&dated]), cause);
        }
    }

    #[test]
    fn a_certificate_without_its_key_is_not_enough() {
        let root = authority();
        let (leaf, other) = (certify(Some(&root), key(), |_| ()), certify(None, key(), |_| ()));
        let transcript = Sha256::new_with_prefix("hello");
        for signed in [signed(&other, b"hello"), signed(&leaf, b"something else")] {
            let mut proof = Proof::new(&root.der, HOST, NOW);
            proof.verify_certificate(&transcript, shown(&[&leaf])).expect("it is trusted");
            assert!(proof.verify_signature(signed.verify()).is_err());
            assert_eq!(proof.proven(false), Err(TrustError::Unproven));
        }
        // Another certificate after a valid signature.
        let mut proof = Proof::new(&root.der, HOST, NOW);
        proof.verify_certificate(&transcript, shown(&[&leaf])).expect("it is trusted");
        proof.verify_signature(signed(&leaf, b"hello").verify()).expect("it is signed");
        proof.verify_certificate(&transcript, shown(&[&leaf])).expect("it is trusted");
        assert_eq!(proof.proven(true), Err(TrustError::Unproven));
        // A handshake without any certificate.
        assert_eq!(Proof::new(&root.der, HOST, NOW).proven(true), Err(TrustError::Unproven));
        assert_eq!(outcome(&root, HOST, NOW, &[&leaf]), None);
    }

    #[test]
    fn the_certificates_of_the_readme_are_accepted() {
        let readme = include_str!("../../README.md");
        let commands: Vec<_> = readme.lines().filter(|line| line.starts_with("openssl ")).collect();
        assert_eq!(commands.len(), 2, "an authority and a broker");
        let folder = tempfile::tempdir().expect("a folder");
        for command in commands {
            let mut shell = Command::new("sh");
            let output = shell.args(["-c", command]).current_dir(folder.path()).output();
            let output = output.expect("a shell");
            assert!(
                output.status.success(),
                "{command}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
        let certificate = |name| {
            CertificateDer::from_pem_file(folder.path().join(name)).expect("a certificate in PEM")
        };
        let (root, leaf) = (certificate("authority.pem"), certificate("broker.pem"));
        check(&root).expect("an authority");
        assert!(root.len() <= app::secure::MAX_AUTHORITY);
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock");
        let proof = |host| Proof::new(&root, host, now).trust(&[&leaf]);
        assert_eq!(proof("matning.example.se"), Ok(()));
        assert_eq!(proof("matning.example.com"), Err(TrustError::Name));
    }

    #[test]
    fn an_authority_with_an_unsupported_key_is_refused() {
        let root = authority();
        assert_eq!(check(&root.der), Ok(sha2::Sha256::digest(&root.der).into()));
        for keys in [&PKCS_ECDSA_P384_SHA384, &PKCS_ED25519] {
            let other = certify(None, KeyPair::generate_for(keys).expect("a key"), |_| ());
            assert_eq!(check(&other.der).err().map(|why| why.contains("P-256")), Some(true));
        }
        for end in 0..root.der.len() {
            assert!(check(&root.der[..end]).is_err(), "{end} bytes");
        }
    }
}

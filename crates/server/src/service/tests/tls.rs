//! HTTPS and MQTT over TLS with real clients, certificates that change, and keys that are open to
//! others.
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, ServerName, pem::PemObject},
    },
};

use super::*;
use crate::{TlsError, TlsSettings};

/// A certificate authority.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
    pem: String,
}

impl Authority {
    fn new() -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let certificate = params.self_signed(&key).unwrap();
        let (pem, der) = (certificate.pem(), certificate.der().clone());
        Self { issuer: Issuer::new(params, key), certificate: der, pem }
    }

    /// A certificate of `localhost` and its key, in PEM.
    fn certify(&self) -> (String, String) {
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let key = KeyPair::generate().unwrap();
        (params.signed_by(&key, &self.issuer).unwrap().pem(), key.serialize_pem())
    }

    /// A client that trusts this authority alone.
    async fn connect(
        &self,
        addr: SocketAddr,
        own: Option<&(String, String)>,
    ) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.certificate.clone()).unwrap();
        let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots);
        let config = match own {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => {
                let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
                let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
                builder.with_client_auth_cert(vec![certificate], key).unwrap()
            }
        };
        let stream = TcpStream::connect(addr).await?;
        let name = ServerName::try_from("localhost").unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    }
}

/// Writes certificate and key as a renewal does: each appears whole.
fn write(dir: &Path, (certificate, key): &(String, String)) -> TlsSettings {
    let replace = |name: &str, text: &str| -> PathBuf {
        let (new, path) = (dir.join("new"), dir.join(name));
        fs::write(&new, text).unwrap();
        fs::set_permissions(&new, fs::Permissions::from_mode(0o640)).unwrap();
        fs::rename(&new, &path).unwrap();
        path
    };
    let certificate = replace("service.pem", certificate);
    TlsSettings { certificate, key: replace("service.key", key), client_ca: None }
}

fn encrypted(dir: &Path, tls: TlsSettings) -> Settings {
    let free = ([127, 0, 0, 1], 0).into();
    let broker = BrokerKind::Embedded { listen: free, listen_tls: Some(free), logins: Vec::new() };
    let data = dir.join("data");
    Settings { https: Some(free), tls: Some(tls), broker, ..settings(&data) }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_readings_travel_over_tls_and_a_renewed_certificate_needs_no_restart() {
    let dir = tempfile::tempdir().unwrap();
    let first = Authority::new();
    let tls = write(dir.path(), &first.certify());
    let running = start(encrypted(dir.path(), tls)).await.unwrap();
    let (https, mqtts) = (running.https_addr.unwrap(), running.mqtts_addr.unwrap());
    let page = read(first.connect(https, None).await.unwrap(), "/").await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    let stream = first.connect(mqtts, None).await.unwrap();
    Gateway::over(stream, "g0").await.unwrap().publish(1).await.unwrap();
    // The plain listeners go on beside them.
    publish_reading(running.mqtt_addr.unwrap(), 2).await.unwrap();
    let mut old = Gateway::over(first.connect(mqtts, None).await.unwrap(), "g1").await.unwrap();

    let second = Authority::new();
    assert!(second.connect(https, None).await.is_err(), "it is not trusted yet");
    write(dir.path(), &second.certify());
    for addr in [https, mqtts] {
        let renewed = async { while second.connect(addr, None).await.is_err() {} };
        timeout(DEADLINE, renewed).await.expect("the new certificate is used");
    }
    old.ping().await.expect("an open connection goes on");
    // Files that are wrong change nothing.
    fs::write(dir.path().join("service.key"), "no key").unwrap();
    for _ in 0..3 {
        second.connect(https, None).await.expect("the last right files stay in use");
    }
    running.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn where_an_authority_of_clients_is_configured_mqtt_asks_for_their_certificates() {
    let dir = tempfile::tempdir().unwrap();
    let (service, clients) = (Authority::new(), Authority::new());
    let client_ca = dir.path().join("clients.pem");
    fs::write(&client_ca, &clients.pem).unwrap();
    let tls = write(dir.path(), &service.certify());
    let tls = TlsSettings { client_ca: Some(client_ca), ..tls };
    let running = start(encrypted(dir.path(), tls)).await.unwrap();
    let mqtts = running.mqtts_addr.unwrap();
    for wrong in [None, Some(service.certify())] {
        // In TLS 1.3 the client learns of the refusal after its own side of the handshake.
        let refused = match service.connect(mqtts, wrong.as_ref()).await {
            Ok(stream) => Gateway::over(stream, "g0").await.is_err(),
            Err(_) => true,
        };
        assert!(refused, "a client without a certificate of the authority is served");
    }
    let own = clients.certify();
    let stream = service.connect(mqtts, Some(&own)).await.unwrap();
    Gateway::over(stream, "g0").await.unwrap().publish(1).await.unwrap();
    // Visitors need none.
    let https = running.https_addr.unwrap();
    let page = read(service.connect(https, None).await.unwrap(), "/").await.unwrap();
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    running.shutdown().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_others_can_read_and_files_that_do_not_belong_together_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::new();
    let tls = write(dir.path(), &authority.certify());
    fs::set_permissions(&tls.key, fs::Permissions::from_mode(0o644)).unwrap();
    let error = start(encrypted(dir.path(), tls.clone())).await.unwrap_err();
    assert!(error.to_string().contains("can be read or changed by every user"), "{error}");
    assert!(error.hint().contains("chmod o="), "{}", error.hint());
    let (other, _) = authority.certify();
    let tls = write(dir.path(), &(other, authority.certify().1));
    assert!(matches!(tls.check(), Err(TlsError::Refused { .. })));
    fs::write(&tls.certificate, "").unwrap();
    assert!(matches!(tls.check(), Err(TlsError::NotPem { wanted: "certificate", .. })));
    fs::remove_file(&tls.key).unwrap();
    assert!(matches!(tls.check(), Err(TlsError::Unreadable { .. })));
}

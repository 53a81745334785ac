//! The connection's own future: TCP, the handshake, and then both directions concurrently,
//! neither of which is cancelled before the connection ends.
use core::{convert::Infallible, time::Duration};

use app::{
    connector::{ConnectionError, Connector, STEP_TIMEOUT, Tcp, TrustError},
    secure::Trust,
};
use embassy_futures::select::{Either, select};
use embassy_net::tcp::{self, TcpReader, TcpWriter};
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use embassy_time::with_timeout;
use embedded_io_async::{ErrorType, Read, Write};
use embedded_tls::{
    Aes128GcmSha256, CryptoProvider, CryptoRngCore, TlsConfig, TlsConnection, TlsContext, TlsError,
    TlsVerifier,
};

use crate::{
    line::{Channel, Request},
    proof::Proof,
};

/// The longest record of TLS 1.3 with its header, bytes.
const RECORD: usize = 16_640;
/// Send buffer, which also holds the first message of a handshake, bytes.
const SENT: usize = 1024;
/// Bytes copied at once between a record and a pipe.
const CHUNK: usize = 256;

/// Buffers for records.
pub(crate) struct Buffers {
    received: [u8; RECORD],
    sent: [u8; SENT],
}

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self { received: [0; RECORD], sent: [0; SENT] }
    }
}

/// Opens a connection whenever one is requested, for ever.
pub(crate) async fn run(
    tcp: &mut Tcp<'_>,
    trust: &Trust<'_>,
    rng: &mut impl CryptoRngCore,
    channel: &Channel,
    buffers: &mut Buffers,
) -> Infallible {
    let mut request = channel.request().await;
    loop {
        if request == Request::Open {
            channel.clear();
            let connection = connect(tcp, trust, rng, channel, buffers);
            match select(channel.request(), connection).await {
                Either::First(other) => {
                    request = other;
                    continue;
                }
                Either::Second(Ok(never)) => match never {},
                Either::Second(Err(error)) => channel.fail(error),
            }
        }
        request = channel.request().await;
    }
}

/// Runs one connection until it ends with an error.
async fn connect(
    tcp: &mut Tcp<'_>,
    trust: &Trust<'_>,
    rng: &mut impl CryptoRngCore,
    channel: &Channel,
    buffers: &mut Buffers,
) -> Result<Infallible, ConnectionError> {
    if trust.authority.is_empty() {
        return Err(ConnectionError::Tls(TrustError::NoAuthority));
    }
    let now = trust
        .clock
        .unix_us()
        .map(Duration::from_micros)
        .ok_or(ConnectionError::Tls(TrustError::NoTime))?;
    let mut socket = tcp.open().await?;
    let (reader, writer) = socket.split();
    let socket = SplitSocket { reader: &Mutex::new(reader), writer: &Mutex::new(writer) };
    let mut tls = TlsConnection::new(socket, &mut buffers.received, &mut buffers.sent);
    let mut provider = Provider { rng, proof: Proof::new(trust.authority, trust.host, now) };
    let mut config = TlsConfig::new();
    if provider.proof.is_named() {
        config = config.with_server_name(trust.host);
    }
    let handshake =
        with_timeout(STEP_TIMEOUT, tls.open(TlsContext::new(&config, &mut provider))).await;
    let handshake = handshake.map_err(|_| ConnectionError::Timeout)?;
    // The handshake alone also succeeds with a server that shows no certificate.
    provider.proof.proven(handshake.is_ok()).map_err(ConnectionError::Tls)?;
    channel.opened();
    let (mut reader, mut writer) = tls.split();
    let up = async {
        let mut bytes = [0; CHUNK];
        loop {
            let length = channel.take(&mut bytes).await;
            writer.write_all(&bytes[..length]).await?;
            writer.flush().await?;
            channel.sent(length);
        }
    };
    let down = async {
        let mut bytes = [0; CHUNK];
        loop {
            let length = reader.read(&mut bytes).await?;
            channel.give(&bytes[..length]).await;
        }
    };
    let ended: Either<Result<Infallible, TlsError>, Result<Infallible, TlsError>> =
        select(up, down).await;
    let (Either::First(ended) | Either::Second(ended)) = ended;
    ended.map_err(|_| ConnectionError::Mqtt)
}

/// A socket for concurrent reads and writes: each direction locks its own half.
#[derive(Clone, Copy)]
struct SplitSocket<'a, 's> {
    reader: &'a Mutex<NoopRawMutex, TcpReader<'s>>,
    writer: &'a Mutex<NoopRawMutex, TcpWriter<'s>>,
}

impl ErrorType for SplitSocket<'_, '_> {
    type Error = tcp::Error;
}

impl Read for SplitSocket<'_, '_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, tcp::Error> {
        self.reader.lock().await.read(bytes).await
    }
}

impl Write for SplitSocket<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, tcp::Error> {
        self.writer.lock().await.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), tcp::Error> {
        self.writer.lock().await.flush().await
    }
}

/// Random numbers and certificate checks for `embedded-tls`.
struct Provider<'a, R> {
    rng: &'a mut R,
    proof: Proof<'a>,
}

impl<R: CryptoRngCore> CryptoProvider for Provider<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = p256::ecdsa::DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.rng
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.proof)
    }
}

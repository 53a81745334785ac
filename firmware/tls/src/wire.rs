//! The connection's own future: TCP, the handshake, and then both directions side by
//! side, none of which is given up before the connection is.
use core::{convert::Infallible, time::Duration};

use app::{
    secure::{Cause, Trust},
    uplink::{Connector, Fault, PATIENCE, Tcp},
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
    line::{Door, Wish},
    proof::Proof,
};

/// The longest record that TLS 1.3 allows, with what is around it.
const RECORD: usize = 16_640;
/// What is sent at once, and the first words of a handshake.
const SENT: usize = 1024;
/// Copied at once between a record and a pipe.
const CHUNK: usize = 256;

/// Records, encrypted and not.
pub(crate) struct Buffers {
    received: [u8; RECORD],
    sent: [u8; SENT],
}

impl Buffers {
    pub(crate) const fn new() -> Self {
        Self { received: [0; RECORD], sent: [0; SENT] }
    }
}

/// Opens a connection each time that one is wanted, for ever.
pub(crate) async fn run(
    tcp: &mut Tcp<'_>,
    trust: &Trust<'_>,
    chance: &mut impl CryptoRngCore,
    door: &Door,
    buffers: &mut Buffers,
) -> Infallible {
    let mut wish = door.wish().await;
    loop {
        if wish == Wish::Open {
            door.clear();
            let carried = carry(tcp, trust, chance, door, buffers);
            match select(door.wish(), carried).await {
                Either::First(other) => {
                    wish = other;
                    continue;
                }
                Either::Second(fault) => door.fail(fault),
            }
        }
        wish = door.wish().await;
    }
}

/// Until it breaks; tells why.
async fn carry(
    tcp: &mut Tcp<'_>,
    trust: &Trust<'_>,
    chance: &mut impl CryptoRngCore,
    door: &Door,
    buffers: &mut Buffers,
) -> Fault {
    match talk(tcp, trust, chance, door, buffers).await {
        Ok(never) => match never {},
        Err(fault) => fault,
    }
}

async fn talk(
    tcp: &mut Tcp<'_>,
    trust: &Trust<'_>,
    chance: &mut impl CryptoRngCore,
    door: &Door,
    buffers: &mut Buffers,
) -> Result<Infallible, Fault> {
    if trust.authority.is_empty() {
        return Err(Fault::Tls(Cause::NoAuthority));
    }
    let now = trust.clock.unix_us().map(Duration::from_micros).ok_or(Fault::Tls(Cause::NoTime))?;
    let mut socket = tcp.open().await?;
    let (reader, writer) = socket.split();
    let ends = Ends { reader: &Mutex::new(reader), writer: &Mutex::new(writer) };
    let mut tls = TlsConnection::new(ends, &mut buffers.received, &mut buffers.sent);
    let mut broker = Broker { chance, proof: Proof::new(trust.authority, trust.host, now) };
    let mut config = TlsConfig::new();
    if broker.proof.is_named() {
        config = config.with_server_name(trust.host);
    }
    let handshake = with_timeout(PATIENCE, tls.open(TlsContext::new(&config, &mut broker))).await;
    let handshake = handshake.map_err(|_| Fault::Timeout)?;
    // It takes a server that shows no certificate at all.
    broker.proof.proven(handshake.is_ok()).map_err(Fault::Tls)?;
    door.opened();
    let (mut reader, mut writer) = tls.split();
    let up = async {
        let mut bytes = [0; CHUNK];
        loop {
            let length = door.take(&mut bytes).await;
            writer.write_all(&bytes[..length]).await?;
            writer.flush().await?;
            door.sent(length);
        }
    };
    let down = async {
        let mut bytes = [0; CHUNK];
        loop {
            let length = reader.read(&mut bytes).await?;
            door.give(&bytes[..length]).await;
        }
    };
    let ended: Either<Result<Infallible, TlsError>, Result<Infallible, TlsError>> =
        select(up, down).await;
    let (Either::First(ended) | Either::Second(ended)) = ended;
    ended.map_err(|_| Fault::Mqtt)
}

/// One socket for both directions at once: each has its own half, and takes it alone.
#[derive(Clone, Copy)]
struct Ends<'a, 's> {
    reader: &'a Mutex<NoopRawMutex, TcpReader<'s>>,
    writer: &'a Mutex<NoopRawMutex, TcpWriter<'s>>,
}

impl ErrorType for Ends<'_, '_> {
    type Error = tcp::Error;
}

impl Read for Ends<'_, '_> {
    async fn read(&mut self, bytes: &mut [u8]) -> Result<usize, tcp::Error> {
        self.reader.lock().await.read(bytes).await
    }
}

impl Write for Ends<'_, '_> {
    async fn write(&mut self, bytes: &[u8]) -> Result<usize, tcp::Error> {
        self.writer.lock().await.write(bytes).await
    }

    async fn flush(&mut self) -> Result<(), tcp::Error> {
        self.writer.lock().await.flush().await
    }
}

/// What `embedded-tls` asks for.
struct Broker<'a, R> {
    chance: &'a mut R,
    proof: Proof<'a>,
}

impl<R: CryptoRngCore> CryptoProvider for Broker<'_, R> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = p256::ecdsa::DerSignature;

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut *self.chance
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.proof)
    }
}

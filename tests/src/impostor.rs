//! A server of TLS 1.3 (RFC 8446) that shows no certificate: what an attacker between a board
//! and its broker can always be. It finishes the handshake and listens.
use std::{
    io::{self, Read, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use ring::{
    aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey},
    agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral},
    digest::{SHA256, digest},
    error::Unspecified,
    hmac::{HMAC_SHA256, Key, sign},
    rand::SystemRandom,
};

const HANDSHAKE: u8 = 22;
const APPLICATION: u8 = 23;

/// What clients sent to it.
#[derive(Debug, Default, Clone)]
pub struct Overheard {
    /// Clients that took it for a server.
    pub finished: usize,
    /// Their application data after that.
    pub text: Vec<u8>,
}

/// Listens for as long as the process lives.
#[derive(Debug)]
pub struct Impostor {
    /// Where it listens.
    pub address: SocketAddr,
    heard: Arc<Mutex<Overheard>>,
}

impl Impostor {
    /// On a free port.
    ///
    /// # Panics
    /// When there is none.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let heard = Arc::<Mutex<Overheard>>::default();
        let overheard = Arc::clone(&heard);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                // A closed connection has nothing more to send.
                let _ = listen(client, &overheard);
            }
        });
        Self { address, heard }
    }

    /// What it has heard so far.
    pub fn heard(&self) -> Overheard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn listen(mut client: TcpStream, overheard: &Mutex<Overheard>) -> io::Result<()> {
    let (_, hello) = record(&mut client)?;
    let (session, theirs) = offered(&hello).ok_or(io::ErrorKind::InvalidData)?;
    let random = SystemRandom::new();
    let ours = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(broken)?;
    let public = ours.compute_public_key().map_err(broken)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, theirs);
    let shared = agree_ephemeral(ours, &theirs, <[u8]>::to_vec).map_err(broken)?;

    let mut answer = [&[3, 3][..], &[0x5a; 32], &[session.len() as u8], session].concat();
    // AES-128-GCM, no compression, TLS 1.3, and the key on P-256.
    answer.extend([0x13, 1, 0]);
    let key = [&[0, 23, 0, public.as_ref().len() as u8], public.as_ref()].concat();
    let extensions = [&[0, 43, 0, 2, 3, 4][..], &[0, 51, 0, key.len() as u8], &key].concat();
    answer.extend([0, extensions.len() as u8]);
    answer.extend(extensions);
    let answer = message(2, &answer);
    client.write_all(&[&[HANDSHAKE, 3, 3, 0, answer.len() as u8], &answer[..]].concat())?;

    let early = hmac(&[0; 32], &[0; 32]);
    let secret = hmac(&derive(&early, "derived", digest(&SHA256, b"").as_ref()), &shared);
    let transcript = digest(&SHA256, &[&hello[..], &answer].concat());
    let mut write = Cipher::new(&derive(&secret, "s hs traffic", transcript.as_ref()));
    let mut read = Cipher::new(&derive(&secret, "c hs traffic", transcript.as_ref()));

    // No extensions; and then, where a certificate is due, nothing.
    let nothing = message(8, &[0, 0]);
    let transcript = digest(&SHA256, &[&hello[..], &answer, &nothing].concat());
    let finished = message(20, &hmac(&write.finished, transcript.as_ref()));
    for part in [&nothing, &finished] {
        client.write_all(&write.seal(HANDSHAKE, part)?)?;
    }
    let master = hmac(&derive(&secret, "derived", digest(&SHA256, b"").as_ref()), &[0; 32]);
    let transcript = digest(&SHA256, &[&hello[..], &answer, &nothing, &finished].concat());
    let application = derive(&master, "c ap traffic", transcript.as_ref());
    let mut is_finished = false;
    loop {
        let (kind, bytes) = record(&mut client)?;
        if kind != APPLICATION {
            continue;
        }
        let text = read.open(&bytes)?;
        let mut overheard = overheard.lock().unwrap_or_else(PoisonError::into_inner);
        if is_finished {
            overheard.text.extend(text);
        } else if text.first() == Some(&20) {
            (is_finished, read) = (true, Cipher::new(&application));
            overheard.finished += 1;
        }
    }
}

/// `ring` does not report a reason.
fn broken(_: Unspecified) -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Kind and content.
fn record(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    from.read_exact(&mut head)?;
    let mut bytes = vec![0; usize::from(u16::from_be_bytes([head[3], head[4]]))];
    from.read_exact(&mut bytes)?;
    Ok((head[0], bytes))
}

fn message(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind, 0, 0, content.len() as u8], content].concat()
}

/// Of a client's first words: its session, and its key on P-256.
fn offered(hello: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = hello.get(4 + 2 + 32..)?;
    let session = vector(&mut rest, 1)?;
    let (_suites, _compression) = (vector(&mut rest, 2)?, vector(&mut rest, 1)?);
    let mut extensions = vector(&mut rest, 2)?;
    while let Some((kind, tail)) = extensions.split_at_checked(2) {
        extensions = tail;
        let mut content = vector(&mut extensions, 2)?;
        if kind != [0, 51] {
            continue;
        }
        let mut shares = vector(&mut content, 2)?;
        while let Some((group, tail)) = shares.split_at_checked(2) {
            shares = tail;
            let key = vector(&mut shares, 2)?;
            if group == [0, 23] {
                return Some((session, key));
            }
        }
    }
    None
}

/// Bytes behind their number, which takes so many bytes itself.
fn vector<'a>(from: &mut &'a [u8], width: usize) -> Option<&'a [u8]> {
    let (length, rest) = from.split_at_checked(width)?;
    let length = length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
    let (vector, rest) = rest.split_at_checked(length)?;
    *from = rest;
    Some(vector)
}

fn hmac(key: &[u8], text: &[u8]) -> Vec<u8> {
    sign(&Key::new(HMAC_SHA256, key), text).as_ref().to_vec()
}

/// HKDF-Expand-Label of at most 32 bytes, which is one round.
fn expand(secret: &[u8], label: &str, context: &[u8], length: u8) -> Vec<u8> {
    let label = format!("tls13 {label}");
    let lengths = [0, length, label.len() as u8];
    let info = [&lengths, label.as_bytes(), &[context.len() as u8], context, &[1]].concat();
    let mut bytes = hmac(secret, &info);
    bytes.truncate(length.into());
    bytes
}

fn derive(secret: &[u8], label: &str, transcript: &[u8]) -> Vec<u8> {
    expand(secret, label, transcript, 32)
}

/// One direction.
struct Cipher {
    key: LessSafeKey,
    iv: Vec<u8>,
    count: u64,
    finished: Vec<u8>,
}

impl Cipher {
    fn new(secret: &[u8]) -> Self {
        let key = UnboundKey::new(&AES_128_GCM, &expand(secret, "key", b"", 16));
        Self {
            key: LessSafeKey::new(key.expect("16 bytes")),
            iv: expand(secret, "iv", b"", 12),
            count: 0,
            finished: expand(secret, "finished", b"", 32),
        }
    }

    fn nonce(&mut self) -> Nonce {
        let mut nonce: [u8; 12] = self.iv.as_slice().try_into().expect("12 bytes");
        for (byte, count) in nonce[4..].iter_mut().zip(self.count.to_be_bytes()) {
            *byte ^= count;
        }
        self.count += 1;
        Nonce::assume_unique_for_key(nonce)
    }

    fn seal(&mut self, kind: u8, text: &[u8]) -> io::Result<Vec<u8>> {
        let mut bytes = [text, &[kind]].concat();
        let head = head(bytes.len() + AES_128_GCM.tag_len());
        let nonce = self.nonce();
        let sealed = self.key.seal_in_place_append_tag(nonce, Aad::from(head), &mut bytes);
        sealed.map_err(broken)?;
        Ok([&head[..], &bytes].concat())
    }

    /// Without the record's own kind, which is its last byte that is no zero.
    fn open(&mut self, sealed: &[u8]) -> io::Result<Vec<u8>> {
        let (mut bytes, nonce) = (sealed.to_vec(), self.nonce());
        let aad = Aad::from(head(sealed.len()));
        let text = self.key.open_in_place(nonce, aad, &mut bytes).map_err(broken)?;
        let end = text.iter().rposition(|byte| *byte != 0).unwrap_or(0);
        Ok(text[..end].to_vec())
    }
}

fn head(length: usize) -> [u8; 5] {
    let [high, low] = (length as u16).to_be_bytes();
    [APPLICATION, 3, 3, high, low]
}

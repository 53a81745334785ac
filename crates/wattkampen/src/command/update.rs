//! `update`: a new program for a gateway's board, over its broker. The board takes what
//! is signed with the key that was set at its cable, tries it, and takes it back unless
//! it reaches the broker; its status tells what became of it.
//!
//! The form of pieces and signature is that of `firmware/app/src/update.rs`.
use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use ed25519_dalek::{Digest, Sha512, Signer, SigningKey};
use rumqttc::{AsyncClient, Event, Packet, PublishOptions, QoS};
use tokio::time::timeout;
use wire::{ConnectionState, GatewayId, Status, Topic};

use super::{Failure, broker_args::BrokerArgs, output, runtime};

/// Most bytes of a program in one message.
const PIECE: usize = 1024;
const PREFIX: &[u8] = b"wattkampen/v1 update\n";
/// Longer than a board takes to write and check a program, or to exchange it and connect.
const PATIENCE: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Makes a key, and tells what to type at each board's cable
    Key {
        /// Where the key will be; who has it can put any program on the boards
        file: PathBuf,
    },
    /// Signs a program, sends it to a board, and waits for what becomes of it
    Send(Send),
}

#[derive(Debug, clap::Args)]
pub(super) struct Send {
    /// The program, such as firmware/target/uf2/rp2040-gateway.bin
    program: PathBuf,
    /// The key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// The board's name in its topics
    #[arg(long, value_name = "ID")]
    gateway: GatewayId,
    /// What the program is for, as the board's status calls it
    #[arg(long, value_name = "NAME", default_value = "rp2040-gateway")]
    board: String,
    /// How long the board may try it, s: longer than its `update-trial`
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    trial: u64,
    #[command(flatten)]
    broker: BrokerArgs,
}

pub(super) fn run(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Key { file } => Ok(new_key(file)?),
        Command::Send(send) => {
            let address = send.broker.address()?;
            let key = read_key(&send.key)?;
            let program = fs::read(&send.program)
                .with_context(|| format!("{}", send.program.display()))
                .map_err(Failure::Usage)?;
            let pieces = pieces(&program, &send.board, &key);
            let client = format!("wattkampen-update-{}", std::process::id());
            let options = address.options(&client);
            Ok(runtime()?.block_on(async {
                let (client, mut events) = AsyncClient::builder(options).capacity(64).build();
                let mut board = Board::new(&send.gateway);
                client.subscribe(board.topic.clone(), QoS::AtLeastOnce).await?;
                let first = next(&mut events, &mut board, PATIENCE).await;
                can_be_updated(&first.context("the gateway has never said anything")?)?;
                let topic = Topic::Update(send.gateway.clone()).to_string();
                let trial = Duration::from_secs(send.trial);
                let sent = async {
                    for piece in pieces {
                        let options = PublishOptions::new(QoS::AtLeastOnce);
                        client.publish(topic.as_str(), piece, options).await?;
                    }
                    // What follows is the board's to say.
                    std::future::pending::<anyhow::Result<()>>().await
                };
                tokio::select! {
                    failed = sent => failed,
                    done = outcome(&mut events, &mut board, trial) => done,
                }
            })?)
        }
    }
}

fn new_key(file: &Path) -> anyhow::Result<()> {
    let mut secret = [0; 32];
    File::open("/dev/urandom")?.read_exact(&mut secret)?;
    // Never over an older one: boards are out there that know only that.
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut made = made.with_context(|| format!("{}", file.display()))?;
    writeln!(made, "{}", hex(&secret))?;
    let public = SigningKey::from_bytes(&secret).verifying_key();
    Ok(output::line(format_args!("set update-key {}", hex(public.as_bytes())))?)
}

fn read_key(file: &Path) -> Result<SigningKey, Failure> {
    let mend = "`wattkampen update key FILE` makes one: 64 hexadecimal digits";
    let text = fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{}: {error}", file.display()), mend))?;
    let secret = bytes(text.trim());
    let secret =
        secret.ok_or_else(|| Failure::usage(format!("{}: no key", file.display()), mend))?;
    Ok(SigningKey::from_bytes(&secret))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 || !hex.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
    }
    Some(bytes)
}

/// In their order, the signature last.
fn pieces(program: &[u8], board: &str, key: &SigningKey) -> Vec<Vec<u8>> {
    let mut digest = Sha512::new();
    for part in [PREFIX, board.as_bytes(), b"\n", program] {
        digest.update(part);
    }
    let signature = key.sign(&digest.finalize()).to_bytes();
    let chunks = program.chunks(PIECE).chain([signature.as_slice()]);
    let total = program.len() as u32;
    let mut offset = 0;
    chunks
        .map(|chunk| {
            let piece = [&u32::to_le_bytes(offset), &total.to_le_bytes(), chunk].concat();
            offset += chunk.len() as u32;
            piece
        })
        .collect()
}

/// What is heard of the board.
struct Board {
    topic: String,
    /// The last that it said of an update.
    said: Option<String>,
}

impl Board {
    fn new(gateway: &GatewayId) -> Self {
        Self { topic: Topic::Status(gateway.clone()).to_string(), said: None }
    }
}

/// The next status of the board.
async fn next(
    events: &mut rumqttc::EventLoop,
    board: &mut Board,
    patience: Duration,
) -> anyhow::Result<Status> {
    let heard = timeout(patience, async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = events.poll().await?
                && publish.topic == board.topic.as_bytes()
                && let Ok(status) = Status::decode(&publish.payload)
            {
                return Ok::<_, anyhow::Error>(status);
            }
        }
    });
    heard.await.map_err(|_| anyhow!("the gateway was silent for {} s", patience.as_secs()))?
}

fn can_be_updated(status: &Status) -> anyhow::Result<()> {
    match (status.state, status.update.as_ref().map(wire::Text::as_str)) {
        (ConnectionState::Offline, _) => bail!("the gateway is offline\n  wait until it is back"),
        (ConnectionState::Online, None) => {
            bail!("this gateway's program cannot be updated\n  copy one that can by USB once")
        }
        (ConnectionState::Online, Some("no update-key is set")) => {
            bail!(
                "the gateway knows no key\n  `wattkampen update key` says what to type at its cable"
            )
        }
        (ConnectionState::Online, Some(_)) => Ok(()),
    }
}

/// Follows the board until the update is kept, or is not.
async fn outcome(
    events: &mut rumqttc::EventLoop,
    board: &mut Board,
    trial: Duration,
) -> anyhow::Result<()> {
    let mut patience = PATIENCE;
    loop {
        let status = next(events, board, patience).await?;
        let Some(said) = status.update.map(|said| said.to_string()) else { continue };
        if board.said.as_ref() == Some(&said) {
            continue;
        }
        // What was said before the first piece came is of an update before.
        if board.said.is_none() && said != "receiving" && !said.starts_with("refused") {
            continue;
        }
        output::line(&said)?;
        match said.as_str() {
            "kept" => return Ok(()),
            "rolled back" => bail!("the new program did not reach the broker; the old one runs"),
            "starting" | "on trial" => patience = trial,
            _ if said.starts_with("refused") => bail!("the gateway has refused the program"),
            _ => {}
        }
        board.said = Some(said);
    }
}

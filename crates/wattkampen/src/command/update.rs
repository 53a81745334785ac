//! `update`: sends a new program to a gateway's board over its broker. The board accepts
//! a program that is signed with the key that was set at its serial console, tries it, and
//! returns to the old one if the new one does not reach the broker. Its status reports the
//! result.
//!
//! The format of pieces and signature is that of `firmware/app/src/update.rs`.
use std::{
    fs::{self, File, OpenOptions},
    io::{Read as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow, bail};
use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use ed25519_dalek::{Digest, Sha512, Signer, SigningKey};
use rumqttc::{AsyncClient, Event, Packet, PublishOptions, QoS};
use tokio::time::timeout;
use wire::{ConnectionState, GatewayId, Status, Topic};

use super::{Failure, broker_args::BrokerArgs, output, runtime};

/// Most bytes of the program in one message.
const PIECE_BYTES: usize = 1024;
/// Precedes what is signed.
const PREFIX: &[u8] = b"wattkampen/v1 update\n";
/// Longest silence of a board while it writes and checks a program, or restarts with it.
const STATUS_TIMEOUT: Duration = Duration::from_secs(120);

#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a key and print the command to type at the serial console of each board
    Key {
        /// File for the key, which can sign any program for the boards
        file: PathBuf,
    },
    /// Sign a program, send it to a board, and wait for the result
    Send(Send),
}

#[derive(Debug, clap::Args)]
pub(super) struct Send {
    /// Program, such as firmware/target/uf2/rp2040-gateway.bin
    program: PathBuf,
    /// File of the key
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// Name of the gateway in its topics
    #[arg(long, value_name = "ID")]
    gateway: GatewayId,
    /// Kind of board that the program is for, as the status of the board has it
    #[arg(long, value_name = "NAME", default_value = "rp2040-gateway")]
    board: String,
    /// Longest trial, in seconds; longer than the `update-trial` of the board
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
                let first = next_status(&mut events, &mut board, STATUS_TIMEOUT).await;
                can_be_updated(&first.context("the gateway has never sent a status")?)?;
                let topic = Topic::Update(send.gateway.clone()).to_string();
                let trial = Duration::from_secs(send.trial);
                let sent = async {
                    for piece in pieces {
                        let options = PublishOptions::new(QoS::AtLeastOnce);
                        client.publish(topic.as_str(), piece, options).await?;
                    }
                    // The status of the board decides.
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
    // An older key is not overwritten: boards may know only that one.
    let key_file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut key_file = key_file.with_context(|| format!("{}", file.display()))?;
    writeln!(key_file, "{}", HEXLOWER.encode(&secret))?;
    let public = SigningKey::from_bytes(&secret).verifying_key();
    Ok(output::line(format_args!("set update-key {}", HEXLOWER.encode(public.as_bytes())))?)
}

fn read_key(file: &Path) -> Result<SigningKey, Failure> {
    let hint = "`wattkampen update key FILE` makes one: 64 hexadecimal digits";
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::usage(format!("{} cannot be read: {error}", file.display()), hint)
    })?;
    let secret = HEXLOWER_PERMISSIVE.decode(text.trim().as_bytes()).ok();
    let secret = secret.and_then(|bytes| bytes.try_into().ok()).ok_or_else(|| {
        Failure::usage(format!("{} does not contain a key", file.display()), hint)
    })?;
    Ok(SigningKey::from_bytes(&secret))
}

/// The messages in their order, the signature last.
fn pieces(program: &[u8], board: &str, key: &SigningKey) -> Vec<Vec<u8>> {
    let mut digest = Sha512::new();
    for part in [PREFIX, board.as_bytes(), b"\n", program] {
        digest.update(part);
    }
    let signature = key.sign(&digest.finalize()).to_bytes();
    let chunks = program.chunks(PIECE_BYTES).chain([signature.as_slice()]);
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

/// What the board has reported.
struct Board {
    topic: String,
    /// The last progress of an update.
    progress: Option<String>,
}

impl Board {
    fn new(gateway: &GatewayId) -> Self {
        Self { topic: Topic::Status(gateway.clone()).to_string(), progress: None }
    }
}

/// Waits for the next status of the board.
async fn next_status(
    events: &mut rumqttc::EventLoop,
    board: &mut Board,
    limit: Duration,
) -> anyhow::Result<Status> {
    let status = timeout(limit, async {
        loop {
            if let Event::Incoming(Packet::Publish(publish)) = events.poll().await?
                && publish.topic == board.topic.as_bytes()
                && let Ok(status) = Status::decode(&publish.payload)
            {
                return Ok::<_, anyhow::Error>(status);
            }
        }
    });
    status.await.map_err(|_| anyhow!("the gateway sent no status for {} s", limit.as_secs()))?
}

fn can_be_updated(status: &Status) -> anyhow::Result<()> {
    match (status.state, status.update.as_ref().map(wire::Text::as_str)) {
        (ConnectionState::Offline, _) => {
            bail!("the gateway is offline\n  wait until it is online again")
        }
        (ConnectionState::Online, None) => {
            bail!(
                "the program of this gateway cannot be updated over the broker\n  copy one that can be updated over USB once"
            )
        }
        (ConnectionState::Online, Some("no update-key is set")) => {
            bail!(
                "the gateway has no key\n  `wattkampen update key` prints what to type at its serial console"
            )
        }
        (ConnectionState::Online, Some(_)) => Ok(()),
    }
}

/// Follows the board until the update is kept or fails.
async fn outcome(
    events: &mut rumqttc::EventLoop,
    board: &mut Board,
    trial: Duration,
) -> anyhow::Result<()> {
    let mut limit = STATUS_TIMEOUT;
    loop {
        let status = next_status(events, board, limit).await?;
        let Some(progress) = status.update.map(|text| text.to_string()) else { continue };
        if board.progress.as_ref() == Some(&progress) {
            continue;
        }
        // Progress before the first piece belongs to an earlier update.
        if board.progress.is_none() && progress != "receiving" && !progress.starts_with("refused") {
            continue;
        }
        output::line(&progress)?;
        match progress.as_str() {
            "kept" => return Ok(()),
            "rolled back" => bail!("the new program did not reach the broker; the old one runs"),
            "starting" | "on trial" => limit = trial,
            _ if progress.starts_with("refused") => bail!("the gateway refused the program"),
            _ => {}
        }
        board.progress = Some(progress);
    }
}

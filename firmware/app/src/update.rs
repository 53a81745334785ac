//! Updates over the air. A program arrives in pieces on the gateway's own topic and is
//! written to the spare slot page by page, while readings continue. The loader swaps the
//! slots once the signature verifies with the organisation's key. The new program is then on
//! trial: without an acknowledgement by the broker in time the loader swaps it back.
//!
//! A piece consists of its offset and the length of the whole program, both `u32`
//! little-endian, and at most [`MAX_DATA`] bytes. Pieces are sent in order. The last one has
//! the length of the program as its offset, and an Ed25519 signature of the SHA-512 of
//! [`PREFIX`], the board's name, a line feed, and the program.
use core::{cell::Cell, fmt::Debug, future::poll_fn};

use embassy_boot::{FirmwareUpdater, FirmwareUpdaterConfig, State};
use embassy_futures::{
    select::{Either3, select3},
    yield_now,
};
use embassy_sync::{
    blocking_mutex::{Mutex, raw::CriticalSectionRawMutex},
    channel::Channel,
    signal::Signal,
};
use embassy_time::{Duration, Timer};
use embedded_storage_async::nor_flash::NorFlash;
use heapless::Vec;
use salty::{PublicKey, Sha512, Signature};

use crate::{
    layout::Slots,
    settings::Settings,
    storage::{Part, Shared},
};

/// Most program bytes in a piece.
pub const MAX_DATA: usize = 1024;
/// Prefix of the signed bytes, so that a signature cannot be used for another purpose.
pub const PREFIX: &[u8] = b"wattkampen/v1 update\n";

/// Offset and length, bytes.
const HEAD: usize = 8;
const SIGNATURE: usize = 64;
/// Bytes that are read and hashed before other tasks run.
const CHUNK: usize = 256;
/// Write size of the flash of all boards; `embassy-boot` needs a buffer of this size.
const WORD: usize = 1;
/// Time for the last status before the board restarts.
const STATUS_TIME: Duration = Duration::from_secs(3);

type Piece = Vec<u8, { HEAD + MAX_DATA }>;
type Updater<'a, F> = FirmwareUpdater<'a, Part<'a, F>, Part<'a, F>>;

/// Between the connection, which receives pieces, and [`run`], which writes them.
pub struct UpdateChannel {
    pieces: Channel<CriticalSectionRawMutex, Piece, 1>,
    acknowledged: Signal<CriticalSectionRawMutex, ()>,
    status: Mutex<CriticalSectionRawMutex, Cell<Option<&'static str>>>,
}

impl Default for UpdateChannel {
    fn default() -> Self {
        Self::new()
    }
}

impl UpdateChannel {
    /// An empty channel without a status.
    pub const fn new() -> Self {
        Self {
            pieces: Channel::new(),
            acknowledged: Signal::new(),
            status: Mutex::new(Cell::new(None)),
        }
    }

    /// The state of the last update, in a few words; `None` without updates.
    pub fn status(&self) -> Option<&'static str> {
        self.status.lock(Cell::get)
    }

    fn set_status(&self, status: &'static str) {
        self.status.lock(|last| last.set(Some(status)));
    }

    /// Waits until there is room for a piece: during the erasure of a page the next one stays
    /// at the broker. Cancel-safe.
    pub async fn room(&self) {
        poll_fn(|cx| self.pieces.poll_ready_to_send(cx)).await;
    }

    /// Takes a piece if there is room. A payload that is too long is ignored.
    pub fn put(&self, payload: &[u8]) {
        if let Ok(piece) = Vec::from_slice(payload) {
            // Without room the piece is missing, which the transfer reports.
            let _ = self.pieces.try_send(piece);
        }
    }

    /// Reports an acknowledgement by the broker.
    pub fn acknowledged(&self) {
        self.acknowledged.signal(());
    }
}

/// The rules for updates.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// The slots of programs.
    pub slots: Slots,
    /// Name of the board and its program, such as `rp2040-gateway`.
    pub name: &'a str,
    /// The key that verifies signatures, once set.
    pub key: Option<[u8; 32]>,
    /// Time in which the broker has to acknowledge something of a new program.
    pub trial: Duration,
}

impl Rules<'_> {
    fn updater<'a, F: NorFlash>(
        &self,
        flash: &'a Shared<F>,
        buffer: &'a mut [u8; WORD],
    ) -> Updater<'a, F> {
        let (dfu, state) = (self.slots.spare.of(flash), self.slots.state.of(flash));
        FirmwareUpdater::new(FirmwareUpdaterConfig { dfu, state }, buffer)
    }
}

/// Why a transfer ends early.
enum TransferEnd {
    /// Refused, with the reason for the status.
    Refused(&'static str),
    /// The piece does not belong to a transfer that has begun.
    Stray,
    /// The piece is the first one of another transfer.
    Restarted,
}

const NO_KEY: TransferEnd = TransferEnd::Refused("refused: no update-key is set");
const NO_PROGRAM: TransferEnd = TransferEnd::Refused("refused: not the size of a program");
const MISSING: TransferEnd = TransferEnd::Refused("refused: a piece is missing");
const FLASH: TransferEnd = TransferEnd::Refused("refused: the flash failed");
const FORGED: TransferEnd = TransferEnd::Refused("refused: not signed with the update-key");

/// Whether a program can be updated over the air. A type parameter, so that a program that
/// cannot contains no code of it.
pub trait OtaUpdate {
    /// Whether updates are possible.
    const POSSIBLE: bool;

    /// As [`run`], with rules from the settings.
    #[allow(async_fn_in_trait, reason = "executors on a board are single-threaded")]
    async fn run<F: NorFlash>(
        self,
        flash: &Shared<F>,
        name: &str,
        settings: &Settings,
        channel: &UpdateChannel,
    ) -> &'static str
    where
        F::Error: Debug;
}

impl OtaUpdate for Slots {
    const POSSIBLE: bool = true;

    async fn run<F: NorFlash>(
        self,
        flash: &Shared<F>,
        name: &str,
        settings: &Settings,
        channel: &UpdateChannel,
    ) -> &'static str
    where
        F::Error: Debug,
    {
        let (key, trial) = (settings.update_key(), settings.update_trial());
        run(flash, &Rules { slots: self, name, key, trial }, channel).await
    }
}

/// No updates over the air: a new program is flashed over USB.
#[derive(Debug, Clone, Copy)]
pub struct NoOta;

impl OtaUpdate for NoOta {
    const POSSIBLE: bool = false;

    async fn run<F: NorFlash>(
        self,
        _: &Shared<F>,
        _: &str,
        _: &Settings,
        _: &UpdateChannel,
    ) -> &'static str
    where
        F::Error: Debug,
    {
        core::future::pending().await
    }
}

/// Accepts updates until the board has to restart, and returns the reason.
pub async fn run<F: NorFlash>(
    flash: &Shared<F>,
    rules: &Rules<'_>,
    channel: &UpdateChannel,
) -> &'static str
where
    F::Error: Debug,
{
    if !pass_trial(flash, rules, channel).await {
        return "the new program was not acknowledged in time";
    }
    let mut piece = channel.pieces.receive().await;
    loop {
        match transfer(flash, rules, channel, &mut piece).await {
            Ok(()) => {
                channel.set_status("starting");
                Timer::after(STATUS_TIME).await;
                return "update";
            }
            Err(TransferEnd::Restarted) => continue,
            Err(TransferEnd::Stray) => {}
            Err(TransferEnd::Refused(why)) => channel.set_status(why),
        }
        piece = channel.pieces.receive().await;
    }
}

/// Whether the running program may continue: a new one only after the broker has
/// acknowledged something of it.
async fn pass_trial<F: NorFlash>(
    flash: &Shared<F>,
    rules: &Rules<'_>,
    channel: &UpdateChannel,
) -> bool
where
    F::Error: Debug,
{
    let mut buffer = [0; WORD];
    let mut updater = rules.updater(flash, &mut buffer);
    match updater.get_state().await {
        Ok(State::Swap) => {
            channel.set_status("on trial");
            // A full channel would block the connection.
            let drain = async {
                loop {
                    channel.pieces.receive().await;
                }
            };
            let acknowledged = channel.acknowledged.wait();
            match select3(acknowledged, Timer::after(rules.trial), drain).await {
                Either3::First(()) if updater.mark_booted().await.is_ok() => {
                    channel.set_status("kept");
                }
                _ => return false,
            }
        }
        Ok(State::Revert) => channel.set_status("rolled back"),
        _ => channel.set_status(if rules.key.is_some() { "ready" } else { "no update-key is set" }),
    }
    true
}

/// Receives a program from its first piece to its signature. After `Ok` the signature is
/// valid, and the loader swaps the slots at the next start.
async fn transfer<F: NorFlash>(
    flash: &Shared<F>,
    rules: &Rules<'_>,
    channel: &UpdateChannel,
    piece: &mut Piece,
) -> Result<(), TransferEnd>
where
    F::Error: Debug,
{
    let mut buffer = [0; WORD];
    // A new updater for each transfer, since it remembers the erased page.
    let mut updater = rules.updater(flash, &mut buffer);
    let (mut next, mut whole) = (0, None);
    loop {
        let (offset, total, data) = parse(piece).ok_or(TransferEnd::Stray)?;
        match (offset, next) {
            (0, 0) => {}
            (0, _) => return Err(TransferEnd::Restarted),
            (_, 0) => return Err(TransferEnd::Stray),
            // The piece is sent twice.
            _ if offset < next => {
                *piece = channel.pieces.receive().await;
                continue;
            }
            _ => {}
        }
        let key = rules.key.ok_or(NO_KEY)?;
        let size = rules.slots.active.size;
        if total == 0 || total > size || *whole.get_or_insert(total) != total {
            return Err(NO_PROGRAM);
        }
        if offset != next {
            return Err(MISSING);
        }
        if offset == total {
            let signature = data.try_into().map_err(|_| FORGED)?;
            if !is_signed(&mut updater, total, rules.name, &key, signature).await? {
                return Err(FORGED);
            }
            return updater.mark_updated().await.map_err(|_| FLASH);
        }
        if data.is_empty() || data.len() as u32 > total - offset {
            return Err(MISSING);
        }
        channel.set_status("receiving");
        updater.write_firmware(offset as usize, data).await.map_err(|_| FLASH)?;
        next += data.len() as u32;
        *piece = channel.pieces.receive().await;
    }
}

/// Offset, length of the whole, and data.
fn parse(piece: &Piece) -> Option<(u32, u32, &[u8])> {
    let (offset, rest) = piece.split_first_chunk::<4>()?;
    let (total, data) = rest.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*offset), u32::from_le_bytes(*total), data))
}

/// Verifies the signature over the bytes in the flash, not over those that were received.
async fn is_signed<F: NorFlash>(
    updater: &mut Updater<'_, F>,
    total: u32,
    name: &str,
    key: &[u8; 32],
    signature: &[u8; SIGNATURE],
) -> Result<bool, TransferEnd>
where
    F::Error: Debug,
{
    let mut digest = Sha512::new();
    digest.update(PREFIX);
    digest.update(name.as_bytes());
    digest.update(b"\n");
    let mut chunk = [0; CHUNK];
    for offset in (0..total).step_by(CHUNK) {
        updater.read_dfu(offset, &mut chunk).await.map_err(|_| FLASH)?;
        digest.update(&chunk[..CHUNK.min((total - offset) as usize)]);
        yield_now().await;
    }
    let key = PublicKey::try_from(key).map_err(|_| FORGED)?;
    let signature = Signature::from(signature);
    Ok(key.verify(&digest.finalize(), &signature).is_ok())
}

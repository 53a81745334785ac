//! A new program over the air: it comes in pieces on the gateway's own topic, goes into
//! the spare slot page by page while the meter is heard as ever, and is exchanged by the
//! loader once its signature is that of the town's key. It then has to prove itself: what
//! is not acknowledged by the broker within its time is exchanged back.
//!
//! A piece is its offset and the length of the whole, both `u32` in little-endian order,
//! and at most [`MAX_DATA`] bytes. Pieces come in order. The last has the whole's length as
//! its offset and an Ed25519 signature of the SHA-512 of [`PREFIX`], the board's name, a
//! line feed, and the whole.
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

/// Most bytes of a program in one piece.
pub const MAX_DATA: usize = 1024;
/// Before the board's name in what is signed: a signature means this and nothing else.
pub const PREFIX: &[u8] = b"wattkampen/v1 update\n";

/// Offset and length.
const HEAD: usize = 8;
const SIGNATURE: usize = 64;
/// Read at once, and hashed before the others have their turn.
const CHUNK: usize = 256;
/// As the flash of all boards is written; `embassy-boot` wants a buffer of that size.
const WORD: usize = 1;
/// So long a status has to leave before the board starts anew.
const FAREWELL: Duration = Duration::from_secs(3);

type Piece = Vec<u8, { HEAD + MAX_DATA }>;
type Updater<'a, F> = FirmwareUpdater<'a, Part<'a, F>, Part<'a, F>>;

/// Between the connection, which hears the pieces, and [`run`], which writes them.
pub struct Mailbox {
    pieces: Channel<CriticalSectionRawMutex, Piece, 1>,
    acknowledged: Signal<CriticalSectionRawMutex, ()>,
    said: Mutex<CriticalSectionRawMutex, Cell<Option<&'static str>>>,
}

impl Default for Mailbox {
    fn default() -> Self {
        Self::new()
    }
}

impl Mailbox {
    /// Nothing has come, and nothing is known.
    pub const fn new() -> Self {
        Self {
            pieces: Channel::new(),
            acknowledged: Signal::new(),
            said: Mutex::new(Cell::new(None)),
        }
    }

    /// What became of the last update, in a word; `None` where there are none.
    pub fn said(&self) -> Option<&'static str> {
        self.said.lock(Cell::get)
    }

    fn say(&self, what: &'static str) {
        self.said.lock(|said| said.set(Some(what)));
    }

    /// Waits until a piece can be taken: while a page is erased the next stays with the
    /// broker. Cancel-safe.
    pub async fn room(&self) {
        poll_fn(|cx| self.pieces.poll_ready_to_send(cx)).await;
    }

    /// Takes a piece, if there is room. What is too long is none.
    pub fn put(&self, payload: &[u8]) {
        if let Ok(piece) = Vec::from_slice(payload) {
            // Without room it is missing afterwards, and said to be.
            let _ = self.pieces.try_send(piece);
        }
    }

    /// The broker has acknowledged something.
    pub fn acknowledged(&self) {
        self.acknowledged.signal(());
    }
}

/// What decides about updates.
#[derive(Debug, Clone, Copy)]
pub struct Rules<'a> {
    /// Where programs are.
    pub slots: Slots,
    /// Of the board and its program, such as `rp2040-gateway`.
    pub name: &'a str,
    /// The town's, once set.
    pub key: Option<[u8; 32]>,
    /// So long a new program has to be acknowledged by the broker.
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

/// Why a transfer is over before its end.
enum Over {
    /// Told in the status.
    Refused(&'static str),
    /// The piece belongs to none that has begun here.
    Stray,
    /// The piece is the first of another.
    Anew,
}

const NO_KEY: Over = Over::Refused("refused: no update-key is set");
const NO_PROGRAM: Over = Over::Refused("refused: not the size of a program");
const MISSING: Over = Over::Refused("refused: a piece is missing");
const FLASH: Over = Over::Refused("refused: the flash failed");
const FORGED: Over = Over::Refused("refused: not signed with the update-key");

/// Whether a program can be exchanged over the air. A type, so that one that cannot has
/// none of the code.
pub trait Exchange {
    /// Whether it can.
    const POSSIBLE: bool;

    /// As [`run`], for the rules that the settings make.
    #[allow(async_fn_in_trait, reason = "executors on a board are single-threaded")]
    async fn run<F: NorFlash>(
        self,
        flash: &Shared<F>,
        name: &str,
        settings: &Settings,
        mail: &Mailbox,
    ) -> &'static str
    where
        F::Error: Debug;
}

impl Exchange for Slots {
    const POSSIBLE: bool = true;

    async fn run<F: NorFlash>(
        self,
        flash: &Shared<F>,
        name: &str,
        settings: &Settings,
        mail: &Mailbox,
    ) -> &'static str
    where
        F::Error: Debug,
    {
        let (key, trial) = (settings.update_key(), settings.update_trial());
        run(flash, &Rules { slots: self, name, key, trial }, mail).await
    }
}

/// It cannot: a new one comes over USB.
#[derive(Debug, Clone, Copy)]
pub struct ByCable;

impl Exchange for ByCable {
    const POSSIBLE: bool = false;

    async fn run<F: NorFlash>(
        self,
        _: &Shared<F>,
        _: &str,
        _: &Settings,
        _: &Mailbox,
    ) -> &'static str
    where
        F::Error: Debug,
    {
        core::future::pending().await
    }
}

/// Takes updates until the board is to start anew; tells why.
pub async fn run<F: NorFlash>(flash: &Shared<F>, rules: &Rules<'_>, mail: &Mailbox) -> &'static str
where
    F::Error: Debug,
{
    if !prove(flash, rules, mail).await {
        return "the new program was not acknowledged in time";
    }
    let mut piece = mail.pieces.receive().await;
    loop {
        match transfer(flash, rules, mail, &mut piece).await {
            Ok(()) => {
                mail.say("starting");
                Timer::after(FAREWELL).await;
                return "update";
            }
            Err(Over::Anew) => continue,
            Err(Over::Stray) => {}
            Err(Over::Refused(why)) => mail.say(why),
        }
        piece = mail.pieces.receive().await;
    }
}

/// Whether the program that runs may go on: one that is new here only after the broker
/// has acknowledged something of it.
async fn prove<F: NorFlash>(flash: &Shared<F>, rules: &Rules<'_>, mail: &Mailbox) -> bool
where
    F::Error: Debug,
{
    let mut buffer = [0; WORD];
    let mut updater = rules.updater(flash, &mut buffer);
    match updater.get_state().await {
        Ok(State::Swap) => {
            mail.say("on trial");
            // A full mailbox would hold up the connection.
            let empty = async {
                loop {
                    mail.pieces.receive().await;
                }
            };
            let heard = mail.acknowledged.wait();
            match select3(heard, Timer::after(rules.trial), empty).await {
                Either3::First(()) if updater.mark_booted().await.is_ok() => mail.say("kept"),
                _ => return false,
            }
        }
        Ok(State::Revert) => mail.say("rolled back"),
        _ => mail.say(if rules.key.is_some() { "ready" } else { "no update-key is set" }),
    }
    true
}

/// From its first piece to its signature, which is good if this is `Ok`: the loader will
/// exchange the slots then.
async fn transfer<F: NorFlash>(
    flash: &Shared<F>,
    rules: &Rules<'_>,
    mail: &Mailbox,
    piece: &mut Piece,
) -> Result<(), Over>
where
    F::Error: Debug,
{
    let mut buffer = [0; WORD];
    // A new one for each, since it remembers which page it has erased.
    let mut updater = rules.updater(flash, &mut buffer);
    let (mut next, mut whole) = (0, None);
    loop {
        let (offset, total, data) = parse(piece).ok_or(Over::Stray)?;
        match (offset, next) {
            (0, 0) => {}
            (0, _) => return Err(Over::Anew),
            (_, 0) => return Err(Over::Stray),
            // Sent twice.
            _ if offset < next => {
                *piece = mail.pieces.receive().await;
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
        mail.say("receiving");
        updater.write_firmware(offset as usize, data).await.map_err(|_| FLASH)?;
        next += data.len() as u32;
        *piece = mail.pieces.receive().await;
    }
}

/// Offset, length of the whole, and data.
fn parse(piece: &Piece) -> Option<(u32, u32, &[u8])> {
    let (offset, rest) = piece.split_first_chunk::<4>()?;
    let (total, data) = rest.split_first_chunk::<4>()?;
    Some((u32::from_le_bytes(*offset), u32::from_le_bytes(*total), data))
}

/// Of what is in the flash now, not of what was to be written.
async fn is_signed<F: NorFlash>(
    updater: &mut Updater<'_, F>,
    total: u32,
    name: &str,
    key: &[u8; 32],
    signature: &[u8; SIGNATURE],
) -> Result<bool, Over>
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

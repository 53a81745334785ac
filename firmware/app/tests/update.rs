//! Updates on `sequential-storage`'s mock flash: valid and invalid sequences of pieces, and
//! a program on trial.
use app::{
    layout::SLOTS,
    storage::Shared,
    update::{MAX_DATA, PREFIX, Rules, UpdateChannel, run},
};
use embassy_futures::{block_on, select::select, yield_now};
use embassy_time::{Duration, with_timeout};
use embedded_storage_async::nor_flash::ReadNorFlash;
use salty::{Keypair, Sha512};
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};

/// 512 pages of 4 KiB, written byte by byte.
type Flash = MockFlashBase<512, 1, 4096>;

const NAME: &str = "rp2040-gateway";
const SECRET: [u8; 32] = [7; 32];
/// Not a whole number of pieces, nor of pages.
const LENGTH: usize = 9 * MAX_DATA + 300;

fn erased() -> Shared<Flash> {
    Shared::new(Flash::new(WriteCountCheck::Disabled, None, true))
}

fn program() -> Vec<u8> {
    (0..LENGTH).map(|n| ((n * 31) >> 3) as u8).collect()
}

fn piece(offset: usize, total: usize, data: &[u8]) -> Vec<u8> {
    let head = [offset as u32, total as u32].map(u32::to_le_bytes).concat();
    [&head, data].concat()
}

/// The pieces of a program, as `wattkampen update send` publishes them.
fn pieces(program: &[u8], name: &str, secret: &[u8; 32]) -> Vec<Vec<u8>> {
    let mut digest = Sha512::new();
    for part in [PREFIX, name.as_bytes(), b"\n", program] {
        digest.update(part);
    }
    let signature = Keypair::from(secret).sign(&digest.finalize()).to_bytes();
    let mut pieces = Vec::new();
    for (number, data) in program.chunks(MAX_DATA).enumerate() {
        pieces.push(piece(number * MAX_DATA, program.len(), data));
    }
    pieces.push(piece(program.len(), program.len(), &signature));
    pieces
}

fn rules() -> Rules<'static> {
    let key = Some(*Keypair::from(&SECRET).public.as_bytes());
    Rules { slots: SLOTS, name: NAME, key, trial: Duration::from_millis(20) }
}

/// The status of the board after these pieces.
fn after(flash: &Shared<Flash>, rules: &Rules<'_>, pieces: &[Vec<u8>]) -> Option<&'static str> {
    let channel = UpdateChannel::new();
    let feed = async {
        for piece in pieces {
            channel.room().await;
            channel.put(piece);
        }
        // The verification yields after each hashed chunk.
        for _ in 0..LENGTH {
            yield_now().await;
        }
    };
    block_on(select(run(flash, rules, &channel), feed));
    channel.status()
}

#[test]
fn a_signed_program_is_in_the_spare_slot_and_marked() {
    let (flash, program) = (erased(), program());
    let mut all = pieces(&program, NAME, &SECRET);
    // The first pieces of another program come before it, and one piece arrives twice.
    all.insert(3, all[2].clone());
    all.splice(0..0, pieces(&[1; 5000], NAME, &SECRET).drain(..3));
    assert_eq!(after(&flash, &rules(), &all), Some("starting"));
    let mut found = vec![0; LENGTH];
    block_on(async { flash.lock().await.read(SLOTS.spare.start, &mut found).await })
        .expect("the flash works");
    assert_eq!(found, program);

    // As after the loader's swap: without and with an acknowledgement.
    let channel = UpdateChannel::new();
    let why = block_on(run(&flash, &rules(), &channel));
    assert_eq!(
        (channel.status(), why),
        (Some("on trial"), "the new program was not acknowledged in time")
    );
    let channel = UpdateChannel::new();
    channel.acknowledged();
    let on = block_on(with_timeout(Duration::from_millis(50), run(&flash, &rules(), &channel)));
    assert!(on.is_err() && channel.status() == Some("kept"), "{on:?} {:?}", channel.status());
    assert_eq!(after(&flash, &rules(), &[]), Some("ready"));
}

#[test]
fn incomplete_and_wrongly_signed_programs_are_refused() {
    let good = || pieces(&program(), NAME, &SECRET);
    let without = |place: usize| {
        let mut pieces = good();
        pieces.remove(place);
        pieces
    };
    let mut flipped = good();
    flipped[4][20] ^= 1;
    let large = vec![piece(0, SLOTS.active.size as usize + 1, &[0; 8])];
    let forged = "refused: not signed with the update-key";
    for (what, pieces, status) in [
        ("a gap", without(5), "refused: a piece is missing"),
        ("no beginning", without(0), "ready"),
        ("no end", without(LENGTH / MAX_DATA), "refused: a piece is missing"),
        ("another key", pieces(&program(), NAME, &[8; 32]), forged),
        ("another board", pieces(&program(), "rp2350-gateway", &SECRET), forged),
        ("another bit", flipped, forged),
        ("larger than a slot", large, "refused: not the size of a program"),
        (
            "nonsense",
            vec![vec![0; 3], vec![0; 8], vec![0xff; 40]],
            "refused: not the size of a program",
        ),
    ] {
        let flash = erased();
        assert_eq!(after(&flash, &rules(), &pieces), Some(status), "{what}");
        assert_eq!(after(&flash, &rules(), &good()), Some("starting"), "{what}, then a good one");
    }
    let keyless = Rules { key: None, ..rules() };
    let refused = Some("refused: no update-key is set");
    assert_eq!(after(&erased(), &keyless, &good()), refused);
}

//! The certificate of the broker's authority is stored in parts: it is read back complete,
//! and after a power cut at any byte a half-written one is not taken for a complete one.
use app::{layout::TWO_MEGABYTES, secure::MAX_AUTHORITY, storage::Store};
use embassy_futures::block_on;
use embassy_sync::{blocking_mutex::raw::NoopRawMutex, mutex::Mutex};
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};

type Flash = MockFlashBase<4, 1, 4096>;

/// Only the partition of the settings.
const LAYOUT: app::layout::Layout = {
    let mut layout = TWO_MEGABYTES;
    layout.settings.start = 0;
    layout
};

fn certificate(length: usize, seed: u8) -> Vec<u8> {
    (0..length).map(|at| (at as u8).wrapping_mul(31).wrapping_add(seed)).collect()
}

fn store(flash: &Mutex<NoopRawMutex, Flash>, certificate: &[u8]) -> bool {
    block_on(Store::new(flash, &LAYOUT).put_authority(certificate)).is_ok()
}

fn stored(flash: &Mutex<NoopRawMutex, Flash>) -> Vec<u8> {
    block_on(Store::new(flash, &LAYOUT).authority()).expect("the flash works").to_vec()
}

#[test]
fn longer_and_shorter_certificates_replace_each_other() {
    let flash = Mutex::new(Flash::new(WriteCountCheck::Twice, None, true));
    assert_eq!(stored(&flash), []);
    for (seed, length) in
        [403, 1, 95, 96, 97, 960, 191, 192, MAX_AUTHORITY, 0, 500, 96].iter().enumerate()
    {
        let certificate = certificate(*length, seed as u8);
        assert!(store(&flash, &certificate), "{length}");
        assert_eq!(stored(&flash), certificate, "{length}");
    }
}

#[test]
fn a_power_cut_leaves_the_old_certificate_the_new_one_or_neither() {
    let (old, new) = (certificate(403, 1), certificate(300, 2));
    let (mut olds, mut neithers) = (0, 0);
    for bytes in 0.. {
        let flash = Mutex::new(Flash::new(WriteCountCheck::Twice, None, true));
        assert!(store(&flash, &old));
        let mut flash = flash.into_inner();
        flash.bytes_until_shutoff = Some(bytes);
        let flash = Mutex::new(flash);
        let done = store(&flash, &new);
        let mut flash = flash.into_inner();
        flash.bytes_until_shutoff = None;
        let found = stored(&Mutex::new(flash));
        if done {
            assert_eq!(found, new);
            break;
        }
        // A mixture has the fingerprint of neither, so that no broker is trusted by it.
        if found == old {
            olds += 1;
        } else if found != new {
            neithers += 1;
        }
    }
    assert!(olds > 0 && neithers > 0, "{olds} cuts left the old one, {neithers} neither");
}

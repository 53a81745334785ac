//! A flash as a technician leaves it, for an emulated board whose command line cannot be
//! reached: `preset FILE NAME=VALUE …` writes 2 MB with these settings in them.
use std::{env, fs};

use app::{
    settings::Settings,
    storage::{Shared, Store, TWO_MEGABYTES},
};
use embassy_futures::block_on;
use sequential_storage::mock_flash::{MockFlashBase, WriteCountCheck};

/// 512 pages of 4 KiB, written byte by byte.
type Flash = MockFlashBase<512, 1, 4096>;

fn main() {
    let mut arguments = env::args().skip(1);
    let file = arguments.next().expect("usage: preset FILE NAME=VALUE …");
    let mut settings = Settings::default();
    for argument in arguments {
        let (name, value) = argument.split_once('=').expect("NAME=VALUE");
        settings.set(name, value).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
    }
    let flash = Shared::new(Flash::new(WriteCountCheck::Twice, None, true));
    block_on(settings.save(&mut Store::new(&flash, &TWO_MEGABYTES))).expect("room for settings");
    fs::write(&file, flash.into_inner().as_bytes()).expect("the file is written");
}

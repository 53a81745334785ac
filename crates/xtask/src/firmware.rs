//! `cargo xtask firmware`: every program of every board, built as it is flashed, and
//! what it needs of the chip's flash and RAM; over its budget is an error. What a board
//! takes as a USB drive lies in `firmware/target/uf2` then, and what an update sends.
//!
//! RAM is what the linker gave a place to. The stack takes what is left: there is no
//! heap.
use std::{fs, path::Path, process::Command};

use anyhow::{Context, Result, bail};
use object::{Object, ObjectSection, SectionFlags, SectionKind, elf};

use crate::{
    shell::{self, cargo},
    uf2,
};

/// A board as cargo and its chip's data sheet know it, sizes in KiB.
struct Board {
    package: &'static str,
    features: &'static str,
    target: &'static str,
    chip: &'static str,
    flash: u64,
    ram: u64,
    /// Of chips, as UF2 calls it; no family, no file.
    family: Option<u32>,
}

/// Where the files for the boards are.
const UF2: &str = "firmware/target/uf2";

/// Built once more with logs, see [`with_logs`].
const RP2040: Board = Board {
    package: "rp",
    features: "rp2040",
    target: "thumbv6m-none-eabi",
    chip: "RP2040",
    flash: 2048,
    ram: 264,
    family: Some(0xe48b_ff56),
};

/// The emulated one has 4 MiB of each; it only shows that the programs run.
const BOARDS: [Board; 4] = [
    Board {
        package: "qemu",
        features: "",
        target: "thumbv7m-none-eabi",
        chip: "mps2-an385",
        flash: 4096,
        ram: 4096,
        family: None,
    },
    // Before what it starts.
    Board {
        package: LOADER,
        features: "",
        target: "thumbv6m-none-eabi",
        chip: "RP2040",
        flash: 2048,
        ram: 264,
        family: None,
    },
    RP2040,
    Board {
        package: "rp",
        features: "rp2350",
        target: "thumbv8m.main-none-eabihf",
        chip: "RP2350",
        flash: 2048,
        ram: 520,
        family: Some(0xe48b_ff59),
    },
];

/// What a gateway may need, KiB: room for a second program beside it, and for the stack.
const BUDGET: (u64, u64) = (256, 128);

/// Package and program.
const LOADER: &str = "loader";

/// What the flash's map has for a program, for one that an update exchanges, and for the
/// loader, KiB (`firmware/app/src/layout.rs`; the linker holds them, too).
const PLACE: u64 = 488;
const SLOT: u64 = 232;
const LOADERS_PLACE: u64 = 16;

/// What a program with a panel leaves to the stack, KiB.
const STACK: u64 = 32;

/// Bytes of flash and of RAM.
struct Size {
    flash: u64,
    ram: u64,
}

/// Builds all, prints all, and fails where one is over its budget.
pub(crate) fn run() -> Result<()> {
    let mut over = Vec::new();
    println!("{:<10} {:<14} {:>22} {:>22}", "chip", "program", "flash", "RAM");
    for board in &BOARDS {
        shell::run(&mut for_board("build", board))?;
        let folder = Path::new("firmware/target").join(board.target).join("release");
        let mut programs = programs(&Path::new("firmware").join(board.package).join("src/bin"))?;
        programs.sort();
        for program in programs {
            let file = folder.join(&program);
            let bytes = fs::read(&file).with_context(|| file.display().to_string())?;
            let size = size(&bytes).with_context(|| file.display().to_string())?;
            let in_slot = match board.family {
                Some(family) => {
                    let name = format!("{}-{program}", board.chip.to_lowercase());
                    leave(&Path::new(UF2).join(name), &bytes, &folder.join(LOADER), family)
                        .with_context(|| file.display().to_string())?
                }
                None => false,
            };
            let of = |bytes: u64, all: u64| format!("{:.1} of {all} KiB", bytes as f64 / 1024.0);
            println!(
                "{:<10} {program:<14} {:>22} {:>22}",
                board.chip,
                of(size.flash, board.flash),
                of(size.ram, board.ram)
            );
            let (flash, ram) = match (board.package, program.as_str()) {
                ("qemu", _) => (board.flash, board.ram),
                (LOADER, _) => (LOADERS_PLACE, STACK),
                _ if in_slot => (SLOT, BUDGET.1),
                (_, "gateway") => BUDGET,
                _ => (PLACE, board.ram - STACK),
            };
            if size.flash > flash * 1024 || size.ram > ram * 1024 {
                over.push(format!("{program} for {}: at most {flash} and {ram} KiB", board.chip));
            }
        }
    }
    println!("for the boards, as USB drives take them: {UF2}/");
    if over.is_empty() { Ok(()) } else { bail!("over budget: {}", over.join("; ")) }
}

/// Writes a program for the USB drive and, if it is linked for a slot, with the loader and
/// for an update. Returns whether it is linked for a slot.
fn leave(file: &Path, program: &[u8], loader: &Path, family: u32) -> Result<bool> {
    fs::create_dir_all(UF2)?;
    let image = uf2::image(program)?;
    let blocks = match &image {
        Some(image) => {
            fs::write(file.with_extension("bin"), image)?;
            uf2::blocks(&[&fs::read(loader)?, program], family)?
        }
        None => uf2::blocks(&[program], family)?,
    };
    fs::write(file.with_extension("uf2"), blocks)?;
    Ok(image.is_some())
}

/// Lints every program as it is built for its chip.
pub(crate) fn clippy() -> Result<()> {
    BOARDS.iter().try_for_each(|board| {
        shell::run(for_board("clippy", board).args(["--", "--deny", "warnings"]))
    })
}

/// Builds the gateway with its logs for a probe, a build that is not flashed.
pub(crate) fn with_logs() -> Result<()> {
    let board = Board { features: "rp2040,defmt", ..RP2040 };
    shell::run(for_board("build", &board).env("DEFMT_LOG", "debug"))
}

/// One board a call: features of two must not meet.
fn for_board(what: &str, board: &Board) -> Command {
    let mut command = cargo();
    command
        .current_dir("firmware")
        .args([what, "--quiet", "--release", "--locked", "--bins", "--target-dir", "target"])
        .args(["--package", board.package, "--target", board.target]);
    if !board.features.is_empty() {
        command.args(["--features", board.features]);
    }
    command
}

fn programs(folder: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    entries
        .map(|entry| {
            let path = entry?.path();
            let stem = path.file_stem().context("a file without a name")?;
            Ok(stem.to_string_lossy().into_owned())
        })
        .collect()
}

/// Initialised data is in both: it is copied at the start.
fn size(bytes: &[u8]) -> Result<Size> {
    let program = object::File::parse(bytes)?;
    let mut size = Size { flash: 0, ram: 0 };
    for section in program.sections() {
        let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
        if sh_flags & u64::from(elf::SHF_ALLOC) == 0 {
            continue;
        }
        if section.kind() != SectionKind::UninitializedData {
            size.flash += section.size();
        }
        if sh_flags & u64::from(elf::SHF_WRITE) != 0 {
            size.ram += section.size();
        }
    }
    if size.flash == 0 {
        bail!("nothing in it would be flashed");
    }
    Ok(size)
}

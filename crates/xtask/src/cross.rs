//! `cargo xtask cross`: `wattkampen gateway` for the ARM machines of a meter cupboard,
//! built, measured, and run under QEMU. It is the gateway and nothing else (without the
//! feature `service`): no SQLite to compile from C, and a fraction of the size.
//!
//! Under QEMU it starts, opens its outbox, makes its TLS ready, and says that meter and
//! broker are not there. It reads no port: QEMU's user mode (7.2) does not know the
//! system call that sets a port's speed. The same source does on this machine's tests.
use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use anyhow::{Context, Result, bail};
use clap::Args;
use object::{Architecture, Endianness, Object, read::elf::ElfFile};

use crate::{
    shell::{self, cargo},
    test::machine::{self, Package},
};

/// What to build.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// For this target alone.
    #[arg(long, value_name = "TARGET", value_parser = MACHINES.map(|machine| machine.target))]
    target: Option<String>,
}

/// A kind of machine.
struct Machine {
    target: &'static str,
    /// What has it.
    what: &'static str,
    architecture: Architecture,
    /// Compiles ring's C, and links.
    gcc: Package,
    /// Before the program on another kind of machine.
    qemu: &'static [&'static str],
    /// Needs nothing of the system that it runs on.
    stands_alone: bool,
}

const MACHINES: [Machine; 2] = [
    Machine {
        target: "aarch64-unknown-linux-musl",
        what: "64-bit ARM, any Linux: Raspberry Pi 3 and later",
        architecture: Architecture::Aarch64,
        gcc: Package {
            programs: &["aarch64-linux-gnu-gcc"],
            names: &["gcc-aarch64-linux-gnu"],
            why: "C compiler and linker for 64-bit ARM",
        },
        qemu: &["qemu-aarch64-static"],
        stands_alone: true,
    },
    Machine {
        target: "armv7-unknown-linux-gnueabihf",
        what: "32-bit ARM, Debian 12 or Raspberry Pi OS 12 and later: Raspberry Pi 2 and later",
        architecture: Architecture::Arm,
        gcc: Package {
            programs: &["arm-linux-gnueabihf-gcc"],
            names: &["gcc-arm-linux-gnueabihf"],
            why: "C compiler and linker for 32-bit ARM",
        },
        qemu: &["qemu-arm-static", "-L", "/usr/arm-linux-gnueabihf"],
        stands_alone: false,
    },
];

const LIBRARIES: [Package; 3] = [
    Package {
        programs: &["../aarch64-linux-gnu/include/stdio.h"],
        names: &["libc6-dev-arm64-cross"],
        why: "headers of C for 64-bit ARM",
    },
    Package {
        programs: &["../arm-linux-gnueabihf/include/stdio.h"],
        names: &["libc6-dev-armhf-cross"],
        why: "C's library for 32-bit ARM",
    },
    Package {
        programs: &["qemu-aarch64-static"],
        names: &["qemu-user-static", "qemu-user"],
        why: "runs ARM programs here",
    },
];

/// Builds, measures and tries each.
pub(crate) fn run(options: &Options) -> Result<()> {
    let chosen: Vec<_> = MACHINES
        .into_iter()
        .filter(|machine| options.target.as_deref().is_none_or(|target| target == machine.target))
        .collect();
    let targets: Vec<_> = chosen.iter().map(|machine| (machine.target, machine.what)).collect();
    machine::targets(&targets)?;
    let mut made = Vec::new();
    let mut packages = Vec::from(LIBRARIES);
    for Machine { target, what, architecture, gcc, qemu, stands_alone } in chosen {
        let compiler = gcc.programs[0];
        packages.push(gcc);
        machine::packages(&packages)?;
        let file = build(target, compiler)?;
        let size =
            check(&file, architecture, stands_alone).with_context(|| file.display().to_string())?;
        try_it(qemu, &file).with_context(|| format!("{} under {}", file.display(), qemu[0]))?;
        made.push((target, what, size, file));
    }
    println!();
    for (target, what, size, file) in made {
        let mib = size as f64 / f64::from(1 << 20);
        println!("{target:<30} {mib:>5.1} MiB  {what}\n  {}", file.display());
    }
    Ok(())
}

fn build(target: &str, compiler: &str) -> Result<PathBuf> {
    let folder = shell::target_dir().join("cross");
    let variable = target.replace('-', "_");
    shell::run(
        cargo()
            .args(["build", "--quiet", "--release", "--locked", "--package", "wattkampen"])
            .args(["--bin", "wattkampen", "--no-default-features", "--target", target])
            .arg("--target-dir")
            .arg(&folder)
            .env(format!("CC_{variable}"), compiler)
            .env(format!("CARGO_TARGET_{}_LINKER", variable.to_uppercase()), compiler)
            .env("CARGO_PROFILE_RELEASE_STRIP", "symbols"),
    )?;
    Ok(folder.join(target).join("release/wattkampen"))
}

/// It is what its name says; prints its size.
fn check(file: &Path, architecture: Architecture, stands_alone: bool) -> Result<usize> {
    let bytes = fs::read(file)?;
    let program = object::File::parse(&*bytes)?;
    if program.architecture() != architecture {
        bail!("it is for {:?} and not for {architecture:?}", program.architecture());
    }
    let interpreter = if program.is_64() {
        interpreter::<object::elf::FileHeader64<Endianness>>(&bytes)?
    } else {
        interpreter::<object::elf::FileHeader32<Endianness>>(&bytes)?
    };
    if stands_alone && interpreter {
        bail!("it needs a dynamic linker, and should stand alone");
    }
    Ok(bytes.len())
}

fn interpreter<H: object::read::elf::FileHeader<Endian = Endianness>>(
    bytes: &[u8],
) -> Result<bool> {
    let file = ElfFile::<H>::parse(bytes)?;
    let endian = file.endian();
    let mut headers = file.elf_program_headers().iter();
    Ok(headers.any(|header| {
        object::read::elf::ProgramHeader::p_type(header, endian) == object::elf::PT_INTERP
    }))
}

/// A process that ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks for help, and lets it look for a meter and a broker that are not there.
fn try_it(qemu: &[&str], file: &Path) -> Result<()> {
    let command = || {
        let mut command = Command::new(qemu[0]);
        command.args(&qemu[1..]).arg(file);
        command
    };
    let help = shell::output(command().args(["gateway", "--help"]))?;
    if !help.contains("--serial") {
        bail!("its help says nothing of --serial");
    }
    let folder = shell::target_dir().join("cross/try");
    fs::create_dir_all(&folder)?;
    let child = command()
        .args(["gateway", "--serial", "/nonexistent", "--meter", "735999100000000001"])
        .args(["--gateway", "try", "--broker", "mqtts://127.0.0.1:1", "--data"])
        .arg(&folder)
        .stderr(Stdio::piped())
        .spawn()?;
    let mut running = Running(child);
    let log = running.0.stderr.take().context("it has a log")?;
    let mut wanted = vec!["cannot read the meter at", "no connection to the broker"];
    for line in BufReader::new(log).lines() {
        let line = line?;
        println!("  {line}");
        wanted.retain(|text| !line.contains(text));
        if wanted.is_empty() {
            return Ok(());
        }
    }
    bail!("it ended before it printed: {}", wanted.join(", "))
}

//! What the tests need of the machine: says what is missing, then installs it.
use std::{fs, process::Command};

use anyhow::{Result, bail};

use crate::shell;

/// A Debian package, and how to see that it is there.
pub(crate) struct Package {
    /// Any of these programs will do.
    pub(crate) programs: &'static [&'static str],
    /// First choice first; Ubuntu names some differently.
    pub(crate) names: &'static [&'static str],
    pub(crate) why: &'static str,
}

const PACKAGES: &[Package] = &[
    Package { programs: &["cc"], names: &["build-essential"], why: "SQLite is compiled from C" },
    Package {
        programs: &["mosquitto"],
        names: &["mosquitto"],
        why: "the external broker of the end-to-end tests",
    },
    Package {
        programs: &["mosquitto_pub"],
        names: &["mosquitto-clients"],
        why: "a client that is not ours, and README.md's examples",
    },
    Package {
        programs: &["chromium", "chromium-browser", "google-chrome"],
        names: &["chromium", "chromium-browser"],
        why: "the page in a real browser",
    },
    Package {
        programs: &["node", "nodejs"],
        names: &["nodejs"],
        why: "the emulator of the RP2040 runs in it",
    },
    Package {
        programs: &["qemu-system-arm"],
        names: &["qemu-system-arm"],
        why: "emulates a board, and the network of another",
    },
    Package { programs: &["npm"], names: &["npm"], why: "fetches that emulator" },
    Package {
        programs: &["openssl"],
        names: &["openssl"],
        why: "firmware/README.md's certificates",
    },
    Package { programs: &["curl"], names: &["curl"], why: "README.md's examples" },
];

/// Targets of the boards, by the file that needs them.
const TARGETS: &[(&str, &str)] = &[
    ("thumbv6m-none-eabi", "RP2040"),
    ("thumbv7m-none-eabi", "the emulated board"),
    ("thumbv8m.main-none-eabihf", "RP2350"),
];

/// Installs what is missing.
pub(crate) fn prepare() -> Result<()> {
    packages(PACKAGES)?;
    targets(TARGETS)?;
    emulator()
}

/// The emulator of the RP2040, as `tests/rp2040/package-lock.json` pins it, beside what
/// cargo builds.
fn emulator() -> Result<()> {
    let (from, to) = (shell::root().join("tests/rp2040"), shell::target_dir().join("rp2040"));
    fs::create_dir_all(&to)?;
    let lock = "package-lock.json";
    let same = fs::read(from.join(lock))? == fs::read(to.join(lock)).unwrap_or_default();
    if same && to.join("node_modules/rp2040js").is_dir() {
        println!("emulator of the RP2040: it is there");
        return Ok(());
    }
    fs::copy(from.join("package.json"), to.join("package.json"))?;
    fs::copy(from.join(lock), to.join(lock))?;
    let mut install = Command::new("npm");
    install.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
    shell::run(install.current_dir(to))
}

/// Installs those of these packages that are missing.
pub(crate) fn packages(wanted: &[Package]) -> Result<()> {
    let missing: Vec<_> =
        wanted.iter().filter(|p| !p.programs.iter().any(|name| shell::has_program(name))).collect();
    if missing.is_empty() {
        println!("system packages: nothing is missing");
        return Ok(());
    }
    for package in &missing {
        println!("missing: {} ({})", package.names[0], package.why);
    }
    if !shell::has_program("apt-get") {
        let names: Vec<_> = missing.iter().map(|p| p.names[0]).collect();
        bail!("this is no Debian or Ubuntu; install these by hand: {}", names.join(" "));
    }
    shell::run(as_root("apt-get")?.args(["update", "--quiet"]))?;
    let names: Vec<_> = missing.iter().map(|package| known_name(package)).collect();
    shell::run(
        as_root("env")?
            .args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "--yes", "--quiet"])
            .arg("--no-install-recommends")
            .args(&names),
    )?;
    if names.contains(&"mosquitto") {
        println!(
            "note: the package may have started a mosquitto of its own on port 1883; the tests \
             use free ports and do not touch it.\n      To stop it: systemctl disable --now mosquitto"
        );
    }
    Ok(())
}

/// The first name that this distribution has something to install for.
fn known_name(package: &Package) -> &'static str {
    let has = |name: &&&str| {
        let policy = shell::output(Command::new("apt-cache").args(["policy", name]));
        policy.is_ok_and(|text| text.contains("Candidate:") && !text.contains("Candidate: (none)"))
    };
    package.names.iter().find(has).unwrap_or(&package.names[0])
}

/// The program, with sudo where we are not root.
fn as_root(program: &str) -> Result<Command> {
    let root = shell::output(Command::new("id").arg("-u"))?.trim() == "0";
    if root {
        return Ok(Command::new(program));
    }
    if !shell::has_program("sudo") {
        bail!("installing packages needs root; run as root, or install sudo");
    }
    let mut command = Command::new("sudo");
    command.arg(program);
    Ok(command)
}

/// Installs those of these Rust targets that are missing; a name, and what it is for.
pub(crate) fn targets(wanted: &[(&str, &str)]) -> Result<()> {
    if !shell::has_program("rustup") {
        println!("no rustup: the Rust of this machine must bring the targets itself");
        return Ok(());
    }
    let installed = shell::output(Command::new("rustup").args(["target", "list", "--installed"]))?;
    let missing: Vec<_> =
        wanted.iter().filter(|(name, _)| !installed.lines().any(|line| line == *name)).collect();
    if missing.is_empty() {
        println!("Rust targets: nothing is missing");
        return Ok(());
    }
    for (name, what) in &missing {
        println!("missing: Rust target {name} ({what})");
    }
    shell::run(Command::new("rustup").args(["target", "add"]).args(missing.iter().map(|t| t.0)))
}

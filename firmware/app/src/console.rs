//! The command line on a serial port, for the technician who installs a board.
//!
//! ```text
//! show                  all settings
//! set NAME VALUE        changes a setting until the next start
//! save                  stores the settings and restarts
//! test                  network, time, broker, meter: what works and what does not
//! factory               erases all settings and restarts; readings stay
//! restart               restarts
//! ```
//!
//! A pasted certificate in PEM becomes the authority that must have signed the broker's
//! certificate; `save` stores it.
use core::fmt::{Debug, Write as _};

use embassy_net::Stack;
use embedded_io_async::{Read, Write};
use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use gateway::Clock;
use heapless::{String, Vec};

use crate::{
    pem_input::{PemInput, PemLine},
    pulses::SharedStore,
    secure::Security,
    settings::Settings,
    state::State,
    storage::{StorageError, Store},
};

/// Longest line, bytes; a longer one is refused as a whole.
const LINE: usize = 128;
const HELP: &str = "show | set NAME VALUE | save | test | factory | restart\r\n";

/// The answer to one line.
type Answer = String<2048>;

/// The command of one line.
#[derive(Debug, PartialEq, Eq)]
enum Command<'a> {
    Show,
    Set(&'a str, &'a str),
    Save,
    Test,
    Factory,
    Restart,
    Nothing,
    Unknown,
}

fn parse(line: &str) -> Command<'_> {
    let line = line.trim();
    let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
    match (verb, rest.trim()) {
        ("", _) => Command::Nothing,
        ("show", "") => Command::Show,
        ("save", "") => Command::Save,
        ("test", "") => Command::Test,
        ("factory", "") => Command::Factory,
        ("restart", "") => Command::Restart,
        ("set", rest) => match rest.split_once(' ') {
            Some((name, value)) => Command::Set(name, value.trim()),
            None => Command::Set(rest, ""),
        },
        _ => Command::Unknown,
    }
}

/// Answers commands until the board has to restart.
///
/// # Errors
/// The port failed. Errors of the flash are answers.
pub async fn run<S: Security, P: Read + Write, F: MultiwriteNorFlash>(
    port: &mut P,
    store: &SharedStore<'_, F>,
    settings: &mut Settings,
    stack: Stack<'_>,
    state: &State,
) -> Result<(), P::Error>
where
    F::Error: Debug,
{
    let mut pem = PemInput::new();
    let mut line = Vec::<u8, LINE>::new();
    let mut too_long = false;
    loop {
        let mut chunk = [0; 32];
        let length = port.read(&mut chunk).await?;
        for byte in &chunk[..length] {
            if !matches!(byte, b'\r' | b'\n') {
                too_long |= line.push(*byte).is_err();
                continue;
            }
            let mut answer = Answer::new();
            let text = core::str::from_utf8(&line).ok().filter(|_| !too_long).unwrap_or("?");
            let restart = match pem.line(text) {
                PemLine::Other => {
                    let command = parse(text);
                    let stored = (store, pem.certificate());
                    execute(&command, stored, settings, stack, state, &mut answer).await
                }
                step => {
                    handle_pem::<S>(&step, &mut pem, settings, &mut answer);
                    false
                }
            };
            (too_long, line) = (false, Vec::new());
            port.write_all(answer.as_bytes()).await?;
            port.flush().await?;
            if restart {
                return Ok(());
            }
        }
    }
}

/// Handles a line of a certificate.
fn handle_pem<S: Security>(
    step: &PemLine,
    pem: &mut PemInput,
    settings: &mut Settings,
    answer: &mut Answer,
) {
    let done = match step {
        PemLine::Last => S::check(pem.certificate()),
        PemLine::Broken => Err("this is no certificate in PEM, or one that is too long"),
        PemLine::Part | PemLine::Other => return,
    };
    // Both answers fit.
    let _ = match done {
        Ok(fingerprint) => {
            settings.set_authority(&fingerprint);
            answer.write_str("ok\r\n")
        }
        Err(why) => {
            pem.clear();
            write!(answer, "error: {why}\r\n")
        }
    };
}

/// Executes a command, and returns whether the board has to restart.
async fn execute<F: MultiwriteNorFlash>(
    command: &Command<'_>,
    (store, authority): (&SharedStore<'_, F>, &[u8]),
    settings: &mut Settings,
    stack: Stack<'_>,
    state: &State,
    answer: &mut Answer,
) -> bool
where
    F::Error: Debug,
{
    let mut restart = false;
    // An answer that does not fit is cut; the longest list of settings fits.
    let _ = match command {
        Command::Nothing => Ok(()),
        Command::Show => settings.show(answer),
        Command::Set(name, value) => match settings.set(name, value) {
            Ok(()) => answer.write_str("ok\r\n"),
            Err(error) => write!(answer, "error: {error}\r\n"),
        },
        Command::Save | Command::Factory => {
            if matches!(command, Command::Factory) {
                *settings = Settings::default();
            }
            match store_all(settings, authority, &mut *store.lock().await).await {
                Ok(()) => {
                    restart = true;
                    answer.write_str("saved; restarting\r\n")
                }
                Err(error) => write!(answer, "error: the flash: {error:?}\r\n"),
            }
        }
        Command::Test => test(settings, stack, state, answer),
        Command::Restart => {
            restart = true;
            answer.write_str("restarting\r\n")
        }
        Command::Unknown => write!(answer, "error: not understood\r\n{HELP}"),
    };
    restart
}

/// Stores the authority first: a fingerprint without its authority allows no connection.
async fn store_all<F: MultiwriteNorFlash>(
    settings: &Settings,
    authority: &[u8],
    store: &mut Store<'_, F>,
) -> Result<(), StorageError<F>>
where
    F::Error: Debug,
{
    if !authority.is_empty() {
        store.put_authority(authority).await?;
    }
    settings.save(store).await
}

fn test(
    settings: &Settings,
    stack: Stack<'_>,
    state: &State,
    answer: &mut Answer,
) -> core::fmt::Result {
    let yes = |works: bool| if works { "ok" } else { "NO" };
    write!(answer, "cable {}\r\n", yes(stack.is_link_up()))?;
    match stack.config_v4() {
        Some(config) => write!(answer, "address ok {}\r\n", config.address)?,
        None => answer.write_str("address NO: no answer from the network's DHCP\r\n")?,
    }
    match state.clock.utc() {
        Some(time) => write!(answer, "time ok {time}\r\n")?,
        None => answer.write_str("time NO: no answer from the SNTP server\r\n")?,
    }
    for (name, set) in [
        ("gateway", settings.gateway().is_some()),
        ("meter", settings.meter().is_some()),
        ("broker", settings.broker().is_some()),
    ] {
        if !set {
            write!(answer, "{name} NO: `set {name} …`, then `save`\r\n")?;
        }
    }
    match state.connection_error().filter(|_| !state.online()) {
        Some(error) => write!(answer, "connection NO: {error}\r\n")?,
        None => write!(answer, "connection {}\r\n", yes(state.online()))?,
    }
    let (understood, refused) = state.telegrams();
    write!(answer, "telegrams {understood} refused {refused}\r\n")?;
    write!(answer, "waiting {}\r\n", state.waiting())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_parsed() {
        assert_eq!(parse(" show "), Command::Show);
        assert_eq!(parse("set gateway  soderhamn-1"), Command::Set("gateway", "soderhamn-1"));
        assert_eq!(parse("set brightness 100 20"), Command::Set("brightness", "100 20"));
        assert_eq!(parse("set user"), Command::Set("user", ""));
        assert_eq!(parse(""), Command::Nothing);
        for bad in ["show all", "hello", "restart now", "SET gateway x"] {
            assert_eq!(parse(bad), Command::Unknown, "{bad}");
        }
    }
}

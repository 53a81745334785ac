//! The complete programs: one future for a gateway, with or without a panel, and one for a
//! panel.
//!
//! The network's runner has to be a task of its own: each poll of a socket wakes it, and in
//! one task the two would wake each other for ever.
use core::{
    convert::Infallible,
    fmt::{Debug, Write as _},
    pin::pin,
};

use embassy_futures::select::{Either, Either4, Either5, select, select4, select5};
use embassy_net::Stack;
use embedded_io_async::{Read, Write};
use embedded_storage_async::nor_flash::MultiwriteNorFlash;
use gateway::{Config, ReadingId};
use heapless::String;
use wire::Text;

use crate::{
    VERSION,
    address::Address,
    connector::Tcp,
    console,
    layout::Layout,
    log,
    outbox_with_clock::OutboxWithClock,
    pages,
    pulses::{self, Contact, PulseReadings, SharedStore, Source},
    secure::{Authority, Security, Trust},
    settings::{Input, Settings},
    sntp,
    state::{State, StateObserver},
    storage::{self, Shared, StorageError, Store},
    update::{OtaUpdate, UpdateChannel},
    uplink::{Identity, Mqtt, WINDOW},
};

/// Why a board restarts: published as the reset's reason after the next start.
pub type RestartReason = String<96>;

/// The hardware of a board. `PAGES`: whether a gateway subscribes to its page, for a panel of
/// its own.
pub struct Board<'a, F: MultiwriteNorFlash, M, C, P, U, S, const PAGES: bool> {
    /// The network, up or not.
    pub stack: Stack<'a>,
    /// The chip's flash.
    pub flash: &'a Shared<F>,
    /// The flash's layout.
    pub layout: Layout,
    /// Updates over the air.
    pub ota: U,
    /// Encryption of the connection.
    pub security: S,
    /// The meter's bytes; a panel ignores them.
    pub meter: M,
    /// The meter's pulses, or [`crate::pulses::NoContact`].
    pub contact: C,
    /// The port of the command line.
    pub console: P,
    /// State that the tasks share.
    pub state: &'a State,
    /// Name of the board and its program, such as `rp2040-gateway`.
    pub name: &'a str,
    /// The reason of the last restart.
    pub reset: Option<Text<96>>,
    /// Called with the id of each reading that is in the flash, for a log.
    pub queued: fn(ReadingId),
}

/// Runs a gateway until the board has to restart, and returns the reason. Received pages go
/// to [`crate::screen`].
pub async fn gateway<F, M, C, P, U, S, const PAGES: bool>(
    mut board: Board<'_, F, M, C, P, U, S, PAGES>,
) -> RestartReason
where
    F: MultiwriteNorFlash,
    F::Error: Debug,
    M: Read,
    C: Contact,
    P: Read + Write,
    U: OtaUpdate,
    S: Security,
{
    let mut store = Store::new(board.flash, &board.layout);
    let (settings, boots) = match Settings::start(&mut store).await {
        Ok(both) => both,
        Err(error) => return reason("settings", &error),
    };
    board.state.set_brightness(settings.brightness());
    let (store, readings) = (SharedStore::new(store), PulseReadings::new());
    let mut typed = settings.clone();
    let commands =
        console::run::<S, _, _>(&mut board.console, &store, &mut typed, board.stack, board.state);
    let pulses = async {
        match settings.input() {
            Input::P1 => core::future::pending().await,
            Input::S0 { per_kwh } => {
                pulses::run(&mut board.contact, &store, &readings, per_kwh).await
            }
        }
    };
    let source = match settings.input() {
        Input::P1 => Source::Port(&mut board.meter),
        Input::S0 { .. } => Source::Pulses(&readings),
    };
    let gateway = run_gateway::<_, _, _, PAGES>(
        &settings,
        board.flash,
        &board.layout,
        source,
        board.stack,
        board.state,
        U::POSSIBLE.then_some(&board.state.update),
        &mut board.security,
        &store,
        (board.name, board.reset, boots, board.queued),
    );
    let time = time(&settings, board.stack, board.state);
    let remote = apply_remote_settings(&settings, &store, board.state);
    let update = board.ota.run(board.flash, board.name, &settings, &board.state.update);
    // Pinned in place: a moved future is on the stack twice, and these are the whole program.
    let (commands, gateway, time) = (pin!(commands), pin!(gateway), pin!(time));
    let (pulses, changes) = (pin!(pulses), pin!(select(remote, update)));
    match select5(commands, gateway, time, pulses, changes).await {
        Either5::First(done) => console_ended(done),
        Either5::Second(reason) | Either5::Fifth(Either::First(reason)) => reason,
        Either5::Third(never) => match never {},
        Either5::Fourth(Err(error)) => reason("pulses", &error),
        Either5::Fifth(Either::Second(why)) => RestartReason::try_from(why).unwrap_or_default(),
    }
}

/// Runs a panel until the board has to restart, and returns the reason. Received pages go to
/// [`crate::screen`].
pub async fn panel<F, M, C, P, U, S, const PAGES: bool>(
    mut board: Board<'_, F, M, C, P, U, S, PAGES>,
) -> RestartReason
where
    F: MultiwriteNorFlash,
    F::Error: Debug,
    P: Read + Write,
    S: Security,
{
    let mut store = Store::new(board.flash, &board.layout);
    let settings = match Settings::start(&mut store).await {
        Ok((settings, _)) => settings,
        Err(error) => return reason("settings", &error),
    };
    board.state.set_brightness(settings.brightness());
    let store = SharedStore::new(store);
    let mut typed = settings.clone();
    let commands =
        console::run::<S, _, _>(&mut board.console, &store, &mut typed, board.stack, board.state);
    let listen = async {
        let (Some(id), Some(broker)) = (settings.gateway(), settings.broker()) else {
            // The command line sets them first.
            log!(warn, "gateway or broker is not set");
            return core::future::pending().await;
        };
        let (user, password) = settings.account();
        let mut identity = Identity::new(&id, user, password);
        let authority = match authority::<S, F>(&settings, &store).await {
            Ok(authority) => authority,
            Err(error) => return reason("authority", &error),
        };
        let trust = trust(authority.as_ref(), &broker, board.state);
        let mut tcp = Tcp::new(board.stack, &broker);
        let (connector, wire) = board.security.connect(&mut tcp, trust);
        let listen = pin!(pages::listen(connector, &mut identity, board.state));
        match select(listen, pin!(wire)).await {
            Either::First(Ok(never)) | Either::Second(never) => match never {},
            Either::First(Err(error)) => reason("MQTT", &error),
        }
    };
    let time = time(&settings, board.stack, board.state);
    let remote = apply_remote_settings(&settings, &store, board.state);
    let (commands, listen, time) = (pin!(commands), pin!(listen), pin!(time));
    match select4(commands, listen, time, pin!(remote)).await {
        Either4::First(done) => console_ended(done),
        Either4::Second(reason) | Either4::Fourth(reason) => reason,
        Either4::Third(never) => match never {},
    }
}

fn console_ended(done: Result<(), impl Debug>) -> RestartReason {
    match done {
        Ok(()) => RestartReason::try_from("command line").unwrap_or_default(),
        Err(error) => reason("command line", &error),
    }
}

/// Applies settings from MQTT where they differ: stores them and returns the reason to
/// restart with them.
async fn apply_remote_settings<F: MultiwriteNorFlash>(
    settings: &Settings,
    store: &SharedStore<'_, F>,
    state: &State,
) -> RestartReason
where
    F::Error: Debug,
{
    loop {
        let lines = state.config.wait().await;
        let new = lines.as_deref().map(|lines| settings.with_remote(lines));
        let mut why = RestartReason::new();
        // Text that does not fit is cut.
        let _ = match new {
            Some(Ok(new)) if new == *settings => Ok(()),
            Some(Ok(new)) => match new.save(&mut *store.lock().await).await {
                Ok(()) => return RestartReason::try_from("settings over MQTT").unwrap_or_default(),
                Err(error) => write!(why, "the flash: {error:?}"),
            },
            Some(Err((name, error))) => write!(why, "{name}: {error}"),
            None => write!(why, "settings are text of at most 256 bytes"),
        };
        state.set_config_error((!why.is_empty()).then(|| Text::truncated(&why)));
    }
}

async fn time(settings: &Settings, stack: Stack<'_>, state: &State) -> Infallible {
    match settings.time() {
        Some(server) => sntp::run(stack, &server, &state.clock).await,
        None => core::future::pending().await,
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a board, borrowed one by one")]
async fn run_gateway<'f, F, M: Read, S: Security, const PAGES: bool>(
    settings: &Settings,
    flash: &'f Shared<F>,
    layout: &Layout,
    mut meter: Source<'_, M>,
    stack: Stack<'_>,
    state: &State,
    updates: Option<&UpdateChannel>,
    security: &mut S,
    store: &SharedStore<'f, F>,
    (name, reset, boots, queued): (&str, Option<Text<96>>, u32, fn(ReadingId)),
) -> RestartReason
where
    F: MultiwriteNorFlash,
    F::Error: Debug,
{
    let (Some(id), Some(broker)) = (settings.gateway(), settings.broker()) else {
        // The command line sets them first.
        log!(warn, "gateway or broker is not set");
        return core::future::pending().await;
    };
    let Some(meter_id) = settings.meter() else {
        log!(warn, "the meter is not set");
        return core::future::pending().await;
    };
    let mut outbox = match storage::open_outbox(flash, layout, boots).await {
        Ok(outbox) => OutboxWithClock::new(outbox, store).await,
        Err(error) => return reason("outbox", &error),
    };
    let waiting = gateway::Outbox::len(&outbox);
    log!(info, "start {}; readings in the flash: {}", boots, waiting);
    state.set_waiting(waiting);
    let (user, password) = settings.account();
    let mut identity = Identity::new(&id, user, password);
    let authority = match authority::<S, F>(settings, store).await {
        Ok(authority) => authority,
        Err(error) => return reason("authority", &error),
    };
    let trust = trust(authority.as_ref(), &broker, state);
    let mut tcp = Tcp::new(stack, &broker);
    let (connector, wire) = security.connect(&mut tcp, trust);
    let uplink = Mqtt::<_, PAGES>::new(connector, &mut identity, state, updates);
    let mut uplink = match uplink {
        Ok(uplink) => uplink,
        Err(error) => return reason("MQTT", &error),
    };
    let mut firmware = String::<64>::new();
    // Cut to the room of a status.
    let _ = core::fmt::write(&mut firmware, format_args!("{VERSION} {name}"));
    let config = Config {
        multiplier: settings.multiplier(),
        interval_s: settings.interval_s(),
        window: WINDOW,
        firmware: Text::truncated(&firmware),
        reset,
        ..Config::new(id, meter_id)
    };
    let mut observer = StateObserver { state, queued };
    let clock = &state.clock;
    let run = gateway::run(&config, &mut meter, clock, &mut uplink, &mut outbox, &mut observer);
    let (run, wire) = (pin!(run), pin!(wire));
    match select(run, wire).await {
        Either::First(Ok(())) => {
            RestartReason::try_from("the meter's port ended").unwrap_or_default()
        }
        Either::First(Err(stop)) => reason("gateway", &stop),
        Either::Second(never) => match never {},
    }
}

/// The authority of the settings, if one is set; empty where the flash has another one or
/// none, so that no broker is trusted then.
async fn authority<S: Security, F: MultiwriteNorFlash>(
    settings: &Settings,
    store: &SharedStore<'_, F>,
) -> Result<Option<Authority>, StorageError<F>>
where
    F::Error: Debug,
{
    let Some(fingerprint) = settings.authority() else { return Ok(None) };
    let stored = store.lock().await.authority().await?;
    Ok(Some(if S::check(&stored) == Ok(fingerprint) { stored } else { Authority::new() }))
}

fn trust<'a>(
    authority: Option<&'a Authority>,
    broker: &'a Address,
    state: &'a State,
) -> Option<Trust<'a>> {
    authority.map(|authority| Trust { authority, host: broker.host(), clock: &state.clock })
}

fn reason(what: &str, error: &impl Debug) -> RestartReason {
    let mut reason = RestartReason::new();
    // Text that does not fit is cut.
    let _ = core::fmt::write(&mut reason, format_args!("{what}: {error:?}"));
    reason
}

//! The parts put together: one future for a gateway, one for a panel, one for both.
//!
//! The network's runner must be a task of its own: each look at a socket wakes it, and
//! in one task with the socket the two would keep each other awake for ever.
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
    console,
    layout::Layout,
    log, pages,
    pulses::{self, Contact, Said, SharedStore, Source},
    remember::Remembering,
    secure::{Authority, Security, Trust},
    settings::{Input, Settings},
    sntp,
    state::{State, Watcher},
    storage::{self, Fault, Shared, Store},
    update::{Exchange, Mailbox},
    uplink::{Identity, Mqtt, Tcp, WINDOW},
};

/// Why a board starts anew: published as the reset's reason after the next start.
pub type Reason = String<96>;

/// What a board brings. `PAGES`: whether a gateway wants the page of its house, for a panel
/// of its own.
pub struct Board<'a, F: MultiwriteNorFlash, M, C, P, U, S, const PAGES: bool> {
    /// The network, up or not.
    pub stack: Stack<'a>,
    /// The chip's flash.
    pub flash: &'a Shared<F>,
    /// Where what is in it.
    pub layout: Layout,
    /// How this program is exchanged for a newer one.
    pub exchange: U,
    /// What encrypts.
    pub security: S,
    /// The meter's bytes; a panel does not look at them.
    pub meter: M,
    /// The meter's pulses, or [`crate::pulses::NoContact`].
    pub contact: C,
    /// Whoever types commands.
    pub console: P,
    /// What the tasks know of each other.
    pub state: &'a State,
    /// Name of the board and its program, such as `rp2040-gateway`.
    pub name: &'a str,
    /// Why it started last.
    pub reset: Option<Text<96>>,
    /// Told of each reading that is in the flash, for a log.
    pub queued: fn(ReadingId),
}

/// Meter to MQTT, until the board is to start anew; tells why. A page that it hears goes
/// to [`crate::screen`].
pub async fn gateway<F, M, C, P, U, S, const PAGES: bool>(
    mut board: Board<'_, F, M, C, P, U, S, PAGES>,
) -> Reason
where
    F: MultiwriteNorFlash,
    F::Error: Debug,
    M: Read,
    C: Contact,
    P: Read + Write,
    U: Exchange,
    S: Security,
{
    let mut store = Store::new(board.flash, &board.layout);
    let (settings, boots) = match Settings::start(&mut store).await {
        Ok(both) => both,
        Err(error) => return reason("settings", &error),
    };
    board.state.set_brightness(settings.brightness());
    let (store, said) = (SharedStore::new(store), Said::new());
    let mut typed = settings.clone();
    let commands =
        console::run::<S, _, _>(&mut board.console, &store, &mut typed, board.stack, board.state);
    let pulses = async {
        match settings.input() {
            Input::P1 => core::future::pending().await,
            Input::S0 { per_kwh } => pulses::run(&mut board.contact, &store, &said, per_kwh).await,
        }
    };
    let source = match settings.input() {
        Input::P1 => Source::Port(&mut board.meter),
        Input::S0 { .. } => Source::Pulses(&said),
    };
    let carry = carry::<_, _, _, PAGES>(
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
    let told = told(&settings, &store, board.state);
    let update = board.exchange.run(board.flash, board.name, &settings, &board.state.update);
    // Where they are: what is moved is twice on the stack, and these are all of the program.
    let (commands, carry, time) = (pin!(commands), pin!(carry), pin!(time));
    let (pulses, beside) = (pin!(pulses), pin!(select(told, update)));
    match select5(commands, carry, time, pulses, beside).await {
        Either5::First(done) => typed_away(done),
        Either5::Second(reason) | Either5::Fifth(Either::First(reason)) => reason,
        Either5::Third(never) => match never {},
        Either5::Fourth(Err(error)) => reason("pulses", &error),
        Either5::Fifth(Either::Second(why)) => Reason::try_from(why).unwrap_or_default(),
    }
}

/// MQTT to a panel, until the board is to start anew; tells why. What it hears goes to
/// [`crate::screen`].
pub async fn panel<F, M, C, P, U, S, const PAGES: bool>(
    mut board: Board<'_, F, M, C, P, U, S, PAGES>,
) -> Reason
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
            // Somebody has to say `set` first, and `save`.
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
    let told = told(&settings, &store, board.state);
    let (commands, listen, time, told) = (pin!(commands), pin!(listen), pin!(time), pin!(told));
    match select4(commands, listen, time, told).await {
        Either4::First(done) => typed_away(done),
        Either4::Second(reason) | Either4::Fourth(reason) => reason,
        Either4::Third(never) => match never {},
    }
}

fn typed_away(done: Result<(), impl Debug>) -> Reason {
    match done {
        Ok(()) => Reason::try_from("command line").unwrap_or_default(),
        Err(error) => reason("command line", &error),
    }
}

/// Takes the settings that wait on their topic, where they differ, until the board is to
/// start anew with them.
async fn told<F: MultiwriteNorFlash>(
    settings: &Settings,
    store: &SharedStore<'_, F>,
    state: &State,
) -> Reason
where
    F::Error: Debug,
{
    loop {
        let lines = state.config.wait().await;
        let new = lines.as_deref().map(|lines| settings.told(lines));
        let mut why = Reason::new();
        // What does not fit is cut.
        let _ = match new {
            Some(Ok(new)) if new == *settings => Ok(()),
            Some(Ok(new)) => match new.save(&mut *store.lock().await).await {
                Ok(()) => return Reason::try_from("settings over MQTT").unwrap_or_default(),
                Err(error) => write!(why, "the flash: {error:?}"),
            },
            Some(Err((name, refusal))) => write!(why, "{name}: {refusal}"),
            None => write!(why, "settings are text of at most 256 bytes"),
        };
        state.set_unconfigured((!why.is_empty()).then(|| Text::truncated(&why)));
    }
}

async fn time(settings: &Settings, stack: Stack<'_>, state: &State) -> Infallible {
    match settings.time() {
        Some(server) => sntp::run(stack, &server, &state.clock).await,
        None => core::future::pending().await,
    }
}

#[expect(clippy::too_many_arguments, reason = "the parts of a board, borrowed one by one")]
async fn carry<'f, F, M: Read, S: Security, const PAGES: bool>(
    settings: &Settings,
    flash: &'f Shared<F>,
    layout: &Layout,
    mut meter: Source<'_, M>,
    stack: Stack<'_>,
    state: &State,
    updates: Option<&Mailbox>,
    security: &mut S,
    store: &SharedStore<'f, F>,
    (name, reset, boots, queued): (&str, Option<Text<96>>, u32, fn(ReadingId)),
) -> Reason
where
    F: MultiwriteNorFlash,
    F::Error: Debug,
{
    let (Some(id), Some(broker)) = (settings.gateway(), settings.broker()) else {
        // Somebody has to say `set` first, and `save`.
        log!(warn, "gateway or broker is not set");
        return core::future::pending().await;
    };
    let Some(meter_id) = settings.meter() else {
        log!(warn, "the meter is not set");
        return core::future::pending().await;
    };
    let mut outbox = match storage::open_outbox(flash, layout, boots).await {
        Ok(outbox) => Remembering::new(outbox, store).await,
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
    // Cut to what a status has room for.
    let _ = core::fmt::write(&mut firmware, format_args!("{VERSION} {name}"));
    let config = Config {
        multiplier: settings.multiplier(),
        interval_s: settings.interval_s(),
        window: WINDOW,
        firmware: Text::truncated(&firmware),
        reset,
        ..Config::new(id, meter_id)
    };
    let mut watcher = Watcher { state, queued };
    let clock = &state.clock;
    let run = gateway::run(&config, &mut meter, clock, &mut uplink, &mut outbox, &mut watcher);
    let (run, wire) = (pin!(run), pin!(wire));
    match select(run, wire).await {
        Either::First(Ok(())) => Reason::try_from("the meter's port ended").unwrap_or_default(),
        Either::First(Err(stop)) => reason("gateway", &stop),
        Either::Second(never) => match never {},
    }
}

/// The authority that the settings name, if they do; empty where the flash has another or
/// none, so that nobody is trusted then.
async fn authority<S: Security, F: MultiwriteNorFlash>(
    settings: &Settings,
    store: &SharedStore<'_, F>,
) -> Result<Option<Authority>, Fault<F>>
where
    F::Error: Debug,
{
    let Some(print) = settings.authority() else { return Ok(None) };
    let kept = store.lock().await.authority().await?;
    Ok(Some(if S::check(&kept) == Ok(print) { kept } else { Authority::new() }))
}

fn trust<'a>(
    authority: Option<&'a Authority>,
    broker: &'a Address,
    state: &'a State,
) -> Option<Trust<'a>> {
    authority.map(|authority| Trust { authority, host: broker.host(), clock: &state.clock })
}

fn reason(what: &str, error: &impl Debug) -> Reason {
    let mut reason = Reason::new();
    // What does not fit is cut.
    let _ = core::fmt::write(&mut reason, format_args!("{what}: {error:?}"));
    reason
}

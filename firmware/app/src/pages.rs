//! A panel without a meter: it listens to the page of its house and says nothing, so
//! that the gateway of the same house keeps its name, its status and its will.
use core::convert::Infallible;

use embassy_time::{Duration, Instant, Timer, with_timeout};
use minimq::{Buffers, ConfigBuilder, ConfigError, Session, TopicFilter};
use wire::Page;

use crate::{
    state::State,
    uplink::{Connector, Fault, Identity, KEEP_ALIVE_S, PATIENCE, text},
};

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// Hands each page that comes to the panel, and connects again for ever. The broker gives
/// it a name, so that a house may have as many panels as it likes.
///
/// # Errors
/// When user and password are longer than MQTT has room for, which settings are not.
pub async fn listen<C: Connector>(
    mut connector: C,
    identity: &mut Identity,
    state: &State,
) -> Result<Infallible, ConfigError> {
    let Identity { page, config: told, user, password, rx, tx, .. } = identity;
    let mut config = ConfigBuilder::new(Buffers::new(rx, tx)).keepalive_interval(KEEP_ALIVE_S);
    if !user.is_empty() {
        config = config.auth(user, password.as_bytes())?;
    }
    let mut session = Session::new(config);
    let mut retry = FIRST_RETRY;
    // As in `Mqtt`: whoever may not hear settings is to see the page all the same.
    let mut unheard = false;
    loop {
        // A connection ends in an error alone.
        unheard = !unheard;
        let told = (told.as_str(), &mut unheard);
        match connected(&mut connector, &mut session, page, told, state).await {
            Ok(never) => match never {},
            Err(fault) => state.set_fault(fault),
        }
        retry = if state.online() { FIRST_RETRY } else { (retry * 2).min(LONGEST_RETRY) };
        state.set_online(false);
        // All panels lose a broker at once, and are not to come back at once.
        let jitter = Instant::now().as_ticks() % (retry / 2).as_ticks().max(1);
        Timer::after(retry / 2 + Duration::from_ticks(jitter)).await;
    }
}

async fn connected<C: Connector>(
    connector: &mut C,
    session: &mut Session<'_>,
    page: &str,
    (told, unheard): (&str, &mut bool),
    state: &State,
) -> Result<Infallible, Fault> {
    let io = connector.open().await?;
    let handshake = with_timeout(PATIENCE, session.connect(io));
    let mut connection = handshake.await.map_err(|_| Fault::Timeout)?.map_err(|_| Fault::Mqtt)?;
    let mut asked = None;
    for topic in [Some(page), unheard.then_some(told)].into_iter().flatten() {
        let filters = [TopicFilter::new(topic)];
        let subscribe = with_timeout(PATIENCE, connection.subscribe(&filters, &[]));
        asked = Some(subscribe.await.map_err(|_| Fault::Timeout)?.map_err(|_| Fault::Mqtt)?);
    }
    state.set_online(true);
    loop {
        let message = connection.poll().await.map_err(|_| Fault::Mqtt)?;
        if let Some(message) = &message
            && message.topic() == told
        {
            state.config.signal(text(message.payload()));
        }
        // A page of a server so new that this cannot read it is no page.
        if let Some(message) = message
            && message.topic() == page
            && let Ok(new) = Page::decode(message.payload())
        {
            state.page.signal(new);
        }
        if *unheard && asked.as_ref().is_some_and(|op| connection.is_complete(op)) {
            *unheard = false;
        }
    }
}

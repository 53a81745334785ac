//! A panel without a meter: it subscribes to its page and publishes nothing, so that the
//! gateway of the same building keeps its client identifier, status and will message.
use core::convert::Infallible;

use embassy_time::{Duration, Instant, Timer, with_timeout};
use minimq::{Buffers, ConfigBuilder, ConfigError, Session, TopicFilter};
use wire::Page;

use crate::{
    connector::{ConnectionError, Connector, STEP_TIMEOUT},
    state::State,
    uplink::{Identity, KEEP_ALIVE_S, remote_settings},
};

const FIRST_RETRY: Duration = Duration::from_secs(1);
const LONGEST_RETRY: Duration = Duration::from_secs(60);

/// Passes each received page to the panel, and reconnects for ever. The broker assigns the
/// client identifier, so that a building can have any number of panels.
///
/// # Errors
/// Where user and password exceed MQTT's limits, which settings cannot.
pub async fn listen<C: Connector>(
    mut connector: C,
    identity: &mut Identity,
    state: &State,
) -> Result<Infallible, ConfigError> {
    let Identity { page, config: config_topic, user, password, rx, tx, .. } = identity;
    let mut config = ConfigBuilder::new(Buffers::new(rx, tx)).keepalive_interval(KEEP_ALIVE_S);
    if !user.is_empty() {
        config = config.auth(user, password.as_bytes())?;
    }
    let mut session = Session::new(config);
    let mut retry = FIRST_RETRY;
    // As in `Mqtt`: a panel without the right to its settings still shows its page.
    let mut config_pending = false;
    loop {
        // A connection ends with an error only.
        config_pending = !config_pending;
        let config = (config_topic.as_str(), &mut config_pending);
        match connected(&mut connector, &mut session, page, config, state).await {
            Ok(never) => match never {},
            Err(error) => state.set_connection_error(error),
        }
        retry = if state.online() { FIRST_RETRY } else { (retry * 2).min(LONGEST_RETRY) };
        state.set_online(false);
        // All panels lose a broker at the same time; jitter spreads their reconnections.
        let jitter = Instant::now().as_ticks() % (retry / 2).as_ticks().max(1);
        Timer::after(retry / 2 + Duration::from_ticks(jitter)).await;
    }
}

async fn connected<C: Connector>(
    connector: &mut C,
    session: &mut Session<'_>,
    page: &str,
    (config_topic, config_pending): (&str, &mut bool),
    state: &State,
) -> Result<Infallible, ConnectionError> {
    let io = connector.open().await?;
    let handshake = with_timeout(STEP_TIMEOUT, session.connect(io));
    let mut connection = handshake
        .await
        .map_err(|_| ConnectionError::Timeout)?
        .map_err(|_| ConnectionError::Mqtt)?;
    let mut asked = None;
    for topic in [Some(page), config_pending.then_some(config_topic)].into_iter().flatten() {
        let filters = [TopicFilter::new(topic)];
        let subscribe = with_timeout(STEP_TIMEOUT, connection.subscribe(&filters, &[]));
        asked = Some(
            subscribe
                .await
                .map_err(|_| ConnectionError::Timeout)?
                .map_err(|_| ConnectionError::Mqtt)?,
        );
    }
    state.set_online(true);
    loop {
        let message = connection.poll().await.map_err(|_| ConnectionError::Mqtt)?;
        if let Some(message) = &message
            && message.topic() == config_topic
        {
            state.config.signal(remote_settings(message.payload()));
        }
        // A page of an unknown version is ignored.
        if let Some(message) = message
            && message.topic() == page
            && let Ok(new) = Page::decode(message.payload())
        {
            state.page.signal(new);
        }
        if *config_pending && asked.as_ref().is_some_and(|op| connection.is_complete(op)) {
            *config_pending = false;
        }
    }
}

//! Starting the service and telling where it answers, for `serve` and `demo`.
use server::{BrokerKind, Running, ServiceError, Settings};

use super::{Failure, interrupted, output};

/// Starts it and prints where it answers, a line each.
pub(super) async fn start(settings: Settings) -> Result<Running, Failure> {
    let external = match &settings.broker {
        BrokerKind::External(external) => Some(format!(
            "{}://{}:{}",
            if external.tls { "mqtts" } else { "mqtt" },
            external.host,
            external.port
        )),
        BrokerKind::Embedded { .. } => None,
    };
    let running = server::start(settings).await.map_err(|error| failed(&error))?;
    output::line(format_args!("http://{}", running.http_addr))?;
    match (running.mqtt_addr, external) {
        (Some(address), _) => output::line(format_args!("mqtt://{address}"))?,
        (None, Some(broker)) => output::line(broker)?,
        (None, None) => {}
    }
    Ok(running)
}

/// What went wrong with the service, and how to fix it.
pub(super) fn failed(error: &ServiceError) -> Failure {
    let hint = error.hint();
    Failure::Failed(anyhow::anyhow!("{error}\n  {hint}"))
}

/// Waits until it is told to stop, or until it cannot go on.
pub(super) async fn until_stopped(running: &mut Running) -> Result<(), Failure> {
    tokio::select! {
        () = interrupted() => Ok(()),
        error = running.failed() => Err(failed(&error)),
    }
}

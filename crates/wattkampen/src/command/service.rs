//! Starts the service and waits for its end, for `serve` and `demo`.
use server::{BrokerKind, Running, ServiceError, Settings};

use super::{Failure, interrupted, output};

/// Starts the service and prints its addresses, one a line, and the link for the organiser
/// where there is one.
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
    let running = server::start(settings).await.map_err(|error| failure(&error))?;
    output::line(format_args!("http://{}", running.http_addr))?;
    if let Some(address) = running.https_addr {
        output::line(format_args!("https://{address}"))?;
    }
    match (running.mqtt_addr, external) {
        (Some(address), _) => output::line(format_args!("mqtt://{address}"))?,
        (None, Some(broker)) => output::line(broker)?,
        (None, None) => {}
    }
    if let Some(address) = running.mqtts_addr {
        output::line(format_args!("mqtts://{address}"))?;
    }
    if let Some(link) = &running.link {
        output::line(format_args!("organiser {link}"))?;
    }
    Ok(running)
}

pub(super) fn failure(error: &ServiceError) -> Failure {
    Failure::failed(error, error.hint())
}

/// Waits until the service is stopped or fails.
pub(super) async fn until_stopped(running: &mut Running) -> Result<(), Failure> {
    tokio::select! {
        () = interrupted() => Ok(()),
        error = running.failed() => Err(failure(&error)),
    }
}

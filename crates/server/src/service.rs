//! The parts of the service: started together, and stopped in an order that lets every
//! committed reading be acknowledged.
use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    BrokerKind, Settings,
    access::{Access, AccessError},
    backup_schedule,
    broker::{self, Broker},
    descriptors::Descriptors,
    display::PageInputs,
    engine::{self, Engine, EngineClient, EngineError},
    external_broker::{self, ExternalBroker},
    ingest::{self, Inbox},
    metrics,
    publish::{PanelPages, Publisher},
    tls::{Tls, TlsError, TlsUse},
    web,
};

/// Longest wait at a shutdown for the acknowledgements of what is committed.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);
/// Time between two removals of old samples from the histograms at `/metrics`.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// Why the service does not start, or ends.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The store, or the engine's thread, failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The embedded broker does not start.
    #[error(transparent)]
    Broker(#[from] broker::StartError),
    /// The client of the external broker does not start.
    #[error(transparent)]
    ExternalBroker(#[from] external_broker::StartError),
    /// The files of TLS cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// A listener with TLS is configured, and no files of TLS.
    #[error("{0} is configured, and no certificate")]
    NoCertificate(&'static str),
    /// The HTTP address is in use, or not one of this machine.
    #[error("HTTP cannot listen on {addr}: {source}")]
    Http {
        /// The configured address.
        addr: SocketAddr,
        /// The error of the operating system.
        source: io::Error,
    },
    /// The file of accounts cannot be used.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// A part of the service ended.
    #[error("the {0} ended unexpectedly")]
    Ended(&'static str),
}

impl ServiceError {
    /// How to fix it, in one line.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Tls(error) | Self::Broker(broker::StartError::Tls(error)) => error.hint(),
            Self::NoCertificate(_) => {
                "add to [server]: tls = { certificate = \"service.pem\", key = \"service.key\" }"
            }
            Self::Access(error) => error.hint(),
            Self::Broker(_) => "choose another `mqtt` in [server], or port 0 for a free one",
            Self::ExternalBroker(_) => {
                "set `broker` in [server] to \"embedded\" or to \"mqtt://…\""
            }
            Self::Http { .. } => "choose another `http` in [server], or port 0 for a free one",
            Self::Ended(_) => {
                "report this with the log, and start again; nothing acknowledged is lost"
            }
        }
    }
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// The address of the HTTP listener.
    pub http_addr: SocketAddr,
    /// The address of the HTTP listener with TLS, if there is one.
    pub https_addr: Option<SocketAddr>,
    /// The address of the embedded broker's listener with TLS, if there is one.
    pub mqtts_addr: Option<SocketAddr>,
    /// The address of the embedded broker's listener; `None` with an external broker.
    pub mqtt_addr: Option<SocketAddr>,
    /// The link to print: to the first account, or into a demonstration.
    pub link: Option<String>,
    /// The engine's.
    pub client: EngineClient,
    engine: Engine,
    ingress: Ingress,
    pages: JoinHandle<()>,
    others: JoinSet<()>,
    /// Ends the ingress, which ends first.
    stop_ingress: watch::Sender<bool>,
    /// Ends everything else.
    stop: watch::Sender<bool>,
}

/// The route of readings into the service.
#[derive(Debug)]
enum Ingress {
    Embedded(Broker),
    External(ExternalBroker),
}

impl Ingress {
    fn publisher(&self) -> Arc<dyn Publisher> {
        match self {
            Self::Embedded(broker) => broker.publisher(),
            Self::External(broker) => broker.publisher(),
        }
    }

    async fn ended(&mut self) {
        match self {
            Self::Embedded(broker) => broker.ended().await,
            Self::External(broker) => broker.ended().await,
        }
    }
}

/// Starts the service. When it returns, the leaderboard is computed, and HTTP and the broker
/// answer.
///
/// # Errors
/// The part that does not start. Nothing is left running then.
pub async fn start(settings: Settings) -> Result<Running, ServiceError> {
    let descriptors = Descriptors::of_process();
    let limits = broker::Limits::default();
    let limits = broker::Limits { connections: limits.connections.min(descriptors.mqtt), ..limits };
    let http_limits = web::ConnectionLimits::default();
    let http_limits = web::ConnectionLimits {
        connections: http_limits.connections.min(descriptors.http),
        shared_networks: settings.access.trusted_proxies.clone(),
        ..http_limits
    };
    let http = settings.http;
    let http_error = |source| ServiceError::Http { addr: http, source };
    // First, so that an address that is in use is reported without delay.
    let listener = TcpListener::bind(http).await.map_err(http_error)?;
    let http_addr = listener.local_addr().map_err(http_error)?;
    let tls = https(&settings).await?;
    let https_addr = match &tls {
        Some((listener, _)) => Some(listener.local_addr().map_err(http_error)?),
        None => None,
    };
    let listeners = web::Listeners::from(listener).with_tls(tls);
    let access = match settings.access.demonstration {
        true => Access::demonstration()?,
        false => Access::open(&settings.data)?,
    };
    let (inbox, deliveries) = ingest::channel();
    let (client, engine) = engine::start(&settings, deliveries).await?;
    let (stop_ingress, ingress_stopped) = watch::channel(false);
    let readiness = web::Readiness::new(settings.data.clone(), settings.min_free_bytes);
    let ingress = match start_ingress(&settings, limits, inbox, ingress_stopped, &readiness).await {
        Ok(ingress) => ingress,
        Err(error) => {
            engine.shutdown().await?;
            return Err(error);
        }
    };
    let (stop, stopped) = watch::channel(false);
    let mut others = JoinSet::new();
    others.spawn(metrics_upkeep(stopped.clone()));
    if let Some(schedule) = settings.backup.clone() {
        let (data, stopped) = (settings.data.clone(), wait_for(stopped.clone()));
        others.spawn(async move {
            tokio::select! {
                () = stopped => {}
                () = backup_schedule::run(data, schedule) => {}
            }
        });
    }
    others.spawn(publish_pages(&settings, &client, ingress.publisher(), stopped.clone()));
    let web = web::Web::new(
        client.clone(),
        web::Options {
            clock: settings.clock,
            language: settings.language,
            access: access.clone(),
            hosts: web::Hosts::new(http_addr.ip(), &settings.access.hosts),
            trusted_proxies: settings.access.trusted_proxies.clone(),
            readiness,
        },
    );
    let pages = tokio::spawn(web::serve(listeners, web, http_limits, wait_for(stopped)));
    Ok(Running {
        http_addr,
        https_addr,
        link: access.link().map(|link| format!("http://{}{}", reachable(http_addr), link.path())),
        mqtt_addr: match &ingress {
            Ingress::Embedded(broker) => Some(broker.addr),
            Ingress::External(_) => None,
        },
        mqtts_addr: match &ingress {
            Ingress::Embedded(broker) => broker.tls_addr,
            Ingress::External(_) => None,
        },
        client,
        engine,
        ingress,
        pages,
        others,
        stop_ingress,
        stop,
    })
}

/// The HTTP listener with TLS, if one is configured.
async fn https(settings: &Settings) -> Result<Option<(TcpListener, Tls)>, ServiceError> {
    let Some(addr) = settings.https else { return Ok(None) };
    let files = settings.tls.clone().ok_or(ServiceError::NoCertificate("`https`"))?;
    let tls = Tls::load(files, TlsUse::Http)?;
    let listener = TcpListener::bind(addr).await;
    Ok(Some((listener.map_err(|source| ServiceError::Http { addr, source })?, tls)))
}

/// An address of this machine at which a listener answers.
const fn reachable(listener: SocketAddr) -> SocketAddr {
    let ip = match listener.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listener.port())
}

async fn start_ingress(
    settings: &Settings,
    limits: broker::Limits,
    inbox: Inbox,
    stopped: watch::Receiver<bool>,
    readiness: &web::Readiness,
) -> Result<Ingress, ServiceError> {
    match &settings.broker {
        BrokerKind::Embedded { listen, listen_tls, logins } => {
            let tls = match (listen_tls, &settings.tls) {
                (None, _) => None,
                (Some(_), None) => return Err(ServiceError::NoCertificate("`mqtts`")),
                (Some(listen), Some(files)) => {
                    Some(broker::TlsListener { listen: *listen, files: files.clone() })
                }
            };
            let config = broker::Config {
                listen: *listen,
                tls,
                logins: logins.clone(),
                state_file: Some(settings.data.join("retained")),
                limits,
            };
            let broker = broker::start(config, inbox, wait_for(stopped)).await?;
            readiness.set_embedded_broker(broker.addr);
            Ok(Ingress::Embedded(broker))
        }
        BrokerKind::External(external) => {
            let readiness = readiness.clone();
            let connected = move |connected| readiness.set_broker(connected);
            let broker = external_broker::start(external, inbox, connected, wait_for(stopped))?;
            Ok(Ingress::External(broker))
        }
    }
}

/// Publishes the pages of the panels until `stopped`.
fn publish_pages(
    settings: &Settings,
    client: &EngineClient,
    publisher: Arc<dyn Publisher>,
    stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let pages = PanelPages::new(client.clone(), publisher, &settings.gateways);
    let (clock, language, client) = (settings.clock, settings.language, client.clone());
    pages.run(
        move |snapshot, who| {
            let (competition, participants) = (client.competition(), client.participants());
            PageInputs { competition, participants, snapshot, language, now: clock.now() }.page(who)
        },
        stopped,
    )
}

async fn metrics_upkeep(stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(UPKEEP_INTERVAL);
    let stopped = wait_for(stopped);
    tokio::pin!(stopped);
    loop {
        tokio::select! {
            () = &mut stopped => return,
            _ = tick.tick() => {
                if let Some(recorder) = metrics::recorder() {
                    recorder.run_upkeep();
                }
            }
        }
    }
}

/// Waits until the value is true or its sender is dropped.
async fn wait_for(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Running {
    /// Waits until a part ends by itself, which is a failure.
    pub async fn failed(&mut self) -> ServiceError {
        tokio::select! {
            ended = self.engine.ended() => match ended {
                Ok(()) => ServiceError::Ended("engine"),
                Err(error) => error.into(),
            },
            () = self.ingress.ended() => ServiceError::Ended("broker"),
            _ = &mut self.pages => ServiceError::Ended("HTTP server"),
        }
    }

    /// Stops the ingress first, so that what was received is committed and acknowledged; then the
    /// engine, with its checkpoint; then HTTP and the panels.
    ///
    /// # Errors
    /// Where the store is not closed in order. Everything acknowledged is in it.
    pub async fn shutdown(mut self) -> Result<(), ServiceError> {
        self.stop_ingress.send_replace(true);
        if timeout(SHUTDOWN_TIMEOUT, self.ingress.ended()).await.is_err() {
            tracing::warn!("not all clients of the broker disconnected in time");
        }
        let closed = self.engine.shutdown().await;
        self.stop.send_replace(true);
        while self.others.join_next().await.is_some() {}
        // The HTTP server bounds its own shutdown.
        let _ = self.pages.await;
        Ok(closed?)
    }
}

#[cfg(test)]
mod tests;

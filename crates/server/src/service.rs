//! The parts as one service: started together, stopped in the order in which
//! nothing that was committed stays unsaid.
use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    net::TcpListener,
    sync::watch,
    task::{JoinHandle, JoinSet},
    time::timeout,
};

use crate::{
    BrokerKind, Settings,
    bridge::{self, Bridge},
    broker::{self, Broker},
    display::Stage,
    engine::{self, Engine, EngineClient, EngineError},
    ingest::{self, Inbox},
    metrics,
    publish::{Pages, Publisher},
    web,
};

/// For clients to be told what was committed before the service leaves.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two sweeps of old samples out of the histograms at `/metrics`.
const SWEEP: Duration = Duration::from_secs(5);

/// Why the service does not start, or does not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The store or its thread.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The embedded broker.
    #[error(transparent)]
    Broker(#[from] broker::StartError),
    /// The external broker.
    #[error(transparent)]
    Bridge(#[from] bridge::StartError),
    /// The address of the pages is taken, or not ours.
    #[error("HTTP cannot listen on {addr}: {source}")]
    Http {
        /// Where.
        addr: SocketAddr,
        /// Why.
        source: io::Error,
    },
    /// The pages' listener broke.
    #[error("HTTP cannot go on: {0}")]
    Pages(io::Error),
    /// A part ended that should not have.
    #[error("the {0} ended unexpectedly")]
    Ended(&'static str),
}

impl ServiceError {
    /// How to mend it, one line.
    pub const fn mend(&self) -> &'static str {
        match self {
            Self::Engine(error) => error.hint(),
            Self::Broker(_) => "choose another `mqtt` in [server], or port 0 for a free one",
            Self::Bridge(_) => "set `broker` in [server] to \"embedded\" or to \"mqtt://…\"",
            Self::Http { .. } => "choose another `http` in [server], or port 0 for a free one",
            Self::Pages(_) => "see that this user may open enough files",
            Self::Ended(_) => "report this with the log; start again, nothing acknowledged is lost",
        }
    }
}

/// A running service.
#[derive(Debug)]
pub struct Running {
    /// Where the pages are.
    pub http_addr: SocketAddr,
    /// Where the embedded broker listens; `None` with an external one.
    pub mqtt_addr: Option<SocketAddr>,
    /// The engine's.
    pub client: EngineClient,
    engine: Engine,
    way_in: WayIn,
    pages: JoinHandle<io::Result<()>>,
    others: JoinSet<()>,
    /// First the way in ends, then the rest.
    closing: watch::Sender<bool>,
    stop: watch::Sender<bool>,
}

/// How readings come in.
#[derive(Debug)]
enum WayIn {
    Embedded(Broker),
    External(Bridge),
}

impl WayIn {
    fn publisher(&self) -> Arc<dyn Publisher> {
        match self {
            Self::Embedded(broker) => broker.publisher(),
            Self::External(bridge) => bridge.publisher(),
        }
    }

    async fn ended(&mut self) {
        match self {
            Self::Embedded(broker) => broker.ended().await,
            Self::External(bridge) => bridge.ended().await,
        }
    }
}

/// Starts everything. When it returns, the board is computed, and pages and broker
/// answer.
///
/// # Errors
/// Why not; nothing is left running then.
pub async fn start(settings: Settings) -> Result<Running, ServiceError> {
    let http = settings.http;
    let refused = |source| ServiceError::Http { addr: http, source };
    // Before the work: a taken address is told at once.
    let listener = TcpListener::bind(http).await.map_err(refused)?;
    let http_addr = listener.local_addr().map_err(refused)?;
    let (inbox, deliveries) = ingest::channel();
    let (client, engine) = engine::start(&settings, deliveries).await?;
    let (closing, closed) = watch::channel(false);
    let readiness = web::Readiness::default();
    let way_in = match way_in(&settings, inbox, closed, &readiness).await {
        Ok(way_in) => way_in,
        Err(error) => {
            engine.shutdown().await?;
            return Err(error);
        }
    };
    let (stop, stopped) = watch::channel(false);
    let mut others = JoinSet::new();
    others.spawn(sweep(stopped.clone()));
    others.spawn(pages(&settings, &client, way_in.publisher(), stopped.clone()));
    let web = web::Web::new(
        client.clone(),
        web::Options {
            clock: settings.clock,
            language: settings.language,
            organiser: settings.organiser.clone(),
            readiness,
        },
    );
    let pages = tokio::spawn(web::serve(listener, web, said(stopped)));
    Ok(Running {
        http_addr,
        mqtt_addr: match &way_in {
            WayIn::Embedded(broker) => Some(broker.addr),
            WayIn::External(_) => None,
        },
        client,
        engine,
        way_in,
        pages,
        others,
        closing,
        stop,
    })
}

async fn way_in(
    settings: &Settings,
    inbox: Inbox,
    closed: watch::Receiver<bool>,
    readiness: &web::Readiness,
) -> Result<WayIn, ServiceError> {
    match &settings.broker {
        BrokerKind::Embedded { listen, logins } => {
            let config = broker::Config {
                listen: *listen,
                logins: logins.clone(),
                memory: Some(settings.data.join("retained")),
                limits: broker::Limits::default(),
            };
            let broker = broker::start(config, inbox, said(closed)).await?;
            readiness.broker(true);
            Ok(WayIn::Embedded(broker))
        }
        BrokerKind::External(external) => {
            let readiness = readiness.clone();
            let open = move |open| readiness.broker(open);
            Ok(WayIn::External(bridge::start(external, inbox, open, said(closed))?))
        }
    }
}

/// The pages of the panels, said on MQTT.
fn pages(
    settings: &Settings,
    client: &EngineClient,
    publisher: Arc<dyn Publisher>,
    stopped: watch::Receiver<bool>,
) -> impl Future<Output = ()> + use<> {
    let pages = Pages::new(client.clone(), publisher, &settings.gateways);
    let (clock, language, client) = (settings.clock, settings.language, client.clone());
    pages.run(
        move |snapshot, who| {
            let (competition, participants) = (client.competition(), client.participants());
            Stage { competition, participants, snapshot, language, now: clock.now() }.page(who)
        },
        stopped,
    )
}

async fn sweep(stopped: watch::Receiver<bool>) {
    let mut tick = tokio::time::interval(SWEEP);
    let stopped = said(stopped);
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

/// Ends when it is said, or when nobody is left who could say it.
async fn said(mut stop: watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

impl Running {
    /// Waits until a part ends by itself, which none does but in distress.
    pub async fn failed(&mut self) -> ServiceError {
        tokio::select! {
            ended = self.engine.ended() => match ended {
                Ok(()) => ServiceError::Ended("engine"),
                Err(error) => error.into(),
            },
            () = self.way_in.ended() => ServiceError::Ended("broker"),
            ended = &mut self.pages => match ended {
                Ok(Err(error)) => ServiceError::Pages(error),
                Ok(Ok(())) | Err(_) => ServiceError::Ended("HTTP server"),
            },
        }
    }

    /// Stops: the way in first, so that what came in is still committed and
    /// acknowledged; then the engine, with its checkpoint; then pages and panels.
    ///
    /// # Errors
    /// Where the store could not be closed in order; what was acknowledged is in it.
    pub async fn shutdown(mut self) -> Result<(), ServiceError> {
        self.closing.send_replace(true);
        if timeout(PATIENCE, self.way_in.ended()).await.is_err() {
            tracing::warn!("clients of the broker did not leave in time");
        }
        let closed = self.engine.shutdown().await;
        self.stop.send_replace(true);
        while self.others.join_next().await.is_some() {}
        // Its own patience is shorter than ours.
        let _ = self.pages.await;
        Ok(closed?)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    use super::*;
    use crate::engine::tests::settings;

    async fn get(addr: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(addr).await.unwrap();
        let request =
            format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn it_answers_stops_and_starts_again_on_the_same_data() {
        let dir = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let running = start(settings(dir.path())).await.unwrap();
            assert!(get(running.http_addr, "/readyz").await.starts_with("HTTP/1.1 200"));
            assert!(get(running.http_addr, "/metrics").await.contains("wattkampen_board_version"));
            TcpStream::connect(running.mqtt_addr.unwrap()).await.unwrap();
            let taken = Settings { http: running.http_addr, ..settings(dir.path()) };
            assert!(matches!(start(taken).await, Err(ServiceError::Http { .. })));
            assert!(matches!(start(settings(dir.path())).await, Err(ServiceError::Engine(_))));
            running.shutdown().await.unwrap();
        }
    }
}

//! A discrete-event simulation: a meter that sends at given times, a broker with delays and
//! outages, and a clock that jumps to the next event.
use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use gateway::{Clock, ConnectOptions, Message, Token, Uplink, UplinkConnection};
use wire::{Reading, Status, Time};

/// 2027-04-11T09:00:00Z
pub(crate) const START: i64 = 1_807_434_000;

#[derive(Default)]
pub(crate) struct World {
    now: AtomicU64,
    next: AtomicU64,
    /// When the gateway learns UTC, ms.
    pub(crate) utc_from: AtomicU64,
    pub(crate) broker: Mutex<Broker>,
    /// Calls that the loop cancelled although it must not.
    pub(crate) cancelled: AtomicUsize,
    pub(crate) connects: AtomicUsize,
}

#[derive(Default)]
pub(crate) struct Broker {
    pub(crate) connect_ms: u64,
    pub(crate) publish_ms: u64,
    pub(crate) ack_ms: u64,
    /// No message before this time is acknowledged, ms.
    pub(crate) mute_until: u64,
    /// A reading before this time ends the connection, ms.
    pub(crate) drops_until: u64,
    /// Whether the second publish of each pair is acknowledged first.
    pub(crate) disorderly: bool,
    /// Outages, ms: connections fail, and open ones break.
    pub(crate) outages: Vec<(u64, u64)>,
    /// Received readings with their time of arrival, repeats included.
    pub(crate) readings: Vec<(u64, Reading)>,
    pub(crate) statuses: Vec<(u64, Status)>,
    pub(crate) closed: bool,
}

impl Broker {
    fn out(&self, now: u64) -> bool {
        self.outages.iter().any(|(from, to)| (*from..*to).contains(&now))
    }
}

impl World {
    pub(crate) fn new(broker: Broker) -> Arc<Self> {
        Arc::new(Self { broker: Mutex::new(broker), ..Self::default() })
    }

    pub(crate) fn now(&self) -> u64 {
        self.now.load(SeqCst)
    }

    /// Whether `at` is reached; if not, the clock stops there.
    fn reached(&self, at: u64) -> bool {
        if self.now() >= at {
            return true;
        }
        self.next.fetch_min(at, SeqCst);
        false
    }

    async fn until(&self, at: u64) {
        poll_fn(|_| if self.reached(at) { Poll::Ready(()) } else { Poll::Pending }).await;
    }

    /// Runs a future to its end while the clock jumps from event to event.
    pub(crate) fn run<F: Future>(&self, future: F) -> F::Output {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            self.next.store(u64::MAX, SeqCst);
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            let next = self.next.load(SeqCst);
            assert_ne!(next, u64::MAX, "there is no further event");
            self.now.store(next, SeqCst);
        }
    }
}

pub(crate) struct WorldClock(pub Arc<World>);

impl Clock for WorldClock {
    fn monotonic_ms(&self) -> u64 {
        self.0.now()
    }

    fn utc(&self) -> Option<Time> {
        let known = self.0.now() >= self.0.utc_from.load(SeqCst);
        known.then(|| Time::from_unix(START + (self.0.now() / 1000) as i64).expect("in range"))
    }

    async fn sleep_until(&self, at_ms: u64) {
        self.0.until(at_ms).await;
    }
}

/// Sends bytes at the given times, then ends.
pub(crate) struct Meter {
    pub(crate) world: Arc<World>,
    pub(crate) bytes: VecDeque<(u64, Vec<u8>)>,
}

impl embedded_io_async::ErrorType for Meter {
    type Error = std::convert::Infallible;
}

impl embedded_io_async::Read for Meter {
    async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        let Some((at, bytes)) = self.bytes.front_mut() else { return Ok(0) };
        self.world.until(*at).await;
        let length = bytes.len().min(buffer.len());
        buffer[..length].copy_from_slice(&bytes[..length]);
        bytes.drain(..length);
        if bytes.is_empty() {
            self.bytes.pop_front();
        }
        Ok(length)
    }
}

/// Counts a cancellation if it is dropped before it is disarmed.
struct CancelGuard<'a>(&'a World, AtomicBool);

impl Drop for CancelGuard<'_> {
    fn drop(&mut self) {
        if !self.1.load(SeqCst) {
            self.0.cancelled.fetch_add(1, SeqCst);
        }
    }
}

#[derive(Debug)]
pub(crate) struct Broken;

pub(crate) struct WorldUplink(pub Arc<World>);

pub(crate) struct WorldLink<'a> {
    world: &'a World,
    /// When each token is acknowledged.
    acks: VecDeque<(u64, Token)>,
}

impl Uplink for WorldUplink {
    type Error = Broken;
    type Connection<'a> = WorldLink<'a>;

    async fn connect(&mut self, options: &ConnectOptions) -> Result<WorldLink<'_>, Broken> {
        let world = &*self.0;
        assert_eq!(options.will_topic, "wattkampen/v1/g-1/status");
        assert_eq!(options.will, br#"{"state":"offline"}"#);
        let guard = CancelGuard(world, AtomicBool::new(false));
        world.connects.fetch_add(1, SeqCst);
        let at = world.now() + world.broker.lock().expect("broker").connect_ms;
        world.until(at).await;
        guard.1.store(true, SeqCst);
        let broker = world.broker.lock().expect("broker");
        if broker.out(world.now()) {
            Err(Broken)
        } else {
            Ok(WorldLink { world, acks: VecDeque::new() })
        }
    }
}

impl UplinkConnection for WorldLink<'_> {
    type Error = Broken;

    async fn publish(&mut self, token: Token, message: Message<'_>) -> Result<(), Broken> {
        let guard = CancelGuard(self.world, AtomicBool::new(false));
        let at = self.world.now() + self.world.broker.lock().expect("broker").publish_ms;
        self.world.until(at).await;
        guard.1.store(true, SeqCst);
        let mut broker = self.world.broker.lock().expect("broker");
        let now = self.world.now();
        if broker.out(now) {
            return Err(Broken);
        }
        match message.topic {
            "wattkampen/v1/g-1/reading" => {
                assert!(!message.retain);
                if now < broker.drops_until {
                    return Err(Broken);
                }
                broker.readings.push((now, Reading::decode(message.payload).expect("a reading")));
            }
            "wattkampen/v1/g-1/status" => {
                assert!(message.retain);
                broker.statuses.push((now, Status::decode(message.payload).expect("a status")));
            }
            other => panic!("published to {other}"),
        }
        if now < broker.mute_until {
            return Ok(());
        }
        let at = now + broker.ack_ms;
        self.acks.push_back((at, token));
        let length = self.acks.len();
        if broker.disorderly && length.is_multiple_of(2) {
            self.acks.swap(length - 1, length - 2);
        }
        Ok(())
    }

    async fn next_ack(&mut self) -> Result<Token, Broken> {
        poll_fn(|_| {
            let now = self.world.now();
            let broker = self.world.broker.lock().expect("broker");
            if broker.out(now) {
                return Poll::Ready(Err(Broken));
            }
            for (from, _) in broker.outages.iter().filter(|(from, _)| *from > now) {
                self.world.reached(*from);
            }
            match self.acks.front().copied() {
                Some((at, token)) if self.world.reached(at) => {
                    self.acks.pop_front();
                    Poll::Ready(Ok(token))
                }
                _ => Poll::Pending,
            }
        })
        .await
    }

    async fn disconnect(self) -> Result<(), Broken> {
        self.world.broker.lock().expect("broker").closed = true;
        Ok(())
    }
}

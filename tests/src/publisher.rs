//! Publishers that know of each message whether it was acknowledged: MQTT 3.1.1 in
//! rumqttc's packets over a plain socket, because its client hides which is which.
use std::{
    collections::{HashMap, VecDeque},
    io::{Error, ErrorKind, Read, Result, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use bytes::BytesMut;
use rumqttc::mqttbytes::{
    QoS,
    v4::{ConnAck, Connect, ConnectReturnCode, Packet, Publish, Subscribe},
};

use crate::wait::{pause, until_count};

/// Larger than any packet that is read.
const MOST: usize = 1 << 20;
/// Messages of one publisher that may wait for their acknowledgement.
const WINDOW: usize = 64;

/// A topic and a payload.
pub type Message = (String, Vec<u8>);

/// One connection.
#[derive(Debug)]
pub struct Publisher {
    stream: TcpStream,
    read: BytesMut,
    write: BytesMut,
    last: u16,
}

impl Publisher {
    /// Connects with a clean session.
    ///
    /// # Errors
    /// Those of the socket, and a refusal by the broker.
    pub fn connect(broker: SocketAddr, client: &str) -> Result<Self> {
        let stream = TcpStream::connect(broker)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        let (read, write) = (BytesMut::new(), BytesMut::new());
        let mut this = Self { stream, read, write, last: 0 };
        this.put(&Packet::Connect(Connect { keep_alive: 600, ..Connect::new(client) }))?;
        this.flush()?;
        match this.packet()? {
            Packet::ConnAck(ConnAck { code: ConnectReturnCode::Success, .. }) => Ok(this),
            other => Err(Error::other(format!("no connection: {other:?}"))),
        }
    }

    /// Puts a message with QoS 1 into the buffer, and returns its packet identifier.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn publish(&mut self, (topic, payload): &Message) -> Result<u16> {
        self.last = self.last.checked_add(1).unwrap_or(1);
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload.as_slice());
        publish.pkid = self.last;
        self.put(&Packet::Publish(publish))?;
        Ok(self.last)
    }

    /// Sends what is in the buffer.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn flush(&mut self) -> Result<()> {
        self.stream.write_all(&self.write)?;
        self.write.clear();
        Ok(())
    }

    /// The next acknowledgement.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn acknowledged(&mut self) -> Result<u16> {
        loop {
            if let Packet::PubAck(ack) = self.packet()? {
                return Ok(ack.pkid);
            }
        }
    }

    /// Publishes, and waits for the acknowledgement.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn deliver(&mut self, message: &Message) -> Result<()> {
        let id = self.publish(message)?;
        self.flush()?;
        while self.acknowledged()? != id {}
        Ok(())
    }

    /// Publishes retained, for later subscribers too, and waits for the acknowledgement.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn keep(&mut self, (topic, payload): &Message) -> Result<()> {
        self.last = self.last.checked_add(1).unwrap_or(1);
        let mut publish = Publish::new(topic, QoS::AtLeastOnce, payload.as_slice());
        (publish.pkid, publish.retain) = (self.last, true);
        self.put(&Packet::Publish(publish))?;
        self.flush()?;
        while self.acknowledged()? != self.last {}
        Ok(())
    }

    /// Asks for a topic.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn subscribe(&mut self, topic: &str) -> Result<()> {
        self.last = self.last.checked_add(1).unwrap_or(1);
        let mut subscribe = Subscribe::new(topic, QoS::AtMostOnce);
        subscribe.pkid = self.last;
        self.put(&Packet::Subscribe(subscribe))?;
        self.flush()
    }

    /// The next message of those asked for.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn message(&mut self) -> Result<Message> {
        loop {
            if let Packet::Publish(publish) = self.packet()? {
                let topic = String::from_utf8_lossy(&publish.topic).into_owned();
                return Ok((topic, publish.payload.to_vec()));
            }
        }
    }

    fn put(&mut self, packet: &Packet) -> Result<()> {
        packet.write(&mut self.write, MOST * 2).map(drop).map_err(Error::other)
    }

    fn packet(&mut self) -> Result<Packet> {
        use rumqttc::mqttbytes::Error::InsufficientBytes;
        loop {
            match Packet::read(&mut self.read, MOST) {
                Ok(packet) => return Ok(packet),
                Err(InsufficientBytes(_)) => {}
                Err(error) => return Err(Error::other(error)),
            }
            let mut chunk = [0; 4096];
            match self.stream.read(&mut chunk)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                count => self.read.extend_from_slice(&chunk[..count]),
            }
        }
    }
}

/// Publishers that deliver what they are given, each over its own connection, and connect
/// again when it is lost. A message that was acknowledged is never sent again, so what the
/// store then lacks was lost.
#[derive(Debug)]
pub struct Fleet {
    acknowledged: Arc<AtomicU64>,
    broker: Arc<Mutex<SocketAddr>>,
    permits: Arc<Permits>,
    total: u64,
    threads: Vec<JoinHandle<()>>,
}

impl Fleet {
    /// One publisher for each list, and no limit on how fast they publish.
    pub fn start(broker: SocketAddr, lists: Vec<Vec<Message>>) -> Self {
        let fleet = Self::start_held(broker, lists);
        fleet.release(fleet.total);
        fleet
    }

    /// One publisher for each list; none publishes before [`release`](Self::release).
    pub fn start_held(broker: SocketAddr, lists: Vec<Vec<Message>>) -> Self {
        let total = lists.iter().map(|list| list.len() as u64).sum();
        let acknowledged = Arc::new(AtomicU64::new(0));
        let broker = Arc::new(Mutex::new(broker));
        let permits = Arc::new(Permits::default());
        let threads = lists.into_iter().enumerate().map(|(number, list)| {
            let (acknowledged, broker) = (acknowledged.clone(), broker.clone());
            let permits = permits.clone();
            thread::spawn(move || {
                let mut left: VecDeque<Message> = list.into();
                let client = format!("fleet-{number}");
                while !left.is_empty() {
                    let address = *broker.lock().expect("no publisher panics");
                    // Any error is a lost connection; the next turn opens another.
                    if session(address, &client, &mut left, &permits, &acknowledged).is_err() {
                        pause();
                    }
                }
            })
        });
        let threads = threads.collect();
        Self { acknowledged, broker, permits, total, threads }
    }

    /// Allows so many further messages, of all publishers together.
    pub fn release(&self, messages: u64) {
        self.permits.add(messages);
    }

    /// The number of messages that have been acknowledged.
    pub fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Makes the publishers connect to another address from now on.
    ///
    /// # Panics
    /// When a publisher has panicked.
    pub fn moved(&self, broker: SocketAddr) {
        *self.broker.lock().expect("no publisher panics") = broker;
    }

    /// Waits until so many messages are acknowledged.
    ///
    /// # Panics
    /// When their number does not grow before the deadline.
    pub fn until_acknowledged(&self, messages: u64) {
        until_count("the acknowledgements to the fleet", messages, || self.acknowledged());
    }

    /// Releases what is left, and waits until everything is acknowledged.
    ///
    /// # Panics
    /// When a publisher has panicked, or as [`until_acknowledged`](Self::until_acknowledged).
    pub fn finish(self) {
        self.release(self.total);
        self.until_acknowledged(self.total);
        for thread in self.threads {
            thread.join().expect("no publisher panics");
        }
    }
}

/// How many messages may still be published.
#[derive(Debug, Default)]
struct Permits {
    left: Mutex<u64>,
    changed: Condvar,
}

impl Permits {
    fn add(&self, count: u64) {
        *self.left.lock().expect("no publisher panics") += count;
        self.changed.notify_all();
    }

    fn take(&self) -> bool {
        let mut left = self.left.lock().expect("no publisher panics");
        let some = *left > 0;
        *left -= u64::from(some);
        some
    }

    /// Blocks until there is one.
    fn wait(&self) {
        let left = self.left.lock().expect("no publisher panics");
        drop(self.changed.wait_while(left, |left| *left == 0).expect("no publisher panics"));
    }
}

fn session(
    broker: SocketAddr,
    client: &str,
    left: &mut VecDeque<Message>,
    permits: &Permits,
    acknowledged: &AtomicU64,
) -> Result<()> {
    let mut connection = Publisher::connect(broker, client)?;
    let mut waiting: HashMap<u16, Message> = HashMap::new();
    let result = (|| {
        while !left.is_empty() || !waiting.is_empty() {
            while waiting.len() < WINDOW && !left.is_empty() && permits.take() {
                let message = left.pop_front().expect("the list is not empty");
                let id = connection.publish(&message);
                waiting.insert(*id.as_ref().unwrap_or(&0), message);
                id?;
            }
            if waiting.is_empty() {
                permits.wait();
                continue;
            }
            connection.flush()?;
            if waiting.remove(&connection.acknowledged()?).is_some() {
                acknowledged.fetch_add(1, Ordering::SeqCst);
            }
        }
        Ok(())
    })();
    permits.add(waiting.len() as u64);
    left.extend(waiting.into_values());
    result
}

//! Both ends of the stream: a broker that does nothing but deliver to its one
//! subscriber, and a publisher that does nothing but count acknowledgements.
use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::Stream;

/// Waits for a subscriber, delivers everything, and returns how long it took from the
/// first message to the last acknowledgement.
///
/// # Panics
/// When the subscriber goes away.
pub fn deliver_to_subscriber(listener: &TcpListener, stream: &Stream) -> Duration {
    // The subscriber may come with a second connection, for what it says itself.
    let (say, subscribed) = mpsc::channel();
    let listener = listener.try_clone().expect("a socket");
    thread::spawn(move || {
        for socket in listener.incoming().map_while(Result::ok) {
            let say = say.clone();
            thread::spawn(move || {
                if let Some(reader) = attend(socket) {
                    // There is no second subscriber.
                    let _ = say.send(reader);
                }
            });
        }
    });
    let (socket, input) =
        subscribed.recv_timeout(Duration::from_secs(60)).expect("a client subscribes to readings");
    run(socket, input, stream)
}

/// Answers a client until it subscribes to readings, or goes.
fn attend(mut socket: TcpStream) -> Option<(TcpStream, Input)> {
    socket.set_nodelay(true).ok()?;
    let mut input = Input::new(socket.try_clone().ok()?);
    loop {
        let (kind, body) = input.packet()?;
        match kind >> 4 {
            1 => socket.write_all(&[0x20, 2, 0, 0]).ok()?,
            8 => {
                // One code for each filter: length, text, QoS.
                let (mut at, mut filters, mut readings) = (2, Vec::new(), false);
                while at < body.len() {
                    let length = usize::from(u16::from_be_bytes([body[at], body[at + 1]]));
                    readings |= body[at + 2..at + 2 + length].ends_with(b"/reading");
                    filters.push(1);
                    at += length + 3;
                }
                let mut answer = vec![0x90, 2 + filters.len() as u8, body[0], body[1]];
                answer.extend(filters);
                socket.write_all(&answer).ok()?;
                if readings {
                    return Some((socket, input));
                }
            }
            12 => socket.write_all(&[0xd0, 0]).ok()?,
            // What it publishes at QoS 1 is acknowledged.
            3 if kind & 6 != 0 => {
                let topic = usize::from(u16::from_be_bytes([body[0], body[1]]));
                socket.write_all(&[0x40, 2, body[2 + topic], body[3 + topic]]).ok()?;
            }
            _ => {}
        }
    }
}

/// Publishes everything, and returns how long it took from the first message to the
/// last acknowledgement.
///
/// # Panics
/// When the broker goes away.
pub fn publish_all(broker: std::net::SocketAddr, client: &str, stream: &Stream) -> Duration {
    let mut socket = TcpStream::connect(broker).expect("the broker listens");
    socket.set_nodelay(true).expect("a socket");
    let mut connect = vec![0x10, 12 + client.len() as u8, 0, 4];
    connect.extend(b"MQTT\x04\x02\x00\x00\x00");
    connect.push(client.len() as u8);
    connect.extend(client.as_bytes());
    socket.write_all(&connect).expect("connect is sent");
    let mut input = Input::new(socket.try_clone().expect("a socket"));
    assert_eq!(input.packet(), Some((0x20, vec![0, 0])), "the broker takes the connection");
    run(socket, input, stream)
}

fn run(mut socket: TcpStream, mut input: Input, stream: &Stream) -> Duration {
    let (say, acknowledged) = mpsc::channel::<u64>();
    let all = stream.count();
    // Written at once: a part of what may be under way, so that both sides work.
    let chunk = (stream.window() / 8).max(1);
    let reader = thread::spawn(move || {
        let mut count = 0;
        while count < all {
            let more = input.acknowledgements();
            count += more;
            if say.send(more).is_err() {
                break;
            }
        }
    });
    let start = Instant::now();
    let (mut sent, mut back) = (0, 0);
    while back < all {
        if sent < all && sent - back + chunk <= stream.window() {
            let to = (sent + chunk).min(all);
            socket.write_all(stream.slice(sent, to)).expect("the stream is taken");
            sent = to;
            back += acknowledged.try_iter().sum::<u64>();
        } else {
            back += acknowledged.recv_timeout(Duration::from_secs(60)).expect("acknowledgements");
        }
    }
    let took = start.elapsed();
    reader.join().expect("the reader counts");
    took
}

/// Packets as they come in.
struct Input {
    socket: TcpStream,
    buffer: Vec<u8>,
    at: usize,
}

impl Input {
    fn new(socket: TcpStream) -> Self {
        Self { socket, buffer: Vec::new(), at: 0 }
    }

    /// `None` when the other side has gone.
    fn more(&mut self) -> Option<()> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let mut chunk = [0; 65_536];
        let count = self.socket.read(&mut chunk).ok().filter(|count| *count > 0)?;
        self.buffer.extend_from_slice(&chunk[..count]);
        Some(())
    }

    /// Kind and body of the packet at hand, if it is whole.
    fn next(&mut self) -> Option<(u8, std::ops::Range<usize>)> {
        let bytes = &self.buffer[self.at..];
        let kind = *bytes.first()?;
        let (mut length, mut header) = (0, 1);
        loop {
            let byte = *bytes.get(header)?;
            length |= usize::from(byte & 0x7f) << (7 * (header - 1));
            header += 1;
            if byte < 0x80 {
                break;
            }
        }
        let body = self.at + header..self.at + header + length;
        (body.end <= self.buffer.len()).then(|| {
            self.at = body.end;
            (kind, body)
        })
    }

    fn packet(&mut self) -> Option<(u8, Vec<u8>)> {
        loop {
            if let Some((kind, body)) = self.next() {
                return Some((kind, self.buffer[body].to_vec()));
            }
            self.more()?;
        }
    }

    /// How many acknowledgements the next bytes hold: at least one.
    fn acknowledgements(&mut self) -> u64 {
        let mut count = 0;
        while count == 0 {
            self.more().expect("the other side is there");
            while let Some((kind, _)) = self.next() {
                count += u64::from(kind == 0x40);
            }
        }
        count
    }
}

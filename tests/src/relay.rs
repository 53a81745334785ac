//! An address that stays while the service behind it is killed and starts at another: the
//! broker's address of a board is configured once.
use std::{
    io,
    net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// Passes connections on to the server, if there is one.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens, for as long as the process lives.
    pub address: SocketAddr,
    target: Arc<Mutex<Option<SocketAddr>>>,
}

impl Relay {
    /// Without a target: connections are closed at once.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let address = listener.local_addr().expect("it has an address");
        let target = Arc::new(Mutex::new(None));
        let whom = Arc::clone(&target);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let target: Option<SocketAddr> =
                    *whom.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(server) = target.and_then(|target| TcpStream::connect(target).ok()) {
                    pass(&client, &server);
                    pass(&server, &client);
                }
            }
        });
        Self { address, target }
    }

    /// From now on to this one; `None` is an outage. Open connections stay until one
    /// of their ends goes.
    pub fn to(&self, target: Option<SocketAddr>) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = target;
    }
}

/// Copies one direction until it ends, then ends both.
fn pass(from: &TcpStream, to: &TcpStream) {
    if let (Ok(mut from), Ok(mut to)) = (from.try_clone(), to.try_clone()) {
        thread::spawn(move || {
            let _ = io::copy(&mut from, &mut to);
            let _ = to.shutdown(Shutdown::Both);
            let _ = from.shutdown(Shutdown::Both);
        });
    }
}

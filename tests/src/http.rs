//! GET and POST as simple as can be: HTTP/1.0, so that the answer ends with the connection.
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// 200 and its like.
    pub status: u16,
    /// Status line and headers as received.
    pub head: String,
    /// What follows them.
    pub body: Vec<u8>,
}

impl Response {
    /// The body as text.
    ///
    /// # Panics
    /// When it is not UTF-8.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }
}

fn open(server: SocketAddr, path: &str) -> std::io::Result<BufReader<TcpStream>> {
    open_with(server, path, "")
}

fn open_with(
    server: SocketAddr,
    path: &str,
    headers: &str,
) -> std::io::Result<BufReader<TcpStream>> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    write!(stream, "GET {path} HTTP/1.0\r\nHost: {server}\r\n{headers}\r\n")?;
    Ok(BufReader::new(stream))
}

/// The whole answer.
///
/// # Errors
/// When the server does not answer.
pub fn get(server: SocketAddr, path: &str) -> std::io::Result<Response> {
    answer(open(server, path)?)
}

/// The whole answer to a request with more headers, each with its line end.
///
/// # Errors
/// When the server does not answer.
pub fn get_with(server: SocketAddr, path: &str, headers: &str) -> std::io::Result<Response> {
    answer(open_with(server, path, headers)?)
}

fn answer(mut stream: BufReader<TcpStream>) -> std::io::Result<Response> {
    let head = head(&mut stream)?;
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
    let mut body = Vec::new();
    stream.read_to_end(&mut body)?;
    Ok(Response { status, head, body })
}

/// POST of a body of a kind, and the whole answer.
///
/// # Errors
/// When the server does not answer.
pub fn post(server: SocketAddr, path: &str, kind: &str, body: &str) -> std::io::Result<Response> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: {server}\r\nContent-Type: {kind}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )?;
    answer(BufReader::new(stream))
}

/// The lines of an answer without end, such as server-sent events.
///
/// # Errors
/// When the server does not answer.
pub fn stream(
    server: SocketAddr,
    path: &str,
) -> std::io::Result<impl Iterator<Item = std::io::Result<String>>> {
    let mut stream = open(server, path)?;
    head(&mut stream)?;
    Ok(stream.lines())
}

fn head(stream: &mut impl BufRead) -> std::io::Result<String> {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if stream.read_line(&mut head)? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    Ok(head)
}

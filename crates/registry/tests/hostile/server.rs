//! A server on loopback that answers as a test wants it to.

use std::{
    fmt::Write as _,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(key, _)| key == name);
        found.map(|(_, value)| &**value)
    }

    /// First byte that is asked for.
    pub(crate) fn from(&self) -> Option<usize> {
        let range = self.header("range")?.strip_prefix("bytes=")?;
        range.strip_suffix('-')?.parse().ok()
    }

    fn read(stream: &TcpStream) -> Option<Self> {
        let mut reader = BufReader::new(stream);
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let mut words = line.split_whitespace();
        let mut request = Self {
            method: words.next()?.to_owned(),
            target: words.next()?.to_owned(),
            ..Self::default()
        };
        loop {
            line.clear();
            reader.read_line(&mut line).ok()?;
            let Some((name, value)) = line.trim_end().split_once(": ") else {
                break;
            };
            let header = (name.to_ascii_lowercase(), value.to_owned());
            request.headers.push(header);
        }
        let length = request
            .header("content-length")
            .and_then(|it| it.parse().ok());
        let mut body = vec![0; length.unwrap_or(0)];
        reader.read_exact(&mut body).ok()?;
        request.body = String::from_utf8(body).ok()?;
        Some(request)
    }
}

/// A server that runs as long as the test.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    pub(crate) fn start(answer: impl Fn(&Request, &mut TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::<Mutex<Vec<Request>>>::default();
        let (log, answer) = (Arc::clone(&seen), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, answer) = (Arc::clone(&log), Arc::clone(&answer));
                thread::spawn(move || {
                    let mut stream = stream.unwrap();
                    match Request::read(&stream) {
                        Some(request) => {
                            log.lock().unwrap().push(request.clone());
                            answer(&request, &mut stream);
                        }
                        // Somebody begins with TLS.
                        None => send(&mut stream, "400 Bad Request", "", b"no HTTP"),
                    }
                });
            }
        });
        Self { address, seen }
    }

    /// What was asked so far.
    pub(crate) fn seen(&self) -> Vec<Request> {
        self.seen.lock().unwrap().clone()
    }

    /// How often something was asked whose target holds a word.
    pub(crate) fn count(&self, word: &str) -> usize {
        let seen = self.seen();
        seen.iter().filter(|it| it.target.contains(word)).count()
    }
}

/// Sends a whole answer; whoever asked may be gone.
pub(crate) fn send(stream: &mut TcpStream, status: &str, headers: &str, body: &[u8]) {
    let length = format!("Content-Length: {}\r\n{headers}", body.len());
    start(stream, status, &length);
    let _ = stream.write_all(body);
}

/// Sends the start of an answer.
pub(crate) fn start(stream: &mut TcpStream, status: &str, headers: &str) {
    let head = format!("HTTP/1.1 {status}\r\nConnection: close\r\n{headers}\r\n");
    let _ = stream.write_all(head.as_bytes());
}

/// Sends the same byte until whoever asked has gone.
pub(crate) fn send_for_ever(stream: &mut TcpStream) {
    start(stream, "200 OK", "Transfer-Encoding: chunked\r\n");
    let mut chunk = String::new();
    write!(chunk, "10000\r\n{}\r\n", " ".repeat(0x10000)).unwrap();
    while stream.write_all(chunk.as_bytes()).is_ok() {}
}

/// Waits until whoever asked has gone.
pub(crate) fn hang(stream: &mut TcpStream) {
    let _ = stream.read_to_end(&mut Vec::new());
}

//! A server on loopback that gives the files of a folder, as one for downloads does: with an `ETag`, and nothing where
//! it is known.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
};

use sha2::{Digest as _, Sha256};

/// A server that runs as long as the test.
pub(crate) struct Web {
    address: SocketAddr,
    /// Paths and statuses of what was answered.
    answered: Arc<Mutex<Vec<(String, u16)>>>,
}

impl Web {
    pub(crate) fn serve(folder: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let answered = Arc::<Mutex<Vec<(String, u16)>>>::default();
        let log = Arc::clone(&answered);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (folder, log) = (folder.clone(), Arc::clone(&log));
                // Whoever asks may go away before all is said.
                thread::spawn(move || stream.is_ok_and(|it| answer(&it, &folder, &log).is_some()));
            }
        });
        Self { address, answered }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What was answered since the last call.
    pub(crate) fn answered(&self) -> Vec<(String, u16)> {
        let mut answered = std::mem::take(&mut *self.answered.lock().expect("a log"));
        answered.sort();
        answered
    }
}

fn answer(stream: &TcpStream, folder: &Path, log: &Mutex<Vec<(String, u16)>>) -> Option<()> {
    let mut lines = BufReader::new(stream).lines();
    let line = lines.next()?.ok()?;
    let path = line.split(' ').nth(1)?.trim_start_matches('/').to_owned();
    let headers: Vec<String> = lines
        .map_while(Result::ok)
        .take_while(|line| !line.is_empty())
        .collect();
    let content = fs::read(folder.join(&path)).ok();
    let digest = Sha256::digest(content.as_deref().unwrap_or_default());
    let etag = format!("\"{:x}\"", digest.first()?);
    let is_known = headers.iter().any(|header| {
        header.split_once(": ").is_some_and(|(name, value)| {
            name.eq_ignore_ascii_case("if-none-match") && value == etag
        })
    });
    let (status, body) = match &content {
        None => (404, &[][..]),
        Some(_) if is_known => (304, &[][..]),
        Some(content) => (200, &**content),
    };
    log.lock().ok()?.push((path, status));
    let length = match status {
        304 => String::new(),
        _ => format!("Content-Length: {}\r\n", body.len()),
    };
    let head = format!("HTTP/1.1 {status} OK\r\nConnection: close\r\nETag: {etag}\r\n{length}\r\n");
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body).ok()
}

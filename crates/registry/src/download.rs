//! Files that servers publish over HTTPS: feeds of advisories, and databases made of them.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
    time::Instant,
};

use reqwest::{
    Method, StatusCode, Url,
    blocking::Response,
    header::{
        ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED,
    },
};

use crate::{
    Patience, RegistryError, Settings,
    connection::Connection,
    pace::Pace,
    retries::{Failure, Retries},
    tls::cause,
};

/// Longest validator that is kept.
const MAX_VALIDATOR_BYTES: usize = 1 << 10;

/// What a server says of a file, so that it can be asked later whether there is another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its `ETag`.
    pub etag: Option<String>,
    /// Its `Last-Modified`.
    pub last_modified: Option<String>,
}

/// What came of a download.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Downloaded {
    /// The file is the one that is known.
    Unchanged,
    /// The file was written.
    Changed(Validators),
}

/// Where a file is written to; what broke off begins again.
pub trait Sink: Write {
    /// Forgets what was written.
    fn restart(&mut self) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}

impl Sink for File {
    fn restart(&mut self) -> io::Result<()> {
        self.set_len(0)?;
        self.seek(SeekFrom::Start(0)).map(|_| ())
    }
}

/// A file at an address.
#[derive(Debug)]
pub struct Download {
    connection: Connection,
    url: Url,
    patience: Patience,
}

impl Download {
    /// Asks nobody yet. Addresses are `https`, and `http` where the settings allow it and on this machine.
    pub fn new(address: &str, settings: &Settings) -> Result<Self, RegistryError> {
        let wrong = |reason: &str| RegistryError::Reference {
            reference: without_login(address).to_owned(),
            reason: reason.to_owned(),
        };
        let url = Url::parse(address).map_err(|error| wrong(&error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong(
                "an address with a login in it ends in logs: use a server that needs none",
            ));
        }
        let host = match (url.host_str(), url.port()) {
            (Some(host), Some(port)) => format!("{host}:{port}"),
            (Some(host), None) => host.to_owned(),
            (None, _) => return Err(wrong("it names no server")),
        };
        let connection = Connection::new(&host, settings)?;
        let url = connection.url(url.as_str())?;
        Ok(Self {
            connection,
            url,
            patience: settings.patience,
        })
    }

    /// Writes the file, of at most `most` bytes, unless it is the one that is known.
    /// `progress` is told how many bytes there are of how many.
    pub fn fetch(
        &self,
        known: &Validators,
        most: u64,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Downloaded, RegistryError> {
        let mut retries = Retries::new(&self.patience);
        loop {
            let attempt = sink
                .restart()
                .map_err(|error| self.unwritable(&error).into())
                .and_then(|()| self.attempt(known, most, sink, progress));
            match attempt {
                Ok(downloaded) => return Ok(downloaded),
                Err(failure) => retries.wait(failure)?,
            }
        }
    }

    fn attempt(
        &self,
        known: &Validators,
        most: u64,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<Downloaded, Failure> {
        let mut headers = HeaderMap::new();
        for (name, value) in [
            (IF_NONE_MATCH, &known.etag),
            (IF_MODIFIED_SINCE, &known.last_modified),
        ] {
            if let Some(value) = value.as_ref().and_then(|it| HeaderValue::from_str(it).ok()) {
                headers.insert(name, value);
            }
        }
        let response = self
            .connection
            .follow(&Method::GET, &self.url, &headers, None)?
            .response;
        match response.status() {
            StatusCode::OK => {}
            StatusCode::NOT_MODIFIED if !headers.is_empty() => return Ok(Downloaded::Unchanged),
            status => {
                let what = self.url.path();
                return Err(self.connection.refusal(status, response.headers(), what));
            }
        }
        let text = |name: HeaderName| {
            let value = response.headers().get(name)?.to_str().ok()?;
            (value.len() <= MAX_VALIDATOR_BYTES).then(|| value.to_owned())
        };
        let validators = Validators {
            etag: text(ETAG),
            last_modified: text(LAST_MODIFIED),
        };
        self.body(response, most, sink, progress)?;
        Ok(Downloaded::Changed(validators))
    }

    fn body(
        &self,
        mut response: Response,
        most: u64,
        sink: &mut dyn Sink,
        progress: &dyn Fn(u64, Option<u64>),
    ) -> Result<(), Failure> {
        let what = self.url.path();
        let too_large = || {
            let reason = format!("{what} has more than {most} bytes");
            Failure::from(self.connection.answer(reason))
        };
        let stated = response.content_length();
        if stated.is_some_and(|length| length > most) {
            return Err(too_large());
        }
        let broken = |reason: &str| {
            let reason = format!("{what} broke off: {reason}");
            Failure::passing(self.connection.unreachable(reason))
        };
        let mut pace = Pace::default();
        let mut buffer = vec![0; 64 << 10];
        let mut written = 0;
        loop {
            let start = Instant::now();
            let count = match response.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(broken(&cause(&error))),
            };
            pace.add(count, start.elapsed(), &self.patience)
                .map_err(|reason| broken(&reason))?;
            written += count as u64;
            if written > most {
                return Err(too_large());
            }
            sink.write_all(buffer.get(..count).unwrap_or_default())
                .map_err(|error| self.unwritable(&error))?;
            progress(written, stated);
        }
        match stated {
            Some(length) if length != written => {
                Err(broken(&format!("it has {written} of {length} bytes")))
            }
            _ => Ok(()),
        }
    }

    fn unwritable(&self, error: &io::Error) -> RegistryError {
        RegistryError::Setting {
            name: self.url.path().to_owned(),
            reason: format!("cannot be written: {error}"),
        }
    }
}

/// An address as it may be printed: a login in it is between `//` and `@`.
fn without_login(address: &str) -> &str {
    address.rsplit_once('@').map_or(address, |(_, rest)| rest)
}

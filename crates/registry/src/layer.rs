//! A layer as a stream that is downloaded while it is read, and goes on where it broke off.

use std::{
    io::{self, Read},
    sync::{Arc, atomic::Ordering},
    time::Instant,
};

use reqwest::{StatusCode, blocking::Response, header::CONTENT_RANGE};
use ringwall_image::{Blob, Digest};
use sha2::{Digest as _, Sha256};

use crate::{
    RegistryError, Repository,
    connection::Connection,
    endpoint::Endpoint,
    pace::Pace,
    retries::{Failure, Retries},
    tls::cause,
};

/// Largest layer that is read; none may unpack to more either.
const MAX_LAYER_BYTES: u64 = 64 << 30;

/// After so many layers that came to nothing the others are not asked for: they would wait as long, one by one.
const MAX_GIVEN_UP: usize = 3;

/// A layer in a registry.
#[derive(Debug)]
pub(crate) struct RemoteLayer {
    pub(crate) repository: Arc<Repository>,
    pub(crate) digest: Digest,
    pub(crate) size: u64,
}

impl Blob for RemoteLayer {
    fn open(&self) -> io::Result<Box<dyn Read + Send>> {
        if self.size > MAX_LAYER_BYTES {
            let size = self.size;
            return Err(io::Error::other(format!(
                "the manifest says that it has {size} bytes, which no layer needs"
            )));
        }
        let mut stream = Stream {
            repository: Arc::clone(&self.repository),
            digest: self.digest,
            size: self.size,
            position: 0,
            body: None,
            hash: Sha256::new(),
            retries: Retries::new(&self.repository.patience),
            pace: Pace::default(),
            end: None,
        };
        stream.connect().map_err(|error| stream.give_up(&error))?;
        Ok(Box::new(stream))
    }
}

/// The layer from where it was read on.
struct Stream {
    repository: Arc<Repository>,
    digest: Digest,
    size: u64,
    position: u64,
    body: Option<Body>,
    hash: Sha256,
    retries: Retries,
    pace: Pace,
    /// How it ended: whoever reads on is told the same again.
    end: Option<Result<(), String>>,
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match &self.end {
                Some(Ok(())) => return Ok(0),
                Some(Err(reason)) => return Err(io::Error::other(reason.clone())),
                None if self.position == self.size => self.end = Some(self.check()),
                None if buffer.is_empty() => return Ok(0),
                None => match self.part(buffer) {
                    Ok(0) => {}
                    Ok(count) => return Ok(count),
                    Err(error) => {
                        let error = self.give_up(&error);
                        self.end = Some(Err(error.to_string()));
                    }
                },
            }
        }
    }
}

impl Stream {
    /// Some bytes; none where there were none for now.
    fn part(&mut self, buffer: &mut [u8]) -> Result<usize, RegistryError> {
        let skip = self.body.as_ref().map_or(0, |body| body.skip);
        let left = match skip {
            0 => self.size - self.position,
            skip => skip,
        };
        let most = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        let wanted = buffer.get_mut(..most).unwrap_or_default();
        let start = Instant::now();
        let reason = match self.body.as_mut().map(|body| body.read(wanted)) {
            Some(Ok(count)) if count > 0 => {
                let patience = &self.repository.patience;
                let pace = self.pace.add(count, start.elapsed(), patience);
                pace.map_err(|reason| self.broken(reason))?;
                if skip > 0 {
                    return Ok(0);
                }
                self.hash.update(wanted.get(..count).unwrap_or_default());
                self.position += count as u64;
                return Ok(count);
            }
            Some(Err(error)) if error.kind() == io::ErrorKind::Interrupted => return Ok(0),
            Some(Err(error)) => cause(&error),
            Some(Ok(_)) | None => "it ended before its time".to_owned(),
        };
        self.body = None;
        let (position, size) = (self.position, self.size);
        let reason = format!("a layer broke off after {position} of {size} bytes: {reason}");
        self.retries.wait(Failure::passing(self.broken(reason)))?;
        self.connect()?;
        Ok(0)
    }

    fn broken(&self, reason: String) -> RegistryError {
        RegistryError::Unreachable {
            registry: self.repository.name.clone(),
            reason,
        }
    }

    /// Asks for the layer from where it was read on.
    fn connect(&mut self) -> Result<(), RegistryError> {
        if self.repository.given_up.load(Ordering::Relaxed) >= MAX_GIVEN_UP {
            let reason =
                format!("{MAX_GIVEN_UP} other layers could not be had, so it was not asked for");
            return Err(self.broken(reason));
        }
        let place = format!("blobs/{}", self.digest);
        let (from, size, retries) = (self.position, self.size, &mut self.retries);
        let body = self.repository.try_each(|endpoint: &Endpoint| {
            let response = endpoint.get(&place, "", from, retries)?;
            started(&endpoint.connection, response, from, size)
        })?;
        self.body = Some(body);
        Ok(())
    }

    /// Everything is there: whether it is what the manifest says.
    fn check(&mut self) -> Result<(), String> {
        // Of a body that did not say how long it is, one more byte is too much.
        if let Some(mut body) = self.body.take()
            && body.is_open
            && !matches!(body.read(&mut [0]), Ok(0))
        {
            let size = self.size;
            return Err(format!(
                "it goes on after the {size} bytes that the manifest says"
            ));
        }
        let digest = Digest::new(std::mem::take(&mut self.hash).finalize().into());
        if digest == self.digest {
            return Ok(());
        }
        let stated = self.digest;
        Err(format!(
            "the manifest says that its digest is {stated}, and it is {digest}"
        ))
    }

    fn give_up(&self, error: &RegistryError) -> io::Error {
        if error.is_passing() {
            self.repository.given_up.fetch_add(1, Ordering::Relaxed);
        }
        io::Error::other(error.to_string())
    }
}

/// What a registry answers with.
struct Body {
    response: Response,
    /// Bytes that were read before, where a registry begins again.
    skip: u64,
    /// Whether it does not say how long it is.
    is_open: bool,
}

impl Read for Body {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.response.read(buffer)?;
        self.skip = self.skip.saturating_sub(count as u64);
        Ok(count)
    }
}

/// The body, where it is the part that was asked for.
fn started(
    connection: &Connection,
    response: Response,
    from: u64,
    size: u64,
) -> Result<Body, RegistryError> {
    let skip = if response.status() == StatusCode::PARTIAL_CONTENT {
        let range = response.headers().get(CONTENT_RANGE);
        let range = range.and_then(|range| range.to_str().ok()?.strip_prefix("bytes "));
        let start = range.and_then(|range| range.split('-').next()?.trim().parse().ok());
        if start != Some(from) {
            return Err(connection.answer("it sends another part than was asked for"));
        }
        0
    } else {
        // It knows no ranges and begins again.
        from
    };
    let expected = size - from + skip;
    // Once something of it was read, a response says that it has no length.
    let length = response.content_length();
    match length {
        Some(length) if length != expected => Err(connection.answer(format!(
            "a layer has {length} bytes, where the manifest says {expected}"
        ))),
        _ => Ok(Body {
            response,
            skip,
            is_open: length.is_none(),
        }),
    }
}

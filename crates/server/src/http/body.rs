//! Reads bodies: bounded in size, in time, and in how many bytes are held at once.

use std::{sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// What one permit stands for, in bytes.
const UNIT: usize = 1_024;

/// Most bytes of a refused body that are read on, so that its sender hears the answer and not a broken line.
const READ_ON: usize = 256 << 20;

/// Why there is no body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BodyError {
    /// It is larger than allowed.
    TooLarge,
    /// It did not come in time.
    Slow,
    /// Too many bytes are held for other requests.
    NoRoom,
    /// The line broke.
    Broken,
}

/// Bounds the bytes that are held at once.
#[derive(Clone)]
pub(super) struct Room(Arc<Semaphore>);

/// A body, and the room it takes until it is dropped.
pub(super) struct Held {
    pub(super) bytes: Bytes,
    pub(super) room: Option<OwnedSemaphorePermit>,
}

impl Room {
    pub(super) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new((bytes / UNIT).max(1))))
    }

    fn take(&self, bytes: usize) -> Result<OwnedSemaphorePermit, BodyError> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).map_err(|_| BodyError::TooLarge)?;
        Arc::clone(&self.0)
            .try_acquire_many_owned(units)
            .map_err(|_| BodyError::NoRoom)
    }
}

/// Reads a body of at most `limit` bytes within a time. What is refused is read on for a while in the
/// background, without being kept.
pub(super) async fn read(
    mut body: Incoming,
    limit: usize,
    within: Duration,
    room: &Room,
) -> Result<Held, BodyError> {
    let Ok(result) = timeout(within, collect(&mut body, limit, room)).await else {
        return Err(BodyError::Slow);
    };
    if matches!(result, Err(BodyError::TooLarge | BodyError::NoRoom)) {
        leave(body, within);
    }
    result
}

/// Reads on a body that nobody wants, for a while and in the background, without keeping it: over HTTP/2 its sender
/// would be cut off, and some clients then lose the answer that they have.
pub(super) fn leave(body: Incoming, within: Duration) {
    if !body.is_end_stream() {
        tokio::spawn(timeout(within, read_on(body)));
    }
}

async fn collect(body: &mut Incoming, limit: usize, room: &Room) -> Result<Held, BodyError> {
    let hint = body.size_hint();
    let announced = hint.exact().and_then(|bytes| usize::try_from(bytes).ok());
    if hint.lower() > limit as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut permit = room.take(announced.unwrap_or(0))?;
    let mut bytes = BytesMut::with_capacity(announced.unwrap_or(0));
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BodyError::Broken)?.into_data() else {
            continue; // Trailers say nothing here.
        };
        if bytes.len() + data.len() > limit {
            return Err(BodyError::TooLarge);
        }
        if announced.is_none() {
            permit.merge(room.take(data.len())?);
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Held {
        bytes: bytes.freeze(),
        room: Some(permit),
    })
}

async fn read_on(mut body: Incoming) {
    let mut seen = 0;
    while let Some(Ok(frame)) = body.frame().await {
        seen += frame.data_ref().map_or(0, Bytes::len);
        if seen > READ_ON {
            return;
        }
    }
}

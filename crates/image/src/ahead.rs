//! Unpacking in a thread of its own, ahead of the one that reads.
//!
//! One layer of an image is often larger than all others together. Its bytes are unpacked on one core while those
//! before them are digested and searched on another.

use std::{
    io::{self, Read},
    mem,
    ops::Range,
    sync::mpsc::{Receiver, SyncSender, sync_channel},
    thread,
};

use crate::gunzip::Gunzip;

/// Buffers that wait to be read, at most.
const WAITING: usize = 2;

/// A buffer, and which bytes of it are new.
type Unpacked = (Box<[u8]>, Range<usize>);

/// What another thread unpacks.
pub(crate) struct Ahead {
    unpacked: Receiver<io::Result<Unpacked>>,
    /// Where buffers go that were read.
    used: SyncSender<Box<[u8]>>,
    now: Unpacked,
    is_over: bool,
}

impl Ahead {
    /// Unpacks a gzip file in a thread of its own, until `read` has read enough of it.
    pub(crate) fn read<T>(source: impl Read + Send, read: impl FnOnce(Self) -> T) -> io::Result<T> {
        thread::scope(|scope| {
            let (send, unpacked) = sync_channel(WAITING);
            let (used, free) = sync_channel(WAITING + 2);
            thread::Builder::new()
                .name("unpack".to_owned())
                .spawn_scoped(scope, move || unpack(Gunzip::new(source), &free, &send))?;
            // It ends when nobody receives any more.
            Ok(read(Self {
                unpacked,
                used,
                now: (Box::default(), 0..0),
                is_over: false,
            }))
        })
    }
}

fn unpack<R: Read>(
    mut gunzip: Gunzip<R>,
    free: &Receiver<Box<[u8]>>,
    send: &SyncSender<io::Result<Unpacked>>,
) {
    loop {
        let mut buffer = free.try_recv().unwrap_or_else(|_| Gunzip::<R>::buffer());
        let unpacked = gunzip.swap(&mut buffer).map(|new| (buffer, new));
        let is_last = unpacked.as_ref().map_or(true, |(_, new)| new.is_empty());
        if send.send(unpacked).is_err() || is_last {
            return;
        }
    }
}

impl Read for Ahead {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        if self.now.1.is_empty() && !self.is_over {
            // An end that was not sent is none: the other thread has failed.
            let next = self.unpacked.recv().unwrap_or_else(|_| {
                Err(io::Error::other("what unpacks it has ended unexpectedly"))
            })?;
            self.is_over = next.1.is_empty();
            let (used, _) = mem::replace(&mut self.now, next);
            if !used.is_empty() {
                // Not needed where there are enough of them.
                let _ = self.used.try_send(used);
            }
        }
        let (buffer, new) = &mut self.now;
        let count = buffer.get(new.clone()).unwrap_or_default().read(to)?;
        new.start += count;
        Ok(count)
    }
}

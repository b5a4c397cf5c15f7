//! Files that are read whole, one after the other, into the same memory.

use std::{
    cell::Cell,
    io::{self, Read},
    mem,
    ops::Deref,
};

/// Most bytes for which there is room before any of them is there: what an archive says of sizes may be a lie.
const MOST_ROOM_BYTES: u64 = 16 << 20;

/// Most bytes that a thread keeps for its next file.
const KEPT_BYTES: usize = 8 << 20;

/// Bytes by which there is more room at least.
const ROOM_BYTES: usize = 16 << 10;

thread_local! {
    /// Memory from the system has to be cleared, which takes longer than to read most programs.
    static KEPT: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// All of a file.
pub(super) struct Whole {
    room: Vec<u8>,
    length: usize,
}

impl Whole {
    /// Reads to the end. `size` is what the file is said to have, and need not be right.
    pub(super) fn read(content: &mut impl Read, size: u64) -> io::Result<Self> {
        let mut room = KEPT.take();
        let expected = usize::try_from(size.min(MOST_ROOM_BYTES)).unwrap_or_default();
        let mut length = 0;
        loop {
            if length == room.len() {
                // One more than is expected shows the end, and from then on twice as much each time.
                let more = expected.saturating_sub(length) + 1;
                room.resize(length + more.max(length).max(ROOM_BYTES), 0);
            }
            match content.read(room.get_mut(length..).unwrap_or_default()) {
                Ok(0) => return Ok(Self { room, length }),
                Ok(count) => length += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}

impl Deref for Whole {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.room.get(..self.length).unwrap_or_default()
    }
}

impl Drop for Whole {
    fn drop(&mut self) {
        if self.room.len() <= KEPT_BYTES {
            KEPT.set(mem::take(&mut self.room));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{KEPT, KEPT_BYTES, Whole};

    #[test]
    fn a_file_is_what_it_holds_whatever_its_size_is_said_to_be() {
        let long: Vec<u8> = (0..100_000_u32).flat_map(u32::to_le_bytes).collect();
        let contents = [&b""[..], b"short", &long, b"short again", b""];
        for size in [0, 5, 399_999, 400_000, 400_001, u64::MAX] {
            for content in contents {
                let whole = Whole::read(&mut &*content, size).unwrap();
                assert!(*whole == *content, "{} of {size}", content.len());
                // One beside it has memory of its own.
                assert_eq!(*Whole::read(&mut &b"beside"[..], 6).unwrap(), *b"beside");
                assert!(*whole == *content, "{} of {size}", content.len());
            }
        }
    }

    #[test]
    fn what_a_thread_keeps_is_bounded() {
        let large = vec![1; KEPT_BYTES + 1];
        drop(Whole::read(&mut &*large, large.len() as u64).unwrap());
        assert!(KEPT.take().len() <= KEPT_BYTES);
        drop(Whole::read(&mut &b"a"[..], 1).unwrap());
        assert!(!KEPT.take().is_empty());
    }
}

//! Blocks of details that were unpacked lately: what one image has, the next one has as well.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// Bytes of blocks that are kept: those of some thousand advisories.
const MOST_BYTES: usize = 32 << 20;

/// The blocks that were asked for last.
#[derive(Debug, Default)]
pub(super) struct RecentBlocks(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    /// Each with when it was asked for last.
    blocks: HashMap<usize, (Arc<Vec<u8>>, u64)>,
    bytes: usize,
    asked: u64,
}

impl RecentBlocks {
    /// A block, unpacked where it is not kept.
    pub(super) fn get<E>(
        &self,
        number: usize,
        unpack: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Vec<u8>>, E> {
        self.get_within(MOST_BYTES, number, unpack)
    }

    fn get_within<E>(
        &self,
        most_bytes: usize,
        number: usize,
        unpack: impl FnOnce() -> Result<Vec<u8>, E>,
    ) -> Result<Arc<Vec<u8>>, E> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lock().known(number) {
            return Ok(known);
        }
        // Without the lock: others ask for other blocks.
        let block = Arc::new(unpack()?);
        lock().keep(most_bytes, number, Arc::clone(&block));
        Ok(block)
    }
}

impl Kept {
    fn known(&mut self, number: usize) -> Option<Arc<Vec<u8>>> {
        self.asked += 1;
        let (block, asked) = self.blocks.get_mut(&number)?;
        *asked = self.asked;
        Some(Arc::clone(block))
    }

    fn keep(&mut self, most_bytes: usize, number: usize, block: Arc<Vec<u8>>) {
        self.bytes += block.len();
        if let Some((same, _)) = self.blocks.insert(number, (block, self.asked)) {
            // Two asked for it at once.
            self.bytes -= same.len();
        }
        while self.bytes > most_bytes {
            let oldest = self.blocks.iter().min_by_key(|(_, (_, asked))| *asked);
            let Some(oldest) = oldest.map(|(number, _)| *number) else {
                return;
            };
            if let Some((block, _)) = self.blocks.remove(&oldest) {
                self.bytes -= block.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn what_was_asked_for_lately_is_not_unpacked_again() {
        let recent = RecentBlocks::default();
        let unpacked = Cell::new(0);
        let get = |number: usize| {
            let block = recent.get_within(100, number, || {
                unpacked.set(unpacked.get() + 1);
                Ok::<_, ()>(vec![u8::try_from(number).unwrap(); 40])
            });
            assert_eq!(block.unwrap()[0], u8::try_from(number).unwrap());
            unpacked.get()
        };
        assert_eq!((get(1), get(2), get(1)), (1, 2, 2));
        // There is room for two: the one that was asked for before the others goes.
        assert_eq!((get(3), get(1), get(2)), (3, 3, 4));
    }

    #[test]
    fn what_cannot_be_unpacked_or_is_too_large_is_not_kept() {
        let recent = RecentBlocks::default();
        assert_eq!(recent.get_within(100, 1, || Err("damaged")), Err("damaged"));
        let large = recent.get_within(100, 1, || Ok::<_, ()>(vec![0; 101]));
        assert_eq!(large.unwrap().len(), 101);
        assert_eq!(recent.0.lock().unwrap().bytes, 0);
    }
}

//! Paths of layers as hashes of 64 bits: only their being there counts, and there are many.

use std::hash::{BuildHasher, Hasher, RandomState};

use siphasher::sip::SipHasher13;

/// Knows paths again by a hash of 64 bits.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PathHasher(pub(crate) [u64; 2]);

impl Default for PathHasher {
    /// With a key that nobody knows.
    fn default() -> Self {
        // What the standard library seeds its maps with.
        let random = || RandomState::new().build_hasher().finish();
        Self([random(), random()])
    }
}

impl PathHasher {
    pub(crate) fn hash_one(self, path: &str) -> u64 {
        let Self([first, second]) = self;
        let mut hasher = SipHasher13::new_with_keys(first, second);
        hasher.write(path.as_bytes());
        hasher.finish()
    }
}

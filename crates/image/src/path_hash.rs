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

    /// Those of the folders above a path, the outermost first, and of the path itself: each byte is hashed once.
    pub(crate) fn hash_folders(self, path: &str) -> impl Iterator<Item = u64> {
        let Self([first, second]) = self;
        let mut hasher = SipHasher13::new_with_keys(first, second);
        path.split('/').enumerate().map(move |(at, part)| {
            if at > 0 {
                hasher.write(b"/");
            }
            hasher.write(part.as_bytes());
            hasher.finish()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_have_the_hashes_of_their_paths() {
        let hasher = PathHasher::default();
        let check = |path: &str, expected: &[&str]| {
            let hashes: Vec<_> = hasher.hash_folders(path).collect();
            let expected = expected.iter().map(|it| hasher.hash_one(it));
            assert_eq!(hashes, expected.collect::<Vec<_>>(), "{path}");
        };
        check("a", &["a"]);
        check("usr/lib/tea.jar", &["usr", "usr/lib", "usr/lib/tea.jar"]);
        check("", &[""]);
    }
}

//! What came of layers, kept as files: one for each, named after the digest of the layer unpacked and the program
//! that read it.

use std::{
    collections::hash_map::{DefaultHasher, RandomState},
    fs::{self, File},
    hash::{BuildHasher, Hash, Hasher},
    io::{self, Read, Write},
    path::{Path, PathBuf},
    time::SystemTime,
};

use ringwall_image::Digest;

use crate::{private_folder::make_private, write_atomic};

/// Largest entry that is kept or read: 64 MiB.
const MOST_ENTRY_BYTES: u64 = 64 << 20;
/// What all entries may take: 512 MiB. The oldest go first.
const MOST_BYTES: u64 = 512 << 20;
/// The end of the names of entries.
const END: &str = "layer";

/// A folder with what came of layers.
#[derive(Debug)]
pub struct LayerCache {
    folder: PathBuf,
    key: [u64; 2],
    program: u64,
}

impl LayerCache {
    /// Opens a folder for the program that runs, and makes it where it is not there. Only its owner may look into it:
    /// what stands there is believed.
    pub fn open(folder: &Path) -> io::Result<Self> {
        Self::open_for(folder, this_program()?)
    }

    fn open_for(folder: &Path, program: u64) -> io::Result<Self> {
        make_private(folder)?;
        let key = key(&folder.join("key"))?;
        Ok(Self {
            folder: folder.to_owned(),
            key,
            program,
        })
    }

    /// The key by which paths of the layers are known again.
    pub const fn key(&self) -> [u64; 2] {
        self.key
    }

    /// What was kept of a layer, for a question in letters, digits and `-`.
    pub fn get(&self, diff_id: &Digest, question: &str) -> Option<Vec<u8>> {
        let file = File::open(self.path(diff_id, question)).ok()?;
        let size = file.metadata().ok()?.len();
        if size > MOST_ENTRY_BYTES {
            return None;
        }
        let mut bytes = Vec::with_capacity(usize::try_from(size).ok()?);
        file.take(MOST_ENTRY_BYTES).read_to_end(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Keeps what came of a layer. That it cannot be kept changes nothing but the time of the next scan.
    pub fn put(&self, diff_id: &Digest, question: &str, bytes: &[u8]) {
        if bytes.len() as u64 <= MOST_ENTRY_BYTES {
            let _ = write_atomic(&self.path(diff_id, question), bytes);
        }
    }

    fn path(&self, diff_id: &Digest, question: &str) -> PathBuf {
        let name = format!("{}.{question}.{:016x}.{END}", diff_id.hex(), self.program);
        self.folder.join(name)
    }

    /// Removes the oldest entries until the rest takes no more than it may.
    pub fn shrink(&self) {
        self.shrink_to(MOST_BYTES);
    }

    fn shrink_to(&self, most: u64) {
        let entries = fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut entries: Vec<(SystemTime, u64, PathBuf)> = entries
            .filter(|entry| entry.path().extension().is_some_and(|it| it == END))
            .filter_map(|entry| {
                let metadata = entry.metadata().ok()?;
                Some((metadata.modified().ok()?, metadata.len(), entry.path()))
            })
            .collect();
        entries.sort();
        let mut total: u64 = entries.iter().map(|(_, size, _)| size).sum();
        for (_, size, path) in entries {
            if total <= most {
                break;
            }
            // Another process may have removed it.
            let _ = fs::remove_file(path);
            total -= size;
        }
    }
}

/// Tells this program from every other build of it, which may find something else in the same layer.
fn this_program() -> io::Result<u64> {
    let file = fs::metadata(std::env::current_exe()?)?;
    let mut hasher = DefaultHasher::new();
    (file.len(), file.modified()?).hash(&mut hasher);
    Ok(hasher.finish())
}

/// The key that stands in a file; a new one where there is none yet.
fn key(path: &Path) -> io::Result<[u64; 2]> {
    let parse = |bytes: &[u8]| {
        let (first, second) = bytes.split_first_chunk::<8>()?;
        let second = second.try_into().ok()?;
        Some([u64::from_le_bytes(*first), u64::from_le_bytes(second)])
    };
    if let Some(key) = fs::read(path).ok().and_then(|bytes| parse(&bytes)) {
        return Ok(key);
    }
    // What the standard library seeds its maps with.
    let random = || RandomState::new().build_hasher().finish();
    let new = [random(), random()];
    let temporary = path.with_extension(format!("{:016x}", random()));
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;

        options.mode(0o600);
    }
    let mut file = options.open(&temporary)?;
    for half in new {
        file.write_all(&half.to_le_bytes())?;
    }
    drop(file);
    // Of two processes at once, one wins, and both use its key.
    let linked = fs::hard_link(&temporary, path);
    let _ = fs::remove_file(&temporary);
    match linked {
        Ok(()) => Ok(new),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let bytes = fs::read(path)?;
            parse(&bytes).ok_or_else(|| {
                let reason = format!("{} is no key: remove the folder", path.display());
                io::Error::other(reason)
            })
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_known_by_digest_and_by_what_was_looked_for() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(&folder.path().join("a/b")).unwrap();
        let digest = Digest::new([1; 32]);
        assert_eq!(cache.get(&digest, "all"), None);
        cache.put(&digest, "all", b"one");
        assert_eq!(cache.get(&digest, "all").as_deref(), Some(&b"one"[..]));
        assert_eq!(cache.get(&digest, "packages"), None);
        assert_eq!(cache.get(&Digest::new([2; 32]), "all"), None);
        let again = LayerCache::open(&folder.path().join("a/b")).unwrap();
        assert_eq!(again.key(), cache.key());
        assert_ne!(cache.key(), [0, 0]);
        let other = LayerCache::open(&folder.path().join("c")).unwrap();
        assert_ne!(other.key(), cache.key());
    }

    #[test]
    fn what_another_build_kept_does_not_count() {
        let folder = tempfile::tempdir().unwrap();
        let open = |program| LayerCache::open_for(folder.path(), program).unwrap();
        let digest = Digest::new([1; 32]);
        open(1).put(&digest, "all", b"one");
        assert_eq!(open(2).get(&digest, "all"), None);
        assert_eq!(open(1).get(&digest, "all").as_deref(), Some(&b"one"[..]));
        let own = LayerCache::open(folder.path()).unwrap();
        assert_eq!(own.get(&digest, "all"), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_its_owner_may_look_into_it() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        LayerCache::open(&path).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&path), 0o700);
        assert_eq!(mode(&path.join("key")), 0o600);
    }

    #[test]
    fn the_oldest_entries_go_first() {
        let folder = tempfile::tempdir().unwrap();
        let cache = LayerCache::open(folder.path()).unwrap();
        for at in 1..=3_u8 {
            cache.put(&Digest::new([at; 32]), "all", &[0; 100]);
            let file = File::open(cache.path(&Digest::new([at; 32]), "all")).unwrap();
            let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(u64::from(at));
            file.set_modified(time).unwrap();
        }
        cache.shrink_to(250);
        let is_there = |at| cache.get(&Digest::new([at; 32]), "all").is_some();
        assert_eq!([1, 2, 3].map(is_there), [false, true, true]);
        assert!(folder.path().join("key").exists());
    }
}

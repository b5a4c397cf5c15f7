//! Authorities and logs that change: those of a Sigstore instance, as its repository of The Update Framework names them.
//!
//! From a root that is known, each later one is reached by signatures of the one before, and what the last one signs,
//! and names, is believed until it expires. Nothing older than what was believed before is.
//!
//! Source: <https://theupdateframework.github.io/specification/v1.0.33/>.

use std::{
    collections::BTreeMap,
    error::Error,
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, Waker},
    time::SystemTime,
};

use jiff::Timestamp;
use sigstore_tuf::{
    Error as TufError, MetadataStore, Repository, StoreRepository, Updater, transport::FetchFuture,
};

use crate::{MAX_BYTES, TrustError, crypto};

/// The repository of Sigstore's public instance.
pub const SIGSTORE_TUF: &str = "https://tuf-repo-cdn.sigstore.dev";

/// The root of that repository from which later ones are reached; `data/README.md` says where it is from.
pub const SIGSTORE_TUF_ROOT: &[u8] = include_bytes!("../data/sigstore-tuf-root.json");

/// What a repository calls the authorities and logs of its instance.
const TRUSTED_ROOT: &str = "trusted_root.json";

/// Where its copy is kept.
const KEPT_TRUSTED_ROOT: &str = "targets/trusted_root.json";

/// Files of a repository that were believed, by their paths in a folder.
pub type TrustFiles = BTreeMap<String, Vec<u8>>;

/// Whoever gives the files of a repository.
pub trait TrustRepository: Send + Sync {
    /// A file by its path below the address of the repository, of at most so many bytes; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Why one cannot tell.
    fn file(&self, path: &str, most_bytes: u64) -> Result<Option<Vec<u8>>, String>;
}

/// The authorities and logs of an instance, and until when they are new.
#[derive(Clone, Debug)]
pub struct KeptTrust {
    /// Its `trusted_root.json`.
    pub trusted_root: Vec<u8>,
    /// The version of the root of the repository.
    pub root_version: u64,
    /// When the repository will have said something newer.
    pub fresh_until: Timestamp,
    /// All files that were believed.
    pub files: TrustFiles,
}

impl KeptTrust {
    /// Whether nothing newer is due.
    pub fn is_fresh(&self, now: SystemTime) -> bool {
        Timestamp::try_from(now).is_ok_and(|now| now <= self.fresh_until)
    }
}

/// Asks a repository for its authorities and logs of now, from a root that is known and files that were believed
/// before.
///
/// # Errors
///
/// [`TrustError::Update`] for whatever is not signed as it has to be, is over, is older than what was believed, or
/// cannot be fetched.
pub fn update_trust(
    root: &[u8],
    files: TrustFiles,
    repository: impl TrustRepository + 'static,
    now: SystemTime,
) -> Result<KeptTrust, TrustError> {
    let now = Timestamp::try_from(now).map_err(|error| TrustError::Update(error.to_string()))?;
    follow(root, Kept::new(files), Asked(repository), now)
}

/// What was believed when a repository was asked last, verified again from a root that is known. It may be over since.
///
/// # Errors
///
/// [`TrustError::Update`] where the files are not those that were believed.
pub fn kept_trust(root: &[u8], files: TrustFiles) -> Result<KeptTrust, TrustError> {
    let kept = Kept::new(files);
    // At the beginning of time, nothing is over.
    follow(
        root,
        kept.clone(),
        StoreRepository::new(kept),
        Timestamp::UNIX_EPOCH,
    )
}

fn follow(
    root: &[u8],
    kept: Kept,
    repository: impl Repository + 'static,
    now: Timestamp,
) -> Result<KeptTrust, TrustError> {
    crypto::install();
    let updater = Updater::new(repository, root).map_err(told)?;
    let mut updater = updater.with_store(kept.clone());
    // Its times are of another version of their crate, which has no name here.
    let now = now.to_string();
    let unreadable = |error: &dyn Error| TrustError::Update(format!("{now}: {error}"));
    let at = now.parse().map_err(|error| unreadable(&error))?;
    ready(updater.refresh(at))?.map_err(told)?;
    let at = now.parse().map_err(|error| unreadable(&error))?;
    let trusted_root = ready(updater.get_target(TRUSTED_ROOT, at))?.map_err(told)?;
    let trusted = updater.trusted();
    let (Some(timestamp), Some(snapshot), Some(targets)) = (
        trusted.timestamp(),
        trusted.snapshot(),
        trusted.targets_role("targets"),
    ) else {
        return Err(told(TufError::NotRefreshed));
    };
    let root = trusted.root();
    let ends = [
        root.expires.as_second(),
        timestamp.expires.as_second(),
        snapshot.expires.as_second(),
        targets.expires.as_second(),
    ];
    let end = ends.into_iter().min().unwrap_or_default();
    let fresh_until = Timestamp::from_second(end).map_err(|error| unreadable(&error))?;
    let root_version = root.version;
    let mut files = kept.into_files();
    files.insert(KEPT_TRUSTED_ROOT.to_owned(), trusted_root.clone());
    Ok(KeptTrust {
        trusted_root,
        root_version,
        fresh_until,
        files,
    })
}

/// The outcome of a future that waits for nobody.
fn ready<T>(future: impl Future<Output = T>) -> Result<T, TrustError> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(outcome) => Ok(outcome),
        Poll::Pending => Err(TrustError::Update(
            "it waits for nobody; this is a bug".to_owned(),
        )),
    }
}

/// An error with its causes, in one line.
#[expect(
    clippy::needless_pass_by_value,
    reason = "where errors become others, they are given away"
)]
fn told(error: TufError) -> TrustError {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text.push_str(": ");
        text.push_str(&next.to_string());
        cause = next.source();
    }
    TrustError::Update(text)
}

/// A repository that is asked through a [`TrustRepository`].
struct Asked<R>(R);

impl<R: TrustRepository> Asked<R> {
    fn file(&self, path: &str, most: u64) -> Result<Option<Vec<u8>>, TufError> {
        let most = most.min(MAX_BYTES as u64);
        let file = self.0.file(path, most).map_err(TufError::transport)?;
        match file {
            Some(bytes) if bytes.len() as u64 > most => Err(TufError::transport(format!(
                "{path} is larger than {most} bytes"
            ))),
            file => Ok(file),
        }
    }
}

impl<R: TrustRepository> Repository for Asked<R> {
    fn fetch_metadata<'a>(&'a self, name: &'a str, most: u64) -> FetchFuture<'a> {
        let file = self.file(name, most);
        Box::pin(async move { file })
    }

    fn fetch_target<'a>(&'a self, path: &'a str, most: u64) -> FetchFuture<'a> {
        let file = self.file(&format!("targets/{path}"), most);
        Box::pin(async move { file })
    }
}

/// Files in memory: whoever reads and writes them is outside.
#[derive(Clone)]
struct Kept(Arc<Mutex<TrustFiles>>);

impl Kept {
    fn new(files: TrustFiles) -> Self {
        Self(Arc::new(Mutex::new(files)))
    }

    fn into_files(self) -> TrustFiles {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut files)
    }
}

impl MetadataStore for Kept {
    fn load(&self, name: &str) -> Result<Option<Vec<u8>>, TufError> {
        let files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(files.get(name).cloned())
    }

    fn store(&self, name: &str, bytes: &[u8]) -> Result<(), TufError> {
        let mut files = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(name.to_owned(), bytes.to_vec());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Has nothing.
    struct Nothing;

    impl TrustRepository for Nothing {
        fn file(&self, _path: &str, _most_bytes: u64) -> Result<Option<Vec<u8>>, String> {
            Ok(None)
        }
    }

    #[test]
    fn the_anchor_is_signed_by_its_own_keys() {
        crypto::install();
        let anchor = Updater::new(Asked(Nothing), SIGSTORE_TUF_ROOT).unwrap();
        assert_eq!(anchor.trusted().root().version, 16);
        let changed = String::from_utf8(SIGSTORE_TUF_ROOT.to_vec()).unwrap();
        let changed = changed.replacen("\"version\": 16", "\"version\": 17", 1);
        assert_ne!(changed.as_bytes(), SIGSTORE_TUF_ROOT);
        assert!(Updater::new(Asked(Nothing), changed.as_bytes()).is_err());
    }

    #[test]
    fn what_is_nowhere_is_told() {
        let now = SystemTime::UNIX_EPOCH;
        for outcome in [
            update_trust(SIGSTORE_TUF_ROOT, TrustFiles::new(), Nothing, now),
            kept_trust(SIGSTORE_TUF_ROOT, TrustFiles::new()),
        ] {
            let error = outcome.unwrap_err().to_string();
            assert!(error.contains("timestamp.json not found"), "{error}");
        }
        let error = kept_trust(b"{}", TrustFiles::new()).unwrap_err();
        assert!(matches!(error, TrustError::Update(_)), "{error}");
    }
}

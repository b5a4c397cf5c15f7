//! What a repository holds: its tags, what they lead to, and what is kept beside that.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    thread,
};

use ringwall_image::{
    AttachedKind, AttachedTag, Config, Digest, Kept, KeptKind, Manifest, Missing, Platform,
    RepositoryContents,
};

use crate::{RegistryError, Repository, image::CONFIGS};

/// Requests that are made at once.
const AT_ONCE: usize = 8;

/// Indexes inside indexes, lists of what refers to what refers: so often it is gone deeper.
const MAX_DEPTH: usize = 4;

/// Most manifests of a repository.
const MAX_MANIFESTS: usize = 50_000;

/// Bytes of all its manifests and configurations; an image has some ten thousand.
const MAX_BYTES: u64 = 1 << 30;

/// Most manifests that one index names.
const MAX_CHILDREN: usize = 1_000;

/// Longest word that is kept of what somebody else wrote.
const MAX_WORD: usize = 64;

/// Where an artifact says when it was made.
/// See: <https://github.com/opencontainers/image-spec/blob/main/annotations.md>
const CREATED: &str = "org.opencontainers.image.created";

/// Reads everything that tags of a repository lead to. Of the tags that are not wanted, only those are read that tell
/// what is kept beside something; then there may be manifests that are not known.
///
/// `progress` is told how many of how many requests are done.
pub fn read_repository(
    repository: &Repository,
    is_wanted: &(dyn Fn(&str) -> bool + Sync),
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<RepositoryContents, RegistryError> {
    let names = repository.tags()?;
    let mut reader = Reader {
        repository,
        progress,
        bytes: AtomicU64::new(0),
        lists_referrers: AtomicBool::new(true),
        unread: BTreeSet::new(),
        contents: RepositoryContents {
            name: repository.name.clone(),
            ..RepositoryContents::default()
        },
    };
    if let Some(reason) = names.missing {
        reader.miss("its list of tags", reason, true);
    }
    let is_read = |tag: &String| is_wanted(tag) || AttachedTag::parse(tag).is_some();
    let (wanted, others): (Vec<_>, Vec<_>) = names.names.into_iter().partition(is_read);
    reader.contents.unread_tags = others.len();
    reader.tags(wanted);
    reader.children();
    reader.attached();
    Ok(reader.contents)
}

/// The tags of a repository as they are now, each with what it names; none where not all of them can be told.
pub fn read_tags(repository: &Repository) -> Result<BTreeMap<String, Digest>, RegistryError> {
    let names = repository.tags()?;
    if let Some(reason) = names.missing {
        return Err(repository.unusable(&format!("its list of tags: {reason}")));
    }
    let names: Vec<_> = names.names.into_iter().collect();
    let read = at_once(&names, &|_, _| {}, |tag| repository.manifest(tag));
    let tags = names.iter().zip(read).filter_map(|(tag, read)| match read {
        Ok(document) => Some(Ok((tag.clone(), document.digest))),
        // Between the list and the question it was taken away.
        Err(RegistryError::NotFound { .. }) => None,
        Err(error) => Some(Err(error)),
    });
    tags.collect()
}

struct Reader<'r> {
    repository: &'r Repository,
    progress: &'r (dyn Fn(usize, usize) + Sync),
    /// Bytes that were read.
    bytes: AtomicU64,
    /// Whether the registry keeps lists of what refers to something.
    lists_referrers: AtomicBool,
    /// What could not be read, and is not asked for again.
    unread: BTreeSet<Digest>,
    contents: RepositoryContents,
}

impl Reader<'_> {
    fn miss(&mut self, what: &str, reason: String, hides_manifests: bool) {
        self.contents.missing.push(Missing {
            what: what.to_owned(),
            reason,
            hides_manifests,
        });
    }

    fn tags(&mut self, tags: Vec<String>) {
        let read = at_once(&tags, self.progress, |tag| self.read(tag));
        for (tag, read) in tags.into_iter().zip(read) {
            match read {
                Ok((digest, kept)) => {
                    self.contents.tags.insert(tag, digest);
                    self.keep(digest, kept);
                }
                // It was taken away since the list was made.
                Err(RegistryError::NotFound { .. }) => {}
                Err(error) => self.miss(&tag, error.to_string(), true),
            }
        }
    }

    /// The manifests of indexes, and of indexes inside them.
    fn children(&mut self) {
        for _ in 0..MAX_DEPTH {
            let all = self.contents.manifests.values();
            let children = all.flat_map(|it| it.children.iter().map(|(digest, _)| *digest));
            if !self.add(children.collect()) {
                return;
            }
        }
        let all = self.contents.manifests.values();
        let mut children = all.flat_map(|it| &it.children);
        if children.any(|(digest, _)| !self.is_known(digest)) {
            self.miss("an index", "indexes are nested too deep".to_owned(), true);
        }
    }

    /// What is kept beside something: under tags, and in lists of the registry.
    fn attached(&mut self) {
        let tags: Vec<_> = self.contents.tags.iter().collect();
        let named = tags.iter().filter_map(|(tag, digest)| {
            let attached = AttachedTag::parse(tag)?;
            let lists = self.contents.manifests.get(*digest)?;
            // Lists are indexes; what else is under such a tag is kept there itself.
            let is_list = attached.is_list && lists.kind == KeptKind::Index;
            let children = lists.children.iter().map(|(child, _)| *child);
            Some((attached.subject, is_list.then(|| children.collect())))
        });
        let named: Vec<(Digest, Option<Vec<Digest>>)> = named.collect();
        // What no tag leads to may still be there, with what is kept beside it.
        let stated = self.contents.manifests.values().filter_map(|it| it.subject);
        let subjects = named.iter().map(|(subject, _)| *subject).chain(stated);
        self.add(subjects.collect());
        for (subject, list) in named {
            self.refer(&subject, list.unwrap_or_default());
        }
        let subjects = self.contents.manifests.iter();
        let subjects = subjects.filter_map(|(digest, it)| Some((it.subject?, *digest)));
        for (subject, digest) in subjects.collect::<Vec<_>>() {
            self.refer(&subject, vec![digest]);
        }
        let mut asked = BTreeSet::new();
        for _ in 0..MAX_DEPTH {
            let all = self.contents.manifests.keys().copied();
            let new: Vec<_> = all.filter(|it| asked.insert(*it)).collect();
            if new.is_empty() || !self.lists_referrers.load(Ordering::Relaxed) {
                return;
            }
            let found = at_once(&new, self.progress, |digest| self.referrers(digest));
            let mut referrers = BTreeSet::new();
            for (subject, found) in new.into_iter().zip(found) {
                match found {
                    Ok(found) => {
                        referrers.extend(found.iter().copied());
                        self.refer(&subject, found);
                    }
                    Err(error) => {
                        let what = format!("what refers to {subject}");
                        self.miss(&what, error.to_string(), false);
                    }
                }
            }
            self.add(referrers);
        }
    }

    fn refer(&mut self, subject: &Digest, referrers: Vec<Digest>) {
        if let Some(kept) = self.contents.manifests.get_mut(subject) {
            kept.referrers.extend(referrers);
        }
    }

    /// The list of a registry that keeps one.
    fn referrers(&self, subject: &Digest) -> Result<Vec<Digest>, RegistryError> {
        if !self.lists_referrers.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let Some((pages, is_all)) = self.repository.referrers(subject)? else {
            // A registry that keeps lists has an empty one of what nothing refers to.
            self.lists_referrers.store(false, Ordering::Relaxed);
            return Ok(Vec::new());
        };
        let mut found = Vec::new();
        for page in &pages {
            self.count(&page.bytes)?;
            let list: Manifest = self.parse(&page.bytes, "its list of referrers")?;
            found.extend(list.manifests.iter().map(|it| it.digest));
        }
        if !is_all || found.len() > MAX_CHILDREN {
            let reason = "more refers to it than the registry tells on the pages that were read";
            return Err(self.repository.unusable(reason));
        }
        Ok(found)
    }

    /// Reads manifests by their digests, where they are not known; gives whether there was any.
    fn add(&mut self, digests: BTreeSet<Digest>) -> bool {
        let new = digests.into_iter().filter(|it| !self.is_known(it));
        let new: Vec<_> = new.collect();
        let read = at_once(&new, self.progress, |digest| {
            self.read(&digest.to_string()).map(|(_, kept)| kept)
        });
        let is_any = !new.is_empty();
        for (digest, read) in new.into_iter().zip(read) {
            match read {
                Ok(kept) => self.keep(digest, kept),
                Err(RegistryError::NotFound { .. }) => {
                    self.contents.absent.insert(digest);
                }
                Err(error) => {
                    self.unread.insert(digest);
                    self.miss(&digest.to_string(), error.to_string(), true);
                }
            }
        }
        is_any
    }

    fn is_known(&self, digest: &Digest) -> bool {
        self.contents.manifests.contains_key(digest)
            || self.contents.absent.contains(digest)
            || self.unread.contains(digest)
    }

    fn keep(&mut self, digest: Digest, (kept, missing): (Kept, Vec<Missing>)) {
        if self.contents.manifests.len() >= MAX_MANIFESTS {
            let reason = format!("there are more than {MAX_MANIFESTS}");
            let what = "its manifests";
            if !self.contents.missing.iter().any(|it| it.what == what) {
                self.miss(what, reason, true);
            }
            return;
        }
        let known = self.contents.manifests.get(&digest);
        // Of what is read under a tag of cosign's, no configuration is; another tag may name it as an image.
        if known.is_none_or(|known| known.platform.is_none() && known.created.is_none()) {
            self.contents.manifests.insert(digest, kept);
            self.contents.missing.extend(missing);
        }
    }

    fn count(&self, bytes: &[u8]) -> Result<(), RegistryError> {
        let size = bytes.len() as u64;
        if self.bytes.fetch_add(size, Ordering::Relaxed) + size <= MAX_BYTES {
            return Ok(());
        }
        let reason = format!("its manifests have more than {} MiB", MAX_BYTES >> 20);
        Err(self.repository.unusable(&reason))
    }

    fn parse<'d, T: serde::Deserialize<'d>>(
        &self,
        bytes: &'d [u8],
        what: &str,
    ) -> Result<T, RegistryError> {
        serde_json::from_slice(bytes).map_err(|error| {
            let reason = format!("{what} cannot be understood: {error}");
            self.repository.unusable(&reason)
        })
    }

    /// A manifest with what its configuration says.
    fn read(&self, name: &str) -> Result<(Digest, (Kept, Vec<Missing>)), RegistryError> {
        let document = self.repository.manifest(name)?;
        self.count(&document.bytes)?;
        let mut manifest: Manifest = self.parse(&document.bytes, "the manifest")?;
        if manifest.manifests.len() > MAX_CHILDREN {
            let reason = format!("an index names more than {MAX_CHILDREN} manifests");
            return Err(self.repository.unusable(&reason));
        }
        let is_list = ["index", "manifest.list"];
        let is_list = is_list.iter().any(|it| document.media_type.contains(it));
        let is_index = manifest.config.is_none() && (is_list || !manifest.manifests.is_empty());
        if manifest.config.is_none() && !is_index {
            // Of Docker's first form, for one, nothing can be told.
            let reason = format!(
                "its manifest names no configuration and no images; it is of the type `{}`",
                cut(document.media_type)
            );
            return Err(self.repository.unusable(&reason));
        }
        let media_type = manifest.config.as_ref().map(|it| &*it.media_type);
        let is_image = media_type.is_some_and(|it| it.is_empty() || CONFIGS.contains(&it));
        let kind = match (is_index, is_image) {
            (true, _) => KeptKind::Index,
            (_, true) => KeptKind::Image,
            _ => KeptKind::Artifact,
        };
        let parts = manifest.config.iter().chain(&manifest.layers);
        let content_bytes = parts.fold(0_u64, |sum, it| sum.saturating_add(it.size));
        let children = manifest.manifests.drain(..);
        let mut kept = Kept {
            kind,
            manifest_bytes: document.bytes.len() as u64,
            content_bytes,
            children: children
                .map(|it| (it.digest, it.platform.and_then(short)))
                .collect(),
            subject: manifest.subject.as_ref().map(|it| it.digest),
            config: manifest.config.as_ref().map(|it| it.digest),
            is_read: true,
            created: annotated(&document.bytes).map(cut),
            platform: None,
            has_signatures: manifest
                .layers
                .iter()
                .any(|it| AttachedKind::of(&it.media_type, &manifest).is_some()),
            referrers: BTreeSet::new(),
        };
        let mut missing = Vec::new();
        let is_beside = AttachedTag::parse(name).is_some() || kept.subject.is_some();
        if let (KeptKind::Image, false, Some(config)) = (kind, is_beside, &manifest.config) {
            match self.config(config) {
                Ok(config) => {
                    kept.created = config.created.map(cut).or(kept.created);
                    kept.platform = short(Platform {
                        os: config.os,
                        architecture: config.architecture,
                        variant: config.variant,
                    });
                }
                Err(error) => {
                    kept.is_read = false;
                    missing.push(Missing {
                        what: format!("the configuration of {}", document.digest),
                        reason: error.to_string(),
                        hides_manifests: false,
                    });
                }
            }
        }
        Ok((document.digest, (kept, missing)))
    }

    fn config(&self, config: &ringwall_image::Descriptor) -> Result<Config, RegistryError> {
        let bytes = self.repository.described(config, "configuration")?;
        self.count(&bytes)?;
        self.parse(&bytes, "it")
    }
}

impl Repository {
    fn unusable(&self, reason: &str) -> RegistryError {
        RegistryError::Answer {
            registry: self.name.clone(),
            reason: reason.to_owned(),
        }
    }
}

/// When a manifest says that it was made.
fn annotated(manifest: &[u8]) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Annotated {
        annotations: Option<BTreeMap<String, String>>,
    }
    let annotated: Annotated = serde_json::from_slice(manifest).ok()?;
    annotated.annotations?.remove(CREATED)
}

fn cut(text: String) -> String {
    if text.len() <= MAX_WORD {
        return text;
    }
    text.chars().take(MAX_WORD).collect()
}

/// A platform that has a name, which is of a sane length.
fn short(platform: Platform) -> Option<Platform> {
    let platform = Platform {
        os: cut(platform.os),
        architecture: cut(platform.architecture),
        variant: platform.variant.map(cut),
    };
    (!platform.os.is_empty() || !platform.architecture.is_empty()).then_some(platform)
}

/// Asks about each of many, several at once; the answers are in their order.
fn at_once<T: Sync, A: Send>(
    all: &[T],
    progress: &(dyn Fn(usize, usize) + Sync),
    ask: impl Fn(&T) -> A + Sync,
) -> Vec<A> {
    let next = AtomicUsize::new(0);
    let done = AtomicUsize::new(0);
    let answers: Mutex<BTreeMap<usize, A>> = Mutex::default();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(one) = all.get(at) else {
                return;
            };
            let answer = ask(one);
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            answers.insert(at, answer);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, all.len());
        }
    };
    thread::scope(|scope| {
        // The thread that asks is one of them.
        for _ in 1..AT_ONCE.min(all.len()) {
            scope.spawn(work);
        }
        work();
    });
    let answers = answers.into_inner().unwrap_or_else(PoisonError::into_inner);
    answers.into_values().collect()
}

//! How the manifests of a repository hang together: tags, indexes, and what is kept beside what.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_image::{AttachedTag, Digest, Kept, KeptKind, RepositoryContents};

/// Indexes inside indexes that are looked into.
const MAX_DEPTH: usize = 8;

/// How the manifests of a repository hang together.
pub(super) struct Links<'a> {
    pub(super) contents: &'a RepositoryContents,
    tags: BTreeMap<Digest, Vec<&'a str>>,
    /// The indexes that name a manifest; lists of what refers to something are none of them.
    parents: BTreeMap<Digest, BTreeSet<Digest>>,
    /// What is kept beside a manifest.
    attached: BTreeMap<Digest, BTreeSet<Digest>>,
}

impl<'a> Links<'a> {
    pub(super) fn new(contents: &'a RepositoryContents) -> Self {
        let mut links = Self {
            contents,
            tags: BTreeMap::new(),
            parents: BTreeMap::new(),
            attached: BTreeMap::new(),
        };
        for (tag, digest) in &contents.tags {
            links.tags.entry(*digest).or_default().push(tag);
            if let Some(tag) = AttachedTag::parse(tag) {
                links
                    .attached
                    .entry(tag.subject)
                    .or_default()
                    .insert(*digest);
            }
        }
        for (digest, kept) in &contents.manifests {
            let referrers = links.attached.entry(*digest).or_default();
            referrers.extend(&kept.referrers);
            if links.is_list(digest) {
                continue;
            }
            for (child, _) in &kept.children {
                links.parents.entry(*child).or_default().insert(*digest);
            }
        }
        links
    }

    pub(super) fn kept(&self, digest: &Digest) -> Option<&'a Kept> {
        self.contents.manifests.get(digest)
    }

    /// The tags that name a manifest.
    pub(super) fn tags(&self, digest: &Digest) -> &[&'a str] {
        self.tags.get(digest).map_or(&[], Vec::as_slice)
    }

    /// Whether an index is a list of what refers to something, and nothing else.
    pub(super) fn is_list(&self, digest: &Digest) -> bool {
        let tags = self.tags(digest);
        let is_list = |tag: &&str| AttachedTag::parse(tag).is_some_and(|it| it.is_list);
        !tags.is_empty() && tags.iter().all(is_list)
    }

    /// The indexes that name a manifest.
    pub(super) fn parents(&self, digest: &Digest) -> impl Iterator<Item = &Digest> {
        self.parents.get(digest).into_iter().flatten()
    }

    /// The indexes that lead to a manifest, directly or by others.
    pub(super) fn ancestors(&self, digest: &Digest) -> BTreeSet<Digest> {
        let mut found = BTreeSet::new();
        let mut open = vec![*digest];
        while let Some(digest) = open.pop() {
            let parents = self.parents.get(&digest).into_iter().flatten();
            open.extend(parents.filter(|parent| found.insert(**parent)));
        }
        found
    }

    /// Everything that an index leads to.
    pub(super) fn descendants(&self, digest: &Digest) -> BTreeSet<Digest> {
        let mut found = BTreeSet::new();
        let mut open = vec![*digest];
        while let Some(digest) = open.pop() {
            let children = self.kept(&digest).into_iter().flat_map(|it| &it.children);
            let children = children.map(|(child, _)| *child);
            open.extend(children.filter(|child| found.insert(*child)));
        }
        found
    }

    /// What is kept beside a manifest: under tags, and by referring to it.
    pub(super) fn attached(&self, digest: &Digest) -> impl Iterator<Item = &Digest> {
        self.attached.get(digest).into_iter().flatten()
    }

    /// Whether there is something beside a manifest that may be a signature.
    pub(super) fn has_signature(&self, digest: &Digest) -> bool {
        let mut attached = self.attached(digest).filter_map(|it| self.kept(it));
        attached.any(|it| it.has_signatures)
    }
}

/// The images that a digest leads to, each with its platform: itself where it is one. What stands in an index for no
/// platform, such as a builder's attestation, is none.
pub fn images_of(contents: &RepositoryContents, digest: &Digest) -> Vec<(Digest, String)> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    let mut open = vec![(*digest, None, 0)];
    while let Some((digest, stated, depth)) = open.pop() {
        if !seen.insert(digest) {
            continue;
        }
        let kept = contents.manifests.get(&digest);
        match kept {
            Some(kept) if kept.kind == KeptKind::Index => {
                let children = kept.children.iter().filter(|_| depth < MAX_DEPTH);
                let children = children.map(|(child, platform)| (*child, platform.clone()));
                open.extend(children.map(|(child, platform)| (child, platform, depth + 1)));
            }
            Some(kept) if kept.kind == KeptKind::Artifact => {}
            kept => {
                let own = kept.and_then(|kept| kept.platform.clone());
                let platform = stated.or(own);
                if platform.as_ref().is_some_and(|it| it.os == "unknown") {
                    continue;
                }
                let platform = platform.map_or_else(|| "unknown".to_owned(), |it| it.to_string());
                found.push((digest, platform));
            }
        }
    }
    found.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    found
}

//! What may be deleted of a repository, and in which order.
//!
//! A registry deletes by digest: all tags of a digest go with it, and an index keeps naming an image that is gone.
//! So nothing goes that something needs which stays, and where not everything is known, nothing goes at all.

use std::collections::{BTreeMap, BTreeSet};

use ringwall_image::{AttachedTag, Digest, KeptKind, RepositoryContents};
use ringwall_report::{
    RegistryDeletion, RegistryImage, RegistryKept, RegistryMark, RegistryRepository,
};

use super::{ImageUses, links::Links, users};

/// What is to be deleted.
pub struct DeletionWish<'a> {
    /// The marks that select.
    pub marks: &'a [RegistryMark],
    /// Newest images that stay in each repository.
    pub keep: usize,
    /// Tags whose images stay.
    pub keeps_tag: &'a dyn Fn(&str) -> bool,
    /// Tags that were asked for.
    pub is_asked_for: &'a dyn Fn(&str) -> bool,
    /// What uses images, where that is known.
    pub uses: Option<&'a ImageUses>,
}

/// A manifest that goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedDeletion {
    /// The manifest.
    pub digest: Digest,
    /// What has to be gone before: an index before its images, an image before what is kept beside it.
    pub needs: BTreeSet<Digest>,
    /// The same in words.
    pub deletion: RegistryDeletion,
}

/// Plans what goes of a repository, in the order in which it goes, and tells what stays in spite of its marks.
pub fn plan_deletion(
    contents: &RepositoryContents,
    judged: &RegistryRepository,
    wish: &DeletionWish<'_>,
) -> (Vec<PlannedDeletion>, Vec<RegistryKept>) {
    let links = Links::new(contents);
    let mut planner = Planner {
        links: &links,
        wish,
        going: BTreeMap::new(),
        kept: Vec::new(),
    };
    planner.choose(judged);
    planner.keep_what_indexes_need(judged);
    planner.add_images_of_indexes();
    planner.add_attached();
    planner.finish()
}

/// Why a manifest goes.
struct Going {
    /// The marks of its own, or what it belongs to.
    reason: String,
    with: Option<Digest>,
}

impl Going {
    const fn with(other: Digest, reason: String) -> Self {
        Self {
            reason,
            with: Some(other),
        }
    }
}

struct Planner<'a> {
    links: &'a Links<'a>,
    wish: &'a DeletionWish<'a>,
    going: BTreeMap<Digest, Going>,
    kept: Vec<RegistryKept>,
}

impl Planner<'_> {
    fn keep(&mut self, image: &RegistryImage, reason: String) {
        self.kept.push(RegistryKept {
            repository: self.links.contents.name.clone(),
            digest: image.digest.clone(),
            tags: image.tags.clone(),
            reason,
        });
    }

    /// What the marks select, but for what has to stay.
    fn choose(&mut self, judged: &RegistryRepository) {
        // The newest come first.
        let own = |it: &&RegistryImage| it.kind != "attached" && it.subject.is_none();
        let newest = judged.images.iter().filter(own).take(self.wish.keep);
        let newest: BTreeSet<_> = newest.map(|it| it.digest.as_str()).collect();
        for image in &judged.images {
            let chosen = image.marks.iter().filter(|it| self.wish.marks.contains(it));
            let chosen: Vec<_> = chosen.map(|it| it.as_str()).collect();
            let is_dangling = image.marks.contains(&RegistryMark::Dangling);
            let is_asked_for = |tag: &String| (self.wish.is_asked_for)(tag);
            let Ok(digest) = image.digest.parse() else {
                continue;
            };
            if chosen.is_empty() || !image.tags.iter().any(is_asked_for) {
                continue;
            }
            if let Some(reason) = self.reason_to_stay(image, newest.contains(&*image.digest)) {
                self.keep(image, reason);
                continue;
            }
            let mut reason = chosen.join(", ");
            if let Some(subject) = image.subject.as_deref().filter(|_| is_dangling) {
                reason.extend([": it was kept beside ", subject]);
            }
            let going = Going { reason, with: None };
            self.going.insert(digest, going);
        }
    }

    fn reason_to_stay(&self, image: &RegistryImage, is_newest: bool) -> Option<String> {
        if !self.links.contents.is_complete() {
            return Some(
                "not everything in this repository could be read, and something may need it"
                    .to_owned(),
            );
        }
        if self.wish.uses.is_some_and(|uses| !uses.is_complete()) {
            return Some("not everything could be looked at that may use it".to_owned());
        }
        if let Some(user) = image.used_by.first() {
            return Some(match image.used_by.len() {
                1 => format!("{user} uses it"),
                more => format!("{user} and {} more use it", more - 1),
            });
        }
        let mut tags = image.tags.iter();
        if let Some(tag) = tags.find(|tag| (self.wish.keeps_tag)(tag)) {
            return Some(format!("the tag {tag} is kept"));
        }
        if is_newest {
            return Some(match self.wish.keep {
                1 => "it is the newest of its repository".to_owned(),
                keep => format!("it is among the {keep} newest of its repository"),
            });
        }
        let mut tags = image.tags.iter();
        let other = tags.find(|tag| !(self.wish.is_asked_for)(tag));
        other.map(|tag| format!("the tag {tag} names it too, and was not asked for"))
    }

    /// An index that stays keeps all that it leads to; and what stays so keeps its own.
    fn keep_what_indexes_need(&mut self, judged: &RegistryRepository) {
        loop {
            let needed = self.going.keys().filter_map(|digest| {
                let mut parents = self.links.parents(digest);
                let staying = parents.find(|it| !self.going.contains_key(it));
                Some((*digest, *staying?))
            });
            let needed: Vec<_> = needed.collect();
            if needed.is_empty() {
                return;
            }
            for (digest, by) in needed {
                self.going.remove(&digest);
                let reason = format!("{} stays, and it is part of that", self.called(&by));
                let named = digest.to_string();
                if let Some(image) = judged.images.iter().find(|it| it.digest == named) {
                    self.keep(image, reason);
                }
            }
        }
    }

    /// The images of an index that goes, as long as no other index needs them.
    fn add_images_of_indexes(&mut self) {
        let mut open: Vec<_> = self.going.keys().copied().collect();
        while let Some(index) = open.pop() {
            let kept = self.links.kept(&index);
            for (child, _) in kept.into_iter().flat_map(|it| &it.children) {
                let mut parents = self.links.parents(child);
                // What has a tag of its own goes for its own marks.
                let goes = self.links.tags(child).is_empty()
                    && self.links.kept(child).is_some()
                    && parents.all(|it| self.going.contains_key(it))
                    && !self.is_used(child);
                if goes && !self.going.contains_key(child) {
                    let reason = format!("part of {}", self.called(&index));
                    self.going.insert(*child, Going::with(index, reason));
                    open.push(*child);
                }
            }
        }
    }

    fn is_used(&self, digest: &Digest) -> bool {
        let uses = self.wish.uses;
        uses.is_some_and(|uses| !users(self.links, uses, digest).is_empty())
    }

    /// What is kept beside what goes, and beside that.
    fn add_attached(&mut self) {
        let mut open: Vec<_> = self.going.keys().copied().collect();
        while let Some(subject) = open.pop() {
            // A list that was left behind names what was kept beside the same image.
            let listed = self
                .links
                .kept(&subject)
                .filter(|_| self.links.is_list(&subject));
            let listed = listed.into_iter().flat_map(|it| &it.children);
            let listed = listed.map(|(entry, _)| entry);
            for attached in self.links.attached(&subject).chain(listed) {
                if !self.going.contains_key(attached) && self.goes_with(attached) {
                    let reason = format!("kept beside {}", self.called(&subject));
                    self.going.insert(*attached, Going::with(subject, reason));
                    open.push(*attached);
                }
            }
        }
    }

    /// Whether all that a manifest is kept beside goes or is gone, and nothing else names it. Anybody who may push can
    /// put any digest under such a tag or into such a list.
    fn goes_with(&self, attached: &Digest) -> bool {
        let Some(kept) = self.links.kept(attached) else {
            return false;
        };
        let is_gone = |subject: &Digest| {
            self.going.contains_key(subject) || self.links.contents.absent.contains(subject)
        };
        let tags = self.links.tags(attached);
        let mut subjects: BTreeSet<_> = kept.subject.into_iter().collect();
        for tag in tags {
            match AttachedTag::parse(tag) {
                Some(tag) => {
                    subjects.insert(tag.subject);
                }
                None => return false,
            }
        }
        // Without a tag of cosign's, only its own word tells that it belongs to an image.
        !subjects.is_empty()
            && subjects.iter().all(is_gone)
            && self
                .links
                .parents(attached)
                .all(|it| self.going.contains_key(it))
            && !self.is_used(attached)
    }

    fn called(&self, digest: &Digest) -> String {
        match self.links.tags(digest) {
            [tag, ..] if AttachedTag::parse(tag).is_none() => (*tag).to_owned(),
            _ => digest.to_string(),
        }
    }

    /// Indexes, the outermost first; then images; then what is kept beside them. Where it breaks off, nothing names
    /// what is gone but a list, and no image that is there lacks a signature that it had.
    fn finish(self) -> (Vec<PlannedDeletion>, Vec<RegistryKept>) {
        let all: BTreeSet<_> = self.going.keys().copied().collect();
        let mut order: Vec<_> = all
            .iter()
            .map(|digest| {
                let kept = self.links.kept(digest);
                let subject = self.subject(digest);
                let rank = match kept.map(|it| it.kind) {
                    _ if subject.is_some() => 2,
                    Some(KeptKind::Index) => 0,
                    _ => 1,
                };
                // An index after those that name it; what is kept beside something that is kept beside an image last.
                let depth = match rank {
                    2 => self.depth(digest),
                    _ => self.links.ancestors(digest).len(),
                };
                let tag = self.links.tags(digest).first().map(|it| (*it).to_owned());
                (rank, depth, tag.is_none(), tag, *digest)
            })
            .collect();
        order.sort();
        let planned = order.into_iter().filter_map(|(.., digest)| {
            let going = self.going.get(&digest)?;
            let mut needs: BTreeSet<_> = self.links.parents(&digest).copied().collect();
            needs.extend(going.with.filter(|it| !self.links.is_list(it)));
            let tags = self.links.tags(&digest).iter().copied();
            let subjects = tags.filter_map(AttachedTag::parse).map(|it| it.subject);
            needs.extend(subjects);
            needs.extend(self.links.kept(&digest).and_then(|it| it.subject));
            needs.retain(|it| all.contains(it) && *it != digest);
            Some(PlannedDeletion {
                digest,
                needs,
                deletion: RegistryDeletion {
                    repository: self.links.contents.name.clone(),
                    digest: digest.to_string(),
                    tags: self
                        .links
                        .tags(&digest)
                        .iter()
                        .map(|it| (*it).to_owned())
                        .collect(),
                    reason: going.reason.clone(),
                    with: going.with.map(|it| it.to_string()),
                    manifest_bytes: self.links.kept(&digest).map_or(0, |it| it.manifest_bytes),
                    ..RegistryDeletion::default()
                },
            })
        });
        (planned.collect(), self.kept)
    }

    /// What a manifest is kept beside.
    fn subject(&self, digest: &Digest) -> Option<Digest> {
        let mut tags = self.links.tags(digest).iter();
        let by_tag = tags.find_map(|tag| AttachedTag::parse(tag));
        let kept = self.links.kept(digest);
        by_tag.map(|it| it.subject).or_else(|| kept?.subject)
    }

    /// How many things stand between a manifest and the image that it belongs to.
    fn depth(&self, digest: &Digest) -> usize {
        let mut at = *digest;
        for depth in 0..8 {
            match self.subject(&at) {
                Some(subject) => at = subject,
                None => return depth,
            }
        }
        8
    }
}

#[cfg(test)]
mod tests {
    use ringwall_image::{Kept, Missing};
    use ringwall_model::{Date, Severity};

    use super::*;
    use crate::registry::{RegistryFacts, judge_repository};

    fn digest(number: u8) -> Digest {
        Digest::new([number; 32])
    }

    fn kept(kind: KeptKind, children: &[u8]) -> Kept {
        Kept {
            kind,
            manifest_bytes: 100,
            content_bytes: 1_000,
            children: children.iter().map(|it| (digest(*it), None)).collect(),
            subject: None,
            config: None,
            is_read: true,
            created: Some("2026-01-01T00:00:00Z".to_owned()),
            platform: None,
            has_signatures: false,
            referrers: BTreeSet::new(),
        }
    }

    /// A repository of old manifests, and of tags that name them.
    fn repository(manifests: &[(u8, KeptKind, &[u8])], tags: &[(&str, u8)]) -> RepositoryContents {
        let manifests = manifests.iter();
        RepositoryContents {
            name: "shop.example/web".to_owned(),
            tags: tags
                .iter()
                .map(|(tag, at)| ((*tag).to_owned(), digest(*at)))
                .collect(),
            manifests: manifests
                .map(|(at, kind, children)| (digest(*at), kept(*kind, children)))
                .collect(),
            ..RepositoryContents::default()
        }
    }

    /// What goes of what is stale, without any that stays for being new.
    fn plan(
        contents: &RepositoryContents,
        keeps: &str,
    ) -> (Vec<PlannedDeletion>, Vec<RegistryKept>) {
        let facts = RegistryFacts {
            signatures: None,
            reports: None,
            uses: None,
            severity: Severity::High,
            stale_days: 90,
            as_of: Date::new(2026, 11, 28).unwrap(),
        };
        let (judged, _) = judge_repository(contents, &facts);
        let wish = DeletionWish {
            marks: &[RegistryMark::Stale],
            keep: 0,
            keeps_tag: &|tag| tag == keeps,
            is_asked_for: &|_| true,
            uses: None,
        };
        plan_deletion(contents, &judged, &wish)
    }

    fn order(planned: &[PlannedDeletion]) -> Vec<Digest> {
        planned.iter().map(|it| it.digest).collect()
    }

    #[test]
    fn an_index_goes_before_what_it_names_however_deep() {
        use KeptKind::{Image, Index};
        let manifests: [(u8, KeptKind, &[u8]); 4] = [
            (9, Index, &[5]),
            (5, Index, &[1, 2]),
            (1, Image, &[]),
            (2, Image, &[]),
        ];
        let contents = repository(&manifests, &[("all", 9), ("part", 5)]);
        let (planned, kept) = plan(&contents, "");
        assert_eq!(order(&planned), [9, 5, 1, 2].map(digest));
        assert_eq!(planned[1].needs, BTreeSet::from([digest(9)]));
        assert_eq!(planned[2].needs, BTreeSet::from([digest(5)]));
        assert!(kept.is_empty());
        // The outer one stays, and so does all that it leads to.
        let (planned, kept) = plan(&contents, "all");
        assert!(planned.is_empty(), "{planned:?}");
        assert_eq!(kept.len(), 2);
        // The inner one stays with its images alone.
        let (planned, _) = plan(&contents, "part");
        assert_eq!(order(&planned), [digest(9)]);
    }

    #[test]
    fn an_image_of_two_indexes_goes_with_both_or_not() {
        use KeptKind::{Image, Index};
        let manifests: [(u8, KeptKind, &[u8]); 4] = [
            (8, Index, &[1]),
            (9, Index, &[1, 2]),
            (1, Image, &[]),
            (2, Image, &[]),
        ];
        let contents = repository(&manifests, &[("one", 8), ("other", 9)]);
        let (planned, _) = plan(&contents, "one");
        assert_eq!(order(&planned), [9, 2].map(digest));
        let (planned, _) = plan(&contents, "");
        let image = planned.iter().find(|it| it.digest == digest(1)).unwrap();
        assert_eq!(image.needs, BTreeSet::from([digest(8), digest(9)]));
    }

    #[test]
    fn what_is_kept_beside_two_goes_when_both_do() {
        let manifests: [(u8, KeptKind, &[u8]); 3] = [
            (1, KeptKind::Image, &[]),
            (2, KeptKind::Image, &[]),
            (7, KeptKind::Artifact, &[]),
        ];
        let (first, second) = (digest(1).hex(), digest(2).hex());
        let (first, second) = (
            format!("sha256-{first}.sbom"),
            format!("sha256-{second}.sbom"),
        );
        let tags = [("1", 1), ("2", 2), (&*first, 7), (&*second, 7)];
        let contents = repository(&manifests, &tags);
        assert_eq!(order(&plan(&contents, "2").0), [digest(1)]);
        let (planned, _) = plan(&contents, "");
        assert_eq!(order(&planned), [1, 2, 7].map(digest));
        assert_eq!(planned[2].needs, BTreeSet::from([digest(1), digest(2)]));
    }

    #[test]
    fn nothing_goes_where_not_everything_is_known() {
        let manifests: [(u8, KeptKind, &[u8]); 1] = [(1, KeptKind::Image, &[])];
        let mut contents = repository(&manifests, &[("1", 1)]);
        assert_eq!(plan(&contents, "").0.len(), 1);
        contents.unread_tags = 1;
        let (planned, kept) = plan(&contents, "");
        assert!(planned.is_empty());
        assert!(kept[0].reason.contains("could be read"), "{kept:?}");
        contents.unread_tags = 0;
        let mut missing = Missing {
            what: "2".to_owned(),
            reason: "the server is ill".to_owned(),
            hides_manifests: true,
        };
        contents.missing.push(missing.clone());
        assert!(plan(&contents, "").0.is_empty());
        missing.hides_manifests = false;
        contents.missing = vec![missing];
        assert_eq!(plan(&contents, "").0.len(), 1);
    }
}

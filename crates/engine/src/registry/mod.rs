//! What is in a repository: what is stale, unsigned, vulnerable, infected or used by nothing, and what may go.
//!
//! Judged by what was read of it before; nothing is asked for here.

mod links;
mod pattern;
mod plan;
mod uses;

use std::collections::{BTreeMap, BTreeSet};

use ringwall_image::{AttachedTag, Digest, Kept, KeptKind, RepositoryContents};
use ringwall_input::image_reference::ImageReference;
use ringwall_model::{Date, Severity};
use ringwall_policy::image::{Assessed, ImageFacts as _, ImageReports, Sought, Vulnerability};
use ringwall_report::{
    RegistryFlaws, RegistryGap, RegistryImage, RegistryMalware, RegistryMark, RegistryPlatform,
    RegistryRepository,
};

use self::links::Links;
pub use self::{
    links::images_of,
    pattern::{RegistryPattern, RegistryPatternError},
    plan::{DeletionWish, PlannedDeletion, plan_deletion},
    uses::ImageUses,
};

/// Who signed an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImageSigned {
    /// The one who is wanted.
    Verified,
    /// Nobody who is wanted.
    Not,
    /// Something could not be read; why.
    Unknown(String),
}

/// What is known about images of a repository besides what is in it.
#[derive(Clone, Copy, Debug)]
pub struct RegistryFacts<'a> {
    /// Who signed, where somebody is wanted; by digest.
    pub signatures: Option<&'a BTreeMap<Digest, ImageSigned>>,
    /// Reports about images, where vulnerabilities are asked for.
    pub reports: Option<&'a ImageReports>,
    /// Who uses images, where that is asked for.
    pub uses: Option<&'a ImageUses>,
    /// From which severity on an image is vulnerable.
    pub severity: Severity,
    /// Days after which an image is stale.
    pub stale_days: u32,
    /// The day that counts as today.
    pub as_of: Date,
}

/// Judges everything that tags of a repository name; gives what could not be looked at, too.
pub fn judge_repository(
    contents: &RepositoryContents,
    facts: &RegistryFacts<'_>,
) -> (RegistryRepository, Vec<RegistryGap>) {
    let mut gaps = Vec::new();
    let gap = |id, what: Option<&str>, reason: &str| RegistryGap {
        id,
        repository: Some(contents.name.clone()),
        what: what.map(str::to_owned),
        reason: reason.to_owned(),
    };
    for missing in &contents.missing {
        let what = Some(&*missing.what);
        gaps.push(gap("unreadable-manifest", what, &missing.reason));
    }
    let mut tags: BTreeMap<Digest, Vec<String>> = BTreeMap::new();
    for (tag, digest) in &contents.tags {
        tags.entry(*digest).or_default().push(tag.clone());
    }
    let is_beside = |tags: &[String]| tags.iter().all(|tag| AttachedTag::parse(tag).is_some());
    // A place for the signatures of images elsewhere looks as if all of them were left behind.
    let has_images = contents.unread_tags > 0 || tags.values().any(|tags| !is_beside(tags));
    let links = Links::new(contents);
    let judge = Judge {
        contents,
        links: &links,
        facts,
    };
    let mut images = Vec::new();
    for (digest, tags) in tags {
        let Some(kept) = contents.manifests.get(&digest) else {
            continue;
        };
        let image = if is_beside(&tags) {
            if !has_images {
                continue;
            }
            judge.dangling(&digest, kept, tags)
        } else {
            Some(judge.image(&digest, kept, tags, &mut gaps))
        };
        images.extend(image);
    }
    if !has_images && !contents.tags.is_empty() {
        let reason = "it holds nothing but what is kept beside images; they may be in another repository, so that nothing tells which of them are gone";
        gaps.push(gap("only-attached", None, reason));
    }
    images.sort_by(|one, other| {
        let key = |it: &RegistryImage| (it.kind == "attached", it.tags.first().cloned());
        (other.created.cmp(&one.created)).then_with(|| key(one).cmp(&key(other)))
    });
    images.sort_by_key(|image| image.kind == "attached");
    gaps.sort();
    gaps.dedup();
    let repository = RegistryRepository {
        name: contents.name.clone(),
        tags: contents.tags.len() + contents.unread_tags,
        images,
    };
    (repository, gaps)
}

struct Judge<'a> {
    contents: &'a RepositoryContents,
    links: &'a Links<'a>,
    facts: &'a RegistryFacts<'a>,
}

impl Judge<'_> {
    /// What is kept beside something that is gone.
    fn dangling(&self, digest: &Digest, kept: &Kept, tags: Vec<String>) -> Option<RegistryImage> {
        let subjects = tags.iter().filter_map(|tag| AttachedTag::parse(tag));
        let subjects: BTreeSet<_> = subjects.map(|it| it.subject).collect();
        let is_gone = subjects.iter().all(|it| self.contents.absent.contains(it));
        is_gone.then(|| RegistryImage {
            digest: digest.to_string(),
            tags,
            kind: "attached",
            subject: subjects.first().map(ToString::to_string),
            size: kept.content_bytes,
            signature: "unknown",
            marks: vec![RegistryMark::Dangling],
            ..RegistryImage::default()
        })
    }

    fn image(
        &self,
        digest: &Digest,
        kept: &Kept,
        tags: Vec<String>,
        gaps: &mut Vec<RegistryGap>,
    ) -> RegistryImage {
        let images = images_of(self.contents, digest);
        let mut image = RegistryImage {
            digest: digest.to_string(),
            kind: match kept.kind {
                KeptKind::Index => "index",
                KeptKind::Image => "image",
                KeptKind::Artifact => "artifact",
            },
            subject: kept.subject.map(|it| it.to_string()),
            size: self.size(digest),
            signature: "unknown",
            ..RegistryImage::default()
        };
        for (digest, platform) in &images {
            image.platforms.push(RegistryPlatform {
                platform: platform.clone(),
                digest: digest.to_string(),
            });
        }
        if let Some(subject) = kept.subject {
            // It belongs to an image, and is judged with that.
            if self.contents.absent.contains(&subject) {
                image.marks.push(RegistryMark::Dangling);
            }
            image.tags = tags;
            return image;
        }
        self.day(&mut image, kept, &images);
        self.signature(&mut image, digest, gaps);
        if kept.kind != KeptKind::Artifact {
            self.flaws(&mut image, &images);
        }
        if let Some(uses) = self.facts.uses {
            let users = users(self.links, uses, digest);
            if users.is_empty() && uses.is_complete() {
                image.marks.push(RegistryMark::Unused);
            }
            image.used_by = users.into_iter().collect();
            let by_tag = tags
                .iter()
                .flat_map(|tag| uses.of_tag(&self.contents.name, tag));
            let by_tag: BTreeSet<_> = by_tag.cloned().collect();
            if !by_tag.is_empty() {
                image.marks.push(RegistryMark::Unpinned);
            }
            image.used_by_tag = by_tag.into_iter().collect();
        }
        image.tags = tags;
        image.marks.sort_unstable();
        image.marks.dedup();
        image
    }

    fn size(&self, digest: &Digest) -> u64 {
        let all = self.links.descendants(digest).into_iter().chain([*digest]);
        let all: BTreeSet<_> = all.collect();
        let kept = all.iter().filter_map(|it| self.contents.manifests.get(it));
        kept.fold(0, |sum, it| sum.saturating_add(it.content_bytes))
    }

    /// When it was made, and whether that is long ago.
    fn day(&self, image: &mut RegistryImage, kept: &Kept, images: &[(Digest, String)]) {
        let made = |kept: &Kept| {
            let day = kept.created.as_deref()?.get(..10)?.parse().ok();
            day.filter(|day| self.is_believable(*day))
        };
        let parts: Vec<_> = images
            .iter()
            .map(|(digest, _)| self.contents.manifests.get(digest))
            .collect();
        let days: Vec<Option<Date>> = if parts.is_empty() {
            vec![made(kept)]
        } else {
            parts.iter().map(|it| it.and_then(made)).collect()
        };
        let newest = days.iter().flatten().max().copied();
        image.created = newest.map(|day| day.to_string());
        let is_read = parts.iter().all(|it| it.is_some_and(|it| it.is_read));
        if newest.is_none() && is_read {
            image.marks.push(RegistryMark::Undated);
        }
        // One that nobody knows the day of may be the newest.
        let is_known = days.iter().all(Option::is_some);
        let age = newest.map_or(0, |day| self.facts.as_of.days_since(day));
        let is_old = is_known && age > i64::from(self.facts.stale_days);
        let is_unsupported = self.facts.reports.is_some_and(|reports| {
            let mut images = images.iter();
            images.any(|(digest, _)| reports.is_unsupported(&digest.to_string()))
        });
        if is_old || is_unsupported {
            image.marks.push(RegistryMark::Stale);
        }
    }

    /// Builds that are to give the same bytes each time state a day that cannot be: 1970, or the year 1.
    fn is_believable(&self, day: Date) -> bool {
        // Docker's first release was in March 2013.
        let first = Date::new(2013, 1, 1);
        // It may be tomorrow already where it was made.
        first.is_none_or(|first| day >= first) && day.days_since(self.facts.as_of) <= 1
    }

    fn signature(&self, image: &mut RegistryImage, digest: &Digest, gaps: &mut Vec<RegistryGap>) {
        if let Some(signatures) = self.facts.signatures {
            image.signature = match signatures.get(digest) {
                Some(ImageSigned::Verified) => "verified",
                Some(ImageSigned::Not) if self.links.has_signature(digest) => "unverified",
                Some(ImageSigned::Not) => "missing",
                Some(ImageSigned::Unknown(reason)) => {
                    gaps.push(RegistryGap {
                        id: "unreadable-signature",
                        repository: Some(self.contents.name.clone()),
                        what: Some(digest.to_string()),
                        reason: reason.clone(),
                    });
                    "unknown"
                }
                None => "unknown",
            };
            if matches!(image.signature, "unverified" | "missing") {
                image.marks.push(RegistryMark::Unsigned);
            }
            return;
        }
        image.signature = if self.links.has_signature(digest) {
            "unverified"
        } else if self.contents.missing.is_empty() {
            image.marks.push(RegistryMark::Unsigned);
            "missing"
        } else {
            // What could not be read may be one.
            "unknown"
        };
    }

    /// What reports say of all images of an index together.
    fn flaws(&self, image: &mut RegistryImage, images: &[(Digest, String)]) {
        let Some(reports) = self.facts.reports else {
            return;
        };
        let name = format!("{}@{}", self.contents.name, image.digest);
        let Ok(reference) = ImageReference::parse(&name) else {
            return;
        };
        let mut found: BTreeMap<String, Vulnerability> = BTreeMap::new();
        let mut unknown = images
            .is_empty()
            .then(|| "no image of it is known".to_owned());
        let mut is_any = false;
        let mut infections = BTreeSet::new();
        let mut unsearched = unknown.clone();
        for (digest, platform) in images {
            match reports.findings(&reference, &digest.to_string()) {
                Assessed::Known(known) => {
                    infections.extend(known.found_of(Sought::Malware).map(str::to_owned));
                    unsearched = unsearched.or_else(|| known.open_of(Sought::Malware));
                }
                Assessed::Not(reason) => {
                    unsearched = unsearched.or_else(|| Some(format!("{platform}: {reason}")));
                }
            }
            match reports.vulnerabilities(&reference, &digest.to_string()) {
                Assessed::Known(known) => {
                    is_any = true;
                    unknown = unknown.or(known.unknown);
                    for flaw in known.found {
                        let worst = found.entry(flaw.id.clone()).or_insert_with(|| flaw.clone());
                        worst.severity = worst.severity.max(flaw.severity);
                    }
                }
                Assessed::Not(reason) => {
                    unknown = unknown.or_else(|| Some(format!("{platform}: {reason}")));
                }
            }
        }
        if found.values().any(|it| it.severity >= self.facts.severity) {
            image.marks.push(RegistryMark::Vulnerable);
        }
        // Whatever is known besides.
        if unknown.is_some() {
            image.marks.push(RegistryMark::Unknown);
        }
        if !infections.is_empty() {
            image.marks.push(RegistryMark::Infected);
        }
        if unsearched.is_some() {
            image.marks.push(RegistryMark::Unsearched);
        }
        image.malware = is_any.then(|| RegistryMalware {
            found: infections.into_iter().collect(),
            unknown: unsearched,
        });
        let count = |is_counted: &dyn Fn(Severity) -> bool| {
            found.values().filter(|it| is_counted(it.severity)).count()
        };
        image.vulnerabilities = is_any.then(|| RegistryFlaws {
            critical: count(&|it| it == Severity::Critical),
            high: count(&|it| it == Severity::High),
            medium: count(&|it| it == Severity::Medium),
            low: count(&|it| it <= Severity::Low),
            unknown,
        });
    }
}

/// Who uses a manifest: by a tag, by its digest, by an index that leads to it, or by an image that it leads to.
fn users(links: &Links<'_>, uses: &ImageUses, digest: &Digest) -> BTreeSet<String> {
    let mut all = links.descendants(digest);
    all.extend(links.ancestors(digest));
    all.insert(*digest);
    let mut found = BTreeSet::new();
    for digest in &all {
        let config = links.kept(digest).and_then(|it| it.config);
        for id in [Some(*digest), config].into_iter().flatten() {
            found.extend(uses.of_digest(&id.to_string()).cloned());
        }
        for tag in links.tags(digest) {
            found.extend(uses.of_tag(&links.contents.name, tag).cloned());
        }
    }
    found
}

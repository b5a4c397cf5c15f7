//! What was found out about images before they are asked for: reports of `ringwall image` and
//! `ringwall image verify`, known by digest.

mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ringwall_input::image_reference::ImageReference;
use ringwall_model::Date;

use self::read::{Facts, Scan, Verification};
pub use self::read::{ReportError, ReportFacts};

use super::{
    Assessed, ImageFacts, ImageFindings, Signature, Sought, Vulnerabilities, Vulnerability,
    canonical_repository, facts::tagged,
};

/// Reports about images.
#[derive(Clone, Debug)]
pub struct ImageReports {
    as_of: Date,
    max_age_days: u32,
    /// By digest, and below that of an index by platform: a pod that names the index may run any of them.
    scans: BTreeMap<String, BTreeMap<String, Arc<Scan>>>,
    /// The same, for each sort of finding the latest scan that looked for it: one that did not look says nothing
    /// against what another found.
    searches: BTreeMap<String, BTreeMap<(String, Sought), Arc<Scan>>>,
    /// By digest, and below that by the repository for which somebody was wanted; none where that is any.
    signatures: BTreeMap<String, BTreeMap<Option<String>, Verification>>,
    /// The digests that names with tags stood for when they were looked at last.
    tags: BTreeMap<String, (Date, String)>,
}

impl ImageReports {
    /// No reports yet; one that is older than so many days counts no more.
    pub fn new(as_of: Date, max_age_days: u32) -> Self {
        Self {
            as_of,
            max_age_days,
            scans: BTreeMap::new(),
            searches: BTreeMap::new(),
            signatures: BTreeMap::new(),
            tags: BTreeMap::new(),
        }
    }

    /// Adds a report; see [`Self::add_facts`].
    ///
    /// # Errors
    ///
    /// Those of [`ReportFacts::read`].
    pub fn add(&mut self, json: &[u8]) -> Result<(), ReportError> {
        self.add_facts(&ReportFacts::read(json)?);
        Ok(())
    }

    /// Adds what a report says. Of two about one image for one platform the later one counts.
    pub fn add_facts(&mut self, report: &ReportFacts) {
        match &report.0 {
            Facts::Attested => {}
            Facts::Signatures {
                repository,
                by_digest,
            } => {
                for (digest, verification) in by_digest {
                    let all = self.signatures.entry(digest.clone()).or_default();
                    let known = all.get(repository);
                    if known.is_none_or(|known| verification.wins_over(known, self.as_of)) {
                        all.insert(repository.clone(), verification.clone());
                    }
                }
            }
            Facts::Scan {
                digests,
                tags,
                scan,
            } => {
                for (tag, digest) in tags {
                    let known = self.tags.get(tag);
                    if known.is_none_or(|(day, _)| *day <= scan.day) {
                        self.tags.insert(tag.clone(), (scan.day, digest.clone()));
                    }
                }
                for (digest, platform) in digests {
                    let scans = self.scans.entry(digest.clone()).or_default();
                    let known = scans.get(platform);
                    if known.is_none_or(|known| known.day <= scan.day) {
                        scans.insert(platform.clone(), Arc::clone(scan));
                    }
                    let searches = self.searches.entry(digest.clone()).or_default();
                    let looked_for = Sought::ALL.into_iter();
                    for sought in looked_for.filter(|it| scan.findings.was_searched_for(*it)) {
                        let of_sort = (platform.clone(), sought);
                        let known = searches.get(&of_sort);
                        if known.is_none_or(|known| known.day <= scan.day) {
                            searches.insert(of_sort, Arc::clone(scan));
                        }
                    }
                }
            }
        }
    }

    /// Whether a report says that the distribution of an image has no support any more.
    pub fn is_unsupported(&self, digest: &str) -> bool {
        let scans = self.scans.get(digest).into_iter();
        scans.flat_map(BTreeMap::values).any(|it| it.is_unsupported)
    }

    /// The scans of an image, one for each of its platforms that is known, or why none counts.
    fn fresh_scans(&self, digest: &str) -> Result<&BTreeMap<String, Arc<Scan>>, String> {
        let Some(scans) = self.scans.get(digest) else {
            return Err("there is no report of `ringwall image` about it".to_owned());
        };
        match scans.values().find(|scan| !self.is_fresh(scan)) {
            Some(scan) if self.is_of_future(scan) => Err(format!(
                "its report is of {}, which is after today, {}",
                scan.day, self.as_of
            )),
            Some(scan) => Err(format!(
                "its report is of {}, and reports count for {} days",
                scan.day, self.max_age_days
            )),
            None => Ok(scans),
        }
    }

    fn is_fresh(&self, scan: &Scan) -> bool {
        self.is_recent(scan.day) && !self.is_of_future(scan)
    }

    /// Whether a scan is later than clocks differ by, of which a day says no more than this.
    fn is_of_future(&self, scan: &Scan) -> bool {
        scan.day.days_since(self.as_of) > 1
    }

    fn is_recent(&self, day: Date) -> bool {
        self.as_of.days_since(day) <= i64::from(self.max_age_days)
    }

    /// What is known of an image for one platform: by its latest scan, and by those before it that looked for what it
    /// did not.
    fn findings_of(&self, digest: &str, platform: &str, latest: &Scan) -> ImageFindings {
        let mut all = latest.findings.clone();
        let missing = Sought::ALL.into_iter();
        for sought in missing.filter(|it| !latest.findings.was_searched_for(*it)) {
            let searches = self.searches.get(digest);
            let search = searches.and_then(|known| known.get(&(platform.to_owned(), sought)));
            if let Some(search) = search.filter(|search| self.is_fresh(search)) {
                all.take(sought, &search.findings);
            }
        }
        all
    }

    /// How many images are known.
    pub fn len(&self) -> usize {
        let scanned: BTreeSet<_> = self.scans.keys().chain(self.signatures.keys()).collect();
        scanned.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.scans.is_empty() && self.signatures.is_empty()
    }
}

/// Keeps a flaw; of two of one name the worse of each trait.
fn keep_worst(found: &mut BTreeMap<String, Vulnerability>, one: &Vulnerability) {
    let known = found.entry(one.id.clone()).or_insert_with(|| one.clone());
    known.severity = known.severity.max(one.severity);
    known.is_exploited |= one.is_exploited;
    known.has_fix |= one.has_fix;
}

fn worst_first(found: BTreeMap<String, Vulnerability>) -> Vec<Vulnerability> {
    let mut found: Vec<_> = found.into_values().collect();
    found.sort_by(|one, other| (other.severity, &one.id).cmp(&(one.severity, &other.id)));
    found
}

impl ImageFacts for ImageReports {
    fn digest(&self, _image: &ImageReference<'_>) -> Assessed<String> {
        Assessed::Not("the digest of its tag is not known, and no registry was asked".to_owned())
    }

    fn signature(&self, image: &ImageReference<'_>, digest: &str) -> Assessed<Signature> {
        // Whom one repository trusts to sign something says nothing of the same thing in another.
        let known = self.signatures.get(digest).and_then(|known| {
            let own = known.get(&Some(canonical_repository(&image.name())));
            own.or_else(|| known.get(&None))
        });
        match known {
            Some(verification) if verification.is_of_future(self.as_of) => Assessed::Not(
                "its report of `ringwall image verify` is of the future, and so of a wrong clock"
                    .to_owned(),
            ),
            Some(Verification { at: Some(at), .. }) if !self.is_recent(at.day) => {
                Assessed::Not(format!(
                    "its report of `ringwall image verify` is of {}, and reports count for {} days",
                    at.day, self.max_age_days
                ))
            }
            Some(verification) => verification.signature.clone(),
            None => {
                Assessed::Not("there is no report of `ringwall image verify` about it".to_owned())
            }
        }
    }

    fn vulnerabilities(
        &self,
        _image: &ImageReference<'_>,
        digest: &str,
    ) -> Assessed<Vulnerabilities> {
        let scans = match self.fresh_scans(digest) {
            Ok(scans) => scans,
            Err(why) => return Assessed::Not(why),
        };
        let mut found = BTreeMap::new();
        let mut unknown = None;
        for scan in scans.values() {
            for one in &scan.vulnerabilities.found {
                keep_worst(&mut found, one);
            }
            unknown = unknown.or_else(|| scan.vulnerabilities.unknown.clone());
        }
        Assessed::Known(Vulnerabilities {
            found: worst_first(found),
            unknown,
        })
    }

    fn findings(&self, _image: &ImageReference<'_>, digest: &str) -> Assessed<ImageFindings> {
        match self.fresh_scans(digest) {
            Ok(scans) => {
                let mut all = ImageFindings::default();
                for (platform, latest) in scans {
                    all.add(&self.findings_of(digest, platform, latest));
                }
                Assessed::Known(all)
            }
            Err(why) => Assessed::Not(why),
        }
    }

    fn users(&self, image: &ImageReference<'_>) -> Vec<String> {
        let digest = match image.digest {
            Some(digest) => Some(digest),
            None => self.tags.get(&tagged(image)).map(|(_, digest)| &**digest),
        };
        let scans = digest.and_then(|digest| self.scans.get(digest));
        let fresh = scans
            .into_iter()
            .flat_map(BTreeMap::values)
            .filter(|scan| self.is_fresh(scan));
        fresh.filter_map(|scan| scan.user.clone()).collect()
    }
}

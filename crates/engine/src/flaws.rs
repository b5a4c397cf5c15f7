//! The flaws of packages by the advisory database, wherever the packages are listed.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use ringwall_advisory::{Database, DatabaseError, Match, Matches, Scope, Undecided};
use ringwall_image::{Distribution, Ecosystem, Package};
use ringwall_model::{
    Confidence, Date, Finding, FixState, Location, Ring, Severity, Status, Subject, Vulnerability,
};
use ringwall_report::clean;

/// Characters of a summary that a message shows.
const MOST_SUMMARY_CHARS: usize = 160;

/// The advisories that packages are judged by.
#[derive(Clone, Copy, Debug)]
pub enum Advisories<'d> {
    /// There are none.
    Missing,
    /// There are, and cannot be used: why.
    Unusable(&'d str),
    /// A database.
    Database(&'d Database),
}

/// Where a package is listed, for findings about it.
pub(crate) struct Listed<'a> {
    pub(crate) ring: Ring,
    pub(crate) subject: Subject,
    pub(crate) location: Location,
    /// Of an image, the layer that brought it.
    pub(crate) layer: Option<usize>,
    /// Of an image, what it was made from.
    pub(crate) distribution: Option<&'a Distribution>,
}

/// Looks up packages, and remembers what it read.
pub(crate) struct Flaws<'d> {
    database: &'d Database,
    /// Binary packages share their source.
    known: HashMap<(Scope, String, String), Rc<Matches>>,
    /// What people read, by advisory.
    summaries: HashMap<String, (String, Vec<String>)>,
    /// Where packages were looked up, and how many.
    asked: BTreeMap<Scope, usize>,
}

impl<'d> Flaws<'d> {
    pub(crate) fn new(database: &'d Database) -> Self {
        Self {
            database,
            known: HashMap::new(),
            summaries: HashMap::new(),
            asked: BTreeMap::new(),
        }
    }

    /// What is known about a version of a package.
    pub(crate) fn of(
        &mut self,
        scope: &Scope,
        package: &Package,
    ) -> Result<Rc<Matches>, DatabaseError> {
        *self.asked.entry(scope.clone()).or_default() += 1;
        // A group that is only supposed is the right one where there are advisories about such a package. Where there
        // are none, it may be any of those that are called so.
        if let Some(group) = &package.supposed_group {
            let name = format!("{group}:{}", package.name);
            if self.database.knows(scope, &name)? {
                return self.known(scope, &name, &package.version);
            }
            // The name of a bundle may be that of the artifact as well, where the file has been called otherwise.
            if !self.database.knows(scope, &package.name)? && self.database.knows(scope, group)? {
                return self.known(scope, group, &package.version);
            }
        }
        let mut names = names(scope, package);
        let (name, version) = names.next().unwrap_or_default();
        let mut matches = self.known(scope, &name, version)?;
        for (name, version) in names {
            let of_source = self.known(scope, &name, version)?;
            let of_source = without_guesses(package, &of_source);
            matches = Rc::new(matches.joined(scope, &of_source));
        }
        Ok(matches)
    }

    /// Where packages were looked up in advisories that are too old to call anything clean by them, although the
    /// database is of today: why, and how many packages.
    pub(crate) fn out_of_date(&self, as_of: Date) -> Vec<(String, usize)> {
        let asked = self.asked.iter();
        let old = asked.filter_map(|(scope, packages)| {
            let coverage = self.database.coverage(scope)?;
            let newest: Date = coverage.newest.as_deref()?.parse().ok()?;
            let days = as_of.days_since(newest);
            let quiet = if coverage.advisories >= MANY_ADVISORIES {
                QUIET_DAYS
            } else if coverage.advisories >= SOME_ADVISORIES {
                LONG_QUIET_DAYS
            } else {
                return None;
            };
            let reason = format!(
                "the newest advisory about {scope} in the database is of {newest}, {days} days ago: what it was built from is that old, or nobody publishes any more"
            );
            (days > quiet).then_some((reason, *packages))
        });
        old.collect()
    }

    /// Whether there are advisories about a package, or about its source, whatever its version.
    pub(crate) fn knows(&self, scope: &Scope, package: &Package) -> Result<bool, DatabaseError> {
        let wider = scope.wider();
        for (name, _) in names(scope, package) {
            for scope in [Some(scope), wider.as_ref()].into_iter().flatten() {
                if self.database.knows(scope, &name)? {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    fn known(
        &mut self,
        scope: &Scope,
        name: &str,
        version: &str,
    ) -> Result<Rc<Matches>, DatabaseError> {
        let key = (scope.clone(), name.to_owned(), version.to_owned());
        if let Some(known) = self.known.get(&key) {
            return Ok(Rc::clone(known));
        }
        let mut matches = self.database.matches(scope, name, version)?;
        if let Some(wider) = scope.wider() {
            let others = self.database.matches(&wider, name, version)?;
            matches = matches.joined(scope, &others);
        }
        if let Some(paid) = scope.paid() {
            let others = self.paid(scope, &paid, name, version, &matches)?;
            matches = matches.joined(scope, &others);
        }
        if let Some(any) = scope.of_any_release() {
            let others = self.database.matches(&any, name, version)?;
            self.add_of_any_release(scope, name, version, others, &mut matches)?;
        }
        let matches = Rc::new(matches);
        self.known.insert(key, Rc::clone(&matches));
        Ok(matches)
    }

    /// Adds what is said of a distribution and of none of its releases, each of which has fixes of its own: what the
    /// release itself says stands.
    fn add_of_any_release(
        &self,
        scope: &Scope,
        name: &str,
        version: &str,
        others: Matches,
        matches: &mut Matches,
    ) -> Result<(), DatabaseError> {
        if others == Matches::default() {
            return Ok(());
        }
        let mended = self.database.mended(scope, name, version)?;
        let known: BTreeSet<_> = matches.found.iter().map(|it| it.flaw.clone()).collect();
        let found = others.found.into_iter();
        let new = found.filter(|it| !mended.contains(&it.flaw) && !known.contains(&it.flaw));
        matches.undecided.extend(new.map(|it| Undecided {
            advisory: it.advisory.id,
            reason: "does not say which release of the distribution it is about".to_owned(),
        }));
        matches.undecided.extend(others.undecided);
        matches.undecided.sort();
        Ok(())
    }

    /// What is mended only for those who pay, and so is in the package: but for the flaws of which the distribution
    /// itself says that this version does not have them, or which version has them no more.
    fn paid(
        &self,
        scope: &Scope,
        paid: &Scope,
        name: &str,
        version: &str,
        known: &Matches,
    ) -> Result<Matches, DatabaseError> {
        let mut matches = self.database.matches(paid, name, version)?;
        if !matches.found.is_empty() {
            let mended = self.database.mended(scope, name, version)?;
            let has_fix = known.found.iter().filter(|it| it.fixed.is_some());
            let has_fix: BTreeSet<_> = has_fix.map(|it| &it.flaw).collect();
            matches
                .found
                .retain(|it| !mended.contains(&it.flaw) && !has_fix.contains(&it.flaw));
        }
        Ok(matches)
    }

    /// The finding that a package has a flaw; `update` is the version that has none.
    pub(crate) fn finding(
        &mut self,
        scope: &Scope,
        package: &Package,
        found: &Match,
        update: Option<&str>,
        listed: Listed<'_>,
    ) -> Result<Finding, DatabaseError> {
        let (source, source_version) = names(scope, package).last().unwrap_or_default();
        let named = (source != package.name).then(|| source.to_string());
        let (summary, references) = self.summary(found)?;
        let kind = package.ecosystem.purl_type();
        let fix_state = match found.fixed {
            Some(_) => FixState::Fixed,
            None => found.state,
        };
        let purl = package.purl(listed.distribution);
        Ok(Finding {
            check: Cow::Owned(found.flaw.clone()),
            ring: listed.ring,
            severity: found
                .rating
                .as_ref()
                .map_or(Severity::Medium, |rating| rating.severity),
            confidence: found.rating.is_none().then_some(Confidence::Low),
            status: Status::Fail,
            group: Some(format!("{kind}:{source}@{source_version}").into()),
            subject: Arc::new(Subject {
                package: Some(format!("{} {}", package.name, package.version).into()),
                ..listed.subject
            }),
            location: listed.location,
            message: message(package, found, &summary),
            remediation: Cow::Owned(remediation(package, named.as_deref(), found, fix_state)),
            controls: &[],
            evidence: Vec::new(),
            fix: None,
            vulnerability: Some(Box::new(Vulnerability {
                aliases: found.aliases.clone(),
                package_type: kind,
                package: package.name.clone(),
                version: package.version.clone(),
                purl: purl.map(|it| it.to_string()),
                source: named,
                fixed: found.fixed.clone(),
                update: update.map(str::to_owned),
                fix_state,
                score_tenths: found.rating.as_ref().and_then(|it| it.score_tenths),
                rated_by: found.rated_by.clone(),
                published: found.published,
                exploited_since: found.exploited.map(|it| it.since),
                is_used_by_ransomware: found.exploited.is_some_and(|it| it.by_ransomware),
                likelihood_millionths: found.likelihood.map(|it| it.millionths),
                layer: listed.layer,
                summary,
                references,
            })),
        })
    }

    fn summary(&mut self, found: &Match) -> Result<(String, Vec<String>), DatabaseError> {
        if let Some(known) = self.summaries.get(&found.advisory.id) {
            return Ok(known.clone());
        }
        let details = self.database.details(&found.advisory)?;
        // Without a title, the first sentence of the text says the most.
        let title = match details.summary.trim() {
            "" => details.text.trim().lines().next().unwrap_or_default(),
            title => title,
        };
        let title = title.trim_start_matches('#').trim();
        let summary = match title.char_indices().nth(MOST_SUMMARY_CHARS) {
            Some((end, _)) => format!("{}…", title.get(..end).unwrap_or(title).trim_end()),
            None => title.to_owned(),
        };
        let read = (summary, details.references);
        self.summaries
            .insert(found.advisory.id.clone(), read.clone());
        Ok(read)
    }
}

/// What could not be decided about a package, in one sentence; `None` where all was.
pub(crate) fn undecided(package: &Package, matches: &Matches) -> Option<String> {
    let first = matches.undecided.first()?;
    let more = match matches.undecided.len() - 1 {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    Some(format!(
        "{} {}: {}: {}{more}",
        package.name, package.version, first.advisory, first.reason
    ))
}

/// Days after which a database has missed too much to call anything clean by it: hundreds of flaws are published
/// each day.
const STALE_AFTER_DAYS: i64 = 30;

/// Advisories of an ecosystem about which new ones are published all the time.
const MANY_ADVISORIES: u64 = 1_000;
/// Days within which such an ecosystem has a new one, and by far.
const QUIET_DAYS: i64 = 60;
/// Advisories of an ecosystem about which there are new ones each year.
const SOME_ADVISORIES: u64 = 100;
/// Days within which such an ecosystem has a new one.
const LONG_QUIET_DAYS: i64 = 365;

/// Says how old a database is, where that is too old.
pub(crate) fn stale(database: &Database, as_of: Date) -> Option<String> {
    let built: Date = database.manifest().built.parse().ok()?;
    let days = as_of.days_since(built);
    (days > STALE_AFTER_DAYS).then(|| {
        format!(
            "the advisory database is of {built}, {days} days ago: what was published since is not in it"
        )
    })
}

/// How many flaws nobody rates, in a sentence; `None` where all are rated.
pub(crate) fn unrated(findings: &[Box<Finding>]) -> Option<String> {
    let unrated = findings.iter().filter(|finding| {
        finding.confidence == Some(Confidence::Low) && finding.vulnerability.is_some()
    });
    let unrated: BTreeSet<_> = unrated.map(|finding| &finding.check).collect();
    (!unrated.is_empty()).then(|| {
        format!(
            "nobody says how bad {} of the vulnerabilities are; they are shown as medium",
            unrated.len()
        )
    })
}

/// The names and the versions that advisories may have: of distributions that name the source, those of it.
fn names<'a>(scope: &Scope, package: &'a Package) -> impl Iterator<Item = (Cow<'a, str>, &'a str)> {
    let own = (Cow::Borrowed(&*package.name), &*package.version);
    let source = package.source.as_ref();
    let source = source.map(|source| (Cow::Borrowed(&*source.name), &*source.version));
    let (first, second) = match (package.ecosystem, source) {
        (Ecosystem::Deb, Some(source)) => match signed_kernel(scope, &source.0) {
            // What is signed has the version of what it was made of, and its source counts otherwise.
            Some(kernel) => ((kernel, own.1), None),
            None => (source, None),
        },
        (Ecosystem::Apk, Some(source)) => (source, None),
        (Ecosystem::Rpm, Some(source)) if scope.may_name_sources() && source.0 != own.0 => {
            (own, Some(source))
        }
        _ => (own, None),
    };
    [first].into_iter().chain(second)
}

/// The source of a kernel that was signed for Secure Boot, by the source of what is signed: advisories name the
/// former. Debian has one for each architecture, Ubuntu one for each flavour of its kernel.
fn signed_kernel(scope: &Scope, source: &str) -> Option<Cow<'static, str>> {
    let flavour = source.strip_prefix("linux-signed")?;
    match scope.family() {
        "Debian" => Some(Cow::Borrowed("linux")),
        "Ubuntu" => Some(Cow::Owned(format!("linux{flavour}"))),
        _ => None,
    }
}

/// The flaws of the source of a package of RPM. Where the package has a version of its own, the epoch of the source
/// stands nowhere, and whether a fix that has one is newer cannot be told.
fn without_guesses(package: &Package, matches: &Matches) -> Matches {
    let mut matches = matches.clone();
    let Some(source) = package.source.as_ref() else {
        return matches;
    };
    if source.version.contains(':') || source.version == package.version {
        return matches;
    }
    let has_epoch = |found: &Match| {
        let fixed = found.fixed.as_deref().and_then(|it| it.split_once(':'));
        fixed.is_some_and(|(epoch, _)| epoch.bytes().any(|digit| digit != b'0'))
    };
    for found in matches.found.extract_if(.., |found| has_epoch(found)) {
        matches.undecided.push(Undecided {
            advisory: found.advisory.id,
            reason: format!("the epoch of its source {} is not known", source.name),
        });
    }
    matches
}

/// The version that mends every flaw that has a fix.
pub(crate) fn furthest_fix<'m>(scope: &Scope, matches: &'m Matches) -> Option<&'m str> {
    let fixes = matches
        .found
        .iter()
        .filter_map(|found| found.fixed.as_deref());
    fixes.reduce(|furthest, fix| match scope.order().compare(fix, furthest) {
        Ok(Ordering::Greater) => fix,
        _ => furthest,
    })
}

fn message(package: &Package, found: &Match, summary: &str) -> String {
    let what = format!("{} {}", package.name, package.version);
    let flaw = &found.flaw;
    match (found.is_malicious, summary) {
        (true, _) => format!("{what} is malicious ({flaw})"),
        (false, "") => format!("{what} has {flaw}"),
        (false, summary) => format!("{what} has {flaw}: {}", clean(summary)),
    }
}

fn remediation(package: &Package, source: Option<&str>, found: &Match, state: FixState) -> String {
    if found.is_malicious {
        return "Remove it, and take what it could reach for stolen.".to_owned();
    }
    let name = &package.name;
    let name = match source {
        Some(source) => format!("{name} (built from {source})"),
        None => name.clone(),
    };
    match (&found.fixed, state) {
        // The name of what one pays for stands in the versions themselves.
        (Some(fixed), _) if package.ecosystem == Ecosystem::Deb && fixed.contains("esm") => {
            format!("Update {name} to {fixed} or later, which Ubuntu Pro has.")
        }
        (Some(fixed), _) => format!("Update {name} to {fixed} or later."),
        (None, FixState::WillNotFix) => {
            format!(
                "Those who maintain {name} will not fix it: do without it, or accept it with a reason."
            )
        }
        (None, FixState::EndOfLife) => {
            format!("Nobody looks after {name} any more: move to a release that is.")
        }
        (None, _) => format!(
            "No version of {name} without it is known: do without it, or accept it with a reason until there is one."
        ),
    }
}

//! The flaws of the packages of an image, by the advisory database.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap},
    rc::Rc,
    sync::Arc,
};

use ringwall_advisory::{Database, DatabaseError, Match, Matches, Scope};
use ringwall_image::{Contents, Ecosystem, Package, Placed};
use ringwall_model::{
    Confidence, Finding, FixState, Location, Position, Ring, Severity, Span, Status, Subject,
    Vulnerability,
};
use ringwall_report::{ImageGap, clean};

/// Characters of a summary that a message shows.
const MOST_SUMMARY_CHARS: usize = 160;

/// The advisories that an image is judged by.
#[derive(Clone, Copy, Debug)]
pub enum Advisories<'d> {
    /// There are none.
    Missing,
    /// There are, and cannot be used: why.
    Unusable(&'d str),
    /// A database.
    Database(&'d Database),
}

/// The flaws of what a container sees, and what could not be told.
pub(crate) fn judge(
    contents: &Contents,
    advisories: Advisories<'_>,
    image: &str,
) -> (Vec<Box<Finding>>, Vec<ImageGap>) {
    let gap = |reason: String| ImageGap {
        id: "unassessed-vulnerabilities",
        reason,
        ..ImageGap::default()
    };
    let database = match advisories {
        Advisories::Database(database) => database,
        Advisories::Missing => {
            let reason = "there is no advisory database, so that packages are listed and their flaws are not: `ringwall db import` makes one";
            return (Vec::new(), vec![gap(reason.to_owned())]);
        }
        Advisories::Unusable(reason) => {
            let reason = format!("packages are listed, and their flaws are not: {reason}");
            return (Vec::new(), vec![gap(reason)]);
        }
    };
    let mut judge = Judge {
        database,
        image,
        distribution: contents
            .distribution
            .as_ref()
            .map(|it| (&*it.id, &*it.version_id)),
        known: HashMap::new(),
        summaries: HashMap::new(),
        findings: Vec::new(),
        uncovered: BTreeMap::new(),
        undecided: Vec::new(),
    };
    let visible = contents.packages.iter().filter(|it| it.hidden_by.is_none());
    let mut gaps = Vec::new();
    for placed in visible {
        if let Err(error) = judge.package(placed) {
            gaps.push(gap(format!("the advisory database {error}")));
            break;
        }
    }
    for (scope, (packages, first)) in &judge.uncovered {
        gaps.push(ImageGap {
            path: Some(first.clone()),
            packages: Some(*packages),
            ..gap(format!("no advisories about {scope} are in the database"))
        });
    }
    gaps.append(&mut judge.undecided);
    let findings = judge.findings.iter();
    let unrated: BTreeSet<_> = findings
        .filter(|finding| finding.confidence == Some(Confidence::Low))
        .map(|finding| &finding.check)
        .collect();
    if !unrated.is_empty() {
        gaps.push(ImageGap {
            id: "unrated-vulnerabilities",
            reason: format!(
                "nobody says how bad {} of the vulnerabilities are; they are shown as medium",
                unrated.len()
            ),
            ..ImageGap::default()
        });
    }
    for source in &database.manifest().sources {
        if source.unreadable > 0 {
            gaps.push(ImageGap {
                id: "unreadable-advisories",
                reason: format!(
                    "{} records of {} could not be read when the database was built",
                    source.unreadable, source.name
                ),
                ..ImageGap::default()
            });
        }
    }
    (judge.findings, gaps)
}

struct Judge<'a> {
    database: &'a Database,
    image: &'a str,
    distribution: Option<(&'a str, &'a str)>,
    /// Binary packages share their source.
    known: HashMap<(Scope, String, String), Rc<Matches>>,
    /// What people read, by advisory.
    summaries: HashMap<String, (String, Vec<String>)>,
    findings: Vec<Box<Finding>>,
    /// Scopes without advisories: how many packages, and the file that tells of the first.
    uncovered: BTreeMap<String, (usize, String)>,
    undecided: Vec<ImageGap>,
}

impl Judge<'_> {
    fn package(&mut self, placed: &Placed) -> Result<(), DatabaseError> {
        let package = &placed.package;
        let distribution = self
            .distribution
            .and_then(|(id, version)| Scope::of_distribution(id, version));
        let scope = if package.ecosystem.is_of_distribution() {
            distribution.clone()
        } else {
            Scope::of_purl_type(package.ecosystem.purl_type())
        };
        let Some(scope) = scope.filter(|scope| self.database.covers(scope)) else {
            let scope = self.name_of(package.ecosystem);
            let (count, _) = self
                .uncovered
                .entry(scope)
                .or_insert_with(|| (0, placed.path.clone()));
            *count += 1;
            return Ok(());
        };
        // The distribution names and mends the flaws of what it ships; counting them here as well would be twice.
        let is_mended_elsewhere = placed.is_of_distribution
            && !package.ecosystem.is_of_distribution()
            && distribution.is_some_and(|scope| self.database.covers(&scope));
        if is_mended_elsewhere || is_only_headers(package) {
            return Ok(());
        }
        let (name, version) = looked_up(package);
        let key = (scope.clone(), name.to_owned(), version.to_owned());
        let matches = if let Some(known) = self.known.get(&key) {
            Rc::clone(known)
        } else {
            let matches = Rc::new(self.database.matches(&scope, name, version)?);
            self.known.insert(key, Rc::clone(&matches));
            matches
        };
        if let Some(first) = matches.undecided.first() {
            let more = match matches.undecided.len() - 1 {
                0 => String::new(),
                more => format!(", and {more} more"),
            };
            self.undecided.push(ImageGap {
                id: "undecided-vulnerability",
                path: Some(placed.path.clone()),
                layer: Some(placed.layer),
                reason: format!(
                    "{} {}: {}: {}{more}",
                    package.name, package.version, first.advisory, first.reason
                ),
                ..ImageGap::default()
            });
        }
        let update = furthest_fix(&scope, &matches);
        for found in &matches.found {
            let finding = self.finding(placed, found, update)?;
            self.findings.push(Box::new(finding));
        }
        Ok(())
    }

    /// The place where advisories are missing, in words.
    fn name_of(&self, ecosystem: Ecosystem) -> String {
        if !ecosystem.is_of_distribution() {
            let scope = Scope::of_purl_type(ecosystem.purl_type());
            return scope.map_or_else(
                || ecosystem.purl_type().to_owned(),
                |scope| scope.to_string(),
            );
        }
        match self.distribution {
            None | Some(("", _)) => "the distribution, which is not known,".to_owned(),
            Some((id, version)) => match Scope::of_distribution(id, version) {
                Some(scope) => scope.to_string(),
                None => format!("{id} {version}").trim_end().to_owned(),
            },
        }
    }

    fn finding(
        &mut self,
        placed: &Placed,
        found: &Match,
        update: Option<&str>,
    ) -> Result<Finding, DatabaseError> {
        let package = &placed.package;
        let (source, source_version) = looked_up(package);
        let named = (source != package.name).then(|| source.to_owned());
        let (summary, references) = self.summary(found)?;
        let kind = package.ecosystem.purl_type();
        let distribution = self
            .distribution
            .map(|(id, version_id)| ringwall_image::Distribution {
                id: id.to_owned(),
                version_id: version_id.to_owned(),
                name: String::new(),
            });
        let fix_state = match found.fixed {
            Some(_) => FixState::Fixed,
            None => found.state,
        };
        let start = Position { line: 1, column: 1 };
        Ok(Finding {
            check: Cow::Owned(found.flaw.clone()),
            ring: Ring::Container,
            severity: found
                .rating
                .as_ref()
                .map_or(Severity::Medium, |rating| rating.severity),
            confidence: found.rating.is_none().then_some(Confidence::Low),
            status: Status::Fail,
            group: Some(format!("{kind}:{source}@{source_version}").into()),
            subject: Arc::new(Subject {
                image: Some(self.image.into()),
                package: Some(format!("{} {}", package.name, package.version).into()),
                ..Subject::default()
            }),
            location: Location {
                file: Arc::from(&*placed.path),
                start,
                end: start,
                span: Span::default(),
            },
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
                purl: package.purl(distribution.as_ref()).map(|it| it.to_string()),
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
                layer: placed.layer,
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

/// The name and the version that advisories have: of distributions that name the source, those of it.
fn looked_up(package: &Package) -> (&str, &str) {
    match &package.source {
        Some(source) if matches!(package.ecosystem, Ecosystem::Deb | Ecosystem::Apk) => {
            (&source.name, &source.version)
        }
        _ => (&package.name, &package.version),
    }
}

/// The version that mends every flaw that has a fix.
fn furthest_fix<'m>(scope: &Scope, matches: &'m Matches) -> Option<&'m str> {
    let fixes = matches
        .found
        .iter()
        .filter_map(|found| found.fixed.as_deref());
    fixes.reduce(|furthest, fix| match scope.order().compare(fix, furthest) {
        Ok(Ordering::Greater) => fix,
        _ => furthest,
    })
}

/// Whether a package has the name of the kernel and holds no code of it: a container runs on the kernel of its node.
fn is_only_headers(package: &Package) -> bool {
    let name = &*package.name;
    let is_of_kernel = package
        .source
        .as_ref()
        .is_some_and(|source| source.name == "linux" || source.name.starts_with("linux-"));
    is_of_kernel
        && (name == "linux-libc-dev"
            || ["linux-headers", "linux-doc", "linux-source"]
                .iter()
                .any(|start| name.starts_with(start)))
        || matches!(name, "kernel-headers" | "kernel-doc" | "kernel-devel")
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

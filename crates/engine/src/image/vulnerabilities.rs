//! The flaws of the packages of an image, by the advisory database.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use ringwall_advisory::{Database, DatabaseError, Scope};
use ringwall_image::{Contents, Distribution, Ecosystem, Package, Placed};
use ringwall_model::{Date, Finding, Location, Position, Ring, Span, Subject};
use ringwall_report::ImageGap;

use crate::flaws::{Advisories, Flaws, Listed, furthest_fix, undecided, unrated};

/// The flaws of what a container sees, and what could not be told.
pub(crate) fn judge(
    contents: &Contents,
    advisories: Advisories<'_>,
    image: &str,
    as_of: Date,
) -> (Vec<Box<Finding>>, Vec<ImageGap>) {
    let gap = |reason: String| ImageGap {
        id: "unassessed-vulnerabilities",
        reason,
        ..ImageGap::default()
    };
    let database = match advisories {
        Advisories::Database(database) => database,
        Advisories::Missing => {
            let reason = "there is no advisory database, so that packages are listed and their flaws are not: `ringwall db update` fetches one";
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
        flaws: Flaws::new(database),
        distribution: contents.distribution.as_ref(),
        installed: installed(contents),
        mended: HashMap::new(),
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
    gaps.extend(
        judge
            .flaws
            .out_of_date(as_of)
            .into_iter()
            .map(|(reason, packages)| ImageGap {
                id: "stale-advisories",
                packages: Some(packages),
                reason,
                ..ImageGap::default()
            }),
    );
    gaps.append(&mut judge.undecided);
    if let Some(reason) = unrated(&judge.findings) {
        gaps.push(ImageGap {
            id: "unrated-vulnerabilities",
            reason,
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
    flaws: Flaws<'a>,
    distribution: Option<&'a Distribution>,
    /// Packages of the distribution's kind, by name.
    installed: HashMap<&'a str, &'a Package>,
    /// Those of them that were asked for, and whether there are advisories about them.
    mended: HashMap<&'a str, bool>,
    findings: Vec<Box<Finding>>,
    /// Scopes without advisories: how many packages, and the file that tells of the first.
    uncovered: BTreeMap<String, (usize, String)>,
    undecided: Vec<ImageGap>,
}

/// The packages of the distribution's kind that a container sees, by name.
fn installed(contents: &Contents) -> HashMap<&str, &Package> {
    let visible = contents.packages.iter().filter(|it| it.hidden_by.is_none());
    let packages = visible.map(|it| &it.package);
    packages
        .filter(|it| it.ecosystem.is_of_distribution())
        .filter(|it| is_own(it.ecosystem, contents.distribution.as_ref()))
        .map(|it| (&*it.name, it))
        .collect()
}

/// Whether the distribution has packages of a form, so that its advisories may be about them.
fn is_own(ecosystem: Ecosystem, distribution: Option<&Distribution>) -> bool {
    distribution.is_none_or(|it| ecosystem.is_form_of(it))
}

/// Words that distributions put into the revisions of their packages.
///
/// See: <https://www.debian.org/doc/manuals/developers-reference/pkgs.en.html>,
/// <https://docs.fedoraproject.org/en-US/packaging-guidelines/DistTag/>, and releases of SUSE, Amazon, Azure, openEuler.
const MARKS: [&str; 42] = [
    "a", "al", "alma", "alnx", "alt", "amzn", "an", "azl", "b", "bp", "bpo", "build", "centos",
    "cm", "deb", "dfsg", "ds", "el", "esm", "exp", "fc", "fips", "git", "lp", "mga", "mod",
    "module", "nmu", "oe", "openela", "p", "ph", "rc", "really", "rocky", "rpt", "sle", "sp",
    "svn", "tl", "u", "ubuntu",
];

/// Whether the revision of a package has the word of somebody besides the distribution: `18.20.4-1nodesource1`.
///
/// It is called what the distribution's own is called, and what is wrong with it no advisory of the distribution says.
/// A word that is not known here costs that a flaw may be told twice.
fn is_marked_by_others(package: &Package) -> bool {
    if !matches!(package.ecosystem, Ecosystem::Deb | Ecosystem::Rpm) {
        return false;
    }
    let revision = package.version.rsplit_once('-').map_or("", |(_, it)| it);
    let revision = match package.ecosystem {
        // Behind the `+` of a module stands its commit.
        Ecosystem::Rpm => revision.split('+').next().unwrap_or(revision),
        _ => revision,
    };
    let mut words = revision.split(|it: char| !it.is_ascii_alphabetic());
    words.any(|word| !word.is_empty() && !MARKS.contains(&&*word.to_ascii_lowercase()))
}

impl<'a> Judge<'a> {
    /// Whether those who write the advisories of the distribution know the package that brought a file: they name and
    /// mend the flaws of what is in it, and counting them again would be twice.
    ///
    /// A package of someone else, in the form of the distribution's own, stands in no advisory, and what is in it is to
    /// be looked up by itself.
    fn is_mended(&mut self, scope: &Scope, placed: &'a Placed) -> Result<bool, DatabaseError> {
        if !placed.is_of_distribution || !self.database.covers(scope) {
            return Ok(false);
        }
        // Of one whose package nobody names, it is not known whether anybody mends it.
        let Some(owner) = placed.owner.as_deref() else {
            return Ok(false);
        };
        if let Some(known) = self.mended.get(owner) {
            return Ok(*known);
        }
        let is_mended = match self.installed.get(owner) {
            Some(package) if !is_marked_by_others(package) => self.flaws.knows(scope, package)?,
            _ => false,
        };
        self.mended.insert(owner, is_mended);
        Ok(is_mended)
    }

    fn package(&mut self, placed: &'a Placed) -> Result<(), DatabaseError> {
        let package = &placed.package;
        let distribution = self
            .distribution
            .and_then(|it| Scope::of_distribution(&it.id, &it.version_id));
        let scope = if package.ecosystem.is_of_distribution() {
            distribution
                .clone()
                .filter(|_| is_own(package.ecosystem, self.distribution))
        } else {
            Scope::of_purl_type(package.ecosystem.purl_type())
        };
        if let Some(distribution) = distribution
            && !package.ecosystem.is_of_distribution()
            && self.is_mended(&distribution, placed)?
        {
            return Ok(());
        }
        let Some(scope) = scope.filter(|scope| self.database.covers(scope)) else {
            let scope = self.name_of(package.ecosystem);
            let (count, _) = self
                .uncovered
                .entry(scope)
                .or_insert_with(|| (0, placed.path.clone()));
            *count += 1;
            return Ok(());
        };
        if is_only_headers(package) {
            return Ok(());
        }
        let matches = self.flaws.of(&scope, package)?;
        if let Some(reason) = undecided(package, &matches) {
            self.undecided.push(ImageGap {
                id: "undecided-vulnerability",
                path: Some(placed.path.clone()),
                layer: Some(placed.layer),
                reason,
                ..ImageGap::default()
            });
        }
        let update = furthest_fix(&scope, &matches);
        for found in &matches.found {
            let listed = listed(placed, self.image, self.distribution);
            let finding = self.flaws.finding(&scope, package, found, update, listed)?;
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
        if !is_own(ecosystem, self.distribution) {
            return format!(
                "the distribution that the packages of the type {} are of",
                ecosystem.purl_type()
            );
        }
        match self.distribution.map(|it| (&*it.id, &*it.version_id)) {
            None | Some(("", _)) => "the distribution, which is not known,".to_owned(),
            Some((id, version)) => match Scope::of_distribution(id, version) {
                Some(scope) => scope.to_string(),
                None => format!("{id} {version}").trim_end().to_owned(),
            },
        }
    }
}

fn listed<'a>(placed: &Placed, image: &str, distribution: Option<&'a Distribution>) -> Listed<'a> {
    let start = Position { line: 1, column: 1 };
    Listed {
        ring: Ring::Container,
        subject: Subject {
            image: Some(image.into()),
            ..Subject::default()
        },
        location: Location {
            file: Arc::from(&*placed.path),
            start,
            end: start,
            span: Span::default(),
        },
        layer: Some(placed.layer),
        distribution,
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn revisions_of_others_have_their_words() {
        let check = |ecosystem, version: &str| {
            is_marked_by_others(&Package::new(ecosystem, "nodejs", version))
        };
        for version in [
            "18.20.4-1nodesource1",
            "15.4-1.pgdg120+1",
            "8.2.20-1+0~20240606.38+debian12~1.gbp0a1b2c",
        ] {
            assert!(check(Ecosystem::Deb, version), "{version}");
        }
        for version in [
            "18.19.0+dfsg-6~deb12u2",
            "6.1.0-1ubuntu0.22.04.1~esm1",
            "1.0",
            "5-1+b2",
        ] {
            assert!(!check(Ecosystem::Deb, version), "{version}");
        }
        for version in ["18.20.4-1nodesource", "8.3.1-1.el9.remi"] {
            assert!(check(Ecosystem::Rpm, version), "{version}");
        }
        for version in [
            "1:16.20.2-3.module+el8.9.0+19519+e25b965a",
            "1.0-2.el7_9.centos.1",
            "1.0-150400.3.3.1",
            "2.0-1.amzn2023.0.1",
            "2.0-1.oe2203sp4",
            "3.0-1.fc38",
        ] {
            assert!(!check(Ecosystem::Rpm, version), "{version}");
        }
        assert!(!check(Ecosystem::Npm, "1.0.0-nodesource"));
    }
}

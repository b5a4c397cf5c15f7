//! The flaws of the packages of an image, by the advisory database.

use std::{collections::BTreeMap, sync::Arc};

use ringwall_advisory::{Database, DatabaseError, Scope};
use ringwall_image::{Contents, Distribution, Ecosystem, Package, Placed};
use ringwall_model::{Finding, Location, Position, Ring, Span, Subject};
use ringwall_report::ImageGap;

use crate::flaws::{Advisories, Flaws, Listed, furthest_fix, undecided, unrated};

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
            .and_then(|it| Scope::of_distribution(&it.id, &it.version_id));
        let scope = if package.ecosystem.is_of_distribution() {
            distribution.clone()
        } else {
            Scope::of_purl_type(package.ecosystem.purl_type())
        };
        // The distribution names and mends the flaws of what it ships; counting them here as well would be twice.
        let is_mended_elsewhere = placed.is_of_distribution
            && !package.ecosystem.is_of_distribution()
            && distribution.is_some_and(|scope| self.database.covers(&scope));
        if is_mended_elsewhere {
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

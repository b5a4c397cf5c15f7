//! One entry of a file in which another scanner keeps what it leaves out.

use std::sync::Arc;

use globset::GlobSet;
use regex::Regex;
use ringwall_advisory::{Purl, Scope};
use ringwall_model::{Acceptance, Finding, FixState, Location, Vulnerability};
use ringwall_policy::image::Sought;

/// What one entry leaves out: everything that fits all of what it says.
#[derive(Debug, Default)]
pub(super) struct IgnoreRule {
    pub(super) reach: Reach,
    /// Ids of flaws or of checks; none is all of them.
    pub(super) ids: Vec<String>,
    pub(super) package: Option<Name>,
    /// What the package was built from.
    pub(super) source: Option<Name>,
    pub(super) version: Option<String>,
    pub(super) kind: Option<String>,
    /// The language of the package, as the type of package URLs.
    pub(super) language: Option<&'static str>,
    /// The distribution that installed the package, or one release of it.
    pub(super) distribution: Option<Scope>,
    pub(super) purls: Vec<Purl>,
    pub(super) paths: Option<GlobSet>,
    /// `None` is every state; of those that have no counterpart here, none.
    pub(super) states: Option<Vec<FixState>>,
    pub(super) acceptance: Option<Arc<Acceptance>>,
    /// What is told where it leaves nothing out; `None` where it may be about something else than flaws of packages.
    pub(super) told: Option<Told>,
}

/// Which findings an entry may be about, whatever else it says: those of the scanner whose results it is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// All of them.
    #[default]
    All,
    /// Flaws of packages.
    Flaws,
    /// Secrets.
    Secrets,
    /// How an image is made and set up.
    Misconfigurations,
}

impl Reach {
    fn has(self, finding: &Finding) -> bool {
        let is_flaw = finding.vulnerability.is_some();
        let is_of = |sought| !is_flaw && Sought::of_check(&finding.check) == sought;
        match self {
            Self::All => true,
            Self::Flaws => is_flaw,
            Self::Secrets => is_of(Sought::Secrets),
            Self::Misconfigurations => is_of(Sought::Configuration),
        }
    }
}

/// How an entry is told.
#[derive(Debug)]
pub(super) struct Told {
    /// What it names.
    pub(super) named: String,
    /// Where it stands.
    pub(super) location: Location,
}

/// The name of a package.
#[derive(Debug)]
pub(super) enum Name {
    /// As it is written.
    Exact(String),
    /// All of it fits an expression.
    Pattern(Regex),
}

/// Bytes that an expression may take once it is compiled.
const MOST_PATTERN_BYTES: usize = 1 << 20;

impl Name {
    /// A name of Grype, which is an expression where it has a sign that only those have.
    pub(super) fn of_grype(text: &str) -> Result<Self, String> {
        if !text.contains(|it: char| r"^$*+?[](){}|\".contains(it)) {
            return Ok(Self::Exact(text.to_owned()));
        }
        let pattern = regex::RegexBuilder::new(&format!("^(?:{text})$"))
            .size_limit(MOST_PATTERN_BYTES)
            .build();
        pattern
            .map(Self::Pattern)
            .map_err(|_| format!("'{text}' is no expression for the names of packages"))
    }

    /// Whether it names a package of a type of package URLs.
    fn names(&self, kind: &str, name: &str) -> bool {
        match self {
            Self::Exact(exact) if exact == name => true,
            Self::Exact(exact) => Scope::of_purl_type(kind)
                .is_some_and(|scope| scope.package_name(exact) == scope.package_name(name)),
            Self::Pattern(pattern) => pattern.is_match(name),
        }
    }
}

impl IgnoreRule {
    /// What it names, in one word; `None` where it is told by nothing that has a name.
    pub(super) fn named(&self) -> Option<String> {
        let package = self.package.as_ref().or(self.source.as_ref());
        let package = package.map(|name| match name {
            Name::Exact(name) => name.clone(),
            Name::Pattern(pattern) => pattern.as_str().to_owned(),
        });
        let unknown = self.states.as_ref().filter(|it| it.is_empty());
        let unknown = unknown.map(|_| "an unknown fix-state".to_owned());
        let distribution = self.distribution.as_ref().map(|it| it.as_str().to_owned());
        let kind = self.kind.as_deref().or(self.language);
        let kind = distribution.or(kind.map(|kind| format!("packages of {kind}")));
        self.ids.last().cloned().or(package).or(unknown).or(kind)
    }

    /// The acceptance of a finding that it leaves out.
    pub(super) fn accepts(&self, finding: &Finding) -> Option<&Arc<Acceptance>> {
        let flaw = finding.vulnerability.as_deref();
        let is_named = |id: &String| {
            **id == *finding.check || flaw.is_some_and(|flaw| flaw.aliases.contains(id))
        };
        let fits = self.reach.has(finding)
            && (self.ids.is_empty() || self.ids.iter().any(is_named))
            && self.fits_package(flaw)
            && self
                .paths
                .as_ref()
                .is_none_or(|paths| paths.is_match(&*finding.location.file));
        self.acceptance.as_ref().filter(|_| fits)
    }

    fn fits_package(&self, flaw: Option<&Vulnerability>) -> bool {
        let Some(flaw) = flaw else {
            return self.package.is_none()
                && self.source.is_none()
                && self.version.is_none()
                && self.kind.is_none()
                && self.language.is_none()
                && self.distribution.is_none()
                && self.purls.is_empty()
                && self.states.is_none();
        };
        let kind = flaw.package_type;
        let names = |wanted: &Option<Name>, name: Option<&str>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| name.is_some_and(|name| wanted.names(kind, name)))
        };
        let purl = || Purl::parse(flaw.purl.as_deref()?).ok();
        names(&self.package, Some(&*flaw.package))
            && names(&self.source, flaw.source.as_deref())
            && self.version.as_ref().is_none_or(|it| *it == *flaw.version)
            && self.kind.as_ref().is_none_or(|it| *it == kind)
            && self.language.is_none_or(|it| it == kind)
            && self
                .states
                .as_ref()
                .is_none_or(|states| states.contains(&flaw.fix_state))
            && self.distribution.as_ref().is_none_or(|wanted| {
                purl().is_some_and(|purl| {
                    distribution_of(&purl).is_some_and(|scope| is_part_of(&scope, wanted))
                })
            })
            && (self.purls.is_empty()
                || purl().is_some_and(|purl| self.purls.iter().any(|it| it.covers(&purl))))
    }
}

/// The release of the distribution that installed a package, by its package URL.
fn distribution_of(purl: &Purl) -> Option<Scope> {
    let id = purl.namespace()?;
    let distro = purl.qualifiers().get("distro")?;
    let (start, rest) = distro.split_at_checked(id.len())?;
    let version = rest.strip_prefix('-').or(rest.is_empty().then_some(""))?;
    Scope::of_distribution(id, version).filter(|_| start.eq_ignore_ascii_case(id))
}

/// Whether a release of a distribution is the one that is wanted, or all of its releases are.
fn is_part_of(release: &Scope, wanted: &Scope) -> bool {
    release == wanted || wanted.as_str() == release.family()
}

//! Lock files: the packages that a package manager chose, with the line on which each stands.
//!
//! A text comes in, and packages, damage and counts of what cannot be looked up go out; nothing fails as a whole.
//! What is the project's own (workspace members, folders, `file:`) is left out. What comes from elsewhere and names
//! no published version, such as a commit of git, is counted.

mod bun;
mod cargo;
mod cocoapods;
mod composer;
mod dart;
mod gleam;
mod go;
mod gradle;
mod hex;
pub(crate) mod json;
mod msbuild;
mod names;
mod npm;
mod nuget;
mod pipenv;
mod pnpm;
mod requirements;
mod rubygems;
mod swift;
mod tables;
mod yarn;

use std::{collections::BTreeMap, sync::Arc};

use ringwall_input::yaml;
use ringwall_model::Source;

use crate::{Ecosystem, Package};

/// Most packages of one lock file.
const MAX_PACKAGES: usize = 1_000_000;

/// Places of damage in one lock file that are told.
const MAX_DAMAGE: usize = 20;

/// The form of a lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LockFileKind {
    /// `package-lock.json`, `npm-shrinkwrap.json`.
    Npm,
    /// `yarn.lock`, of Yarn 1 and of those since.
    Yarn,
    /// `pnpm-lock.yaml`.
    Pnpm,
    /// `bun.lock`.
    Bun,
    /// `Cargo.lock`.
    Cargo,
    /// `go.mod`.
    Go,
    /// `requirements.txt`, `requirements-dev.txt`, `dev-requirements.txt`.
    Requirements,
    /// `Pipfile.lock`.
    Pipenv,
    /// `poetry.lock`.
    Poetry,
    /// `uv.lock`.
    Uv,
    /// `pdm.lock`.
    Pdm,
    /// `pylock.toml`, `pylock.dev.toml`.
    Pylock,
    /// `composer.lock`.
    Composer,
    /// `Gemfile.lock`, `gems.locked`.
    Bundler,
    /// `packages.lock.json`.
    NuGet,
    /// Projects of .NET, `Directory.Packages.props`.
    MsBuild,
    /// Projects of .NET beside a lock file that names all of their packages.
    LockedMsBuild,
    /// `packages.config`.
    NuGetConfig,
    /// `pubspec.lock`.
    Pub,
    /// `mix.lock`.
    Mix,
    /// `manifest.toml`.
    Gleam,
    /// `Podfile.lock`.
    CocoaPods,
    /// `Package.resolved`.
    Swift,
    /// `gradle.lockfile`, `buildscript-gradle.lockfile`, `gradle/dependency-locks/*.lockfile`.
    Gradle,
}

impl LockFileKind {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Npm,
        Self::Yarn,
        Self::Pnpm,
        Self::Bun,
        Self::Cargo,
        Self::Go,
        Self::Requirements,
        Self::Pipenv,
        Self::Poetry,
        Self::Uv,
        Self::Pdm,
        Self::Pylock,
        Self::Composer,
        Self::Bundler,
        Self::NuGet,
        Self::MsBuild,
        Self::LockedMsBuild,
        Self::NuGetConfig,
        Self::Pub,
        Self::Mix,
        Self::Gleam,
        Self::CocoaPods,
        Self::Swift,
        Self::Gradle,
    ];

    /// Whether it is read line by line, so that what stands between its lines might pass unseen.
    const fn is_of_lines(self) -> bool {
        matches!(
            self,
            Self::Yarn | Self::Go | Self::Requirements | Self::Bundler | Self::Mix | Self::Gradle
        )
    }

    /// Whose packages it lists.
    pub const fn ecosystem(self) -> Ecosystem {
        match self {
            Self::Npm | Self::Yarn | Self::Pnpm | Self::Bun => Ecosystem::Npm,
            Self::Cargo => Ecosystem::Cargo,
            Self::Go => Ecosystem::Go,
            Self::Requirements
            | Self::Pipenv
            | Self::Poetry
            | Self::Uv
            | Self::Pdm
            | Self::Pylock => Ecosystem::Pypi,
            Self::Composer => Ecosystem::Composer,
            Self::Bundler => Ecosystem::Gem,
            Self::NuGet | Self::MsBuild | Self::LockedMsBuild | Self::NuGetConfig => {
                Ecosystem::NuGet
            }
            Self::Pub => Ecosystem::Pub,
            Self::Mix | Self::Gleam => Ecosystem::Hex,
            Self::CocoaPods => Ecosystem::CocoaPods,
            Self::Swift => Ecosystem::Swift,
            Self::Gradle => Ecosystem::Maven,
        }
    }
}

/// A package that a lock file names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LockedPackage {
    /// The line on which it stands, from 1.
    pub line: u32,
    /// What it is.
    pub package: Package,
    /// Whether it is there for development alone, where the file says so.
    pub is_for_development: bool,
}

/// A place of a lock file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Damage {
    /// Its line, from 1.
    pub line: u32,
    /// What is wrong, without a dot at its end.
    pub reason: String,
}

/// Packages that cannot be looked up, for one reason.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unlisted {
    /// The line of the first, from 1.
    pub line: u32,
    /// How many they are.
    pub count: usize,
    /// What they do, in words that follow "packages that".
    pub reason: &'static str,
}

/// What a lock file says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LockFile {
    /// Its packages, in the order of their lines.
    pub packages: Vec<LockedPackage>,
    /// Where it cannot be read.
    pub damage: Vec<Damage>,
    /// What of it cannot be looked up.
    pub unlisted: Vec<Unlisted>,
}

impl LockFile {
    /// Reads a lock file.
    pub fn parse(kind: LockFileKind, source: &Arc<Source>) -> Self {
        let text = &*source.text;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut listing = Listing::new(kind.ecosystem());
        if kind.is_of_lines() {
            let conflicts = numbered(text).filter(|(_, line)| line.starts_with("<<<<<<< "));
            for (line, _) in conflicts {
                listing.damage(line, "a conflict of a merge is not solved");
            }
        }
        let read = match kind {
            LockFileKind::Npm => npm::read(text, &mut listing),
            LockFileKind::Yarn => yarn::read(text, &mut listing),
            LockFileKind::Pnpm => pnpm::read(source, &mut listing),
            LockFileKind::Bun => bun::read(text, &mut listing),
            LockFileKind::Cargo => cargo::read(text, &mut listing),
            LockFileKind::Go => go::read(text, &mut listing),
            LockFileKind::Requirements => requirements::read(text, &source.name, &mut listing),
            LockFileKind::Pipenv => pipenv::read(text, &mut listing),
            LockFileKind::Poetry | LockFileKind::Uv | LockFileKind::Pdm | LockFileKind::Pylock => {
                tables::read_python(text, kind, &mut listing)
            }
            LockFileKind::Composer => composer::read(text, &mut listing),
            LockFileKind::Bundler => rubygems::read(text, &mut listing),
            LockFileKind::NuGet => nuget::read(text, &mut listing),
            LockFileKind::MsBuild => msbuild::read_project(text, false, &mut listing),
            LockFileKind::LockedMsBuild => msbuild::read_project(text, true, &mut listing),
            LockFileKind::NuGetConfig => msbuild::read_config(text, &mut listing),
            LockFileKind::Pub => dart::read(source, &mut listing),
            LockFileKind::Mix => hex::read(text, &mut listing),
            LockFileKind::Gleam => gleam::read(text, &mut listing),
            LockFileKind::CocoaPods => cocoapods::read(source, &mut listing),
            LockFileKind::Swift => swift::read(text, &mut listing),
            LockFileKind::Gradle => gradle::read(text, &mut listing),
        };
        if let Err(damage) = read {
            listing.file.damage.push(damage);
        }
        listing.finish()
    }
}

/// From a commit of git, or from an archive at an address.
const NO_RELEASE: &str = "come from git or an address and name no published version";

/// An entry that lacks what every other has.
const NO_VERSION: &str = "have no version";

/// What was read so far.
struct Listing {
    ecosystem: Ecosystem,
    file: LockFile,
    unlisted: BTreeMap<&'static str, (u32, usize)>,
}

impl Listing {
    const fn new(ecosystem: Ecosystem) -> Self {
        Self {
            ecosystem,
            file: LockFile {
                packages: Vec::new(),
                damage: Vec::new(),
                unlisted: Vec::new(),
            },
            unlisted: BTreeMap::new(),
        }
    }

    /// Takes a package. One without a name is damage, one without a version is counted.
    fn package(
        &mut self,
        name: &str,
        version: &str,
        line: u32,
        is_for_development: bool,
    ) -> Result<(), Damage> {
        if name.is_empty() {
            self.damage(line, "a package has no name");
            return Ok(());
        }
        if version.is_empty() {
            self.unlisted(NO_VERSION, line);
            return Ok(());
        }
        if self.file.packages.len() == MAX_PACKAGES {
            let reason = "lists more than a million packages; the rest was not looked at";
            return Err(Damage {
                line,
                reason: reason.to_owned(),
            });
        }
        self.file.packages.push(LockedPackage {
            line,
            package: Package::new(self.ecosystem, name, version),
            is_for_development,
        });
        Ok(())
    }

    /// Counts a package that cannot be looked up.
    fn unlisted(&mut self, reason: &'static str, line: u32) {
        let (first, count) = self.unlisted.entry(reason).or_insert((line, 0));
        *first = line.min(*first);
        *count += 1;
    }

    /// Tells that a file is of a version whose form is not known, so that packages may stand where nobody looks.
    fn unknown_version(&mut self, line: u32, stated: &str) {
        self.damage(line, format!("is of version {stated}, which is not read"));
    }

    /// Tells of a place that cannot be read; of very many, the first.
    fn damage(&mut self, line: u32, reason: impl Into<String>) {
        if self.file.damage.len() < MAX_DAMAGE {
            let reason = reason.into();
            self.file.damage.push(Damage { line, reason });
        } else if self.file.damage.len() == MAX_DAMAGE {
            let reason = "more places that cannot be read follow".to_owned();
            self.file.damage.push(Damage { line, reason });
        }
    }

    fn finish(mut self) -> LockFile {
        let unlisted = self.unlisted.into_iter();
        let unlisted = unlisted.map(|(reason, (line, count))| Unlisted {
            line,
            count,
            reason,
        });
        self.file.unlisted = unlisted.collect();
        self.file.unlisted.sort();
        // A package in several places of a tree is one, where it stands first. It is for development alone where
        // all of them are.
        let packages = &mut self.file.packages;
        packages.sort_by(|one, other| (&one.package, one.line).cmp(&(&other.package, other.line)));
        packages.dedup_by(|again, first| {
            let is_same = again.package == first.package;
            first.is_for_development &= again.is_for_development || !is_same;
            is_same
        });
        packages.sort();
        self.file
    }
}

/// The line of a place in a source, from 1.
fn line_of(node: yaml::Node<'_>) -> u32 {
    node.location().start.line
}

/// Reads the documents of YAML, and says what is damaged.
fn documents(source: &Arc<Source>, listing: &mut Listing) -> Vec<yaml::Document> {
    let (documents, diagnostics) = yaml::parse(source);
    for diagnostic in diagnostics {
        let line = source.location(diagnostic.span).start.line;
        listing.damage(line, diagnostic.message);
    }
    documents
}

/// Whether a text has nothing but comments. Such a file may be there to be there, as an empty `go.mod` is where no
/// module shall be.
fn is_blank(text: &str, comment: &str) -> bool {
    let mut lines = text.lines().map(str::trim);
    lines.all(|line| line.is_empty() || line.starts_with(comment))
}

/// The lines of a text and their numbers, without their breaks.
fn numbered(text: &str) -> impl Iterator<Item = (u32, &str)> {
    (1..).zip(text.lines())
}

/// The line of a byte, from 1; asked for in ascending order, so that a text is counted once.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: u32,
}

impl<'t> Lines<'t> {
    const fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
        }
    }

    fn of(&mut self, at: usize) -> u32 {
        if at < self.at {
            *self = Self::new(self.text);
        }
        let passed = self.text.as_bytes().get(self.at..at).unwrap_or_default();
        let breaks = memchr::memchr_iter(b'\n', passed).count();
        self.line = self
            .line
            .saturating_add(u32::try_from(breaks).unwrap_or(u32::MAX));
        self.at = at;
        self.line
    }
}

#[cfg(test)]
mod tests;

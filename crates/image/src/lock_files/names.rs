//! What lock files are called.

use super::{LockFileKind, requirements};

impl LockFileKind {
    /// The form of the file of this name (or path).
    pub fn of_name(name: &str) -> Option<Self> {
        let (folder, base) = name.rsplit_once('/').unwrap_or(("", name));
        let is_between = |start, end| {
            let rest = base.strip_prefix(start);
            rest.is_some_and(|rest: &str| rest.ends_with(end))
        };
        Some(match base {
            "package-lock.json" | "npm-shrinkwrap.json" => Self::Npm,
            "yarn.lock" => Self::Yarn,
            "pnpm-lock.yaml" => Self::Pnpm,
            "bun.lock" => Self::Bun,
            "Cargo.lock" => Self::Cargo,
            "go.mod" => Self::Go,
            "Pipfile.lock" => Self::Pipenv,
            "poetry.lock" => Self::Poetry,
            "uv.lock" => Self::Uv,
            "pdm.lock" => Self::Pdm,
            "composer.lock" => Self::Composer,
            "gems.locked" => Self::Bundler,
            "packages.lock.json" => Self::NuGet,
            "packages.config" => Self::NuGetConfig,
            "Directory.Packages.props"
            | "Packages.props"
            | "Directory.Build.props"
            | "Directory.Build.targets" => Self::MsBuild,
            _ if [".csproj", ".fsproj", ".vbproj", ".wixproj", ".sqlproj"]
                .iter()
                .any(|end| base.ends_with(end)) =>
            {
                Self::MsBuild
            }
            "pubspec.lock" => Self::Pub,
            "mix.lock" => Self::Mix,
            "manifest.toml" => Self::Gleam,
            "Podfile.lock" => Self::CocoaPods,
            "Package.resolved" | ".package.resolved" => Self::Swift,
            // One for each branch, if so configured.
            _ if is_between("pnpm-lock.", ".yaml") => Self::Pnpm,
            // Of a script by itself.
            _ if base.ends_with(".py.lock") => Self::Uv,
            _ if is_between("pdm.", ".lock") => Self::Pdm,
            "pylock.toml" => Self::Pylock,
            _ if is_between("pylock.", ".toml") => Self::Pylock,
            // Beside that of today one for tomorrow, and one for each set of versions that is tested.
            _ if is_between("Gemfile", ".lock") || base.ends_with(".gemfile.lock") => Self::Bundler,
            // Of one project among several in a folder.
            _ if is_between("packages.", ".lock.json") => Self::NuGet,
            _ if base.ends_with("gradle.lockfile") => Self::Gradle,
            // One file for each configuration, before Gradle 7; and under a name that a build chose.
            _ if base.ends_with(".lockfile")
                && (name.contains("dependency-locks/") || is_folder(folder, "gradle")) =>
            {
                Self::Gradle
            }
            _ if requirements::is_named(name) => Self::Requirements,
            _ => return None,
        })
    }

    /// Whose packages a file of this name (or path) names, where it is of a form that is not read.
    pub fn unread(name: &str) -> Option<&'static str> {
        let base = name.rsplit('/').next().unwrap_or(name);
        Some(match base {
            "bun.lockb" => "Bun before 1.2",
            "deno.lock" => "Deno",
            "shrinkwrap.yaml" => "pnpm before 3",
            "project.assets.json" => "NuGet, in project.assets.json",
            "paket.lock" => "NuGet, in paket.lock",
            "conan.lock" | "conanfile.txt" => "Conan",
            "dotnet-tools.json" => "NuGet, in a list of tools",
            "libman.json" => "npm, in libman.json",
            "pom.xml" => "Maven, in pom.xml",
            "build.sbt.lock" => "Maven, in build.sbt.lock",
            "maven_install.json" => "Maven, in maven_install.json",
            "verification-metadata.xml" => "Maven, in verification-metadata.xml",
            "rebar.lock" => "Hex, in rebar.lock",
            "renv.lock" | "packrat.lock" => "R",
            "conda-lock.yml" | "pixi.lock" => "Conda",
            _ if base.ends_with(".conda-lock.yml") => "Conda",
            "Cartfile.resolved" => "Carthage",
            "Gopkg.lock" | "glide.lock" | "Godeps.json" => "Go, from before its modules",
            "stack.yaml.lock" | "cabal.project.freeze" => "Haskell",
            "Manifest.toml" | "JuliaManifest.toml" => "Julia",
            // Of one version of Julia among several.
            _ if base.starts_with("Manifest-v") && base.ends_with(".toml") => "Julia",
            "cpanfile.snapshot" => "Perl",
            _ if base.ends_with(".versions.toml") => "Maven, in catalogues of Gradle",
            _ => return None,
        })
    }

    /// The same of files whose names do not tell it: whose packages such a text names.
    pub fn unread_by_content(name: &str, text: &str) -> Option<&'static str> {
        let base = name.rsplit('/').next().unwrap_or(name);
        match base {
            _ if base.starts_with("environment")
                && (base.ends_with(".yml") || base.ends_with(".yaml")) =>
            {
                let has = |key: &str| text.lines().any(|line| line.trim_end() == key);
                (has("dependencies:") && !text.contains("\nkind:"))
                    .then_some("Conda and pip, in an environment")
            }
            "build.sbt" => {
                let mut lines = text.lines().map(str::trim_start);
                lines
                    .any(names_module_of_scala)
                    .then_some("Maven, in a build of sbt")
            }
            _ if is_of_gradle(base) => {
                let mut lines = text.lines().map(str::trim_start);
                lines
                    .any(names_module)
                    .then_some("Maven, in a build of Gradle")
            }
            _ => None,
        }
    }

    /// What a file beside this one is called that names all of its packages.
    pub fn locked_by(name: &str) -> Option<&'static str> {
        let base = name.rsplit('/').next().unwrap_or(name);
        match (Self::of_name(name), base) {
            (Some(Self::MsBuild), _) => Some("packages.lock.json"),
            (_, "build.sbt") => Some("build.sbt.lock"),
            (_, base) if is_of_gradle(base) => Some("gradle.lockfile"),
            _ => None,
        }
    }

    /// The same form where the file of [`LockFileKind::locked_by`] is there.
    #[must_use]
    pub const fn locked(self) -> Self {
        match self {
            Self::MsBuild => Self::LockedMsBuild,
            other => other,
        }
    }
}

/// Whether a file is a script of Gradle, in Groovy or in Kotlin.
fn is_of_gradle(base: &str) -> bool {
    base.ends_with(".gradle") || base.ends_with(".gradle.kts")
}

/// Whether a line of a build of sbt names a module with its version: `"group" %% "artifact" % "1.0"`.
fn names_module_of_scala(line: &str) -> bool {
    let mut parts = line.split('%').filter(|part| !part.is_empty());
    let ends_quoted = |part: Option<&str>| part.is_some_and(|it| it.trim_end().ends_with('"'));
    let begins_quoted = |part: Option<&str>| part.is_some_and(|it| it.trim().starts_with('"'));
    !line.starts_with("//")
        && ends_quoted(parts.next())
        && begins_quoted(parts.next())
        && parts.next().is_some()
}

/// Whether a line of a build of Gradle names a module with its version, as `'group:artifact:1.0'` or by
/// `version: '1.0'`.
fn names_module(line: &str) -> bool {
    if line.starts_with("//") || line.starts_with('*') {
        return false;
    }
    let quoted = line.split(['"', '\'']).skip(1).step_by(2);
    let mut modules = quoted.filter(|text| {
        let parts: Vec<_> = text.split(':').collect();
        let is_word = |part: &&str| !part.is_empty() && !part.contains(['/', ' ']);
        parts.len() >= 3 && parts.iter().all(is_word)
    });
    let by_keys = line.contains("group:") && line.contains("name:") && line.contains("version:");
    by_keys || modules.next().is_some()
}

/// Whether a path ends with a folder of this name.
pub(super) fn is_folder(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

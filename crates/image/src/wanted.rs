//! Which files of an image are read, told from their paths alone.

use crate::{
    packages::{is_python_application, java::is_extension},
    tar,
};

/// Why a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// `os-release`: the distribution.
    OsRelease,
    /// `etc/passwd`: which names are root.
    Passwd,
    /// dpkg's list of what is installed.
    DpkgStatus,
    /// The same of one package, as images without dpkg have it.
    DpkgStatusPart,
    /// The files of a package of dpkg.
    DpkgFiles,
    /// What apk has installed.
    ApkInstalled,
    /// A database of RPM, in whatever form.
    RpmDatabase,
    /// Changes to a database of RPM that SQLite keeps beside it.
    RpmJournal,
    /// `package.json` below `node_modules`.
    NodePackage,
    /// A file that pnpm or Bun link into `node_modules`, and that may be the `package.json` there: told by its first
    /// bytes, as its path does not say it.
    StoredNodePackage,
    /// Metadata of a Python distribution.
    PythonMetadata,
    /// The files of a Python distribution, whose folder names it.
    PythonRecord,
    /// A Python egg that is an archive.
    PythonEgg,
    /// The specification of a gem.
    Gem,
    /// What Composer has installed in one folder.
    ComposerInstalled,
    /// What a program of .NET, or a framework that programs share, is made of.
    DotNetLibraries,
    /// A package in an environment of Conda.
    CondaPackage,
    /// A package of R.
    RPackage,
    /// An application of Erlang or Elixir.
    ErlangApplication,
    /// A component that Bitnami built.
    BitnamiComponent,
    /// A package of pacman.
    PacmanPackage,
    /// The files of a package of pacman.
    PacmanFiles,
    /// opkg's list of what is installed.
    OpkgStatus,
    /// What RPM had installed, in an image without its database.
    RpmManifest,
    /// A Java archive.
    JavaArchive,
    /// `pom.properties` of a Java archive that was unpacked.
    MavenProperties,
    /// May be a program: told by its first bytes.
    Program,
    /// Tells of packages that are not read, and of which kind they are.
    Foreign(&'static str),
}

impl Wanted {
    /// What a path promises; `None` for what is not read at all.
    pub fn of(path: &str, mode: u32) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let by_name = match name {
            "os-release" if matches!(folder, "etc" | "usr/lib") => Some(Self::OsRelease),
            "passwd" if folder == "etc" => Some(Self::Passwd),
            "status" if folder == "var/lib/dpkg" => Some(Self::DpkgStatus),
            "installed" if matches!(folder, "lib/apk/db" | "usr/lib/apk/db") => {
                Some(Self::ApkInstalled)
            }
            "package.json" if is_node_package(folder) => Some(Self::NodePackage),
            "METADATA" if folder.ends_with(".dist-info") => Some(Self::PythonMetadata),
            "RECORD" if folder.ends_with(".dist-info") => Some(Self::PythonRecord),
            "PKG-INFO" if folder.ends_with(".egg-info") => Some(Self::PythonMetadata),
            "Packages" | "Packages.db" | "rpmdb.sqlite" if is_rpm_folder(folder) => {
                Some(Self::RpmDatabase)
            }
            "rpmdb.sqlite-wal" | "rpmdb.sqlite-journal" if is_rpm_folder(folder) => {
                Some(Self::RpmJournal)
            }
            "PKG-INFO" if is_folder(folder, "EGG-INFO") => Some(Self::PythonMetadata),
            "desc" if is_pacman_folder(folder) => Some(Self::PacmanPackage),
            "files" if is_pacman_folder(folder) => Some(Self::PacmanFiles),
            "status" if folder.ends_with("lib/opkg") => Some(Self::OpkgStatus),
            "pom.properties" if format!("/{folder}").contains("/META-INF/maven/") => {
                Some(Self::MavenProperties)
            }
            "container-manifest-2" if folder == "var/lib/rpmmanifest" => Some(Self::RpmManifest),
            _ => Self::of_application(folder, name)
                .or_else(|| foreign(folder, name).map(Self::Foreign)),
        };
        if by_name.is_some() {
            return by_name;
        }
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        match extension {
            Some("egg-info") => Some(Self::PythonMetadata),
            Some("list") if folder == "var/lib/dpkg/info" || folder.ends_with("lib/opkg/info") => {
                Some(Self::DpkgFiles)
            }
            Some("egg") => Some(Self::PythonEgg),
            Some(extension) if is_extension(extension) => Some(Self::JavaArchive),
            // The files of a package, of which nothing else tells there.
            Some("md5sums") if folder == "var/lib/dpkg/status.d" => Some(Self::DpkgFiles),
            _ if folder == "var/lib/dpkg/status.d" => Some(Self::DpkgStatusPart),
            _ if mode & 0o111 != 0 || is_python_application(name) => Some(Self::Program),
            _ => None,
        }
    }

    /// What package managers of languages leave beside what they install.
    fn of_application(folder: &str, name: &str) -> Option<Self> {
        let ends = |end: &str| name.ends_with(end);
        Some(match name {
            // Ruby brings the second kind.
            _ if ends(".gemspec")
                && (is_folder(folder, "specifications")
                    || folder.ends_with("/specifications/default")) =>
            {
                Self::Gem
            }
            _ if ends(".app") && is_folder(folder, "ebin") => Self::ErlangApplication,
            "installed.json" if is_folder(folder, "composer") => Self::ComposerInstalled,
            _ if ends(".deps.json") => Self::DotNetLibraries,
            _ if ends(".json") && is_folder(folder, "conda-meta") => Self::CondaPackage,
            // Libraries of R are called so: `site-library`, `x86_64-pc-linux-gnu-library/4.2`.
            "DESCRIPTION" if folder.contains("library") || folder.contains("/R/") => Self::RPackage,
            _ if folder.starts_with("opt/bitnami/")
                && name.starts_with(".spdx-")
                && ends(".spdx") =>
            {
                Self::BitnamiComponent
            }
            _ => return None,
        })
    }

    /// What a symbolic link promises and does not lead to: files are read where they are, and only where they are known
    /// there as well. A distribution's lists are missed by themselves.
    pub fn of_link(path: &str, target: &str) -> Option<Self> {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let target = if target.starts_with('/') {
            tar::clean(target)
        } else {
            tar::clean(&format!("{folder}/{target}"))
        };
        let wanted = Self::of(path, 0)?;
        let is_told = !wanted.is_named()
            || wanted.is_of_list()
            || matches!(wanted, Self::OsRelease | Self::RpmJournal);
        (!is_told && Self::of(&target, 0) != Some(wanted)).then_some(wanted)
    }

    /// Whether its path alone tells what it is, so that not reading it leaves a gap.
    pub const fn is_named(self) -> bool {
        !matches!(
            self,
            Self::Passwd
                | Self::Program
                | Self::StoredNodePackage
                | Self::DpkgFiles
                | Self::PacmanFiles
        )
    }

    /// Largest content that is read whole, in bytes. What is larger is told as not assessed.
    pub const fn limit_bytes(self) -> u64 {
        const MIB: u64 = 1 << 20;
        match self {
            Self::OsRelease | Self::StoredNodePackage | Self::Foreign(_) => MIB,
            Self::DpkgStatusPart
            | Self::DpkgFiles
            | Self::NodePackage
            | Self::PythonMetadata
            | Self::PythonRecord
            | Self::Gem
            | Self::DotNetLibraries
            | Self::CondaPackage
            | Self::RPackage
            | Self::ErlangApplication
            | Self::MavenProperties
            | Self::PacmanPackage
            | Self::PacmanFiles => 16 * MIB,
            // Longer texts are told as not searched.
            Self::Passwd => 10 * MIB,
            Self::ComposerInstalled | Self::BitnamiComponent => 64 * MIB,
            Self::DpkgStatus | Self::ApkInstalled | Self::OpkgStatus | Self::RpmManifest => {
                256 * MIB
            }
            Self::RpmDatabase
            | Self::RpmJournal
            | Self::JavaArchive
            | Self::PythonEgg
            | Self::Program => 512 * MIB,
        }
    }
}

/// Whether a path is one of a store whose files pnpm or Bun link into `node_modules`: `store/v3/files/3f/0123ab`,
/// `install/cache/@a/b@1.0.0@@@1/package.json`.
pub(crate) fn is_in_node_store(path: &str) -> bool {
    let of_pnpm = || {
        let (_, rest) = path.rsplit_once("store/v")?;
        let (version, rest) = rest.split_once("/files/")?;
        Some(version.bytes().all(|byte| byte.is_ascii_digit()) && rest.matches('/').count() == 1)
    };
    let of_bun = || {
        let (_, rest) = path
            .strip_suffix("/package.json")?
            .rsplit_once("install/cache/")?;
        Some(rest.contains('@') && rest.matches('/').count() <= 1)
    };
    of_pnpm().or_else(of_bun).unwrap_or(false)
}

/// Whose packages a file tells of that is not read.
fn foreign(folder: &str, name: &str) -> Option<&'static str> {
    Some(match name {
        "PF" if folder.starts_with("var/db/pkg/") => "Gentoo",
        _ if name.ends_with(".phar") => "Composer, in archives of PHP",
        _ if name.ends_with(".ez") => "Erlang, in archives",
        // Electron. Programs that have one bring all packages of Node.js in it.
        _ if name.ends_with(".asar") => "npm, in archives of Electron",
        // `lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec`.
        _ if name.ends_with(".rockspec") && folder.contains("/rocks") => "LuaRocks",
        // `bundler/gems/rack-1f2e3d4c/rack.gemspec`: a commit has no version to look up.
        _ if name.ends_with(".gemspec")
            && folder
                .rsplit_once('/')
                .is_some_and(|(above, _)| above.ends_with("bundler/gems")) =>
        {
            "RubyGems, from git"
        }
        // Plug'n'Play: no `node_modules` has them.
        _ if name.ends_with(".zip") && folder.ends_with(".yarn/cache") => {
            "npm, in archives of Yarn"
        }
        // Says where the archives are. Those that all projects of a user share are no sign by themselves: they are
        // left behind by an installation below `node_modules` as well.
        ".pnp.cjs" | ".pnp.js" => "npm, in archives of Yarn",
        // No folder: a link to one that has another name.
        "node_modules" => "npm, behind a link",
        "db.sqlite" if folder == "nix/var/nix/db" => "Nix",
        _ => return None,
    })
}

/// Whether a folder has this name.
fn is_folder(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

/// Whether a folder is one of the packages that pacman keeps: `var/lib/pacman/local/zlib-1:1.3-1`.
fn is_pacman_folder(folder: &str) -> bool {
    let package = folder.strip_prefix("var/lib/pacman/local/");
    package.is_some_and(|package| !package.contains('/'))
}

fn is_rpm_folder(folder: &str) -> bool {
    matches!(
        folder,
        "var/lib/rpm" | "usr/lib/sysimage/rpm" | "usr/share/rpm"
    )
}

/// Whether a folder is one that a package manager of Node.js made: `node_modules/a` or `node_modules/@a/b`, and what
/// Deno keeps, `npm/registry.npmjs.org/a/1.0.0`; and Yarn's own, `node_modules/.store/a-npm-1.0.0-0123456789/a` and,
/// before its version 4, `.../package`.
fn is_node_package(folder: &str) -> bool {
    let Some((parent, name)) = folder.rsplit_once('/') else {
        return false;
    };
    let is_store = |folder: &str| {
        let of_modules = folder.strip_suffix("/.store");
        of_modules.is_some_and(|above| is_folder(above, "node_modules"))
    };
    // A package may have folders with lists of their own.
    let is_stored = |of: &str| {
        let (store, slug) = of.rsplit_once('/').unwrap_or(("", of));
        is_store(store) && (name == "package" || slug.contains(name))
    };
    let scoped = |(above, scope): (&str, &str)| scope.starts_with('@') && is_stored(above);
    if is_stored(parent) || parent.rsplit_once('/').is_some_and(scoped) {
        return true;
    }
    let is_modules = |folder: &str| is_folder(folder, "node_modules");
    let is_of = |parent: &str, is_modules: &dyn Fn(&str) -> bool| {
        is_modules(parent)
            || parent
                .rsplit_once('/')
                .is_some_and(|(above, scope)| scope.starts_with('@') && is_modules(above))
    };
    // Behind the name stands the version there, and above all names the registry.
    let is_registry = |folder: &str| {
        let mut above = folder.rsplit('/').skip(1);
        above.next() == Some("npm") && folder.contains("deno")
    };
    let name = parent.rsplit_once('/').map_or("", |(above, _)| above);
    is_of(parent, &is_modules) || is_of(name, &is_registry)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<Wanted>) {
        assert_eq!(Wanted::of(path, 0o644), expected, "{path}");
    }

    #[test]
    fn files_are_known_by_their_paths() {
        check("var/lib/dpkg/status", Some(Wanted::DpkgStatus));
        check("var/lib/dpkg/status-old", None);
        check("var/lib/dpkg/status.d/libc6", Some(Wanted::DpkgStatusPart));
        check(
            "var/lib/dpkg/status.d/libc6.md5sums",
            Some(Wanted::DpkgFiles),
        );
        check("etc/os-release", Some(Wanted::OsRelease));
        check("srv/etc/os-release", None);
        check("lib/apk/db/installed", Some(Wanted::ApkInstalled));
        check(
            "app/node_modules/ms/package.json",
            Some(Wanted::NodePackage),
        );
        check(
            "app/node_modules/@babel/core/package.json",
            Some(Wanted::NodePackage),
        );
        check("app/node_modules/ms/dist/package.json", None);
        let store = "app/node_modules/.store";
        for folder in [
            "lodash-npm-4.17.20-2b5d0b1ae1/lodash",
            "lodash-npm-4.17.20-2b5d0b1ae1/package",
            "@babel-core-npm-7.0.0-0123456789/@babel/core",
        ] {
            let path = format!("{store}/{folder}/package.json");
            check(&path, Some(Wanted::NodePackage));
        }
        check(
            &format!("{store}/lodash-npm-4.17.20-2b5d0b1ae1/lodash/dist/package.json"),
            None,
        );
        check("app/package.json", None);
        check("opt/app.jar", Some(Wanted::JavaArchive));
        check("opt/APP.JAR", Some(Wanted::JavaArchive));
        check("var/lib/rpm/Packages", Some(Wanted::RpmDatabase));
        check(
            "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
            Some(Wanted::RpmJournal),
        );
        check("var/lib/rpm/rpmdb.sqlite-shm", None);
        check("home/Packages", None);
        check(
            "usr/lib/ruby/gems/3.1.0/specifications/rack-2.0.gemspec",
            Some(Wanted::Gem),
        );
        check(
            "usr/lib/ruby/gems/3.1.0/specifications/default/uri-0.11.0.gemspec",
            Some(Wanted::Gem),
        );
        check(
            "usr/local/bundle/bundler/gems/rack-1f2e3d4c/rack.gemspec",
            Some(Wanted::Foreign("RubyGems, from git")),
        );
        check(
            "usr/local/bundle/bundler/gems/rack-1f2e3d4c/test/rack.gemspec",
            None,
        );
        check("app/default/uri-0.11.0.gemspec", None);
        check(
            "app/vendor/composer/installed.json",
            Some(Wanted::ComposerInstalled),
        );
        check("app/installed.json", None);
        check("app/shop.deps.json", Some(Wanted::DotNetLibraries));
        check(
            "opt/conda/conda-meta/zlib-1.2.json",
            Some(Wanted::CondaPackage),
        );
        check("opt/conda/conda-meta/history", None);
        for path in [
            "usr/lib/R/library/stats/DESCRIPTION",
            "usr/local/lib/R/site-library/digest/DESCRIPTION",
            "root/R/x86_64-pc-linux-gnu-library/4.2/digest/DESCRIPTION",
            "app/renv/library/R-4.2/x86_64-pc-linux-gnu/digest/DESCRIPTION",
        ] {
            check(path, Some(Wanted::RPackage));
        }
        check("app/DESCRIPTION", None);
        check(
            "opt/bitnami/redis/.spdx-redis.spdx",
            Some(Wanted::BitnamiComponent),
        );
        check("app/.spdx-redis.spdx", None);
        check(
            "var/lib/pacman/local/zlib-1:1.3-1/desc",
            Some(Wanted::PacmanPackage),
        );
        check(
            "var/lib/pacman/local/zlib-1:1.3-1/files",
            Some(Wanted::PacmanFiles),
        );
        check("var/lib/pacman/sync/core/zlib-1.3/desc", None);
        check("usr/lib/opkg/status", Some(Wanted::OpkgStatus));
        check("usr/lib/opkg/info/zlib.list", Some(Wanted::DpkgFiles));
        check(
            "var/lib/rpmmanifest/container-manifest-2",
            Some(Wanted::RpmManifest),
        );
        check("var/lib/rpmmanifest/container-manifest-1", None);
        check(
            "app/lib/cowboy-2.8.0/ebin/cowboy.app",
            Some(Wanted::ErlangApplication),
        );
        check("app/src/cowboy.app", None);
        check(
            "plugins/ranch-1.6.2.ez",
            Some(Wanted::Foreign("Erlang, in archives")),
        );
        check("app/tea-1.0.egg", Some(Wanted::PythonEgg));
        check(
            "var/db/pkg/sys-libs/zlib-1.3/PF",
            Some(Wanted::Foreign("Gentoo")),
        );
        check(
            "app/.yarn/cache/ms-npm-2.0.0-9e1101a471-0e6a22b8b7.zip",
            Some(Wanted::Foreign("npm, in archives of Yarn")),
        );
        check(
            "root/.yarn/berry/cache/ms-npm-2.0.0-9e1101a471-10c0.zip",
            None,
        );
        check(
            "app/.pnp.cjs",
            Some(Wanted::Foreign("npm, in archives of Yarn")),
        );
        check("app/cache/ms.zip", None);
        for path in [
            "deno-dir/npm/registry.npmjs.org/ms/2.0.0/package.json",
            "root/.cache/deno/npm/registry.npmjs.org/@babel/core/7.0.0/package.json",
        ] {
            check(path, Some(Wanted::NodePackage));
        }
        for path in [
            "deno-dir/npm/registry.npmjs.org/ms/registry.json",
            "deno-dir/npm/registry.npmjs.org/ms/2.0.0/dist/package.json",
            "app/npm/registry.npmjs.org/ms/2.0.0/package.json",
        ] {
            check(path, None);
        }
        check("app/rack.gemspec", None);
        check(
            "opt/shop/resources/app.asar",
            Some(Wanted::Foreign("npm, in archives of Electron")),
        );
        for path in [
            "app/META-INF/maven/com.cups/tea/pom.properties",
            "META-INF/maven/com.cups/tea/pom.properties",
        ] {
            check(path, Some(Wanted::MavenProperties));
        }
        check("app/target/maven-archiver/pom.properties", None);
        check(
            "usr/lib/python3/dist-packages/tea-1.0.dist-info/RECORD",
            Some(Wanted::PythonRecord),
        );
        check("app/tea/RECORD", None);
        check(
            "usr/local/lib/luarocks/rocks-5.1/lpeg/1.0.2-1/lpeg-1.0.2-1.rockspec",
            Some(Wanted::Foreign("LuaRocks")),
        );
        check("app/lpeg-1.0.2-1.rockspec", None);
        check("a.egg/EGG-INFO/PKG-INFO", Some(Wanted::PythonMetadata));
    }

    #[test]
    fn links_promise_what_they_do_not_lead_to() {
        let check = |path: &str, target: &str, expected: bool| {
            let found = Wanted::of_link(path, target);
            assert_eq!(found.is_some(), expected, "{path} -> {target}");
        };
        check("app/node_modules", "/srv/deps", true);
        check("app/node_modules", "../lib/node_modules", false);
        check("app/node_modules/ms", "../packages/ms", false);
        check("app/node_modules/ms/package.json", "/opt/real.json", true);
        check(
            "app/node_modules/ms/package.json",
            "../../../node_modules/ms/package.json",
            false,
        );
        check("opt/app.jar", "app-1.0.jar", false);
        check("opt/app.jar", "/data/app", true);
        check("etc/os-release", "../usr/lib/os-release", false);
        check("var/lib/dpkg/status", "/dev/null", false);
        check("usr/bin/app", "/opt/app", false);
    }

    #[test]
    fn programs_are_known_by_their_mode() {
        assert_eq!(Wanted::of("usr/bin/app", 0o755), Some(Wanted::Program));
        assert_eq!(Wanted::of("usr/bin/app", 0o644), None);
        // Python runs them by name.
        assert_eq!(Wanted::of("app/shop.pyz", 0o644), Some(Wanted::Program));
        assert_eq!(Wanted::of("app/shop.pex", 0o644), Some(Wanted::Program));
    }
}

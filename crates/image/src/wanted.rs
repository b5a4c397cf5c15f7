//! Which files of an image are read, told from their paths alone.

use crate::packages::java::EXTENSIONS;

/// Why a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Wanted {
    /// `os-release`: the distribution.
    OsRelease,
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
    /// Metadata of a Python distribution.
    PythonMetadata,
    /// A Java archive.
    JavaArchive,
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
            "status" if folder == "var/lib/dpkg" => Some(Self::DpkgStatus),
            "installed" if matches!(folder, "lib/apk/db" | "usr/lib/apk/db") => {
                Some(Self::ApkInstalled)
            }
            "package.json" if is_node_package(folder) => Some(Self::NodePackage),
            "METADATA" if folder.ends_with(".dist-info") => Some(Self::PythonMetadata),
            "PKG-INFO" if folder.ends_with(".egg-info") => Some(Self::PythonMetadata),
            "Packages" | "Packages.db" | "rpmdb.sqlite" if is_rpm_folder(folder) => {
                Some(Self::RpmDatabase)
            }
            "rpmdb.sqlite-wal" | "rpmdb.sqlite-journal" if is_rpm_folder(folder) => {
                Some(Self::RpmJournal)
            }
            "PKG-INFO" if is_folder(folder, "EGG-INFO") => Some(Self::PythonMetadata),
            _ => foreign(folder, name).map(Self::Foreign),
        };
        if by_name.is_some() {
            return by_name;
        }
        let extension = name.rsplit_once('.').map(|(_, extension)| extension);
        match extension {
            Some("egg-info") => Some(Self::PythonMetadata),
            Some("list") if folder == "var/lib/dpkg/info" => Some(Self::DpkgFiles),
            Some(extension) if EXTENSIONS.contains(&extension) => Some(Self::JavaArchive),
            _ if folder == "var/lib/dpkg/status.d" && extension != Some("md5sums") => {
                Some(Self::DpkgStatusPart)
            }
            _ if mode & 0o111 != 0 => Some(Self::Program),
            _ => None,
        }
    }

    /// Whether its path alone tells what it is, so that not reading it leaves a gap.
    pub const fn is_named(self) -> bool {
        !matches!(self, Self::Program | Self::DpkgFiles)
    }

    /// Largest content that is read whole, in bytes. What is larger is told as not assessed.
    pub const fn limit_bytes(self) -> u64 {
        const MIB: u64 = 1 << 20;
        match self {
            Self::OsRelease | Self::Foreign(_) => MIB,
            Self::DpkgStatusPart | Self::DpkgFiles | Self::NodePackage | Self::PythonMetadata => {
                16 * MIB
            }
            Self::DpkgStatus | Self::ApkInstalled => 256 * MIB,
            Self::RpmDatabase | Self::RpmJournal | Self::JavaArchive | Self::Program => 512 * MIB,
        }
    }
}

/// Whose packages a file tells of that is not read.
fn foreign(folder: &str, name: &str) -> Option<&'static str> {
    let ends = |end: &str| name.ends_with(end);
    Some(match name {
        _ if ends(".gemspec") && is_folder(folder, "specifications") => "RubyGems",
        "installed.json" if is_folder(folder, "composer") => "Composer",
        _ if ends(".deps.json") => ".NET",
        _ if ends(".json") && is_folder(folder, "conda-meta") => "Conda",
        _ if ends(".egg") => "Python, in eggs that are archives",
        "DESCRIPTION" if folder.contains("/R/") => "R",
        "desc" if folder.starts_with("var/lib/pacman/local/") => "pacman",
        "PF" if folder.starts_with("var/db/pkg/") => "Gentoo",
        "status" if folder.ends_with("lib/opkg") => "opkg",
        "db.sqlite" if folder == "nix/var/nix/db" => "Nix",
        "container-manifest-1" | "container-manifest-2" if folder == "var/lib/rpmmanifest" => {
            "RPM, in images without its database"
        }
        _ => return None,
    })
}

/// Whether a folder has this name.
fn is_folder(path: &str, name: &str) -> bool {
    path.rsplit('/').next() == Some(name)
}

fn is_rpm_folder(folder: &str) -> bool {
    matches!(
        folder,
        "var/lib/rpm" | "usr/lib/sysimage/rpm" | "usr/share/rpm"
    )
}

/// Whether a folder is one that a package manager of Node.js made: `node_modules/a` or `node_modules/@a/b`.
fn is_node_package(folder: &str) -> bool {
    let Some((parent, _)) = folder.rsplit_once('/') else {
        return false;
    };
    let is_modules = |folder: &str| folder == "node_modules" || folder.ends_with("/node_modules");
    is_modules(parent)
        || parent
            .rsplit_once('/')
            .is_some_and(|(above, scope)| scope.starts_with('@') && is_modules(above))
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
        check("var/lib/dpkg/status.d/libc6.md5sums", None);
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
        check("app/package.json", None);
        check("opt/app.jar", Some(Wanted::JavaArchive));
        check("var/lib/rpm/Packages", Some(Wanted::RpmDatabase));
        check(
            "usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
            Some(Wanted::RpmJournal),
        );
        check("var/lib/rpm/rpmdb.sqlite-shm", None);
        check("home/Packages", None);
        let foreign = |kind| Some(Wanted::Foreign(kind));
        check(
            "usr/lib/ruby/gems/3.1.0/specifications/rack-2.0.gemspec",
            foreign("RubyGems"),
        );
        check("app/vendor/composer/installed.json", foreign("Composer"));
        check("app/shop.deps.json", foreign(".NET"));
        check("opt/conda/conda-meta/zlib-1.2.json", foreign("Conda"));
        check("var/lib/pacman/local/zlib-1.3/desc", foreign("pacman"));
        check(
            "var/lib/rpmmanifest/container-manifest-2",
            foreign("RPM, in images without its database"),
        );
        check("app/rack.gemspec", None);
        check("a.egg/EGG-INFO/PKG-INFO", Some(Wanted::PythonMetadata));
    }

    #[test]
    fn programs_are_known_by_their_mode() {
        assert_eq!(Wanted::of("usr/bin/app", 0o755), Some(Wanted::Program));
        assert_eq!(Wanted::of("usr/bin/app", 0o644), None);
    }
}

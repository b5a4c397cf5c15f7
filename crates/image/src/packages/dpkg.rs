//! dpkg's list of what is installed: `/var/lib/dpkg/status`, and its parts in images without dpkg.
//!
//! Source: <https://manpages.debian.org/bookworm/dpkg-dev/deb-control.5.en.html>.

use super::{
    CUT, fields, is_cut, paragraphs,
    room::{FULL, Room},
};
use crate::{Ecosystem, Listed, Owner, Package, SourcePackage, tar};

pub(super) fn parse(text: &str) -> Listed {
    let mut listed = parse_within(text, Room::default());
    if listed.damage.is_none() && is_cut(text) {
        listed.damage = Some(CUT.to_owned());
    }
    listed
}

/// The same of one package: the control file that it came with, which need not end with an empty line.
pub(super) fn parse_part(text: &str) -> Listed {
    let mut listed = parse_within(text, Room::default());
    if listed.damage.is_none() && !text.is_empty() && !text.ends_with('\n') {
        listed.damage = Some(CUT.to_owned());
    }
    listed
}

fn parse_within(text: &str, mut room: Room) -> Listed {
    let mut packages = Vec::new();
    let mut damage = None;
    for paragraph in paragraphs(text) {
        let (mut name, mut version, mut architecture, mut source, mut status) =
            (None, None, None, None, None);
        for (field, value) in fields(paragraph) {
            let place = match field.to_ascii_lowercase().as_str() {
                "package" => &mut name,
                "version" => &mut version,
                "architecture" => &mut architecture,
                "source" => &mut source,
                "status" => &mut status,
                _ => continue,
            };
            *place = Some(value).filter(|value| !value.is_empty());
        }
        // A package that was removed, or of which only the configuration is left, is not there.
        // Parts of images without dpkg have no status, and neither has what others wrote in its form.
        let is_installed = status.is_none_or(|status| {
            !status.ends_with("not-installed") && !status.ends_with("config-files")
        });
        if !is_installed {
            continue;
        }
        let (Some(name), Some(version)) = (name, version) else {
            let missing = if name.is_none() { "name" } else { "version" };
            damage = Some(format!("holds a package without {missing}"));
            continue;
        };
        let mut package = Package::new(Ecosystem::Deb, name, version);
        package.architecture = architecture.map(str::to_owned);
        package.source = source.map(|source| {
            // `Source: gcc-12 (12.2.0-14)` where the versions differ.
            let (name, rest) = source.split_once(' ').unwrap_or((source, ""));
            let stated = rest
                .trim()
                .strip_prefix('(')
                .and_then(|rest| rest.strip_suffix(')'));
            SourcePackage {
                name: name.to_owned(),
                version: stated.unwrap_or(version).to_owned(),
                archive: None,
            }
        });
        if !room.has_for(&package) {
            damage = Some(FULL.to_owned());
            break;
        }
        packages.push(package);
    }
    Listed {
        packages,
        damage,
        ..Listed::default()
    }
}

/// The same as opkg writes it: `/usr/lib/opkg/status`.
pub(super) fn parse_opkg(text: &str) -> Listed {
    let mut listed = parse(text);
    for package in &mut listed.packages {
        package.ecosystem = Ecosystem::Opkg;
    }
    listed
}

/// Files of one package: `/var/lib/dpkg/info/<package>.list`, or `<package>:<architecture>.list`; and, without dpkg,
/// `/var/lib/dpkg/status.d/<package>.md5sums`, whose paths stand behind digests.
pub(super) fn files(path: &str, text: &str) -> Listed {
    let (_, file) = path.rsplit_once('/').unwrap_or(("", path));
    let (name, kind) = file.rsplit_once('.').unwrap_or((file, ""));
    let (name, _) = name.split_once(':').unwrap_or((name, ""));
    let path_of = |line: &str| match (kind, line.split_once("  ")) {
        ("md5sums", Some((_, path))) => tar::clean(path),
        _ => tar::clean(line),
    };
    let files: Vec<_> = text.lines().map(path_of).collect();
    Listed {
        owners: vec![Owner {
            name: name.to_owned(),
            files: files.len(),
        }],
        files,
        ..Listed::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STATUS: &str = "Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc
Version: 2.36-9
Description: words
 Version: 9.9 is no field
 .

Package: gone
Status: deinstall ok config-files
Version: 1

Package: libgcc-s1
Status: hold ok half-configured
Version: 12.2.0-14+b1
Source: gcc-12 (12.2.0-14)

";

    #[test]
    fn what_is_installed_is_listed() {
        let packages = parse(STATUS).packages;
        let names: Vec<_> = packages
            .iter()
            .map(|it| (&*it.name, &*it.version))
            .collect();
        assert_eq!(names, [("libc6", "2.36-9"), ("libgcc-s1", "12.2.0-14+b1")]);
        let sources: Vec<_> = packages
            .iter()
            .map(|it| it.source.as_ref().unwrap())
            .map(|source| (&*source.name, &*source.version))
            .collect();
        assert_eq!(sources, [("glibc", "2.36-9"), ("gcc-12", "12.2.0-14")]);
    }

    #[test]
    fn windows_line_ends_change_nothing() {
        let windows = STATUS.replace('\n', "\r\n");
        assert_eq!(parse(&windows), parse(STATUS));
    }

    #[test]
    fn files_are_of_the_package_that_the_list_is_called_after() {
        let listed = files("var/lib/dpkg/info/libc6:amd64.list", "/.\n/lib/ld.so\n");
        assert_eq!(listed.files, ["", "lib/ld.so"]);
        let owner = Owner {
            name: "libc6".to_owned(),
            files: 2,
        };
        assert_eq!(listed.owners, std::slice::from_ref(&owner));
        let sums = "d41d8cd98f00b204e9800998ecf8427e  lib/ld.so\n0  usr/share/doc/a  b\n";
        let listed = files("var/lib/dpkg/status.d/libc6.md5sums", sums);
        assert_eq!(listed.files, ["lib/ld.so", "usr/share/doc/a  b"]);
        assert_eq!(listed.owners, [owner]);
    }

    #[test]
    fn what_states_no_status_is_there() {
        let listed = parse_part("Package: base-files\nVersion: 12.4\n");
        assert_eq!((listed.packages.len(), listed.damage), (1, None));
    }

    #[test]
    fn what_is_cut_is_damage_wherever_that_is() {
        assert_eq!(parse(STATUS).damage, None);
        assert_eq!(parse(&STATUS.replace('\n', "\r\n")).damage, None);
        assert_eq!(parse("").damage, None);
        for end in [1, 2, 10, 40, 90] {
            let cut = &STATUS[..STATUS.len() - end];
            assert!(parse(cut).damage.is_some(), "{cut}");
        }
        assert_eq!(parse_part("").damage, None);
        assert!(parse_part("Package: a\nVersion: 1.2").damage.is_some());
    }

    #[test]
    fn a_package_without_version_is_damage_and_the_rest_is_read() {
        let text = format!("Package: a\nStatus: install ok installed\n\n{STATUS}");
        let listed = parse(&text);
        assert_eq!(listed.packages.len(), 2);
        assert!(listed.damage.unwrap().ends_with("without version"));
    }

    #[test]
    fn a_line_of_spaces_hides_no_package() {
        let text = "Package: a\nVersion: 1\n \nPackage: b\nVersion: 2\n\n";
        let names = parse(text).packages.into_iter().map(|it| it.name);
        assert_eq!(names.collect::<Vec<_>>(), ["a", "b"]);
    }

    #[test]
    fn what_has_no_room_is_damage() {
        let listed = parse_within(&"Package: a\nVersion: 1\n\n".repeat(3), Room::of(1200));
        assert_eq!(listed.packages.len(), 2);
        assert_eq!(listed.damage.as_deref(), Some(FULL));
    }
}

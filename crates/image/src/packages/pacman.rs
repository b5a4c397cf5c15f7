//! Packages of pacman: `var/lib/pacman/local/<name>-<version>/desc`, and their files beside it.
//!
//! See: <https://man.archlinux.org/man/alpm-db-desc.5>, <https://man.archlinux.org/man/alpm-db-files.5>.

use crate::{Ecosystem, Listed, Owner, Package, SourcePackage, tar};

pub(super) fn parse(text: &str) -> Result<Listed, String> {
    let field = |wanted| section(text, wanted).next().map(str::to_owned);
    let (Some(name), Some(version)) = (field("NAME"), field("VERSION")) else {
        return Err("names no package or no version".to_owned());
    };
    let mut package = Package::new(Ecosystem::Alpm, name, version);
    package.architecture = field("ARCH");
    package.source = field("BASE").map(|name| SourcePackage {
        name,
        version: package.version.clone(),
        archive: None,
    });
    package.licences = section(text, "LICENSE").map(str::to_owned).collect();
    Ok(vec![package].into())
}

/// The files of a package, whose folder is called after its name, version and build.
pub(super) fn files(path: &str, text: &str) -> Listed {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let name = folder.rsplitn(3, '-').nth(2).unwrap_or(folder);
    let files = section(text, "FILES").filter(|path| !path.ends_with('/'));
    let files: Vec<_> = files.map(tar::clean).collect();
    Listed {
        owners: vec![Owner {
            name: name.to_owned(),
            files: files.len(),
        }],
        files,
        ..Listed::default()
    }
}

/// The lines below `%NAME%`, to the empty one.
fn section<'t>(text: &'t str, wanted: &str) -> impl Iterator<Item = &'t str> {
    let is_heading = |line: &str| {
        let name = line.strip_prefix('%').and_then(|it| it.strip_suffix('%'));
        name == Some(wanted)
    };
    let mut lines = text.lines().map(str::trim_end);
    let _ = lines.by_ref().find(|line| is_heading(line));
    lines.take_while(|line| !line.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Distribution;

    #[test]
    fn a_package_has_its_base() {
        let text = "%NAME%\nlibtea\n\n%VERSION%\n1:2.3-4\n\n%BASE%\ntea\n\n%DESC%\n%VERSION%\n\n\
                    %ARCH%\nx86_64\n\n%LICENSE%\nMIT\nGPL-2.0-only\n\n%VALIDATION%\npgp\n";
        let package = parse(text).unwrap().packages.remove(0);
        assert_eq!(package.licences, ["MIT", "GPL-2.0-only"]);
        let arch = Distribution {
            id: "arch".to_owned(),
            ..Distribution::default()
        };
        assert_eq!(
            package.purl(Some(&arch)).unwrap().to_string(),
            "pkg:alpm/arch/libtea@1:2.3-4?arch=x86_64&distro=arch&upstream=tea"
        );
        assert!(parse("%NAME%\n\n%VERSION%\n1\n").is_err());
        assert!(parse("%NAME%\na\n").is_err());
        assert!(parse("").is_err());
    }

    #[test]
    fn files_are_those_of_their_section() {
        let text = "%FILES%\nusr/\nusr/bin/\nusr/bin/tea\n\n%BACKUP%\netc/tea.conf\tabc\n";
        let listed = files("var/lib/pacman/local/green-tea-1.2-1/files", text);
        assert_eq!(listed.files, ["usr/bin/tea"]);
        assert_eq!(listed.owners[0].name, "green-tea");
        assert_eq!(files("", "").files, [""; 0]);
    }
}

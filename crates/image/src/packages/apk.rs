//! What apk has installed: `/lib/apk/db/installed`.
//!
//! Source: <https://wiki.alpinelinux.org/wiki/Apk_spec>.

use super::{
    CUT, is_cut, paragraphs,
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

fn parse_within(text: &str, mut room: Room) -> Listed {
    let mut packages = Vec::new();
    let mut files = Vec::new();
    let mut owners = Vec::new();
    let mut damage = None;
    for paragraph in paragraphs(text) {
        // The letters of a package stand before those of its folders and files.
        let field = |wanted: char| {
            let mut lines = paragraph.lines().take_while(|line| !line.starts_with("F:"));
            lines.find_map(|line| line.strip_prefix(wanted)?.strip_prefix(':'))
        };
        let (Some(name), Some(version)) = (field('P'), field('V')) else {
            damage = Some("holds a package without name or version".to_owned());
            continue;
        };
        let mut package = Package::new(Ecosystem::Apk, name, version);
        package.architecture = field('A').map(str::to_owned);
        package.source = field('o').map(|origin| SourcePackage {
            name: origin.to_owned(),
            version: version.to_owned(),
            archive: None,
        });
        let licence = field('L').filter(|licence| !licence.is_empty());
        package.licences = licence.into_iter().map(str::to_owned).collect();
        if !room.has_for(&package) {
            damage = Some(FULL.to_owned());
            break;
        }
        let (name, before) = (package.name.clone(), files.len());
        packages.push(package);
        let (mut folder, mut is_full) = ("", false);
        for line in paragraph.lines() {
            if let Some(path) = line.strip_prefix("F:") {
                folder = path;
            } else if let Some(file) = line.strip_prefix("R:") {
                if !room.has_for_path(folder.len() + file.len()) {
                    is_full = true;
                    break;
                }
                files.push(tar::clean(&format!("{folder}/{file}")));
            }
        }
        let files = files.len() - before;
        owners.push(Owner { name, files });
        if is_full {
            damage = Some(FULL.to_owned());
            break;
        }
    }
    Listed {
        packages,
        files,
        owners,
        damage,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_have_an_origin() {
        let text = "C:Q1\nP:libcrypto1.1\nV:1.1.1c-r0\nA:x86_64\nL:OpenSSL\no:openssl\nF:lib\nR:P\nV:no\n\n";
        let Listed {
            packages,
            files,
            owners,
            ..
        } = parse(text);
        assert_eq!(files, ["lib/P"]);
        let owner = Owner {
            name: "libcrypto1.1".to_owned(),
            files: 1,
        };
        assert_eq!(owners, [owner]);
        assert_eq!(packages.len(), 1);
        let package = &packages[0];
        assert_eq!(
            (&*package.name, &*package.version),
            ("libcrypto1.1", "1.1.1c-r0")
        );
        assert_eq!(package.source.as_ref().unwrap().name, "openssl");
        assert_eq!(package.licences, ["OpenSSL"]);
    }

    #[test]
    fn what_is_cut_is_damage() {
        let text = "P:musl\nV:1-r0\no:musl\n\nP:libssl3\nV:3.1\no:openssl\n\n";
        assert_eq!(parse(text).damage, None);
        assert_eq!(parse("").damage, None);
        for end in [1, 2, 9, 13, 15, 22] {
            let cut = &text[..text.len() - end];
            assert!(parse(cut).damage.is_some(), "{cut}");
        }
    }

    #[test]
    fn a_package_without_name_is_damage_and_the_rest_is_read() {
        let listed = parse("V:1\n\nP:a\nV:1\n");
        assert!(listed.damage.is_some());
        assert_eq!(listed.packages.len(), 1);
    }

    #[test]
    fn a_folder_is_not_kept_for_each_of_millions_of_files() {
        let folder = "long/".repeat(100);
        let text = format!("P:tea\nV:1\nF:{folder}\nR:a\nR:b\nR:c\n\nP:cup\nV:2\n");
        let packages = |listed: &Listed| listed.packages.len();
        let listed = parse_within(&text, Room::of(1 << 20));
        assert_eq!((packages(&listed), listed.files.len()), (2, 3));
        assert_eq!(listed.damage, None);
        let listed = parse_within(&text, Room::of(512 + 1200));
        assert_eq!((packages(&listed), listed.files.len()), (1, 2));
        assert_eq!(listed.owners[0].files, 2);
        assert_eq!(listed.damage.as_deref(), Some(FULL));
        let listed = parse_within(&text, Room::of(500));
        assert_eq!(
            (packages(&listed), listed.damage.as_deref()),
            (0, Some(FULL))
        );
    }
}

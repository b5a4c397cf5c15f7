//! Images as files, from the archive to the list of packages.

use std::{collections::BTreeSet, fs, path::Path};

use ringwall_collect::image::{ImageError, open_image};
use ringwall_image::Platform;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::build::{
    ELF, MS, OS, STATUS, gaps, gzip, hex, layer, layout, layout_of, packages, scan, scan_layers,
    shared,
};

#[test]
fn slim_a_is_listed_as_syft_lists_it() {
    let (Some(image), Some(expected)) = (
        shared("images/slim-a.oci.tar"),
        shared("images/slim-a.expected-packages.json"),
    ) else {
        return;
    };
    let report = scan(&image);
    let expected: Value = serde_json::from_str(&fs::read_to_string(expected).unwrap()).unwrap();
    // What an application calls itself, and a folder of a package with measurements, are not installed packages:
    // nobody publishes flaws of them, and others have the same names.
    let not_installed = [
        "/srv/app/package.json",
        "/srv/app/node_modules/fast-uri/benchmark/package.json",
    ];
    for (scope, with_hidden) in [("squashed", false), ("all-layers", true)] {
        let theirs: BTreeSet<(String, String)> = expected["packages"][scope]
            .as_array()
            .unwrap()
            .iter()
            .filter(|it| {
                matches!(
                    it["type"].as_str(),
                    Some("deb" | "npm" | "python" | "go-module" | "rust-crate" | "java-archive")
                )
            })
            .filter(|it| !not_installed.contains(&it["paths"][0].as_str().unwrap()))
            .map(|it| {
                // The version of the main module is no version; parentheses are encoded in a package URL.
                let purl = it["purl"].as_str().unwrap();
                let purl = purl.replace("(devel)", "%28devel%29");
                // Its manifest says 1.2.17, which is right; Syft takes what stands in the file name.
                let purl = match purl.split_once("/log4j@") {
                    Some((group, "1.2" | "1.2-1.2.17")) => format!("{group}/log4j@1.2.17"),
                    _ => purl,
                };
                // dpkg's list is where we find what Syft finds again in lists of files.
                let path = it["paths"]
                    .as_array()
                    .unwrap()
                    .last()
                    .unwrap()
                    .as_str()
                    .unwrap();
                let is_deb = it["type"] == "deb";
                (
                    purl,
                    if is_deb { "/var/lib/dpkg/status" } else { path }.to_owned(),
                )
            })
            .collect();
        let ours: BTreeSet<(String, String)> = report
            .packages
            .iter()
            .filter(|it| with_hidden || it.hidden_by.is_none())
            .map(|it| (it.purl.clone().unwrap(), format!("/{}", it.path)))
            .collect();
        let missing: Vec<_> = theirs.difference(&ours).collect();
        let more: Vec<_> = ours.difference(&theirs).collect();
        assert!(
            missing.is_empty() && more.is_empty(),
            "{scope}: missing {missing:?}, more {more:?}"
        );
        assert!(ours.len() > 780, "{}", ours.len());
    }
    assert_eq!(
        packages(&report).1,
        [("minimist", 5), ("Flask", 5), ("log4j", 5)]
    );
    // A copy of jq, which its package has elsewhere.
    assert_eq!(gaps(&report), ["unassessed-program"]);
    assert_eq!(report.not_assessed[0].path.as_deref(), Some("app/suid-jq"));
}

#[test]
fn alpine_is_read_from_a_packed_archive() {
    let Some(image) = shared("images/trivy/alpine-310.tar.gz") else {
        return;
    };
    let report = scan(&image);
    assert_eq!(
        report.image.distribution.as_ref().unwrap().version_id,
        "3.10.4"
    );
    let musl = report
        .packages
        .iter()
        .find(|it| it.name == "musl-utils")
        .unwrap();
    assert_eq!(
        musl.purl.as_deref().unwrap(),
        "pkg:apk/alpine/musl-utils@1.1.22-r3?arch=x86_64&distro=alpine-3.10.4&upstream=musl"
    );
    assert_eq!(report.packages.len(), 14);
}

#[test]
fn layers_hide_what_lies_below() {
    let a = ("a/node_modules/ms/package.json", MS);
    for (what, upper) in [
        (
            "the file removed",
            &[("a/node_modules/ms/.wh.package.json", "")][..],
        ),
        ("a folder above removed", &[("a/.wh.node_modules", "")]),
        ("the folder emptied", &[("a/node_modules/.wh..wh..opq", "")]),
        ("the root emptied", &[(".wh..wh..opq", "")]),
        (
            "a folder above is a link now",
            &[("a/node_modules", "-> /elsewhere")],
        ),
        (
            "the file is a link now",
            &[("a/node_modules/ms/package.json", "-> /dev/null")],
        ),
    ] {
        let report = scan_layers(&[&[OS, a], upper, &[("b", "")]]);
        assert_eq!(packages(&report), (vec![], vec![("ms", 1)]), "{what}");
    }
    for (what, upper) in [
        ("a neighbour removed", &[("a/node_modules/.wh.m", "")][..]),
        ("a folder named again", &[("a/node_modules/", "")]),
        ("another folder emptied", &[("b/.wh..wh..opq", "")]),
    ] {
        let report = scan_layers(&[&[OS, a], upper]);
        assert_eq!(packages(&report), (vec!["ms"], vec![]), "{what}");
    }
    // What a layer brings itself, its own marks do not hide.
    let report = scan_layers(&[&[OS], &[a, ("a/node_modules/.wh..wh..opq", "")]]);
    assert_eq!(packages(&report), (vec!["ms"], vec![]));
}

#[test]
fn another_name_of_a_file_stays_when_the_first_goes() {
    let first = ("cache/node_modules/ms/package.json", MS);
    let other = (
        "a/node_modules/ms/package.json",
        "= cache/node_modules/ms/package.json",
    );
    let report = scan_layers(&[&[OS, first, other], &[(".wh.cache", "")]]);
    assert_eq!(packages(&report), (vec!["ms"], vec![("ms", 1)]));
    // In a layer below, it was passed over long ago.
    let status = ("var/lib/dpkg/status", STATUS);
    let report = scan_layers(&[&[OS, status, first], &[other]]);
    assert_eq!(gaps(&report), ["unreadable-package-list"]);
}

#[test]
fn packages_are_read_through_links_into_a_store() {
    let status = ("var/lib/dpkg/status", STATUS);
    for store in [
        "pnpm/store/v3/files/3f/0123abcd",
        "root/.local/share/pnpm/store/v10/files/3f/0123abcd-exec",
        "bun/install/cache/ms@2.1.3@@@1/package.json",
        "bun/install/cache/@babel/core@7.24.0@@@1/package.json",
    ] {
        let link = format!("= {store}");
        let stored = (store, MS);
        let linked = ("srv/node_modules/ms/package.json", link.as_str());
        let layer = [OS, status, stored, linked];
        let report = scan_layers(&[&layer]);
        assert_eq!(packages(&report), (vec!["libc6", "ms"], vec![]), "{store}");
        assert_eq!(gaps(&report), Vec::<&str>::new(), "{store}");
        // What nothing leads to is not installed.
        let report = scan_layers(&[&[OS, status, stored]]);
        assert_eq!(packages(&report), (vec!["libc6"], vec![]), "{store}");
        assert_eq!(gaps(&report), Vec::<&str>::new(), "{store}");
        // Of what is damaged, nothing is known.
        let report = scan_layers(&[&[OS, status, (store, "{\"name\":"), linked]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{store}");
        let report = scan_layers(&[&[OS, status, stored], &[linked]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{store}");
    }
}

#[test]
fn a_list_that_goes_on_is_one_list() {
    let more = format!("{STATUS}Package: curl\nStatus: install ok installed\nVersion: 8\n\n");
    let report = scan_layers(&[
        &[OS, ("var/lib/dpkg/status", STATUS)],
        &[("var/lib/dpkg/status", &more)],
    ]);
    assert_eq!(packages(&report), (vec!["curl", "libc6"], vec![]));
    assert_eq!(gaps(&report), Vec::<&str>::new());
    assert_eq!(
        report.packages[1].purl.as_deref().unwrap(),
        "pkg:deb/debian/libc6@2.36-9?distro=debian-12&upstream=glibc"
    );
}

#[test]
fn what_was_made_unknowable_is_not_assessed() {
    let status = ("var/lib/dpkg/status", STATUS);
    let removed = scan_layers(&[&[OS, status], &[("var/lib/dpkg/.wh.status", "")]]);
    assert_eq!(gaps(&removed), ["unreadable-package-list"]);
    let nameless = scan_layers(&[&[status]]);
    assert_eq!(gaps(&nameless), ["unknown-distribution"]);
    let broken = scan_layers(&[&[OS, status, ("a/node_modules/ms/package.json", "{")]]);
    assert_eq!(gaps(&broken), ["unreadable-package-list"]);
    let rpm = scan_layers(&[&[OS, ("var/lib/rpm/rpmdb.sqlite", "x")]]);
    assert_eq!(gaps(&rpm), ["unreadable-package-list"]);
    // A build that removed the list in the layer that had it.
    let bare = scan_layers(&[&[OS, ("bin/sh", "#!")]]);
    assert_eq!(gaps(&bare), ["unreadable-package-list"]);
    assert_eq!(
        bare.not_assessed[0].reason,
        "os-release says that it is debian 12, and no list of its packages is there"
    );
}

#[test]
fn a_list_that_was_emptied_or_removed_is_not_an_empty_list() {
    let status = ("var/lib/dpkg/status", STATUS);
    let part = ("var/lib/dpkg/status.d/libc6", STATUS);
    let apk = ("lib/apk/db/installed", "P:musl\nV:1\n\n");
    let rpm = ("var/lib/rpm/Packages.db", "x");
    for (what, lower, upper) in [
        ("emptied", status, ("var/lib/dpkg/status", "")),
        ("a folder above removed", status, ("var/.wh.lib", "")),
        (
            "a part removed",
            part,
            ("var/lib/dpkg/status.d/.wh.libc6", ""),
        ),
        ("apk removed", apk, ("lib/apk/.wh.db", "")),
        (
            "a link now",
            status,
            ("var/lib/dpkg/status", "-> /dev/null"),
        ),
    ] {
        let report = scan_layers(&[&[OS, lower], &[upper]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{what}");
    }
    // One that could not be read is not forgotten with its removal.
    let report = scan_layers(&[&[OS, rpm], &[("var/lib/.wh.rpm", "")]]);
    assert_eq!(gaps(&report), ["unreadable-package-list"]);
    // A part that goes on.
    let report = scan_layers(&[&[OS, part], &[part]]);
    assert_eq!(gaps(&report), Vec::<&str>::new());
    // No distribution has no packages.
    let empty = ("var/lib/dpkg/status", "");
    let report = scan_layers(&[&[OS, empty], &[empty]]);
    assert_eq!(gaps(&report), ["unreadable-package-list"]);
}

#[test]
fn a_program_put_in_the_place_of_a_package_s_is_not_the_package_s() {
    let list = ("var/lib/dpkg/info/libc6:amd64.list", "/.\n/bin/curl\n");
    // Where `/bin` is a link into `/usr`, archives have the other path.
    let program = ("usr/bin/curl", ELF);
    let status = ("var/lib/dpkg/status", STATUS);
    let owned = scan_layers(&[&[OS, status, list, program]]);
    assert_eq!(gaps(&owned), Vec::<&str>::new());
    let replaced = scan_layers(&[&[OS, status, list, program], &[program]]);
    assert_eq!(gaps(&replaced), ["unassessed-program"]);
    let apk = ("lib/apk/db/installed", "P:curl\nV:1\nF:usr/bin\nR:curl\n\n");
    let replaced = scan_layers(&[&[OS, apk, program], &[program], &[apk]]);
    assert_eq!(gaps(&replaced), ["unassessed-program"]);
}

#[test]
fn a_program_of_a_package_that_no_list_has_is_no_package_s() {
    let program = ("usr/bin/curl", ELF);
    let list = ("var/lib/dpkg/info/curl.list", "/.\n/usr/bin/curl\n");
    let status = ("var/lib/dpkg/status", STATUS);
    let left = scan_layers(&[&[OS, status, list, program]]);
    assert_eq!(gaps(&left), ["unassessed-program"]);
    let both = ["unassessed-program", "unreadable-package-list"];
    let sorted = |files: &[(&str, &str)]| {
        let report = scan_layers(&[files]);
        let mut gaps: Vec<_> = gaps(&report).into_iter().map(str::to_owned).collect();
        gaps.retain(|id| id != "unknown-distribution");
        gaps.sort();
        gaps
    };
    assert_eq!(sorted(&[list, program]), both);
    assert_eq!(sorted(&[OS, list, program]), both);
    assert_eq!(sorted(&[("var/lib/dpkg/status", ""), list, program]), both);
    let opkg = ("usr/lib/opkg/info/curl.list", "/usr/bin/curl\n");
    assert_eq!(sorted(&[opkg, program]), both);
}

/// A database of RPM in the form of SUSE, with one package that owns `/usr/bin/curl`.
pub(crate) fn rpm_database() -> Vec<u8> {
    let texts: [(u32, &[u8]); 7] = [
        (1000, b"curl"),
        (1001, b"8.0.1"),
        (1002, b"150400.5.41.1"),
        (1014, b"curl"),
        (1022, b"x86_64"),
        (1044, b"curl-8.0.1-150400.5.41.1.src.rpm"),
        (1027, b"/usr/bin/curl"),
    ];
    let (mut index, mut store) = (Vec::new(), Vec::new());
    for (tag, text) in texts {
        let offset = u32::try_from(store.len()).unwrap();
        index.extend([tag, 6, offset, 1].map(u32::to_be_bytes).concat());
        store.extend([text, &b"\0"[..]].concat());
    }
    let sizes = [index.len() / 16, store.len()];
    let sizes = sizes.map(|size| u32::try_from(size).unwrap().to_be_bytes());
    let header = [sizes.concat(), index, store].concat();
    let le = |number: usize| u32::try_from(number).unwrap().to_le_bytes();
    let mut blob = [
        b"BlbS".to_vec(),
        [1, 0, header.len()].map(le).concat(),
        header.clone(),
    ]
    .concat();
    blob.resize((blob.len() + 12).next_multiple_of(16) - 12, 0);
    let (mut low, mut high) = (1, 0);
    for byte in &blob {
        low = (low + usize::from(*byte)) % 65521;
        high = (high + low) % 65521;
    }
    blob.extend([le(high << 16 | low), le(header.len()), *b"BlbE"].concat());
    let mut database = [b"RpmP".to_vec(), [0, 1, 1, 2, 0, 0, 0].map(le).concat()].concat();
    database.extend([b"Slot".to_vec(), [1, 256, blob.len() / 16].map(le).concat()].concat());
    while database.len() < 4096 {
        database.extend([&b"Slot"[..], &[0; 12]].concat());
    }
    [database, blob].concat()
}

#[test]
fn packages_of_rpm_are_listed() {
    let database = rpm_database();
    let suse = ("etc/os-release", &b"ID=\"sles\"\nVERSION_ID=\"15.4\"\n"[..]);
    let rpm = ("usr/lib/sysimage/rpm/Packages.db", &*database);
    let program = ("usr/bin/curl", ELF.as_bytes());
    let report = scan_layers(&[&[suse, rpm, program]]);
    assert_eq!(gaps(&report), Vec::<&str>::new());
    assert_eq!(packages(&report), (vec!["curl"], vec![]));
    let package = &report.packages[0];
    assert_eq!(
        package.purl.as_deref().unwrap(),
        "pkg:rpm/sles/curl@8.0.1-150400.5.41.1?arch=x86_64&distro=sles-15.4\
         &upstream=curl-8.0.1-150400.5.41.1.src.rpm"
    );
    assert_eq!(package.source.as_ref().unwrap().version, package.version);
    assert_eq!(package.licences, ["curl"]);
    // Its name does not say which form it has; a second layer goes on with it.
    let moved = ("var/lib/rpm/Packages", &*database);
    let report = scan_layers(&[&[suse, moved], &[moved]]);
    assert_eq!(packages(&report), (vec!["curl"], vec![]));
    assert_eq!(gaps(&report), Vec::<&str>::new());
    // A program that another layer put in the place of the package's.
    let report = scan_layers(&[&[suse, rpm, program], &[program]]);
    assert_eq!(gaps(&report), ["unassessed-program"]);
}

#[test]
fn a_database_of_rpm_that_is_damaged_or_behind_is_said() {
    let database = rpm_database();
    let cut = &database[..database.len() - 1];
    let report = scan_layers(&[&[("var/lib/rpm/Packages.db", cut)]]);
    assert!(gaps(&report).contains(&"unreadable-package-list"));
    let rpm = ("var/lib/rpm/rpmdb.sqlite", &*database);
    let os = (OS.0, OS.1.as_bytes());
    for journal in [
        "var/lib/rpm/rpmdb.sqlite-wal",
        "var/lib/rpm/rpmdb.sqlite-journal",
    ] {
        let report = scan_layers(&[&[os, rpm, (journal, b"x")]]);
        assert_eq!(gaps(&report), ["unreadable-package-list"], "{journal}");
        assert_eq!(packages(&report).0, ["curl"], "{journal}");
        // It is there and empty wherever SQLite was used and put away.
        for layers in [
            &[&[os, rpm, (journal, b"")][..]][..],
            &[&[os, rpm, (journal, b"x")], &[rpm, (journal, b"")]],
        ] {
            let report = scan_layers(layers);
            assert_eq!(gaps(&report), Vec::<&str>::new(), "{journal}");
        }
    }
}

#[test]
fn packages_of_other_kinds_are_not_silence() {
    let report = scan_layers(&[&[
        OS,
        ("var/db/pkg/sys-libs/zlib-1.3/PF", "zlib-1.3"),
        ("var/db/pkg/app-misc/tea-1.0/PF", "tea-1.0"),
        ("nix/var/nix/db/db.sqlite", "x"),
    ]]);
    assert_eq!(
        gaps(&report),
        ["unassessed-packages", "unassessed-packages"]
    );
    let files: Vec<_> = report.not_assessed.iter().map(|gap| gap.files).collect();
    assert_eq!(files, [Some(2), Some(1), None]);
}

#[test]
fn a_damaged_layer_is_named_and_the_rest_is_read() {
    let whole = layer(&[
        OS,
        ("var/lib/dpkg/status", STATUS),
        ("a/node_modules/ms/package.json", MS),
    ]);
    let other = layer(&[("b", "content")]);
    let (packed, packed_other) = (gzip(&whole), gzip(&other));
    let good = (whole.clone(), packed.clone());
    for (what, bad) in [
        (
            "cut off",
            (
                other.clone(),
                packed_other[..packed_other.len() - 12].to_vec(),
            ),
        ),
        ("something else", (other.clone(), packed.clone())),
        (
            "not packed, cut off",
            (other.clone(), other[..600].to_vec()),
        ),
        ("no archive", (b"x".repeat(600), b"x".repeat(600))),
    ] {
        let report = scan(layout(&[good.clone(), bad]).path());
        assert_eq!(gaps(&report), ["unreadable-layer"], "{what}");
        assert_eq!(report.not_assessed[0].layer, Some(1), "{what}");
        assert!(report.packages.iter().any(|it| it.name == "ms"), "{what}");
    }
    let folder = layout(&[(other.clone(), packed_other.clone()), good]);
    let blob = folder.path().join("blobs/sha256").join(hex(&packed_other));
    fs::remove_file(blob).unwrap();
    let report = scan(folder.path());
    assert_eq!(gaps(&report), ["unreadable-layer"]);
    assert!(report.not_assessed[0].reason.ends_with("is missing"));
    assert_eq!(packages(&report).0, ["libc6", "ms"]);
    let unknown = (whole.clone(), whole.clone());
    let report = scan(layout_of(&[unknown.clone(), unknown], 1).path());
    assert_eq!(gaps(&report), ["unreadable-layer"]);
    let zstd = zstd::encode_all(&*whole, 3).unwrap();
    for (start, name) in [(&b"\xfd7zXZ\0\0\x04"[..], "xz"), (b"BZh91AY&SY", "bzip2")] {
        let packed = [start, &[0; 600]].concat();
        let report = scan(layout(&[(whole.clone(), packed.clone())]).path());
        let reason = format!("is packed with {name}, which is not read");
        assert_eq!(report.not_assessed[0].reason, reason);
        let folder = TempDir::new().unwrap();
        let archive = folder.path().join("image.tar");
        fs::write(&archive, packed).unwrap();
        let error = open_image(&archive, None).unwrap_err().to_string();
        assert!(error.contains(&format!("packed with {name}")), "{error}");
    }
    for kept in [whole.clone(), packed, zstd] {
        let report = scan(layout(&[(whole.clone(), kept)]).path());
        assert_eq!(packages(&report).0, ["libc6", "ms"]);
        assert_eq!(gaps(&report), Vec::<&str>::new());
    }
}

#[test]
fn an_image_that_is_not_whole_is_refused() {
    let folder = layout(&[(Vec::new(), Vec::new())]);
    let blobs = folder.path().join("blobs/sha256");
    let manifest = fs::read_dir(&blobs)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .find(|path| fs::read_to_string(path).unwrap().contains("schemaVersion"))
        .unwrap();
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(
        &manifest,
        text.replace("\"schemaVersion\":2", "\"schemaVersion\":3"),
    )
    .unwrap();
    let error = open_image(folder.path(), None).unwrap_err();
    assert!(
        error.to_string().contains("has the digest sha256:"),
        "{error}"
    );
    fs::remove_file(&manifest).unwrap();
    let error = open_image(folder.path(), None).unwrap_err();
    assert!(error.to_string().ends_with("is missing"), "{error}");
    let error = open_image(&blobs, None).unwrap_err();
    assert!(matches!(error, ImageError::NoImage { .. }), "{error}");
}

/// Docker's old store loads what `manifest.json` names, all others what `index.json` does.
#[test]
fn two_lists_that_name_different_images_are_refused() {
    let folder = layout(&[(layer(&[OS]), layer(&[OS]))]);
    let blobs = folder.path().join("blobs/sha256");
    let config_of = |text: &str| text.contains("diff_ids");
    let texts = fs::read_dir(&blobs).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        (path.clone(), fs::read_to_string(path).unwrap_or_default())
    });
    let (config, text) = texts.into_iter().find(|(_, text)| config_of(text)).unwrap();
    let name = |path: &Path| format!("blobs/sha256/{}", path.file_name().unwrap().display());
    let open = |configs: &[String]| {
        let saved: Vec<_> = configs
            .iter()
            .map(|config| json!({"Config": config, "RepoTags": null, "Layers": []}))
            .collect();
        let manifest = Value::from(saved).to_string();
        fs::write(folder.path().join("manifest.json"), manifest).unwrap();
        open_image(folder.path(), None)
    };
    let other = |text: &str| {
        let digest = hex(text.as_bytes());
        fs::write(blobs.join(&digest), text).unwrap();
        format!("blobs/sha256/{digest}")
    };
    assert!(open(&[name(&config)]).is_ok());
    // The same image for another machine, of which an index may tell more than the old list does.
    let for_amd64 = other(&text.replace("arm64", "amd64"));
    assert!(open(std::slice::from_ref(&for_amd64)).is_ok());
    assert!(open(&[for_amd64, name(&config)]).is_ok());
    let as_root = other(&text.replacen('{', "{\"config\":{\"User\":\"root\"},", 1));
    for both in [vec![as_root.clone()], vec![name(&config), as_root]] {
        let error = open(&both).unwrap_err();
        assert!(error.to_string().contains("holds two images"), "{error}");
    }
}

#[test]
fn a_platform_is_chosen() {
    let folder = layout(&[(layer(&[OS]), layer(&[OS]))]);
    let index = folder.path().join("index.json");
    let mut json: Value = serde_json::from_str(&fs::read_to_string(&index).unwrap()).unwrap();
    let mut arm = json["manifests"][0].clone();
    let mut amd = arm.clone();
    let mut attestation = arm.clone();
    arm["platform"] = json!({"os": "linux", "architecture": "arm64"});
    amd["platform"] = json!({"os": "linux", "architecture": "amd64"});
    attestation["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    json["manifests"] = json!([arm, amd, attestation]);
    fs::write(&index, json.to_string()).unwrap();
    let platform = |architecture: &str| Platform {
        os: "linux".to_owned(),
        architecture: architecture.to_owned(),
        variant: None,
    };
    assert!(open_image(folder.path(), Some(&platform("arm64"))).is_ok());
    // What an index says of an image is not what the image says of itself.
    let error = open_image(folder.path(), Some(&platform("amd64"))).unwrap_err();
    assert!(
        error.to_string().contains("made for linux/arm64"),
        "{error}"
    );
    for none in [None, Some(&platform("riscv64"))] {
        let error = open_image(folder.path(), none).unwrap_err();
        assert!(
            error.to_string().contains("linux/arm64, linux/amd64;"),
            "{error}"
        );
    }
    // The index as an entry of another: pods may name the image by its digest.
    let inner = json.to_string();
    let digest = hex(inner.as_bytes());
    fs::write(folder.path().join("blobs/sha256").join(&digest), &inner).unwrap();
    let entry = json!({"digest": format!("sha256:{digest}"), "size": inner.len()});
    let outer = json!({"schemaVersion": 2, "manifests": [entry]});
    fs::write(&index, outer.to_string()).unwrap();
    let image = open_image(folder.path(), Some(&platform("arm64"))).unwrap();
    let indexes: Vec<_> = image.indexes.iter().map(ToString::to_string).collect();
    assert_eq!(indexes, [format!("sha256:{digest}")]);
    assert_ne!(image.digest.unwrap().hex(), digest);
}

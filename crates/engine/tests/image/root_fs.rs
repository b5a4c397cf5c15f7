//! The root of a file system says what the layers say that it was unpacked from.

use std::{
    fs,
    io::Read,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    process::Command,
};

use flate2::read::MultiGzDecoder;
use ringwall_collect::{image::open_image, root_fs::RootFs};
use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, scan_root_fs};
use ringwall_model::Date;
use ringwall_report::{ImageReport, image_cyclonedx, image_json, image_spdx, image_text};
use tempfile::TempDir;

use crate::build::{MS, OS, STATUS, gaps, layer, layers_of, packages, scan, shared};

/// Not a key of anybody: made for this test.
const KEY: &str = "token = \"ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8\"\n";

fn scan_root(path: &Path) -> ImageReport {
    let options = ImageOptions {
        name: "image",
        advisories: Advisories::Missing,
        exceptions: &ImageExceptions::none(Date::from_unix_seconds(0)),
        finds_secrets: true,
        rules: None,
        cache: None,
        as_of: Date::from_unix_seconds(0),
    };
    scan_root_fs(&RootFs::open(path).unwrap(), &options)
}

/// Unpacks a layer as a runtime does, on what is there.
fn unpack(archive: &[u8], root: &Path) {
    let mut archive = tar::Archive::new(archive);
    archive.set_preserve_permissions(true);
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = root.join(entry.path().unwrap());
        let name = path.file_name().unwrap_or_default().to_str().unwrap();
        let Some(removed) = name.strip_prefix(".wh.") else {
            entry.unpack_in(root).unwrap();
            continue;
        };
        assert_ne!(removed, ".wh..opq", "this test knows no opaque folders");
        let removed = path.with_file_name(removed);
        if removed.is_dir() {
            fs::remove_dir_all(removed).unwrap();
        } else {
            fs::remove_file(removed).unwrap();
        }
    }
}

/// All that is said of what is in it: packages, files with flaws, what was not looked at.
fn said(report: &ImageReport) -> Vec<String> {
    let mut said = Vec::new();
    for it in report.packages.iter().filter(|it| it.hidden_by.is_none()) {
        let (name, version, path) = (&it.name, &it.version, &it.path);
        said.push(format!("{name} {version} {path} {}", it.of_distribution));
    }
    for it in &report.findings {
        let place = &it.location;
        if &*place.file != "image" && !it.message.contains("removes or replaces it") {
            said.push(format!("{} {}:{}", it.check, place.file, place.start.line));
        }
    }
    for gap in &report.not_assessed {
        said.push(format!("{} {:?} {:?}", gap.id, gap.path, gap.files));
    }
    said.sort();
    said
}

#[test]
fn a_layer_and_the_folder_that_it_makes_say_the_same() {
    let files = [
        OS,
        ("etc/link", "-> os-release"),
        ("var/lib/dpkg/status", STATUS),
        ("var/lib/dpkg/info/libc6.list", "/usr/bin/ldd\n/etc/token\n"),
        ("usr/bin/ldd", "\x7fELF"),
        ("usr/bin/other", "\x7fELF"),
        ("srv/node_modules/ms/package.json", MS),
        ("srv/settings.ini", KEY),
        ("srv/settings.old", "= srv/settings.ini"),
        ("etc/token", KEY),
        ("srv/app.jar", "no archive"),
    ];
    let folder = TempDir::new().unwrap();
    unpack(&layer(&files), folder.path());
    let image = scan(layers_of(&[&files]).path());
    let root = scan_root(folder.path());
    assert_eq!(said(&root), said(&image));
    assert_eq!(packages(&root).0, ["libc6", "ms"]);
    let secrets = root.findings.iter();
    let secrets = secrets.filter(|it| it.check.starts_with("plaintext"));
    let secrets: Vec<_> = secrets.map(|it| &*it.location.file).collect();
    assert_eq!(secrets, ["srv/settings.ini", "etc/token"]);
    assert_eq!(
        gaps(&root),
        ["unassessed-java-archive", "unassessed-program"]
    );
}

#[test]
fn a_real_image_and_the_folder_that_it_makes_say_the_same() {
    let Some(path) = shared("images/slim-a.oci.tar") else {
        return;
    };
    let folder = TempDir::new().unwrap();
    for layer in open_image(&path, None).unwrap().layers {
        let mut unpacked = Vec::new();
        let mut packed = MultiGzDecoder::new(layer.open().unwrap());
        packed.read_to_end(&mut unpacked).unwrap();
        unpack(&unpacked, folder.path());
    }
    let (root, image) = (scan_root(folder.path()), scan(&path));
    assert_eq!(said(&root), said(&image));
    assert_eq!(packages(&root).0.len(), 807);
    assert!(
        said(&root)
            .iter()
            .any(|it| it == "setuid-image-file app/suid-jq:1")
    );
}

#[test]
fn nothing_is_said_of_a_configuration_or_of_layers() {
    let folder = TempDir::new().unwrap();
    let files = [
        OS,
        ("var/lib/dpkg/status", STATUS),
        ("bin/sh", "#!"),
        ("a", KEY),
    ];
    unpack(&layer(&files), folder.path());
    let report = scan_root(folder.path());
    let checks: Vec<_> = report.findings.iter().map(|it| &*it.check).collect();
    assert_eq!(checks, ["plaintext-secret/github", "shell-in-image"]);
    assert_eq!(report.layers, []);
    assert_eq!((&*report.image.platform, &report.image.digest), ("", &None));
    assert!(report.not_assessed.iter().all(|gap| gap.layer.is_none()));
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        String::from_utf8(bytes).unwrap()
    };
    let options = ringwall_report::ImageTextOptions {
        colour: false,
        packages: true,
        severity: ringwall_model::Severity::Low,
    };
    let text = written(&|out| image_text(&report, options, out).unwrap());
    // Folders of the archive are made without being named in it.
    assert!(
        text.contains("the root of a file system: 9 entries"),
        "{text}"
    );
    let json = written(&|out| image_json(&report, out).unwrap());
    let cyclonedx = written(&|out| image_cyclonedx(&report, out).unwrap());
    let spdx = written(&|out| image_spdx(&report, out).unwrap());
    for form in [&text, &cyclonedx, &spdx] {
        assert!(!form.to_lowercase().contains("layer"), "{form}");
    }
    assert!(json.contains("\"root_fs\":{\"entries\":9}"), "{json}");
}

#[test]
fn a_folder_that_is_no_root_is_never_clean() {
    let folder = TempDir::new().unwrap();
    assert_eq!(gaps(&scan_root(folder.path())), ["unknown-distribution"]);
    fs::write(folder.path().join("main.c"), "int main() {}").unwrap();
    assert_eq!(gaps(&scan_root(folder.path())), ["unknown-distribution"]);
}

#[test]
fn names_that_are_marks_in_a_layer_are_names() {
    let folder = TempDir::new().unwrap();
    unpack(
        &layer(&[OS, ("var/lib/dpkg/status", STATUS)]),
        folder.path(),
    );
    for name in ["var/lib/dpkg/.wh.status", "var/.wh..wh..opq", ".wh.var"] {
        fs::write(folder.path().join(name), KEY).unwrap();
    }
    let report = scan_root(folder.path());
    assert_eq!(packages(&report), (vec!["libc6"], vec![]));
    let secrets = report.findings.iter().map(|it| &*it.location.file);
    assert_eq!(secrets.collect::<Vec<_>>(), [".wh.var", "var/.wh..wh..opq"]);
}

#[test]
fn links_lead_nowhere_and_pipes_are_not_opened() {
    let folder = TempDir::new().unwrap();
    let outside = TempDir::new().unwrap();
    fs::write(outside.path().join("secret"), KEY).unwrap();
    fs::create_dir_all(outside.path().join("node_modules/ms")).unwrap();
    fs::write(outside.path().join("node_modules/ms/package.json"), MS).unwrap();
    symlink(outside.path(), folder.path().join("srv")).unwrap();
    symlink(outside.path().join("secret"), folder.path().join("secret")).unwrap();
    let pipe = folder.path().join("pipe.sh");
    let mut made = Command::new("mkfifo");
    made.args(["-m", "0755"]).arg(&pipe);
    assert!(
        made.arg(folder.path().join("a.jar"))
            .status()
            .unwrap()
            .success()
    );
    assert_eq!(
        fs::metadata(pipe).unwrap().permissions().mode() & 0o111,
        0o111
    );
    let report = scan_root(folder.path());
    assert_eq!((report.packages.len(), report.findings.len()), (0, 0));
    // What only its name promises is told; a socket or a pipe with the mode of a program is none.
    assert_eq!(
        gaps(&report),
        ["unassessed-java-archive", "unknown-distribution"]
    );
}

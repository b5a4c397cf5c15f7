//! The root of a file system, as it lies on a disk: closed files, mounts, wrong usage.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output},
};

use serde_json::{Value, json};

use crate::folder::Folder;

const OS: (&str, &str) = ("root/etc/os-release", "ID=debian\nVERSION_ID=12\n");
const STATUS: (&str, &str) = (
    "root/var/lib/dpkg/status",
    "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nSource: glibc\n\n",
);
const MS: &str = r#"{"name": "ms", "version": "2.0.0"}"#;

/// Words of a command line that judges `root`.
const JUDGE: [&str; 10] = [
    "image",
    "--from",
    "rootfs",
    "root",
    "-o",
    "json",
    "--db",
    "none.db",
    "--as-of",
    "2026-11-28",
];

/// Starts the binary by another program that comes before its words.
fn started_by(folder: &Folder, words: &[&str]) -> Option<Output> {
    let (program, words) = words.split_first()?;
    let ran = Command::new(program)
        .args(words)
        .arg(env!("CARGO_BIN_EXE_ringwall"))
        .args(JUDGE)
        .env("XDG_CACHE_HOME", folder.path().join(".git/cache"))
        .current_dir(folder.path())
        .output();
    ran.ok()
}

fn gaps(report: &Value) -> Vec<(&str, &str)> {
    let gaps = report["not_assessed"].as_array().expect("gaps").iter();
    gaps.map(|gap| {
        let id = gap["id"].as_str().expect("an id");
        (id, gap["path"].as_str().unwrap_or_default())
    })
    .filter(|(id, _)| *id != "unassessed-vulnerabilities")
    .collect()
}

#[test]
fn what_is_closed_is_not_assessed() {
    let folder = Folder::new(&[
        OS,
        STATUS,
        ("root/etc/closed", "secret"),
        ("root/etc/closed-too", "secret"),
        ("root/etc/empty", ""),
        ("root/srv/closed/settings.ini", "secret"),
        ("root/srv/node_modules/ms/package.json", MS),
    ]);
    let close = |path: &str, mode| {
        let closed = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path().join("root").join(path), closed).expect("a mode");
    };
    let closed = [
        "etc/closed",
        "etc/closed-too",
        "etc/empty",
        "srv/closed",
        "srv/node_modules/ms/package.json",
    ];
    for path in closed {
        close(path, 0);
    }
    let is_root = fs::read(folder.path().join("root/etc/closed")).is_ok();
    // To root everything is open, but for one who gives that right away.
    let bare = ["setpriv", "--inh-caps=-all", "--bounding-set=-all"];
    let before: &[&str] = if is_root { &bare } else { &["env"] };
    let Some(ran) = started_by(&folder, before) else {
        println!("skipped: setpriv is not here, and to root nothing is closed");
        return;
    };
    close("srv/closed", 0o755);
    let report: Value = serde_json::from_slice(&ran.stdout).expect("JSON");
    let expected = [
        (
            "unreadable-package-list",
            "srv/node_modules/ms/package.json",
        ),
        ("unread-file", "etc/closed"),
    ];
    assert_eq!(gaps(&report), expected);
    assert_eq!(report["not_assessed"][1]["files"], 3);
    assert_eq!(report["not_assessed"][1]["reason"], "permission denied");
    assert_eq!(report["summary"]["packages"], json!({"deb": 1}));
    assert_eq!(ran.status.code(), Some(3));
}

#[test]
fn of_what_is_mounted_only_disks_are_entered() {
    let folder = Folder::new(&[OS, STATUS]);
    // Each is a file system of its own, in a place that only this process sees.
    let mounts = r#"
        mkdir root/proc root/sys root/dev root/mnt root/again root/srv lower upper work &&
        mount -t proc proc root/proc &&
        mount -t sysfs sysfs root/sys &&
        mount -t tmpfs tmpfs root/dev && mkdir root/dev/closed &&
        mount -t tmpfs tmpfs root/srv && mkdir -p root/srv/node_modules/ms &&
        echo '{"name": "ms", "version": "2.0.0"}' > root/srv/node_modules/ms/package.json &&
        mount -t tmpfs tmpfs work && mkdir work/lower work/upper work/work &&
        mount -t overlay overlay root/mnt -o lowerdir=work/lower,upperdir=work/upper,workdir=work/work &&
        mount --bind root root/again || exit 77
        exec "$@""#;
    let ran = started_by(&folder, &["unshare", "-m", "sh", "-c", mounts, "sh"]);
    let Some(ran) = ran.filter(|ran| !ran.stdout.is_empty()) else {
        println!("skipped: nothing can be mounted here");
        return;
    };
    let error = String::from_utf8_lossy(&ran.stderr);
    let report: Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{error}"));
    assert_eq!(gaps(&report), [("unread-mount", "mnt")]);
    assert_eq!(
        report["summary"]["packages"],
        json!({"deb": 1, "npm": 1}),
        "{report}"
    );
    // etc, var, srv and what is below them; what is not entered does not count.
    assert_eq!(report["image"]["root_fs"]["entries"], 10);
    assert_eq!(ran.status.code(), Some(3));
}

#[test]
fn what_is_no_root_is_wrong_usage() {
    let folder = Folder::new(&[OS, ("file", "")]);
    let refused = |words: &[&str], expected: &str| {
        let ran = folder.run(&[&["image"], words].concat());
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    };
    refused(
        &["root"],
        "for the root of a file system, say --from rootfs",
    );
    refused(&["--from", "rootfs", "file"], "is no folder");
    refused(&["--from", "rootfs", "none"], "no such file or directory");
    refused(&["--from", "rootfs", "/proc"], "that the kernel makes");
    let platform = ["--from", "rootfs", "root", "--platform", "linux/amd64"];
    refused(&platform, "is none of several");
}

#[test]
fn what_changed_in_a_root_is_told() {
    let folder = Folder::new(&[
        OS,
        STATUS,
        ("new/etc/os-release", OS.1),
        ("new/var/lib/dpkg/status", STATUS.1),
        ("new/srv/node_modules/ms/package.json", MS),
    ]);
    let ran = folder.run(&[
        "image", "diff", "--from", "rootfs", "root", "new", "-o", "json",
    ]);
    let report = ran.json();
    let added = json!([{"type": "npm", "name": "ms", "after": ["2.0.0"]}]);
    assert_eq!(report["packages"], added);
}

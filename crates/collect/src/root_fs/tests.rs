use std::{fs, os::unix::fs::symlink, process::Command};

use super::*;

/// What a walk meets, each as a line.
fn walked(path: &Path) -> Vec<String> {
    let root = RootFs::open(path).unwrap();
    let lines = root.walk().map(|met| match met {
        Met::Entry(RootEntry { entry, .. }) => format!("{:?} {}", entry.kind, entry.path),
        Met::Unread(it) => format!("unread {}: {}", it.path, it.reason),
        Met::Mount(it) => format!("mount {}", it.path),
    });
    lines.collect()
}

fn run(program: &str, arguments: &[&Path]) -> bool {
    let status = Command::new(program).args(arguments).status();
    status.is_ok_and(|status| status.success())
}

#[test]
fn everything_is_met_once_and_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir_all(path("b/c")).unwrap();
    fs::write(path("b/c/file"), "one").unwrap();
    fs::hard_link(path("b/c/file"), path("b/again")).unwrap();
    fs::write(path("a"), "two").unwrap();
    symlink("/etc", path("out")).unwrap();
    symlink("b", path("in")).unwrap();
    assert!(run("mkfifo", &[&path("pipe")]));
    let expected = [
        "File a",
        "Folder b",
        "File b/again",
        "Folder b/c",
        "HardLink b/c/file",
        "Symlink in",
        "Symlink out",
        "Other pipe",
    ];
    assert_eq!(walked(folder.path()), expected);
    // By a link the user may name the root itself.
    let link = folder.path().with_extension("link");
    symlink(folder.path(), &link).unwrap();
    assert_eq!(walked(&link), expected);
    fs::remove_file(link).unwrap();
}

fn entry_of(root: &RootFs, path: &str) -> RootEntry {
    let met = root.walk().find_map(|met| match met {
        Met::Entry(entry) if entry.entry.path == path => Some(entry),
        _ => None,
    });
    met.unwrap()
}

fn content(entry: &RootEntry) -> Result<String, String> {
    let mut text = String::new();
    let read = entry
        .open()
        .and_then(|mut file| file.read_to_string(&mut text));
    read.map(|_| text).map_err(|error| error.to_string())
}

#[test]
fn what_takes_the_place_of_a_file_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    fs::create_dir(path("etc")).unwrap();
    fs::create_dir(path("other")).unwrap();
    fs::write(path("etc/file"), "inside").unwrap();
    fs::write(path("other/file"), "outside").unwrap();
    let root = RootFs::open(folder.path()).unwrap();
    let entry = entry_of(&root, "etc/file");
    assert_eq!(content(&entry).unwrap(), "inside");
    // A folder that becomes a link after it was met leads nowhere else.
    fs::rename(path("etc"), path("moved")).unwrap();
    symlink("other", path("etc")).unwrap();
    assert_eq!(content(&entry).unwrap(), "inside");
    fs::remove_file(path("moved/file")).unwrap();
    symlink("../other/file", path("moved/file")).unwrap();
    assert!(content(&entry).is_err());
    fs::remove_file(path("moved/file")).unwrap();
    assert!(run("mkfifo", &[&path("moved/file")]));
    assert_eq!(
        content(&entry).unwrap_err(),
        "is not a regular file any more"
    );
}

#[test]
fn a_file_that_changes_is_read_to_its_old_end_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "before").unwrap();
    let root = RootFs::open(folder.path()).unwrap();
    let entry = entry_of(&root, "file");
    fs::write(&file, "before and after").unwrap();
    assert_eq!(content(&entry).unwrap(), "before");
    fs::write(&file, "b").unwrap();
    assert_eq!(
        content(&entry).unwrap_err(),
        "became shorter while it was read"
    );
}

#[test]
fn folders_are_walked_to_a_depth_and_the_rest_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("d/".repeat(MAX_DEPTH + 2));
    fs::create_dir_all(deep).unwrap();
    let walked = walked(folder.path());
    assert_eq!(walked.len(), MAX_DEPTH);
    assert!(
        walked.last().unwrap().contains("256 folders deep"),
        "{walked:?}"
    );
}

#[test]
fn what_is_behind_the_most_entries_is_told() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c", "d"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    let mut walk = RootFs::open(folder.path()).unwrap().walk();
    walk.left = 2;
    let met: Vec<_> = walk.collect();
    assert_eq!(met.len(), 3);
    assert!(matches!(&met[1], Met::Entry(it) if it.entry.path == "b"));
    assert!(matches!(&met[2], Met::Unread(it) if it.path.is_empty()));
}

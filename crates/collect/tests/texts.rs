//! Folders of policies, as people and Kubernetes lay them out.
#![expect(clippy::expect_used, reason = "tests may fail loudly")]

use std::{fs, path::Path};

use ringwall_collect::read_texts;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("the folder");
        fs::write(path, text).expect("the file");
    }
    folder
}

/// Names below the folder, each with its text or why it cannot be read.
fn read(folder: &Path) -> Vec<(String, Result<String, String>)> {
    let found = read_texts(&[folder.to_owned()], &["rego", "yaml"]);
    let below = |name: String| {
        let inside = Path::new(&name).strip_prefix(folder).expect("inside");
        inside.display().to_string()
    };
    let found = found.into_iter();
    found
        .map(|(name, content)| (below(name), content))
        .collect()
}

fn texts(files: &[(&str, &str)]) -> Vec<(String, Result<String, String>)> {
    let own = |(name, text): &(&str, &str)| ((*name).to_owned(), Ok((*text).to_owned()));
    files.iter().map(own).collect()
}

#[test]
fn what_is_hidden_is_read_and_the_repository_is_not() {
    let folder = folder(&[
        (".git/refs/heads/fix.yaml", "d0"),
        (".hidden.rego", "a"),
        (".shared/images/deny.rego", "b"),
        ("notes.txt", "no policy"),
        ("plain.yaml", "c"),
        ("share.YAML", "d"),
        ("z.Rego", "e"),
    ]);
    let expected = [
        (".hidden.rego", "a"),
        (".shared/images/deny.rego", "b"),
        ("plain.yaml", "c"),
        ("share.YAML", "d"),
        ("z.Rego", "e"),
    ];
    assert_eq!(read(folder.path()), texts(&expected));
}

#[cfg(unix)]
#[test]
fn the_files_of_a_volume_are_met_once() {
    use std::os::unix::fs::symlink;

    let folder = folder(&[
        ("..2026_11_27_12_00_00.1/deny.rego", "a"),
        ("..2026_11_27_12_00_00.1/.hidden.yaml", "b"),
    ]);
    let link = |target: &str, name: &str| symlink(target, folder.path().join(name)).expect(name);
    link("..2026_11_27_12_00_00.1", "..data");
    link("..data/deny.rego", "deny.rego");
    link("..data/.hidden.yaml", ".hidden.yaml");
    let expected = [(".hidden.yaml", "b"), ("deny.rego", "a")];
    assert_eq!(read(folder.path()), texts(&expected));
    // The volume given by the folder behind its link is the same.
    let behind = folder.path().join("..data");
    assert_eq!(read(&behind), texts(&expected));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_is_told() {
    use std::os::unix::fs::symlink;

    let folder = folder(&[("plain.rego", "a")]);
    symlink("nowhere", folder.path().join(".gone.rego")).expect("a link");
    fs::write(folder.path().join("latin.yaml"), b"caf\xe9").expect("the file");
    let found = read(folder.path());
    let reason = |name: &str| {
        let mut found = found.iter();
        let (_, content) = found.find(|(known, _)| known == name).expect(name);
        content.as_ref().expect_err(name).clone()
    };
    assert!(reason(".gone.rego").starts_with("cannot be read: "));
    assert!(reason("latin.yaml").starts_with("is not UTF-8: "));
    assert_eq!(found.len(), 3);
}

#[cfg(unix)]
#[test]
fn links_that_lead_back_and_pipes_end_nothing() {
    use std::os::unix::fs::symlink;

    let folder = folder(&[("plain.rego", "a"), ("sub/below.rego", "b")]);
    let path = |name: &str| folder.path().join(name);
    symlink(".", path("self")).expect("a link");
    symlink(folder.path(), path("sub/above")).expect("a link");
    let expected = [("plain.rego", "a"), ("sub/below.rego", "b")];
    assert_eq!(read(folder.path()), texts(&expected));

    let made = std::process::Command::new("mkfifo")
        .arg(path("pipe.rego"))
        .status();
    assert!(made.expect("mkfifo").success());
    symlink("/dev/zero", path("zero.yaml")).expect("a link");
    let found = read(folder.path());
    for name in ["pipe.rego", "zero.yaml"] {
        let refused = (name.to_owned(), Err("is not a regular file".to_owned()));
        assert!(found.contains(&refused), "{found:?}");
    }
}

//! Configuration, build contexts and written files.

use std::{fs, path::Path};

use ringwall_collect::{Candidate, build_context_ignore, find_config, write_atomic};

#[test]
fn configuration_is_looked_for_up_to_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    fs::create_dir_all(root.join("repo/.git")).unwrap();
    fs::create_dir_all(root.join("repo/a/b")).unwrap();
    fs::write(root.join("ringwall.toml"), "").unwrap();
    fs::write(root.join("repo/a/b/x.yaml"), "").unwrap();
    assert_eq!(find_config(&root), Some(root.join("ringwall.toml")));
    assert_eq!(find_config(&root.join("repo/a/b/x.yaml")), None);

    fs::write(root.join("repo/ringwall.toml"), "").unwrap();
    let found = Some(root.join("repo/ringwall.toml"));
    assert_eq!(find_config(&root.join("repo/a/b/x.yaml")), found);
    assert_eq!(find_config(&root.join("repo/a/../a/b")), found);
    assert_eq!(find_config(&root.join("repo")), found);
    assert_eq!(find_config(&root.join("repo/a/gone.yaml")), found);

    fs::write(root.join("repo/a/ringwall.toml"), "").unwrap();
    assert_eq!(
        find_config(&root.join("repo/a/b")),
        Some(root.join("repo/a/ringwall.toml"))
    );
}

#[test]
fn a_build_context_knows_what_it_leaves_out() {
    let folder = tempfile::tempdir().unwrap();
    let candidate = |path: &Path| Candidate {
        is_given: false,
        path: path.to_owned(),
        name: path.to_str().unwrap().into(),
    };
    let dockerfile = candidate(&folder.path().join("api.Dockerfile"));
    assert_eq!(build_context_ignore(&dockerfile), Some(false));
    fs::write(folder.path().join("api.Dockerfile.dockerignore"), "").unwrap();
    assert_eq!(build_context_ignore(&dockerfile), Some(true));
    let other = candidate(&folder.path().join("Dockerfile"));
    assert_eq!(build_context_ignore(&other), Some(false));
    fs::write(folder.path().join(".dockerignore"), "").unwrap();
    assert_eq!(build_context_ignore(&other), Some(true));
    assert_eq!(
        build_context_ignore(&candidate(Path::new("/nonexistent/Dockerfile"))),
        None
    );
    assert_eq!(
        build_context_ignore(&candidate(Path::new("Dockerfile"))),
        Some(false)
    );
}

#[test]
fn written_bytes_are_the_given_ones() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    write_atomic(&path, b"a: 1\r\n\xff").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"a: 1\r\n\xff");
    write_atomic(&path, b"").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn what_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("gone/a.yaml");
    let error = write_atomic(&path, b"").unwrap_err().to_string();
    assert_eq!(
        error,
        format!("cannot write {}: no such file or directory", path.display())
    );
    let error = write_atomic(folder.path(), b"").unwrap_err().to_string();
    assert!(error.ends_with("is not a regular file"), "{error}");
}

#[cfg(unix)]
#[test]
fn links_and_permissions_survive_writing() {
    use std::os::unix::fs::{PermissionsExt, symlink};

    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("sub/target.sh");
    fs::create_dir(folder.path().join("sub")).unwrap();
    fs::write(&target, "old").unwrap();
    fs::set_permissions(&target, fs::Permissions::from_mode(0o750)).unwrap();
    let link = folder.path().join("link");
    symlink("sub/target.sh", &link).unwrap();

    write_atomic(&link, b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&target).unwrap(), b"new");
    assert_eq!(
        fs::metadata(&target).unwrap().permissions().mode() & 0o777,
        0o750
    );

    let dangling = folder.path().join("dangling");
    symlink("nowhere", &dangling).unwrap();
    assert!(write_atomic(&dangling, b"x").is_err());
}

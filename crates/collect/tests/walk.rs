//! Which files a walk finds.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may panic and say why it is skipped; the setting for tests does not reach functions beside them"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ringwall_collect::{Exclude, Inputs, Walk, printed_name, walk};
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn git(folder: &Path, arguments: &[&str]) {
    let status = Command::new("git")
        .arg("-C")
        .arg(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "git {arguments:?}");
}

fn scan(paths: &[PathBuf]) -> Inputs {
    walk(&Walk {
        paths: paths.to_vec(),
        ..Walk::default()
    })
}

fn scan_folder(folder: &TempDir) -> Inputs {
    scan(&[folder.path().to_owned()])
}

/// The names without the folder in front.
fn names(inputs: &Inputs, folder: &TempDir) -> Vec<String> {
    let prefix = format!("{}/", folder.path().display());
    inputs
        .files
        .iter()
        .map(|file| {
            file.name
                .strip_prefix(&prefix)
                .unwrap_or(&file.name)
                .to_owned()
        })
        .collect()
}

#[test]
fn files_are_found_in_the_order_of_their_names() {
    let folder = folder(&[
        ("b.yaml", "12345"),
        ("a/z.yaml", ""),
        ("a.yaml", ""),
        (".env", ""),
        (".github/workflows/ci.yml", ""),
        (".git/config", ""),
        ("sub/.git/HEAD", ""),
    ]);
    let inputs = scan_folder(&folder);
    assert_eq!(
        names(&inputs, &folder),
        [
            ".env",
            ".github/workflows/ci.yml",
            "a.yaml",
            "a/z.yaml",
            "b.yaml"
        ]
    );
    assert_eq!((inputs.ignored, inputs.excluded), (0, 0));
    assert!(inputs.unreadable.is_empty());
}

#[test]
fn names_are_those_the_user_typed() {
    // Tests run in the folder of the package.
    for (given, expected) in [
        ("src", "src/walk.rs"),
        ("./src/", "src/walk.rs"),
        (".", "src/walk.rs"),
        ("../collect/src", "../collect/src/walk.rs"),
        ("./src/walk.rs", "src/walk.rs"),
    ] {
        let inputs = scan(&[given.into()]);
        assert!(
            inputs.files.iter().any(|file| &*file.name == expected),
            "{given}: {inputs:?}"
        );
        assert!(inputs.files.iter().all(|file| file.path.is_file()));
    }
    assert_eq!(printed_name(Path::new(".")), ".");
    assert_eq!(printed_name(Path::new("/a//b/./c")), "/a/b/c");
}

#[test]
fn overlapping_paths_give_each_file_once() {
    let folder = folder(&[("a/x.yaml", ""), ("a/y.yaml", ""), ("b.yaml", "")]);
    let root = folder.path().to_owned();
    let inputs = scan(&[
        root.join("a/x.yaml"),
        root.clone(),
        root.join("a"),
        root.join("a/../b.yaml"),
        root.clone(),
    ]);
    assert_eq!(names(&inputs, &folder), ["a/x.yaml", "a/y.yaml", "b.yaml"]);
}

#[test]
fn what_git_ignores_is_left_out_and_counted() {
    let folder = folder(&[
        (".gitignore", "*.log\nbuild/\n!keep.log\n"),
        (".git/info/exclude", "secret.yaml\n"),
        (".git/HEAD", ""),
        ("a.log", ""),
        ("keep.log", ""),
        ("secret.yaml", ""),
        ("build/x.yaml", ""),
        ("build/y.yaml", ""),
        ("sub/.gitignore", "/only.yaml\n"),
        ("sub/only.yaml", ""),
        ("sub/deep/only.yaml", ""),
        ("sub/deep/b.log", ""),
    ]);
    let inputs = scan_folder(&folder);
    assert_eq!(
        names(&inputs, &folder),
        [
            ".gitignore",
            "keep.log",
            "sub/.gitignore",
            "sub/deep/only.yaml"
        ]
    );
    // a.log, secret.yaml, build, sub/only.yaml, sub/deep/b.log.
    assert_eq!(inputs.ignored, 5);

    let all = walk(&Walk {
        paths: vec![folder.path().to_owned()],
        all_files: true,
        exclude: Exclude::default(),
    });
    assert_eq!(all.files.len(), 10);
    assert_eq!(all.ignored, 0);
    assert!(all.files.iter().all(|file| !file.name.contains("/.git/")));
}

#[test]
fn rules_of_parent_folders_hold_inside_the_repository_only() {
    let folder = folder(&[
        (".gitignore", "*.yaml\n"),
        ("repo/.git/HEAD", ""),
        ("repo/.gitignore", "*.log\n"),
        ("repo/sub/a.yaml", ""),
        ("repo/sub/a.log", ""),
    ]);
    let inputs = scan(&[folder.path().join("repo/sub")]);
    assert_eq!(names(&inputs, &folder), ["repo/sub/a.yaml"]);
    assert_eq!(inputs.ignored, 1);
}

#[test]
fn what_repositories_inside_a_plain_folder_ignore_is_counted() {
    for mark in [".git/HEAD", ".jj/working_copy/type"] {
        let folder = folder(&[
            (".gitignore", "*.yaml\n"),
            ("a.yaml", ""),
            (&format!("repo/{mark}"), ""),
            ("repo/.gitignore", "*.log\nout/\n"),
            ("repo/a.log", ""),
            ("repo/out/b.yaml", ""),
            ("repo/c.yaml", ""),
        ]);
        let inputs = scan_folder(&folder);
        let found = names(&inputs, &folder);
        assert!(found.iter().any(|name| name == "a.yaml"), "{found:?}");
        assert!(found.iter().any(|name| name == "repo/c.yaml"), "{found:?}");
        assert!(
            !found.iter().any(|name| name.ends_with("b.yaml")),
            "{found:?}"
        );
        // a.log, out.
        assert_eq!(inputs.ignored, 2, "{mark}");
    }
}

#[test]
fn a_given_path_is_read_though_git_ignores_it() {
    let folder = folder(&[
        (".git/HEAD", ""),
        (".gitignore", "build/\n*.log\n"),
        ("build/x.yaml", ""),
        ("a.log", ""),
    ]);
    let inputs = scan(&[folder.path().join("build"), folder.path().join("a.log")]);
    assert_eq!(names(&inputs, &folder), ["a.log", "build/x.yaml"]);
}

#[test]
fn a_tracked_file_is_never_ignored() {
    let folder = folder(&[
        (".gitignore", ".env\nout/\n"),
        (".env", "A=1"),
        ("out/tracked.yaml", ""),
        ("out/other.yaml", ""),
    ]);
    git(folder.path(), &["init", "-q"]);
    git(
        folder.path(),
        &["add", "-f", ".env", ".gitignore", "out/tracked.yaml"],
    );
    let inputs = scan_folder(&folder);
    assert_eq!(
        names(&inputs, &folder),
        [".env", ".gitignore", "out/tracked.yaml"]
    );
    // The folder out.
    assert_eq!(inputs.ignored, 1);
    let inside = scan(&[folder.path().join("out")]);
    assert_eq!(inside.files.len(), 2);
}

#[test]
fn patterns_are_not_asked_about_what_is_above_a_tracked_file() {
    let folder = folder(&[
        (".above/.gitignore", "out/\n"),
        (".above/out/tracked.yaml", ""),
        (".above/out/.below/tracked.yaml", ""),
    ]);
    let above = folder.path().join(".above");
    git(&above, &["init", "-q"]);
    git(&above, &["add", "-f", "out"]);
    let inputs = walk(&Walk {
        paths: vec![above],
        exclude: Exclude::new(&[".*"]).unwrap(),
        ..Walk::default()
    });
    assert_eq!(names(&inputs, &folder), [".above/out/tracked.yaml"]);
    assert_eq!(inputs.excluded, 2);
}

#[test]
fn what_git_does_not_ignore_is_read_whoever_matches_its_rules() {
    let folder = folder(&[
        (
            ".gitignore",
            "deploy.{yaml,yml}\npod.yaml\t\ntop.log  \nx\\{1\\}.yaml\n",
        ),
        (".git/HEAD", ""),
        ("deploy.yaml", ""),
        ("deploy.{yaml,yml}", ""),
        ("pod.yaml", ""),
        ("top.log", ""),
        ("x{1}.yaml", ""),
    ]);
    let inputs = scan_folder(&folder);
    assert_eq!(
        names(&inputs, &folder),
        [".gitignore", "deploy.yaml", "pod.yaml"]
    );
    assert_eq!(inputs.ignored, 3);
}

#[test]
fn what_a_repository_inside_tracks_is_never_ignored() {
    let folder = folder(&[
        ("one/.gitignore", "secret/\n"),
        ("one/secret/pod.yaml", ""),
        ("one/secret/other.yaml", ""),
    ]);
    let one = folder.path().join("one");
    git(&one, &["init", "-q"]);
    git(&one, &["add", "-f", ".gitignore", "secret/pod.yaml"]);
    let expected = ["one/.gitignore", "one/secret/pod.yaml"];
    assert_eq!(names(&scan_folder(&folder), &folder), expected);

    // The same as a submodule, which the rules around it cover.
    git(&one, &["commit", "-q", "-m", "x"]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "one"]);
    fs::write(folder.path().join(".gitignore"), "one\n").unwrap();
    let inputs = scan_folder(&folder);
    let found = names(&inputs, &folder);
    assert_eq!(found[1..], expected, "{inputs:?}");
    assert_eq!(inputs.ignored, 1);
}

#[test]
fn where_git_cannot_say_what_it_tracks_that_is_told() {
    let folder = folder(&[(".gitignore", "secret/\n"), ("secret/pod.yaml", "")]);
    git(folder.path(), &["init", "-q"]);
    git(folder.path(), &["add", "-f", "."]);
    fs::write(folder.path().join(".git/index"), "DIRC damaged").unwrap();
    let inputs = scan_folder(&folder);
    assert_eq!(inputs.unreadable.len(), 1);
    let reason = &inputs.unreadable[0].reason;
    assert!(
        reason.starts_with("git cannot say which of 1 ignored files and folders it tracks (")
            && reason.ends_with("); --all-files reads them"),
        "{reason}"
    );
    // Where nothing was left out, git is not needed.
    fs::remove_file(folder.path().join(".gitignore")).unwrap();
    assert!(scan_folder(&folder).unreadable.is_empty());
}

#[cfg(unix)]
#[test]
fn rules_are_read_of_files_only() {
    use std::os::unix::fs::symlink;

    let files = [("patterns", "*.yaml\n"), ("pod.yaml", "")];
    for (target, name) in [
        ("patterns", ".gitignore"),
        ("/dev/zero", ".gitignore"),
        ("/dev/zero", ".git/info/exclude"),
    ] {
        let folder = folder(&files);
        fs::create_dir_all(folder.path().join(".git/info")).unwrap();
        symlink(target, folder.path().join(name)).unwrap();
        let inputs = scan_folder(&folder);
        assert_eq!(names(&inputs, &folder), ["patterns", "pod.yaml"], "{name}");
    }
    let folder = folder(&files);
    fs::create_dir(folder.path().join(".git")).unwrap();
    let pipe = folder.path().join(".gitignore");
    let made = Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let inputs = scan_folder(&folder);
    assert_eq!(names(&inputs, &folder), ["patterns", "pod.yaml"]);
    // Longer than any that people write.
    fs::remove_file(&pipe).unwrap();
    fs::write(&pipe, "*.yaml\n".repeat(50_000)).unwrap();
    assert_eq!(scan_folder(&folder).files.len(), 3);
}

#[test]
fn excluded_paths_are_left_out_even_if_given() {
    let folder = folder(&[
        ("vendor/a.yaml", ""),
        ("x/vendor/b.yaml", ""),
        ("x/c.yaml", ""),
    ]);
    let inputs = walk(&Walk {
        paths: vec![
            folder.path().to_owned(),
            folder.path().join("vendor/a.yaml"),
        ],
        all_files: false,
        exclude: Exclude::new(&["vendor/"]).unwrap(),
    });
    assert_eq!(names(&inputs, &folder), ["x/c.yaml"]);
    assert_eq!(inputs.excluded, 3);
    assert_eq!(inputs.ignored, 0);

    let anchored = walk(&Walk {
        paths: vec!["src".into()],
        all_files: false,
        exclude: Exclude::new(&["src/git/", "/walk.rs"]).unwrap(),
    });
    assert!(
        anchored
            .files
            .iter()
            .all(|file| !file.name.starts_with("src/git/"))
    );
    assert!(
        anchored
            .files
            .iter()
            .all(|file| &*file.name != "src/walk.rs")
    );
}

#[test]
fn a_missing_path_is_told() {
    let inputs = scan(&["/nonexistent/a.yaml".into()]);
    assert_eq!(inputs.unreadable.len(), 1);
    assert_eq!(&*inputs.unreadable[0].name, "/nonexistent/a.yaml");
    assert_eq!(inputs.unreadable[0].reason, "no such file or directory");
    assert!(inputs.unreadable[0].given);
}

#[cfg(unix)]
#[test]
fn links_are_followed_only_when_given() {
    use std::os::unix::fs::symlink;

    let outside = folder(&[("o.yaml", "")]);
    let folder = folder(&[("real/a.yaml", "")]);
    let root = folder.path();
    symlink(root, root.join("real/loop")).unwrap();
    symlink("real/a.yaml", root.join("alias.yaml")).unwrap();
    symlink(outside.path(), root.join("outside")).unwrap();
    symlink("self", root.join("self")).unwrap();

    let inputs = scan_folder(&folder);
    assert_eq!(names(&inputs, &folder), ["real/a.yaml"]);
    assert_eq!(inputs.links, 4);
    assert!(inputs.unreadable.is_empty());

    let given = scan(&[
        root.join("outside"),
        root.join("alias.yaml"),
        root.join("self"),
    ]);
    assert_eq!(names(&given, &folder), ["alias.yaml", "outside/o.yaml"]);
    assert_eq!(given.unreadable.len(), 1);
}

#[cfg(unix)]
#[test]
fn pipes_are_never_opened() {
    let folder = folder(&[("a.yaml", "")]);
    let pipe = folder.path().join("pipe.yaml");
    assert!(
        Command::new("mkfifo")
            .arg(&pipe)
            .status()
            .unwrap()
            .success()
    );
    let inputs = scan_folder(&folder);
    assert_eq!(names(&inputs, &folder), ["a.yaml"]);
    assert_eq!(inputs.special, 1);
    assert!(inputs.unreadable.is_empty());

    let given = scan(&[pipe]);
    assert!(given.files.is_empty());
    let reason = "is a named pipe, not a file; standard input is read as `-`";
    assert_eq!(given.unreadable[0].reason, reason);
}

#[cfg(target_os = "linux")]
#[test]
fn a_pipe_of_the_shell_is_told_as_one() {
    let (reader, _writer) = std::io::pipe().unwrap();
    let number = std::os::fd::AsRawFd::as_raw_fd(&reader);
    let given = scan(&[format!("/proc/self/fd/{number}").into()]);
    let reason = "is a named pipe, not a file; standard input is read as `-`";
    assert_eq!(given.unreadable[0].reason, reason);
}

#[cfg(unix)]
#[test]
fn a_closed_folder_is_told() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder(&[("a.yaml", ""), ("closed/b.yaml", "")]);
    let closed = folder.path().join("closed");
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o000)).unwrap();
    let is_open = fs::read_dir(&closed).is_ok();
    let inputs = scan_folder(&folder);
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o700)).unwrap();
    if is_open {
        println!("skipped: this user may read every folder");
        return;
    }
    assert_eq!(names(&inputs, &folder), ["a.yaml"]);
    assert_eq!(inputs.unreadable.len(), 1);
    assert!(inputs.unreadable[0].name.ends_with("/closed"));
    assert_eq!(inputs.unreadable[0].reason, "permission denied");
    assert!(!inputs.unreadable[0].given);
}

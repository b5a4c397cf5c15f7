//! What changed, asked of real repositories.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic; the setting for tests does not reach functions beside them"
)]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, SystemTime},
};

use ringwall_collect::{
    Before, Content, Exclude, Files, Walk,
    git::{Changes, FileChange, changed, repository_root},
    printed_name,
};
use tempfile::TempDir;

struct Repository(TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self(tempfile::tempdir().unwrap());
        repository.git(&["init", "-q", "-b", "main"]);
        for (name, text) in files {
            repository.write(name, text);
        }
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn git(&self, arguments: &[&str]) {
        let status = Command::new("git")
            .arg("-C")
            .arg(self.path())
            .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
            .args(["-c", "commit.gpgsign=false", "-c", "core.autocrlf=false"])
            .args(arguments)
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "git {arguments:?}");
    }

    fn commit(&self) {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", "x"]);
    }

    fn changed(&self, revision: &str) -> Changes {
        changed(revision, self.path()).unwrap()
    }

    /// The files of a walk without `left` as they were, and what their names begin with.
    fn seen(&self, changes: &Changes) -> (Before, String) {
        let root = self.path().canonicalize().unwrap();
        let walk = Walk {
            paths: vec![root.clone()],
            exclude: Exclude::new(&["left", ".*"]).unwrap(),
            ..Walk::default()
        };
        let before = Before::new(&walk, &ringwall_collect::walk(&walk), changes);
        (before, printed_name(&root))
    }

    /// Their names, as seen from the root.
    fn before(&self, changes: &Changes) -> Vec<String> {
        let (before, root) = self.seen(changes);
        let names = before.inputs.files.iter().map(|file| file.name.as_ref());
        let inside = names.map(|name: &str| name.strip_prefix(&root).unwrap()[1..].to_owned());
        inside.collect()
    }

    #[track_caller]
    fn check(&self, changes: &Changes, name: &str, expected: Option<&[(u32, u32)]>) {
        let expected = expected.map(|lines| FileChange::Lines(lines.to_vec()));
        assert_eq!(
            changes.file(self.path().join(name)),
            expected.as_ref(),
            "{name}"
        );
    }

    #[track_caller]
    fn check_whole(&self, changes: &Changes, name: &str) {
        assert_eq!(
            changes.file(self.path().join(name)),
            Some(&FileChange::Whole),
            "{name}"
        );
    }
}

const TEN: &str = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";

#[test]
fn changed_lines_are_those_of_the_work_tree() {
    let repository = Repository::new(&[("a.yaml", TEN), ("same.yaml", TEN), ("gone.yaml", TEN)]);
    repository.write("a.yaml", "1\nx\n3\n4\n5\n6\n8\n9\n10\n11\n12\n");
    fs::remove_file(repository.path().join("gone.yaml")).unwrap();
    repository.git(&["add", "-A"]);
    repository.write("staged.yaml", "1\n2\n");
    repository.git(&["add", "-A"]);
    repository.write("new/untracked.yaml", "1\n");

    let changes = repository.changed("HEAD");
    repository.check(&changes, "gone.yaml", None);
    // Line 2 is new, 7 is gone between what is now 6 and 7, 10 and 11 were added.
    repository.check(&changes, "a.yaml", Some(&[(2, 2), (6, 7), (10, 11)]));
    repository.check(&changes, "same.yaml", None);
    repository.check(&changes, "staged.yaml", Some(&[(1, 2)]));
    repository.check_whole(&changes, "new/untracked.yaml");
    let a = repository.path().join("a.yaml");
    for (start, end, expected) in [
        (1, 1, false),
        (1, 2, true),
        (3, 5, false),
        (6, 6, true),
        (8, 9, false),
        (9, 20, true),
    ] {
        assert_eq!(changes.touches(&a, start, end), expected, "{start} {end}");
    }
    assert!(!changes.is_empty());
    repository.commit();
    assert!(repository.changed("HEAD").is_empty());
}

#[test]
fn before_the_first_commit_everything_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Repository(folder);
    repository.git(&["init", "-q", "-b", "main"]);
    repository.write("staged.yaml", "1\n2\n");
    repository.git(&["add", "-A"]);
    repository.write("untracked.yaml", "1\n");
    let changes = repository.changed("HEAD");
    repository.check(&changes, "staged.yaml", Some(&[(1, 2)]));
    repository.check_whole(&changes, "untracked.yaml");
    assert!(changed("main~1", repository.path()).is_err());
}

#[test]
fn what_the_other_branch_did_since_is_no_change() {
    let repository = Repository::new(&[("a.yaml", TEN), ("b.yaml", TEN)]);
    repository.git(&["checkout", "-q", "-b", "feature"]);
    repository.write("a.yaml", "new\n".to_owned() + TEN);
    repository.commit();
    repository.git(&["checkout", "-q", "main"]);
    repository.write("b.yaml", "moved on\n");
    repository.commit();
    repository.git(&["checkout", "-q", "feature"]);
    for revision in ["main", "main...", "main...feature", "main...HEAD"] {
        let changes = repository.changed(revision);
        repository.check(&changes, "a.yaml", Some(&[(1, 1)]));
        repository.check(&changes, "b.yaml", None);
    }
    let changes = repository.changed("main..HEAD");
    repository.check(&changes, "a.yaml", Some(&[(1, 1)]));
    repository.check(&changes, "b.yaml", Some(&[(1, 10)]));
}

#[test]
fn names_may_hold_anything() {
    let names = [
        "with space.yaml",
        "tab\there",
        "quote\"d",
        "new\nline",
        "ümlaut.yaml",
        "-dash",
        "b/b/x",
    ];
    let repository = Repository::new(&names.map(|name| (name, "1\n")));
    for name in names {
        repository.write(name, "1\n2\n");
    }
    let changes = repository.changed("HEAD");
    for name in names {
        repository.check(&changes, name, Some(&[(2, 2)]));
    }
}

#[test]
fn a_moved_file_changed_only_where_it_differs() {
    let repository = Repository::new(&[("old.yaml", TEN), ("just-moved.yaml", "a\nb\nc\nd\n")]);
    repository.git(&["mv", "old.yaml", "new.yaml"]);
    repository.git(&["mv", "just-moved.yaml", "elsewhere.yaml"]);
    repository.write("new.yaml", TEN.replace('5', "five"));
    let changes = repository.changed("HEAD");
    repository.check(&changes, "new.yaml", Some(&[(5, 5)]));
    repository.check(&changes, "elsewhere.yaml", Some(&[]));
    assert!(!changes.touches(repository.path().join("elsewhere.yaml"), 1, 4));
}

#[test]
fn files_without_lines_change_as_a_whole() {
    let repository = Repository::new(&[("utf16.yaml", "a\0b\0"), ("vendor/x.yaml", "1\n")]);
    repository.write("utf16.yaml", "a\0c\0");
    let inner = repository.path().join("inner");
    fs::create_dir(&inner).unwrap();
    repository.git(&["init", "-q", "inner"]);
    repository.write("inner/a.yaml", "1\n");
    let changes = repository.changed("HEAD");
    repository.check_whole(&changes, "utf16.yaml");
    repository.check_whole(&changes, "inner/a.yaml");
    repository.check(&changes, "vendor/x.yaml", None);
    // Nothing is known of files elsewhere.
    assert!(changes.touches("/etc/hostname", 1, 1));
}

#[test]
fn what_is_not_tracked_is_new_even_where_it_is_ignored() {
    let files = [
        (".gitignore", "*.log\n/out\n"),
        ("a/kept.log", "1\n"),
        ("b/c/d.yaml", "1\n"),
    ];
    let repository = Repository::new(&files);
    for name in ["a.log", "a/b.log", "out/a.yaml", "out/b/c.log"] {
        repository.write(name, "1\n");
    }
    repository.git(&["rm", "-q", "--cached", "b/c/d.yaml"]);
    let changes = repository.changed("HEAD");
    for name in [
        "a.log",
        "a/b.log",
        "out/a.yaml",
        "out/b/c.log",
        "b/c/d.yaml",
    ] {
        repository.check_whole(&changes, name);
    }
}

#[test]
fn the_users_taste_in_diffs_does_not_matter() {
    let repository = Repository::new(&[("a.yaml", TEN)]);
    repository.write("a.yaml", TEN.replace('2', "x").replace('4', "y"));
    for setting in [
        ["diff.noprefix", "true"],
        ["diff.mnemonicPrefix", "true"],
        ["diff.interHunkContext", "9"],
        ["diff.context", "9"],
        ["color.ui", "always"],
        ["diff.relative", "true"],
        ["core.quotePath", "true"],
    ] {
        repository.git(&["config", setting[0], setting[1]]);
    }
    repository.check(
        &repository.changed("HEAD"),
        "a.yaml",
        Some(&[(2, 2), (4, 4)]),
    );
}

#[test]
fn a_hostile_repository_runs_nothing() {
    let repository = Repository::new(&[
        ("a.yaml", "1\n"),
        (".gitattributes", "* filter=evil diff=evil\n"),
    ]);
    let mark = repository.path().join("mark");
    let program = format!("touch '{}' #", mark.display());
    for name in [
        "core.fsmonitor",
        "core.pager",
        "diff.external",
        "diff.evil.command",
        "diff.evil.textconv",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
    ] {
        repository.git(&["-c", "core.fsmonitor=false", "config", name, &program]);
    }
    repository.git(&[
        "-c",
        "core.fsmonitor=false",
        "config",
        "filter.evil.required",
        "true",
    ]);
    repository.write("a.yaml", "1\n2\n");
    let changes = repository.changed("HEAD");
    repository.check(&changes, "a.yaml", Some(&[(2, 2)]));
    assert!(!mark.exists());
}

#[test]
fn files_that_the_index_takes_for_unchanged_are_compared() {
    let names = ["assumed", "skipped", "same", "gone", "sparse", "staged"];
    let repository = Repository::new(&names.map(|name| (name, "1\n")));
    repository.write("staged", "2\n");
    repository.git(&["add", "staged"]);
    for name in ["assumed", "same", "gone", "staged"] {
        repository.git(&["update-index", "--assume-unchanged", name]);
    }
    for name in ["skipped", "sparse"] {
        repository.git(&["update-index", "--skip-worktree", name]);
    }
    for name in ["assumed", "skipped"] {
        repository.write(name, "1\n2\n");
    }
    // As in the commit, whatever the index holds.
    repository.write("staged", "1\n");
    for name in ["gone", "sparse"] {
        fs::remove_file(repository.path().join(name)).unwrap();
    }
    let changes = repository.changed("HEAD");
    for name in ["assumed", "skipped"] {
        repository.check_whole(&changes, name);
    }
    for name in ["same", "gone", "sparse", "staged"] {
        repository.check(&changes, name, None);
    }
    assert_eq!(
        repository.before(&changes),
        ["assumed", "gone", "same", "skipped", "staged"]
    );
}

#[test]
fn a_change_with_an_old_date_is_seen() {
    let repository = Repository::new(&[]);
    let [path, other] = ["a.yaml", "other"].map(|name| repository.path().join(name));
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    // As editors do it that put another file in its place.
    let write = |text: &str| {
        repository.write("other", text);
        let file = fs::File::options().write(true).open(&other).unwrap();
        file.set_modified(long_ago).unwrap();
        fs::rename(&other, &path).unwrap();
    };
    repository.git(&["config", "core.trustctime", "false"]);
    repository.git(&["config", "core.checkStat", "minimal"]);
    write("1\n");
    repository.commit();
    write("2\n");
    let changes = repository.changed("HEAD");
    repository.check(&changes, "a.yaml", Some(&[(1, 1)]));
}

#[test]
fn submodules_are_compared_with_the_commit_they_had() {
    let inner = Repository::new(&[("a.yaml", TEN), ("b.yaml", TEN)]);
    let repository = Repository::new(&[("a.yaml", TEN)]);
    let add = |name: &str| {
        let path = inner.path().to_str().unwrap();
        let add = ["submodule", "--quiet", "add", path, name];
        repository.git(&[&["-c", "protocol.file.allow=always"][..], &add].concat());
    };
    add("sub");
    repository.commit();
    assert!(repository.changed("HEAD").is_empty());
    // By a commit of its own, and without one.
    repository.write("sub/a.yaml", TEN.replace('5', "five"));
    repository.git(&["-C", "sub", "commit", "-q", "-a", "-m", "x"]);
    repository.write("sub/a.yaml", TEN.replace('5', "five").replace('7', "seven"));
    repository.write("sub/new.yaml", "1\n");
    let changes = repository.changed("HEAD");
    repository.check(&changes, "sub/a.yaml", Some(&[(5, 5), (7, 7)]));
    repository.check(&changes, "sub/b.yaml", None);
    repository.check_whole(&changes, "sub/new.yaml");
    assert!(changes.is_folder_touched(repository.path().join("sub")));
    // One that the revision does not have is new.
    add("other");
    repository.check_whole(&repository.changed("HEAD"), "other/a.yaml");
}

#[test]
fn a_hostile_submodule_runs_nothing() {
    let inner = Repository::new(&[("a.yaml", "1\n"), (".gitattributes", "* filter=evil\n")]);
    let repository = Repository::new(&[]);
    let path = inner.path().to_str().unwrap();
    let add = ["submodule", "--quiet", "add", path, "sub"];
    repository.git(&[&["-c", "protocol.file.allow=always"][..], &add].concat());
    repository.commit();
    let mark = repository.path().join("mark");
    let program = format!("touch '{}' #", mark.display());
    for name in ["core.fsmonitor", "filter.evil.clean", "filter.evil.process"] {
        let set = ["-C", "sub", "-c", "core.fsmonitor=false", "config", name];
        repository.git(&[&set[..], &[&program]].concat());
    }
    repository.write("sub/a.yaml", "1\n2\n");
    let changes = repository.changed("HEAD");
    repository.check(&changes, "sub/a.yaml", Some(&[(2, 2)]));
    assert!(!mark.exists());
}

#[test]
fn the_files_of_a_revision_are_found_under_their_old_names() {
    let repository = Repository::new(&[
        ("same.yaml", "same"),
        ("edited.yaml", TEN),
        ("old/moved.yaml", TEN),
        ("gone/gone.yaml", "gone"),
        ("left/out.yaml", "out"),
    ]);
    repository.write("edited.yaml", "edited");
    repository.git(&["mv", "old/moved.yaml", "moved.yaml"]);
    repository.git(&["rm", "-q", "-r", "gone", "left"]);
    repository.write("new.yaml", "new");
    let changes = repository.changed("HEAD");
    let expected = [
        "edited.yaml",
        "gone/gone.yaml",
        "old/moved.yaml",
        "same.yaml",
    ];
    assert_eq!(repository.before(&changes), expected);
    let (before, root) = repository.seen(&changes);
    let texts = before.inputs.files.iter().map(|file| {
        let content = Files::Before(&before).read(file, 100);
        content.text().unwrap().to_owned()
    });
    assert_eq!(texts.collect::<Vec<_>>(), [TEN, "gone", TEN, "same"]);
    let renamed = |name: &str| before.renamed.get(&*format!("{root}/{name}")).cloned();
    let moved = format!("{root}/moved.yaml");
    assert_eq!(renamed("old/moved.yaml").as_deref(), Some(&*moved));
    assert_eq!(before.renamed.len(), 1);
    let edited = &before.inputs.files[0];
    let too_large = Files::Before(&before).read(edited, 5);
    assert!(matches!(too_large, Content::TooLarge { size: Some(21) }));
    // What follows is read by another git.
    assert_eq!(Files::Before(&before).read(edited, 100).text(), Some(TEN));
    for (neighbour, expected) in [("same.yaml", true), ("new.yaml", false), ("none", false)] {
        let found = Files::Before(&before).has_neighbour(edited, neighbour);
        assert_eq!(found, expected, "{neighbour}");
    }
}

#[test]
fn a_content_that_the_repository_lacks_is_told() {
    let repository = Repository::new(&[("a.yaml", TEN)]);
    repository.write("a.yaml", "1\n");
    let changes = repository.changed("HEAD");
    let (before, _) = repository.seen(&changes);
    fs::remove_dir_all(repository.path().join(".git/objects")).unwrap();
    fs::create_dir(repository.path().join(".git/objects")).unwrap();
    let file = &before.inputs.files[0];
    let content = Files::Before(&before).read(file, 100);
    assert!(matches!(content, Content::Unreadable(_)), "{content:?}");
}

#[test]
fn revisions_that_are_none_are_refused() {
    let repository = Repository::new(&[("a.yaml", "1\n")]);
    let mark = repository.path().join("mark");
    let output = format!("--output={}", mark.display());
    for revision in [
        output.as_str(),
        &format!("{output}...HEAD"),
        &format!("HEAD..{output}"),
        "-p",
        "",
        "nope",
        "nope...HEAD",
        "HEAD:a.yaml",
        "a\0b",
        "HEAD\n--all",
        "a.yaml",
    ] {
        let error = changed(revision, repository.path())
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!("unknown revision '{revision}'")),
            "{revision}: {error}"
        );
    }
    assert!(!mark.exists());
}

#[test]
fn a_folder_outside_of_any_repository_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let error = changed("HEAD", folder.path()).unwrap_err().to_string();
    assert!(error.starts_with("not a git repository: "), "{error}");
}

#[test]
fn the_root_is_found_from_files_and_folders() {
    let repository = Repository::new(&[("a/b.yaml", "1\n")]);
    let root = repository.path().canonicalize().unwrap();
    for name in ["a/b.yaml", "a", "", "a/gone.yaml"] {
        assert_eq!(
            repository_root(&repository.path().join(name)).unwrap(),
            root,
            "{name}"
        );
    }
    // From a subfolder the whole repository is compared.
    repository.write("top.yaml", "1\n");
    let changes = changed("HEAD", &repository.path().join("a")).unwrap();
    repository.check_whole(&changes, "top.yaml");
}

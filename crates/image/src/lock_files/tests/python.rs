//! Lock files of Python.

use std::sync::Arc;

use ringwall_model::Source;

use super::{LockFile, LockFileKind, check};

#[test]
fn requirements_need_a_pin() {
    check(
        LockFileKind::Requirements,
        "# comment
--index-url https://example.com/simple
A.b==1.0  # why
c[x,y] == 2.0 ; python_version < '3'
d==3.0 \\
    --hash=sha256:0a \\
    --hash=sha256:0b
e===4.0+local
f>=1,==1.5
g>=1.0
h==1.*
i
-r requirements-dev.txt
-r base.txt
-e .
./j
-e git+https://github.com/x/k.git#egg=k
l @ https://example.com/l.whl
m @ file:///m.whl
*
# a comment ends with its line \\
n==4.0
o==${O}
-r https://example.com/requirements.txt
-r ../base/requirements.txt
",
        &[
            "3 A.b 1.0",
            "4 c 2.0",
            "5 d 3.0",
            "8 e 4.0+local",
            "9 f 1.5",
            "22 n 4.0",
            "10: 3 are not pinned to one version with ==",
            "14: 3 stand for requirements in files of other names or outside the folder",
            "17: 2 come from git or an address and name no published version",
            "23: 1 take their version from a variable",
            "20! is no requirement",
        ],
    );
}

#[test]
fn requirements_may_fill_a_folder() {
    let told = |name: &str, text: &str| {
        let source = Arc::new(Source::new(name, text));
        let file = LockFile::parse(LockFileKind::Requirements, &source);
        (file.packages.len(), file.unlisted.len(), file.damage.len())
    };
    let text = "-r base.txt\na==1.0\n";
    assert_eq!(told("x/requirements/dev.txt", text), (1, 0, 0));
    assert_eq!(told("x/requirements.txt", text), (1, 1, 0));
    let text = "-r ./requirements/base.txt\na==1.0\n";
    assert_eq!(told("x/requirements.txt", text), (1, 0, 0));
    assert_eq!(
        told("requirements.lock", "# Rye\n-e file:.\na==1.0\n"),
        (1, 0, 0)
    );
}

#[test]
fn prose_in_a_folder_of_requirements_is_none() {
    let check = |text: &str, is_read: bool| {
        let of = |name: &str| {
            let source = Arc::new(Source::new(name, text));
            LockFile::parse(LockFileKind::Requirements, &source) != LockFile::default()
        };
        assert_eq!(of("x/requirements/tea.txt"), is_read, "{text}");
        assert!(of("x/requirements/requirements.txt"), "{text}");
    };
    check("# Tea\n\nThe pot shall hold tea == 1 litre.\n", false);
    check("1. Tea\n", false);
    check("tea\n", true);
    check("tea ; python_version < '3'\n", true);
    check("tea[cup]>=1\n", true);
    check("tea @ https://example.com/tea.whl\n", true);
    check("git+https://example.com/tea.git\n", true);
    check("--index-url https://example.com/simple\ntea==1.0\n", true);
}

#[test]
fn charts_are_no_requirements() {
    let text = "# of Helm\ndependencies:\n- name: a\n  version: 1.0.0\ndigest: sha256:0a\n";
    let source = Arc::new(Source::new("x/requirements.lock", text));
    let file = LockFile::parse(LockFileKind::Requirements, &source);
    assert_eq!(file, LockFile::default());
}

#[test]
fn python_lock_files_are_read() {
    check(
        LockFileKind::Pipenv,
        r#"{
    "_meta": {"hash": {"sha256": "0a"}, "sources": []},
    "default": {
        "a": {
            "hashes": ["sha256:0a"],
            "version": "==1.0"
        },
        "g": {"git": "https://github.com/x/g.git", "ref": "0a"},
        "own": {"editable": true, "path": "."},
        "tar": {"file": "https://example.com/a.tar.gz"}
    },
    "develop": {"b": {"version": "==2.0"}}
}"#,
        &[
            "4 a 1.0",
            "12 b 2.0 dev",
            "8: 2 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Poetry,
        r#"[[package]]
name = "a"
version = "1.0"
category = "dev"
files = []

[package.dependencies]
b = {version = ">=1", optional = true}

[[package]]
name = "b"
version = "2.0"
groups = ["main", "dev"]

[[package]]
name = "g"
version = "3.0"
[package.source]
type = "git"
url = "https://github.com/x/g.git"

[[package]]
name = "own"
version = "0.1"
source = {type = "directory", url = "own"}

[metadata]
lock-version = "2.1"
"#,
        &[
            "2 a 1.0 dev",
            "11 b 2.0",
            "16: 1 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Uv,
        r#"version = 1

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
wheels = [
    { url = "https://example.com/a.whl", hash = "sha256:0a", size = 1 },
]

[[package]]
name = "shop"
version = "0.1"
source = { virtual = "." }

[[package]]
name = "g"
version = "0.1"
source = { git = "https://github.com/x/g?rev=0a#0a" }
"#,
        &[
            "4 a 1.0",
            "17: 1 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Pdm,
        "[[package]]\nname = \"a\"\nversion = \"1.0\"\ngroups = [\"default\"]\n\n[[package]]\nname = \"g\"\nversion = \"1.0\"\ngit = \"https://x\"\n",
        &[
            "2 a 1.0",
            "7: 1 come from git or an address and name no published version",
        ],
    );
}

#[test]
fn uv_called_packages_distributions_at_first() {
    check(
        LockFileKind::Uv,
        r#"version = 1

[[distribution]]
name = "a"
version = "1.0"
source = "registry+https://pypi.org/simple"

[[distribution]]
name = "b"
version = "2.0"
source = { registry = "https://pypi.org/simple" }

[[distribution]]
name = "g"
version = "1.0"
source = "git+https://example.com/g?rev=1#0a"

[[distribution]]
name = "h"
version = "1.0"
source = "direct+https://example.com/h.whl"

[[distribution]]
name = "own"
version = "0.1"
source = "editable+."
"#,
        &[
            "4 a 1.0",
            "9 b 2.0",
            "14: 2 come from git or an address and name no published version",
        ],
    );
}

#[test]
fn the_lock_file_of_all_installers_is_read() {
    check(
        LockFileKind::Pylock,
        r#"lock-version = "1.0"
created-by = "uv"

[[packages]]
name = "a"
version = "1.0"
index = "https://pypi.org/simple"
[[packages.wheels]]
name = "a-1.0-py3-none-any.whl"
url = "https://example.com/a-1.0-py3-none-any.whl"

[[packages]]
name = "b"
version = "2.0"
marker = "'dev' in dependency_groups"

[[packages]]
name = "c"
version = "3.0"
marker = "'dev' in dependency_groups or 'x' in extras"

[[packages]]
name = "g"
version = "1.0"
vcs = {type = "git", url = "https://github.com/x/g.git", commit-id = "0a"}

[[packages]]
name = "h"
archive = {url = "https://example.com/h.tar.gz"}

[[packages]]
name = "i"
archive = {path = "i.tar.gz"}

[[packages]]
name = "own"
[packages.directory]
path = "."
editable = true
"#,
        &[
            "5 a 1.0",
            "13 b 2.0 dev",
            "18 c 3.0",
            "23: 2 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Pylock,
        "lock-version = \"2.0\"\n",
        &["1! is of version 2.0, which is not read"],
    );
    check(
        LockFileKind::Pylock,
        "packages = []\n",
        &["1! names no package and states no version"],
    );
}

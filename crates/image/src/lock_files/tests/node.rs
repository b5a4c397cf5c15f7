//! Lock files of Node.js.

use super::{LockFileKind, check, told};

#[test]
fn npm_names_places_since_version_2() {
    check(
        LockFileKind::Npm,
        r#"{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {
    "": {"name": "shop", "version": "1.0.0", "dependencies": {"a": "^1"}},
    "node_modules/a": {
      "version": "1.0.0",
      "resolved": "https://registry.npmjs.org/a/-/a-1.0.0.tgz",
      "engines": {"node": ">=6"}
    },
    "node_modules/a/node_modules/@s/b": {"version": "2.0.0-rc.1", "dev": true},
    "node_modules/other": {"name": "@s/b", "version": "3.0.0"},
    "node_modules/ws": {"resolved": "packages/ws", "link": true},
    "packages/ws": {"version": "0.1.0"},
    "packages/ws/node_modules/a": {"version": "1.0.0", "dev": true},
    "node_modules/g": {"version": "1.0.0", "resolved": "git+ssh://git@github.com/x/g.git#0a"},
    "node_modules/f": {"version": "1.0.0", "resolved": "file:f.tgz"},
    "node_modules/p": {"optional": true}
  },
  "dependencies": {"a": {"version": "9.9.9"}}
}
"#,
        &[
            "6 a 1.0.0",
            "11 @s/b 2.0.0-rc.1 dev",
            "12 @s/b 3.0.0",
            "16: 1 come from git or an address and name no published version",
            "18: 1 have no version",
        ],
    );
}

#[test]
fn npm_nests_dependencies_in_version_1() {
    let text = r#"{
	"dependencies": {
		"a": {
			"version": "1.0.0",
			"requires": {"b": "1"},
			"dependencies": {
				"b": {"version": "1.5.0", "dev": true}
			}
		},
		"alias": {"version": "npm:@s/c@2.0.0"},
		"g": {"version": "github:x/g#0a"},
		"t": {"version": "https://example.com/t.tgz"},
		"f": {"version": "file:../f"}
	}
}"#;
    let git = "11: 2 come from git or an address and name no published version";
    check(
        LockFileKind::Npm,
        text,
        &["3 a 1.0.0", "7 b 1.5.0 dev", "10 @s/c 2.0.0", git],
    );
    // Version 2 has both, in either order.
    let both = text.replacen(
        '{',
        "{\"packages\": {\"node_modules/z\": {\"version\": \"1.0.0\"}},",
        1,
    );
    check(LockFileKind::Npm, &both, &["1 z 1.0.0"]);
    let both = text.replace(
        "\n}",
        ",\n\"packages\": {\"node_modules/z\": {\"version\": \"1.0.0\"}}}",
    );
    let last = told(LockFileKind::Npm, &both);
    assert_eq!(last.last().unwrap(), "15 z 1.0.0");
    assert_eq!(last.len(), 1);
}

#[test]
fn yarn_1_is_read() {
    check(
        LockFileKind::Yarn,
        r#"# yarn lockfile v1


"@s/a@^1.0.0", "@s/a@~1.0.1":
  version "1.0.2"
  resolved "https://registry.yarnpkg.com/@s/a/-/a-1.0.2.tgz#0a"
  dependencies:
    version "^9.0.0"

b@1.x:
  version "1.3.0"

"c@npm:@s/d@^2":
  version "2.1.0"

"g@git+https://github.com/x/g.git":
  version "1.0.0"
  resolved "git+https://github.com/x/g.git#0a"

h@x/h:
  version "1.0.0"
  resolved "https://codeload.github.com/x/h/tar.gz/0a"

"f@file:../f":
  version "1.0.0"
"#,
        &[
            "4 @s/a 1.0.2",
            "10 b 1.3.0",
            "13 @s/d 2.1.0",
            "16: 2 come from git or an address and name no published version",
        ],
    );
}

#[test]
fn yarn_since_2_is_read() {
    check(
        LockFileKind::Yarn,
        r#"__metadata:
  version: 8
  cacheKey: 10c0

"@s/a@npm:^1.0.0, @s/a@npm:~1.0.1":
  version: 1.0.2
  resolution: "@s/a@npm:1.0.2"
  dependencies:
    b: "npm:^1"
  checksum: 10c0/0a
  languageName: node

? "b@npm:^1, b@npm:^1.1"
:
  version: 1.3.0
  resolution: "b@npm:1.3.0"

"c@npm:d@^2":
  version: 2.1.0
  resolution: "d@npm:2.1.0"

"e@patch:e@npm%3A5.0.0#./e.patch":
  version: 5.0.0
  resolution: "e@patch:e@npm%3A5.0.0#./e.patch::version=5.0.0&hash=0a"

"g@https://github.com/x/g.git":
  version: 1.0.0
  resolution: "g@https://github.com/x/g.git#commit=0a"

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
"#,
        &[
            "5 @s/a 1.0.2",
            "13 b 1.3.0",
            "18 d 2.1.0",
            "22 e 5.0.0",
            "26: 1 come from git or an address and name no published version",
        ],
    );
}

#[test]
fn keys_of_yarn_may_have_quotes() {
    check(
        LockFileKind::Yarn,
        "a@^1.0.0:\n  \"integrity\" \"sha512-0a\"\n  \"version\" \"1.0.2\"\n",
        &["1 a 1.0.2"],
    );
    check(
        LockFileKind::Yarn,
        "\"b@npm:^1\":\n  \"version\": 1.3.0\n  \"resolution\": \"b@npm:1.3.0\"\n",
        &["1 b 1.3.0"],
    );
}

#[test]
fn the_address_tells_what_yarn_put_in_the_place_of_another() {
    let check = |resolved: &str, name: &str| {
        let text = format!("a@^1.0.0:\n  version \"2.0.0\"\n  resolved \"{resolved}\"\n");
        assert_eq!(
            told(LockFileKind::Yarn, &text),
            [format!("1 {name} 2.0.0")],
            "{resolved}"
        );
    };
    check("https://registry.yarnpkg.com/b/-/b-2.0.0.tgz#0a", "b");
    check("https://registry.yarnpkg.com/@s/b/-/b-2.0.0.tgz", "@s/b");
    check("https://example.com/npm/@s%2fb/-/b-2.0.0.tgz", "@s/b");
    check("https://example.com/api/npm/b/-/b-2.0.0.tgz", "b");
    check("https://example.com/download/b/2.0.0/0a", "a");
    check("https://example.com//-/x.tgz", "a");
    check("https:///-/x.tgz", "a");
    check("", "a");
}

#[test]
fn yarn_tells_of_damage() {
    check(
        LockFileKind::Yarn,
        "a@1:\n<<<<<<< ours\n  version \"1.0.0\"\n=======\n  version \"1.0.1\"\n>>>>>>> theirs\nno heading\n",
        &[
            "1 a 1.0.1",
            "2! a conflict of a merge is not solved",
            "7! a heading has no colon at its end",
        ],
    );
}

#[test]
fn pnpm_is_read_in_three_versions() {
    check(
        LockFileKind::Pnpm,
        "lockfileVersion: 5.4
packages:

  /a/1.0.0:
    resolution: {integrity: sha512-0a}
    dev: true

  /@s/b/2.0.0_a@1.0.0:
    resolution: {integrity: sha512-0a}

  /c/3.0.0/a@1.0.0:
    resolution: {integrity: sha512-0a}

  registry.example.com/d/4.0.0:
    resolution: {integrity: sha512-0a}

  github.com/x/g/0a0a:
    resolution: {tarball: https://codeload.github.com/x/g/tar.gz/0a0a}
    name: g
    version: 1.0.0

  file:../f:
    resolution: {directory: ../f, type: directory}
",
        &[
            "4 a 1.0.0 dev",
            "8 @s/b 2.0.0",
            "11 c 3.0.0",
            "14 d 4.0.0",
            "17: 1 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Pnpm,
        "lockfileVersion: '6.0'
packages:
  /@s/b@2.0.0(a@1.0.0)(@s/c@1.0.0):
    resolution: {integrity: sha512-0a}
    dev: false
  /@s/b@2.0.0(a@1.1.0):
    resolution: {integrity: sha512-0a}
    dev: true
  github.com/x/g/0a0a:
    name: g
  registry.example.com/c@3.0.0:
    resolution: {integrity: sha512-0a}
  registry.example.com/@s/d@4.0.0(@s/b@2.0.0):
    resolution: {integrity: sha512-0a}
",
        &[
            "3 @s/b 2.0.0",
            "11 c 3.0.0",
            "13 @s/d 4.0.0",
            "9: 1 come from git or an address and name no published version",
        ],
    );
    check(
        LockFileKind::Pnpm,
        "lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a: {specifier: ^1, version: 1.0.0}
packages:
  a@1.0.0:
    resolution: {integrity: sha512-0a}
  '@s/b@2.0.0-rc.1':
    resolution: {integrity: sha512-0a}
  f@file:../f:
    resolution: {directory: ../f, type: directory}
  g@https://codeload.github.com/x/g/tar.gz/0a:
    resolution: {tarball: https://codeload.github.com/x/g/tar.gz/0a}
    version: 1.0.0
snapshots:
  a@1.0.0: {}
  z@1.0.0: {}
",
        &[
            "7 a 1.0.0",
            "9 @s/b 2.0.0-rc.1",
            "13: 1 come from git or an address and name no published version",
        ],
    );
}

#[test]
fn bun_is_read() {
    check(
        LockFileKind::Bun,
        r#"{
  "lockfileVersion": 1,
  "workspaces": {"": {"dependencies": {"a": "^1.0.0",},},},
  "packages": {
    "@s/a": ["@s/a@1.0.2", "", {"dependencies": {"b": "1"},}, "sha512-0a"],

    "@s/a/b": ["b@1.3.0", "https://npm.example.com/", {}, "sha512-0a",],
    "c": ["d@2.1.0", "", {}, "sha512-0a"],
    "f": ["f@file:../f", {}],
    "g": ["g@github:x/g#0a", {}, "x-g-0a"],
    "h": ["h@https://example.com/h.tgz", {}, "sha512-0a"],
    "r": ["r@root:", {}],
    "w": ["w@workspace:packages/w"],
    "x": [],
  },
}
"#,
        &[
            "5 @s/a 1.0.2",
            "7 b 1.3.0",
            "8 d 2.1.0",
            "10: 2 come from git or an address and name no published version",
            "14! a package does not say what was found",
        ],
    );
    check(
        LockFileKind::Bun,
        r#"{"lockfileVersion": 9}"#,
        &["1! is of version 9, which is not read"],
    );
    check(LockFileKind::Bun, "{}", &["1! states no lockfileVersion"]);
    check(
        LockFileKind::Bun,
        r#"{"lockfileVersion": 1, "packages": []}"#,
        &["1! has no list of packages"],
    );
    check(
        LockFileKind::Npm,
        r#"{"packages": {"node_modules/a": {"version": "1.0.0",}}}"#,
        &["1! a key in double quotes is missing"],
    );
}

//! What is left of packages whose metadata a layer removes, what links hide, and programs without a mode.

use crate::build::{MS, OS, STATUS, gaps, scan_layers};

const LIST: (&str, &str) = ("var/lib/dpkg/status", STATUS);

#[test]
fn packages_do_not_go_away_with_what_tells_of_them() {
    let check = |lower: &[(&str, &str)], upper: &[(&str, &str)], expected: &[&str]| {
        let report = scan_layers(&[&[&[OS, LIST], lower].concat(), upper]);
        assert_eq!(gaps(&report), expected, "{lower:?} {upper:?}");
    };
    let left = ["unreadable-package-list"];
    let node = [
        ("srv/node_modules/ms/package.json", MS),
        ("srv/node_modules/ms/index.js", ""),
    ];
    check(
        &node,
        &[("srv/node_modules/ms/.wh.package.json", "")],
        &left,
    );
    check(&node, &[("srv/node_modules/.wh.ms", "")], &[]);
    check(&node, &[("srv/.wh.node_modules", "")], &[]);
    check(&node, &[node[0]], &[]);
    let packages = "usr/lib/python3/site-packages";
    let module = format!("{packages}/requests/__init__.py");
    let metadata = |version| format!("{packages}/requests-{version}.dist-info/METADATA");
    let (old, new) = (metadata("2.0"), metadata("2.1"));
    let python = [
        (
            &*old,
            "Metadata-Version: 2.1\nName: Requests\nVersion: 2.0\n",
        ),
        (&*module, ""),
    ];
    let gone = format!("{packages}/.wh.requests-2.0.dist-info");
    let gone = (&*gone, "");
    check(&python, &[gone], &left);
    check(&python, &[("usr/lib/python3/.wh.site-packages", "")], &[]);
    let module_gone = format!("{packages}/.wh.requests");
    check(&python, &[gone, (&*module_gone, "")], &[]);
    let upgraded = (
        &*new,
        "Metadata-Version: 2.1\nName: Requests\nVersion: 2.1\n",
    );
    check(&python, &[gone, upgraded], &[]);
    let gem = [
        (
            "gems/specifications/tea-2.2.6.gemspec",
            "# stub: tea 2.2.6 ruby lib\ns.name = \"tea\"\ns.version = \"2.2.6\"\n",
        ),
        ("gems/gems/tea-2.2.6/", ""),
    ];
    let gone = ("gems/specifications/.wh.tea-2.2.6.gemspec", "");
    check(&gem, &[gone], &left);
    check(&gem, &[gone, ("gems/gems/.wh.tea-2.2.6", "")], &[]);
}

#[test]
fn links_to_what_is_not_read_are_told() {
    let check = |files: &[(&str, &str)], expected: &[&str]| {
        let report = scan_layers(&[&[&[OS, LIST], files].concat()]);
        assert_eq!(gaps(&report), expected, "{files:?}");
    };
    let hidden = ("srv/deps/ms/package.json", MS);
    check(
        &[hidden, ("app/node_modules", "-> /srv/deps")],
        &["unassessed-packages"],
    );
    let file = (
        "app/node_modules/ms/package.json",
        "-> /srv/deps/ms/package.json",
    );
    check(&[hidden, file], &["unreadable-package-list"]);
    let seen = ("srv/node_modules/ms/package.json", MS);
    check(&[seen, ("app/node_modules", "-> ../srv/node_modules")], &[]);
}

/// A library of ELF, as its first bytes tell it.
const LIBRARY: &[u8] = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0";

#[test]
fn libraries_need_no_mode() {
    let os = (OS.0, OS.1.as_bytes());
    let status = (LIST.0, STATUS.as_bytes());
    let library = ("usr/local/lib/libssl.so.3", LIBRARY);
    let list = |path, text: &'static str| (path, text.as_bytes());
    let check = |files: &[(&str, &[u8])], expected: &[&str]| {
        assert_eq!(gaps(&scan_layers(&[files])), expected, "{files:?}");
    };
    check(&[os, status, library], &["unassessed-program"]);
    let owned = list(
        "var/lib/dpkg/info/libc6.list",
        "/usr/local/lib/libssl.so.3\n",
    );
    check(&[os, status, owned, library], &[]);
    // Without dpkg, a list of digests tells whose it is.
    let part = ("var/lib/dpkg/status.d/libc6", STATUS.as_bytes());
    let sums = list(
        "var/lib/dpkg/status.d/libc6.md5sums",
        "d41d8cd98f00b204e9800998ecf8427e  usr/local/lib/libssl.so.3\n",
    );
    check(&[os, part, sums, library], &[]);
    let object = [LIBRARY.get(..16).unwrap(), b"\x01\0\x3e\0"].concat();
    check(&[os, status, ("usr/local/lib/a.o", &object)], &[]);
}

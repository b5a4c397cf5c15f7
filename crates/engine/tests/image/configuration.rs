//! How images are configured, and which of their files have more rights than usual.

use ringwall_engine::{Advisories, ImageExceptions, ImageOptions, scan_image};
use ringwall_model::Date;
use serde_json::{Value, json};

use crate::build::{OS, gzip, layout_with};

/// A file with a mode; a path that ends with `/` is a folder.
fn layer(files: &[(&str, u32, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, mode, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(*mode);
        header.set_size(content.len() as u64);
        if path.ends_with('/') {
            header.set_entry_type(tar::EntryType::Directory);
        }
        if let Some(target) = content.strip_prefix("= ") {
            header.set_size(0);
            header.set_entry_type(tar::EntryType::Link);
            builder.append_link(&mut header, path, target).unwrap();
            continue;
        }
        builder
            .append_data(&mut header, path, content.as_bytes())
            .unwrap();
    }
    builder.into_inner().unwrap()
}

/// Checks with their messages of what is found in an image.
fn found(layers: &[Vec<u8>], config: &Value) -> Vec<(String, String)> {
    let layers: Vec<_> = layers.iter().map(|it| (it.clone(), gzip(it))).collect();
    let image = layout_with(&layers, layers.len(), config);
    let image = ringwall_collect::image::open_image(image.path(), None).unwrap();
    let as_of = Date::new(2026, 11, 28).unwrap();
    let options = ImageOptions {
        name: "image",
        advisories: Advisories::Missing,
        exceptions: &ImageExceptions::none(as_of),
        finds_secrets: true,
        rules: None,
        cache: None,
        as_of,
    };
    let report = scan_image(&image, &options);
    let findings = report.findings.into_iter();
    findings
        .map(|it| (it.check.to_string(), it.message))
        .collect()
}

fn checks(layers: &[Vec<u8>], config: &Value) -> Vec<String> {
    found(layers, config)
        .into_iter()
        .map(|(check, _)| check)
        .collect()
}

/// Nothing is wrong with it.
fn sound() -> Value {
    json!({"config": {"User": "1000:1000", "Healthcheck": {"Test": ["CMD", "true"]}}})
}

fn os() -> Vec<u8> {
    layer(&[(OS.0, 0o644, OS.1)])
}

#[test]
fn users_are_root_a_name_or_a_number() {
    let check = |user: &str, expected: &[&str]| {
        let mut config = sound();
        config["config"]["User"] = user.into();
        assert_eq!(checks(&[os()], &config), expected, "{user:?}");
    };
    check("", &["unset-image-user"]);
    check("root", &["root-image-user"]);
    check("0", &["root-image-user"]);
    check("00:0", &["root-image-user"]);
    check("root:1000", &["root-image-user"]);
    check(":1000", &["root-image-user"]);
    check("+0", &["root-image-user"]);
    check("4294967296:1", &["root-image-user"]);
    check("app", &["non-numeric-image-user"]);
    check("10", &[]);
    check("1000:0", &[]);
    let mut windows = sound();
    windows["config"]["User"] = "".into();
    windows["os"] = "windows".into();
    assert_eq!(checks(&[os()], &windows), Vec::<String>::new());
}

#[test]
fn ports_health_and_additions_are_read_from_the_configuration() {
    let config = json!({
        "created": "2025-01-01T00:00:00Z",
        "config": {"User": "1", "ExposedPorts": {"22/tcp": {}, "80/tcp": {}, "8080": {}}},
        "history": [
            {"created_by": "ADD https://example.com/a.tgz /a # buildkit"},
            {"created_by": "/bin/sh -c #(nop) ADD file:0123 in /", "empty_layer": true},
            {"created_by": "ADD --checksum=sha256:0 https://example.com/b /b", "empty_layer": true},
        ],
    });
    assert_eq!(
        checks(&[os()], &config),
        [
            "ssh-image-port",
            "unverified-remote-add",
            "stale-image",
            "missing-healthcheck-instruction",
            "privileged-image-port"
        ]
    );
    // `HEALTHCHECK NONE` is an answer, as in a Dockerfile; some builders leave ranges of ports as they are written.
    let mut config = sound();
    config["config"]["Healthcheck"]["Test"] = json!(["NONE"]);
    config["config"]["ExposedPorts"] = json!({"20-25/tcp": {}, "8080-8090": {}, "x-1": {}});
    let expected = ["ssh-image-port", "privileged-image-port"];
    assert_eq!(checks(&[os()], &config), expected);
    // Builds that give the same bytes each time say that they are of the beginning of time.
    let mut config = sound();
    config["created"] = "1970-01-01T00:00:00Z".into();
    assert_eq!(checks(&[os()], &config), Vec::<String>::new());
}

#[test]
fn a_distribution_without_support_is_a_finding() {
    let old = layer(&[("etc/os-release", 0o644, "ID=alpine\nVERSION_ID=3.12.1\n")]);
    let found = found(&[old], &sound());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "end-of-life-base-image");
    assert!(
        found[0]
            .1
            .contains("alpine 3.12, which had support until 2022-05-01")
    );
}

#[test]
fn rights_of_files_count_where_a_container_sees_them() {
    let status = "Package: sudo\nStatus: install ok installed\nVersion: 1\n\n";
    let base = layer(&[
        (OS.0, 0o644, OS.1),
        ("var/lib/dpkg/status", 0o644, status),
        ("var/lib/dpkg/info/sudo.list", 0o644, "/usr/bin/sudo\n"),
        ("usr/bin/sudo", 0o4755, "#!"),
        ("opt/own", 0o6755, "#!"),
        ("opt/data", 0o4644, "not a program"),
        ("tmp/", 0o1777, ""),
        ("srv/", 0o777, ""),
        ("opt/open", 0o666, ""),
        ("opt/gone", 0o4755, "#!"),
    ]);
    let upper = layer(&[("opt/.wh.gone", 0o644, "")]);
    let expected = [
        ("world-writable-image-file", "/opt/open may"),
        ("setuid-image-file", "/opt/own runs"),
        ("world-writable-image-file", "/srv is a folder"),
        ("setuid-image-file", "1 program of the distribution"),
    ];
    let judged = found(&[base.clone(), upper], &sound());
    assert_eq!(judged.len(), expected.len(), "{judged:?}");
    for ((check, message), (expected, start)) in judged.iter().zip(expected) {
        assert_eq!(check, expected);
        assert!(message.starts_with(start), "{message}");
    }
    // A layer that names the folder again gives it other rights; a copy without the bit is another file.
    let mended = layer(&[
        ("srv/", 0o755, ""),
        ("opt/own", 0o755, "#!"),
        ("opt/open", 0o644, ""),
    ]);
    let judged = checks(&[base, mended], &sound());
    assert_eq!(judged, ["setuid-image-file", "setuid-image-file"]);
}

#[test]
fn a_user_may_be_root_by_another_name() {
    let with = |user: &str| {
        let mut config = sound();
        config["config"]["User"] = json!(user);
        config
    };
    let passwd = |text: &str| layer(&[(OS.0, 0o644, OS.1), ("etc/passwd", 0o644, text)]);
    let roots = passwd("toor:x:0:0::/root:/bin/sh\n1001:x:0:0::/:\napp:x:1000:0::/:\n");
    for user in ["toor", "toor:app", "1001", "1001:0"] {
        let judged = found(std::slice::from_ref(&roots), &with(user));
        assert_eq!(judged.len(), 1, "{judged:?}");
        assert_eq!(judged[0].0, "root-image-user");
        let message = format!("the image runs as {user}, which is root by its etc/passwd");
        assert_eq!(judged[0].1, message);
    }
    assert_eq!(
        checks(std::slice::from_ref(&roots), &with("1000")),
        Vec::<String>::new()
    );
    assert_eq!(
        checks(std::slice::from_ref(&roots), &with("app")),
        ["non-numeric-image-user"]
    );
    // What a later layer says counts.
    let mended = passwd("toor:x:5:0::/:\n");
    let layers = [roots, mended];
    assert_eq!(checks(&layers, &with("toor")), ["non-numeric-image-user"]);
}

#[test]
fn another_name_of_a_file_has_its_rights() {
    let base = [(OS.0, 0o644, OS.1), ("opt/own", 0o4755, "#!")];
    let link = ("opt/other", 0o4755, "= opt/own");
    let bare = ("opt/other", 0o644, "= opt/own");
    let gone = ("opt/.wh.own", 0o644, "");
    let same = |link| layer(&[&base[..], &[link]].concat());
    for layers in [
        vec![same(link), layer(&[gone])],
        vec![same(bare), layer(&[gone])],
        vec![layer(&base), layer(&[link, gone])],
        vec![layer(&base), layer(&[bare]), layer(&[gone])],
    ] {
        let judged = found(&layers, &sound());
        let [(check, message)] = &judged[..] else {
            panic!("{judged:?}");
        };
        assert_eq!(check, "setuid-image-file");
        assert!(message.starts_with("/opt/other runs"), "{message}");
    }
    // One that came after the first name was mended.
    let mended = layer(&[("opt/own", 0o755, "#!")]);
    let layers = [
        layer(&base),
        mended,
        layer(&[("opt/other", 0o755, "= opt/own")]),
    ];
    assert_eq!(checks(&layers, &sound()), Vec::<String>::new());
}

#[test]
fn shells_and_package_managers_are_worth_knowing() {
    let tools = layer(&[
        (OS.0, 0o644, OS.1),
        ("bin/busybox", 0o755, "#!"),
        ("usr/bin/apt-get", 0o755, "#!"),
        ("usr/share/bash", 0o755, "#!"),
    ]);
    let judged = found(&[tools], &sound());
    assert_eq!(
        judged,
        [
            (
                "shell-in-image".to_owned(),
                "the image has shells: /bin/busybox".to_owned()
            ),
            (
                "package-manager-in-image".to_owned(),
                "the image has package managers: /usr/bin/apt-get".to_owned()
            ),
        ]
    );
}

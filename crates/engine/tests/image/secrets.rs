//! Secrets in files, in files that are gone, and in the configuration.

use ringwall_model::{Confidence, Severity};
use ringwall_report::ImageReport;
use serde_json::json;

use crate::build::{OS, gzip, layer, layers_of, layout, layout_with, scan, scan_layers};

/// A token of nobody: the form is right, the rest was made up for this test.
fn token() -> String {
    format!("ghp_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

/// Another one, which something had before.
fn former() -> String {
    token().replace("a1B2", "z9Y8")
}

/// Findings about secrets: check, place, severity.
fn found(report: &ImageReport) -> Vec<(String, String, Severity)> {
    let findings = report.findings.iter();
    findings
        .filter(|it| it.check.starts_with("plaintext-"))
        .map(|it| {
            let place = format!("{}:{}", it.location.file, it.location.start.line);
            (it.check.to_string(), place, it.severity)
        })
        .collect()
}

#[test]
fn a_secret_that_a_layer_removes_is_still_there() {
    let file = format!("a=b\ntoken = {}\n", token());
    let report = scan_layers(&[
        &[OS, ("app/.env", &*file)],
        &[("app/.wh..env", "")],
        &[("b", "c")],
    ]);
    let expected = (
        "plaintext-secret/github".to_owned(),
        "app/.env:2".to_owned(),
        Severity::Critical,
    );
    assert_eq!(found(&report), [expected]);
    let finding = report
        .findings
        .iter()
        .find(|it| it.check.starts_with("plaintext"))
        .unwrap();
    assert!(
        finding.message.contains("in layer 0; layer 1 removes"),
        "{}",
        finding.message
    );
    assert!(finding.remediation.contains("build layer 0 without it"));
    // No form of the report has the secret itself.
    let mut json = Vec::new();
    ringwall_report::image_json(&report, &mut json).unwrap();
    assert!(!String::from_utf8(json).unwrap().contains("c3D4e5"));
}

#[test]
fn what_the_distribution_ships_is_no_secret_and_examples_of_packages_are_hints() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3Zf0hQ1yq8n2m5v7Jd4Kp6Rw9Ts1Uo3Xe5Yg7Zi8Bk2Cl4\nDm6En8Fo0Gp2Hq4Ir6Js8Kt0Lu2Mv4Nw6Ox8Py0Qz2Ra4Sb6Tc8Ud0Ve2Wf4Xg6\n-----END RSA PRIVATE KEY-----\n";
    let status = "Package: ssl-cert\nStatus: install ok installed\nVersion: 1\n\n";
    let files = [
        OS,
        ("var/lib/dpkg/status", status),
        (
            "var/lib/dpkg/info/ssl-cert.list",
            "/usr\n/usr/share/ssl-cert/example.pem\n",
        ),
        ("usr/share/ssl-cert/example.pem", key),
        ("app/node_modules/tls/test/key.pem", key),
        ("app/key.pem", key),
    ];
    let report = scan_layers(&[&files]);
    let check = || "plaintext-private-key".to_owned();
    let places: Vec<_> = found(&report)
        .into_iter()
        .map(|(_, place, severity)| (place, severity))
        .collect();
    assert_eq!(
        places,
        [
            ("app/key.pem:1".to_owned(), Severity::Critical),
            (
                "app/node_modules/tls/test/key.pem:1".to_owned(),
                Severity::Low
            )
        ]
    );
    assert_eq!(found(&report)[0].0, check());
    // A file that a later layer puts in the place of the distribution's is not its own.
    let replaced = scan_layers(&[&files[..4], &[files[3]]]);
    assert_eq!(found(&replaced).len(), 1);
}

#[test]
fn what_no_package_brought_below_usr_is_a_secret() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEAx3Zf0hQ1yq8n2m5v7Jd4Kp6Rw9Ts1Uo3Xe5Yg7Zi8Bk2Cl4\nDm6En8Fo0Gp2Hq4Ir6Js8Kt0Lu2Mv4Nw6Ox8Py0Qz2Ra4Sb6Tc8Ud0Ve2Wf4Xg6\n-----END RSA PRIVATE KEY-----\n";
    let status = "Package: tea\nStatus: install ok installed\nVersion: 1\n\n";
    let base = [OS, ("var/lib/dpkg/status", status)];
    let list = ("var/lib/dpkg/info/tea.list", "/usr/bin/tea\n");
    let check = |base: &[(&str, &str)], path: &str, expected: Severity| {
        let report = scan_layers(&[base, &[(path, key)]]);
        let severities: Vec<_> = found(&report).into_iter().map(|it| it.2).collect();
        assert_eq!(severities, [expected], "{path}");
    };
    let listed = [&base[..], &[list]].concat();
    for path in [
        "usr/share/elasticsearch/config/certs/node.key",
        "usr/share/nginx/html/node.key",
        "usr/lib/shop/node.key",
        "usr/local/lib/shop/node.key",
        "usr/local/share/node.key",
        "usr/local/php/conf/node.key",
        // A file in the place of what a language brings.
        "usr/local/go",
    ] {
        check(&listed, path, Severity::Critical);
        check(&[OS], path, Severity::Critical);
    }
    for path in [
        "usr/lib/python3/dist-packages/tea/key.pem",
        "usr/local/lib/python3.12/test/key.pem",
        "usr/local/go/src/crypto/testdata/key.pem",
        "usr/local/lib/ruby/3.3.0/net/key.pem",
        "root/go/pkg/mod/example.com/tea@v1.0.0/key.pem",
        "app/node_modules/tls/test/key.pem",
    ] {
        check(&listed, path, Severity::Low);
        check(&[OS], path, Severity::Low);
    }
    // Of packages without a list of files nobody knows what they brought.
    check(&base, "usr/share/doc/tea/key.pem", Severity::Low);
    check(&base, "usr/local/lib/shop/key.pem", Severity::Critical);
}

#[test]
fn what_a_package_ships_that_nobody_has_is_a_secret() {
    let text = format!("token: {}\npassword: Wq8rT2nM5zKx\n", token());
    let status = "Package: shop\nStatus: install ok installed\nVersion: 1\n\n";
    let list = "/opt/shop/a.yaml\n/etc/shop.yaml\n/usr/share/shop/a.yaml\n";
    let report = scan_layers(&[&[
        OS,
        ("var/lib/dpkg/status", status),
        ("var/lib/dpkg/info/shop.list", list),
        ("opt/shop/a.yaml", &text),
        ("etc/shop.yaml", &text),
        ("usr/share/shop/a.yaml", &text),
    ]]);
    let found = found(&report);
    let found: Vec<_> = found
        .iter()
        .map(|(check, place, severity)| {
            let (_, provider) = check.split_once('/').unwrap();
            (provider, &**place, *severity)
        })
        .collect();
    assert_eq!(
        found,
        [
            ("github", "opt/shop/a.yaml:1", Severity::Critical),
            ("generic", "opt/shop/a.yaml:2", Severity::High),
            ("github", "etc/shop.yaml:1", Severity::Medium),
            ("generic", "etc/shop.yaml:2", Severity::Medium),
            ("github", "usr/share/shop/a.yaml:1", Severity::Medium),
        ]
    );
}

#[test]
fn commands_and_words_of_the_configuration_are_searched() {
    let archive = layer(&[OS]);
    let command = |word: &str| json!([word, "--token", token()]);
    let config = json!({
        "author": format!("me {}", token()),
        "config": {
            "Entrypoint": command("run"),
            "Healthcheck": {"Test": command("CMD")},
            "OnBuild": [format!("RUN deploy {}", token())],
            "Shell": command("sh"),
        },
        "history": [
            {"created_by": "RUN make", "comment": token(), "author": token()},
            // The same as above, and one that is gone.
            {"created_by": format!("ENTRYPOINT [\"run\" \"--token\" \"{}\"]", token()), "empty_layer": true},
            {"created_by": format!("CMD [\"{}\"]", former()), "empty_layer": true},
        ],
    });
    let image = layout_with(&[(archive.clone(), gzip(&archive))], 1, &config);
    let report = scan(image.path());
    let messages = report.findings.iter();
    let messages = messages.filter(|it| it.check.starts_with("plaintext-"));
    let whose = messages.map(|it| it.message.split(" holds a secret").next().unwrap());
    assert_eq!(
        whose.collect::<Vec<_>>(),
        [
            "the author",
            "the author of step 0 in the history",
            "the command of step 2 in the history",
            "the comment of step 0 in the history",
            "the health check",
            "the shell",
            "what a build on it runs",
            "what the image runs",
        ]
    );
}

#[test]
fn variables_labels_and_commands_are_searched() {
    let archive = layer(&[OS]);
    let config = json!({
        "config": {
            "Env": ["PATH=/usr/bin", "DB_PASSWORD=Wq8!rT2#nM5z", format!("CI={}", token())],
            "Labels": {"note": format!("use {}", token())},
        },
        "history": [
            {"created_by": format!("RUN curl -H 'Authorization: token {}' https://example.com", token())},
            {"created_by": format!("ENV CI={}", token()), "empty_layer": true},
            {"created_by": "ENV DB_PASSWORD=Wq8!rT2#nM5z", "empty_layer": true},
            // A later step sets it anew; whoever has the image reads this one all the same.
            {"created_by": format!("/bin/sh -c #(nop)  ENV CI={}", former()), "empty_layer": true},
            {"created_by": format!("RUN ENV =1 LABEL =2 deploy --token {}", former())},
        ],
    });
    let image = layout_with(&[(archive.clone(), gzip(&archive))], 1, &config);
    let report = scan(image.path());
    let messages: Vec<_> = report
        .findings
        .iter()
        .filter(|it| it.check.starts_with("plaintext-"))
        .map(|it| format!("{}: {}", it.check, it.message.split(':').next().unwrap()))
        .collect();
    assert_eq!(
        messages,
        [
            "plaintext-secret/github: the command of step 0 in the history holds a secret",
            "plaintext-secret/github: the command of step 3 in the history holds a secret",
            "plaintext-secret/github: the command of step 4 in the history holds a secret",
            "plaintext-secret/github: the label note holds a secret",
            "plaintext-secret/github: the variable CI holds a secret",
            "plaintext-secret-in-dockerfile: the variable DB_PASSWORD holds a secret",
        ]
    );
}

#[test]
fn what_was_not_searched_is_said() {
    let long = "x".repeat((10 << 20) + 1);
    let image = layers_of(&[&[OS, ("data/big.txt", &*long)]]);
    let report = scan(image.path());
    let gap = report
        .not_assessed
        .iter()
        .find(|it| it.id == "unsearched-file")
        .unwrap();
    assert_eq!(gap.path.as_deref(), Some("data/big.txt"));
    let many: Vec<_> = (0..150)
        .map(|at| format!("t{at} = {}{at:03}", &token()[..37]))
        .collect();
    let many = many.join("\n");
    let report = scan_layers(&[&[OS, ("a.txt", &*many)]]);
    assert!(
        report
            .not_assessed
            .iter()
            .any(|it| it.id == "truncated-secrets")
    );
    assert_eq!(found(&report).len(), 100);
}

#[test]
fn a_guess_is_not_certain() {
    let report = scan_layers(&[&[
        OS,
        (
            "app/settings.py",
            "API_SECRET = \"kJ8sLq0Zx7Vb3Nm5Rt9Yw2Ac4Ef6Gh1\"\n",
        ),
    ]]);
    let finding = report
        .findings
        .iter()
        .find(|it| it.check == "plaintext-secret/generic")
        .unwrap();
    assert!(finding.confidence.is_some_and(|it| it <= Confidence::High));
}

#[test]
fn what_stands_between_the_holes_of_a_file_is_searched() {
    let text = format!("token = {}\n", token());
    let mut sparse = layer(&[
        ("app/.env", &*text),
        ("app/node_modules/ms/package.json", "{}"),
    ]);
    for at in [0, 1024] {
        sparse[at + 156] = b'S';
        sparse[at + 148..at + 156].fill(b' ');
        let sum: u32 = sparse[at..at + 512]
            .iter()
            .map(|&byte| u32::from(byte))
            .sum();
        sparse[at + 148..at + 154].copy_from_slice(format!("{sum:06o}").as_bytes());
    }
    let report = scan(layout(&[(sparse.clone(), sparse)]).path());
    assert_eq!(
        found(&report),
        [(
            "plaintext-secret/github".to_owned(),
            "app/.env:1".to_owned(),
            Severity::Critical
        )]
    );
    let gaps = report.not_assessed.iter();
    let mut reasons = gaps.map(|it| &*it.reason);
    assert!(
        reasons.any(|it| it.contains("a file with holes")),
        "{report:?}"
    );
}

//! The ImagePolicyWebhook plugin over mutual TLS, with the files that `setup` wrote.

use std::{fs, path::Path};

use crate::{
    control_plane::{ControlPlane, Flags, programs},
    installation::Installation,
    ringwall::{argument, command, run, write},
    signed_layout::{Key, Layout, Place},
};

fn pod(name: &str, image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}}}\nspec: {{containers: [{{name: a, image: '{image}'}}]}}\n"
    )
}

#[test]
fn images_are_refused_and_admitted_over_mutual_tls() {
    let Some(programs) = programs() else {
        return;
    };
    let installation = Installation::new("image-policy", &["--path", "/check-image"]);
    let output = argument(&installation.written());
    let config = write(
        installation.folder(),
        "ringwall.toml",
        "[image-policy]\nallowed = [\"registry.example\"]\nrefuse-latest = true\n",
    );
    let ringwall = installation.serve(&[
        "--config",
        &argument(&config),
        "--client-ca",
        &format!("{output}/client-ca.crt"),
        "--require-client-certificate",
        "/check-image",
        "--client-name",
        "kube-apiserver-ringwall",
    ]);
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![format!(
                "--admission-control-config-file={output}/admission-configuration.yaml"
            )],
            admission_plugins: vec!["ImagePolicyWebhook"],
        },
    );
    plane
        .apply("good.yaml", &pod("good", "registry.example/shop/web:1.2.3"))
        .unwrap_or_else(|error| panic!("{error}\n{}", ringwall.log()));
    let refused = plane
        .apply(
            "elsewhere.yaml",
            &pod("elsewhere", "docker.io/library/nginx:1.27"),
        )
        .expect_err("another registry");
    assert!(
        refused.contains("image policy webhook backend denied one or more images"),
        "{refused}"
    );
    assert!(refused.contains("nginx"), "{refused}");
    let refused = plane
        .apply(
            "latest.yaml",
            &pod("latest", "registry.example/shop/web:latest"),
        )
        .expect_err("latest");
    assert!(refused.contains("latest"), "{refused}");
    drop(ringwall);
    plane
        .apply(
            "closed.yaml",
            &pod("closed", "registry.example/shop/web:1.2.4"),
        )
        .expect_err("nobody looked at the image");
}

/// An SBOM of an image, with one package of npm.
fn sbom(digest: &str, version: &str) -> String {
    let digest = digest.replace(':', "%3A");
    format!(
        r#"{{"bomFormat": "CycloneDX", "specVersion": "1.6",
            "metadata": {{"component": {{"type": "container", "name": "app", "purl": "pkg:oci/app@{digest}"}}}},
            "components": [{{"type": "library", "name": "ms", "version": "{version}", "purl": "pkg:npm/ms@{version}"}}]}}"#
    )
}

const ADVISORY: &str = r#"{"id": "CVE-2026-1", "database_specific": {"severity": "HIGH"},
    "affected": [{"package": {"ecosystem": "npm", "name": "ms"},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}]}]}"#;

/// Keeps the report of a command, whatever it ends with.
fn keep(folder: &Path, name: &str, words: &[&str]) {
    let report = folder.join("reports").join(name);
    fs::create_dir_all(folder.join("reports")).expect("a folder");
    let report = argument(&report);
    let status = command(&[words, &["-o", "json", "--output-file", &report]].concat()).status();
    let code = status.expect("the binary runs").code();
    assert!(matches!(code, Some(0 | 1)), "{words:?}: {code:?}");
}

#[test]
fn what_scans_and_verifications_found_is_enforced() {
    let Some(programs) = programs() else {
        return;
    };
    let installation = Installation::new("image-policy", &["--path", "/check-image"]);
    let output = argument(&installation.written());
    let folder = installation.folder();
    let config = write(
        folder,
        "ringwall.toml",
        "[image-policy]\nreports = \"reports\"\n\
         [image-policy.signatures]\nrequired = [\"registry.example/signed/**\"]\n\
         [image-policy.vulnerabilities]\nseverity = \"high\"\n",
    );
    let database = argument(&folder.join("advisories.db"));
    let advisory = argument(&write(folder, "CVE-2026-1.json", ADVISORY));
    run(&["db", "import", "--db", &database, &advisory]);
    let key = Key::new();
    let public = argument(&write(folder, "cosign.pub", &key.public_pem()));
    let [mut signed, unsigned] = [Layout::new(), Layout::new()];
    let payload = signed.payload();
    let signature = key.sign(&payload);
    signed.sign(Place::Named, &[(payload, signature)]);
    let verified = |layout: &Layout, name: &str| {
        let path = argument(layout.path());
        keep(folder, name, &["image", "verify", &path, "--key", &public]);
        layout.image.clone()
    };
    let scanned = |digit: &str, version: &str| {
        let digest = format!("sha256:{}", digit.repeat(64));
        let path = argument(&write(folder, "sbom.json", &sbom(&digest, version)));
        let words = ["image", &path, "--db", &database];
        keep(folder, &format!("{digit}.json"), &words);
        digest
    };
    let image = |repository: &str, digest: &str| format!("registry.example/{repository}@{digest}");
    let clean = scanned("1", "2.0.0");
    let vulnerable = scanned("2", "1.0.0");
    let path = argument(signed.path());
    keep(folder, "signed.json", &["image", &path, "--db", &database]);
    let signed = verified(&signed, "verified.json");

    let ringwall = installation.serve(&[
        "--config",
        &argument(&config),
        "--client-ca",
        &format!("{output}/client-ca.crt"),
        "--require-client-certificate",
        "/check-image",
        "--client-name",
        "kube-apiserver-ringwall",
    ]);
    let plane = ControlPlane::start(
        &programs,
        &Flags {
            api_server: vec![format!(
                "--admission-control-config-file={output}/admission-configuration.yaml"
            )],
            admission_plugins: vec!["ImagePolicyWebhook"],
        },
    );
    let admitted = |name: &str, image: &str| {
        plane
            .apply(&format!("{name}.yaml"), &pod(name, image))
            .unwrap_or_else(|error| panic!("{error}\n{}", ringwall.log()));
    };
    let refused = |name: &str, image: &str, expected: &str| {
        let refusal = plane
            .apply(&format!("{name}.yaml"), &pod(name, image))
            .expect_err(expected);
        assert!(refusal.contains(expected), "{refusal}");
    };
    admitted("clean", &image("app", &clean));
    refused("vulnerable", &image("app", &vulnerable), "CVE-2026-1");
    admitted("signed", &image("signed/shop", &signed));
    refused(
        "unverified",
        &image("signed/app", &clean),
        "there is no report of `ringwall image verify` about it",
    );
    let unknown = format!("sha256:{}", "3".repeat(64));
    let later = image("app", &unknown);
    refused(
        "later",
        &later,
        "there is no report of `ringwall image` about it",
    );

    // What is found out later counts without a restart: the next look at the files takes a moment.
    let until = |name: &str, image: &str, is_right: &dyn Fn(&Result<String, String>) -> bool| {
        let manifest = pod(name, image);
        let tries = 0..500;
        let right = tries
            .map(|at| plane.apply(&format!("{name}-{at}.yaml"), &manifest))
            .any(|answer| is_right(&answer));
        assert!(right, "{}", ringwall.log());
    };
    assert_eq!(scanned("3", "2.0.0"), unknown);
    ringwall.look();
    until("later", &later, &Result::is_ok);
    fs::remove_file(folder.join("reports/verified.json")).expect("it was there");
    assert_eq!(verified(&unsigned, "unsigned.json"), signed);
    ringwall.look();
    until("again", &image("signed/shop", &signed), &|answer| {
        answer
            .as_ref()
            .is_err_and(|refusal| refusal.contains("is not signed"))
    });
}

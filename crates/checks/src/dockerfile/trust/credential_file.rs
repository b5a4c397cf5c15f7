//! Names of files that hold credentials.

use std::path::Path;

use ringwall_model::Confidence;

use crate::dockerfile::image_path::file_name;

/// What a file name promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Credential {
    /// What such a file holds.
    pub(super) what: &'static str,
    /// How sure that is; `None` is certain.
    pub(super) confidence: Option<Confidence>,
}

/// What a path or pattern promises; `None` for everything that is not known to hold credentials.
pub(super) fn credential(path: &str) -> Option<Credential> {
    let path = path.to_ascii_lowercase();
    // `.npmrc*` is how people copy a file that may be missing.
    let name = file_name(&path).trim_end_matches('*');
    if is_harmless(name) {
        return None;
    }
    let (what, confidence) = by_name(name)
        .map(|what| (what, None))
        .or_else(|| by_folder(&path).map(|what| (what, None)))
        .or_else(|| by_likely_name(name).map(|(what, sure)| (what, Some(sure))))
        .or_else(|| {
            holds_secrets(&path).then_some(("settings with secrets", Some(Confidence::Medium)))
        })
        // Many name nothing but mirrors.
        .or_else(|| {
            let is_of_maven = path.ends_with(".m2/settings.xml");
            let what = "credentials of a package registry";
            is_of_maven.then_some((what, Some(Confidence::Medium)))
        })?;
    Some(Credential { what, confidence })
}

/// Public halves, examples and templates.
fn is_harmless(name: &str) -> bool {
    const ENDINGS: [&str; 9] = [
        ".pub",
        ".example",
        ".sample",
        ".template",
        ".tmpl",
        ".tpl",
        ".dist",
        ".md",
        ".pub*",
    ];
    ENDINGS.iter().any(|ending| name.ends_with(ending))
        || name.contains(".example.")
        || name.contains(".sample.")
}

fn by_name(name: &str) -> Option<&'static str> {
    const SSH_KEYS: [&str; 6] = [
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        "id_xmss",
        "id_",
    ];
    if SSH_KEYS.contains(&name) || name == "identity.ssh" {
        return Some("a private SSH key");
    }
    if name.starts_with("ssh_host_") && name.contains("key") {
        return Some("a private host key");
    }
    match name {
        "kubeconfig" | ".kubeconfig" | "kubeconfig.yaml" | "kubeconfig.yml" => Some("a kubeconfig"),
        ".netrc" | "_netrc" | ".git-credentials" | ".pgpass" | ".my.cnf" | ".htpasswd" => {
            Some("passwords")
        }
        ".dockercfg" | ".dockerconfigjson" => Some("registry credentials"),
        "application_default_credentials.json" => Some("cloud credentials"),
        "terraform.tfstate" | "terraform.tfstate.backup" => {
            Some("Terraform state, which holds secrets")
        }
        ".vault-token" => Some("a Vault token"),
        _ if has_ending(name, "ppk") => Some("a private SSH key"),
        _ => None,
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|found| found == ending)
}

/// Files that only their folder gives away: `.aws/credentials`, `.docker/config.json`.
fn by_folder(path: &str) -> Option<&'static str> {
    let path = path.trim_end_matches(['/', '*']).trim_end_matches('/');
    let path = path.strip_prefix("./").unwrap_or(path);
    let ends_with = |end: &str| {
        path.strip_suffix(end)
            .is_some_and(|before| before.is_empty() || before.ends_with('/'))
    };
    if ends_with(".kube/config") || ends_with(".kube") {
        return Some("a kubeconfig");
    }
    if ends_with(".docker/config.json") || ends_with(".docker") {
        return Some("registry credentials");
    }
    if ends_with(".cargo/credentials")
        || ends_with(".cargo/credentials.toml")
        || ends_with(".composer/auth.json")
    {
        return Some("credentials of a package registry");
    }
    if ends_with(".aws/credentials")
        || ends_with(".aws")
        || ends_with(".config/gcloud")
        || ends_with(".azure")
    {
        return Some("cloud credentials");
    }
    (ends_with(".ssh") || ends_with(".gnupg")).then_some("private keys")
}

/// Where Rails, Streamlit and people keep secrets; in other folders it is the name of schemas, templates and texts.
fn holds_secrets(path: &str) -> bool {
    let path = path.strip_prefix("./").unwrap_or(path);
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let is_kept = matches!(folder, "" | ".streamlit" | "config")
        || folder.ends_with("/.streamlit")
        || folder.ends_with("/config");
    let ends = ["yml", "yaml", "json", "toml", "env"];
    is_kept
        && ends
            .iter()
            .any(|end| name.strip_suffix(end) == Some("secrets."))
}

fn by_likely_name(name: &str) -> Option<(&'static str, Confidence)> {
    use Confidence::{Low, Medium};

    let is_certificate = name.split(['.', '-', '_']).any(|part| {
        matches!(part, "ca" | "cacert" | "cacerts" | "cabundle" | "fullchain")
            || ["cert", "crt", "chain", "pub"]
                .iter()
                .any(|word| part.starts_with(word))
    });
    let json = |start: &str| name.starts_with(start) && has_ending(name, "json");
    if name == ".env" || name.starts_with(".env.") {
        return Some(("settings with secrets", Medium));
    }
    if matches!(name, ".npmrc" | ".yarnrc" | ".yarnrc.yml" | ".pypirc") {
        return Some(("credentials of a package registry", Medium));
    }
    let of_cloud = ["gcp", "gcloud", "google", "firebase", "sa"];
    let is_cloud_key = has_ending(name, "json") && {
        let parts: Vec<&str> = name.split(['.', '-', '_']).collect();
        let is_of = |words: &[&str]| parts.iter().any(|part| words.contains(part));
        // Keys of maps are in every page that shows one.
        parts
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|last| matches!(*last, "key" | "keys"))
            && is_of(&of_cloud)
            && !is_of(&["maps"])
    };
    if json("service-account")
        || json("service_account")
        || json("serviceaccount")
        || name == "credentials.json"
        || is_cloud_key
    {
        return Some(("cloud credentials", Medium));
    }
    // `wg-quick up wg0` reads it, with the private key in it.
    let of_interface = name.strip_prefix("wg");
    let number = of_interface.and_then(|rest| rest.strip_suffix(".conf"));
    if number
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit()))
    {
        return Some(("a WireGuard key", Medium));
    }
    // Those of PKCS #12 hold the key beside the certificate, whatever they are called.
    let is_store = has_ending(name, "p12") || has_ending(name, "pfx");
    let may_be_store = ["key", "jks", "keystore", "kdbx"]
        .iter()
        .any(|end| has_ending(name, end));
    if is_store || may_be_store && !is_certificate {
        return Some(("a private key", Medium));
    }
    let is_public = name.starts_with("pub");
    let names_key = (name.contains("key") || name.contains("private")) && !is_public;
    if has_ending(name, "pem") && (names_key || !is_certificate) {
        return Some(("a private key", if names_key { Medium } else { Low }));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, expected: Option<(&str, Option<Confidence>)>) {
        let found = credential(path).map(|credential| (credential.what, credential.confidence));
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn names_promise_credentials() {
        check("keys/id_rsa", Some(("a private SSH key", None)));
        check("ssh_host_*_key*", Some(("a private host key", None)));
        check("/root/.kube/config", Some(("a kubeconfig", None)));
        check("id_*", Some(("a private SSH key", None)));
        check(
            ".env*",
            Some(("settings with secrets", Some(Confidence::Medium))),
        );
        check(".ssh/", Some(("private keys", None)));
        check("home/.aws/credentials", Some(("cloud credentials", None)));
        check(
            ".env.production",
            Some(("settings with secrets", Some(Confidence::Medium))),
        );
        check(
            "tls/server.key",
            Some(("a private key", Some(Confidence::Medium))),
        );
        let of_packages = "credentials of a package registry";
        check(".cargo/credentials.toml", Some((of_packages, None)));
        check("home/.composer/auth.json", Some((of_packages, None)));
        check(
            ".m2/settings.xml",
            Some((of_packages, Some(Confidence::Medium))),
        );
        for path in ["gcp-key.json", "deploy/my_gcloud_key.json", "sa-key.json"] {
            check(path, Some(("cloud credentials", Some(Confidence::Medium))));
        }
        for path in ["config/secrets.yml", "secrets.json"] {
            check(
                path,
                Some(("settings with secrets", Some(Confidence::Medium))),
            );
        }
        check(
            "wg0.conf",
            Some(("a WireGuard key", Some(Confidence::Medium))),
        );
        check("server.pem", Some(("a private key", Some(Confidence::Low))));
        check(
            "tls/client-cert.p12",
            Some(("a private key", Some(Confidence::Medium))),
        );
    }

    #[test]
    fn other_names_promise_nothing() {
        for path in [
            "id_rsa.pub",
            ".env.example",
            "config",
            "config.json",
            "credentials",
            "src/",
            "auth.json",
            ".cargo/config.toml",
            "settings.xml",
            "ca.pem",
            "pubkey.pem",
            "fullchain.pem",
            "ca.key.pub",
            "environment.ts",
            ".dockerignore",
            "keyboard.json",
            "visa-key.json",
            "google-fonts-keywords.json",
            "gcp-key-rotation-schema.json",
            "public/google-maps-key.json",
            "schema/secrets.json",
            "charts/app/templates/secrets.yaml",
            "secrets.go",
            "wg.conf",
        ] {
            check(path, None);
        }
    }
}

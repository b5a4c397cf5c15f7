use std::sync::LazyLock;

use memchr::memmem::Finder;
use ringwall_secrets::{Detectors, Match};

use super::{base64, scalars, secret_data::is_secret};
use crate::{Check, Findings, Node, Resource, check};

check! {
    /// ## What it finds
    /// Private keys (RSA, EC, DSA, PKCS #8, OpenSSH, PGP, `PuTTY`, age) in any file, and in any field of a Kubernetes object, also in base64.
    /// Of files that are no text, private keys in DER, key stores of Java and PKCS #12 with a private key, KeePass databases and keytabs.
    /// A key under a passphrase is a finding of medium severity.
    ///
    /// ## Why it matters
    /// With the key anyone acts as its owner: decrypts, signs, logs in, impersonates the server.
    /// It stays in the history of the repository.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// data:
    ///   tls.key: | # <-
    ///     -----BEGIN PRIVATE KEY-----
    ///     ThisIsNoKeyButItHasTheFormOfOneSoThatItIsFoundAndNobodyCanUseIt0
    ///     -----END PRIVATE KEY-----
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// data:
    ///   tls.crt: |
    ///     -----BEGIN CERTIFICATE-----
    ///     ThisIsNoKeyButItHasTheFormOfOneSoThatItIsFoundAndNobodyCanUseIt0
    ///     -----END CERTIFICATE-----
    /// ```
    ///
    /// ## Fix
    /// Replace the key and everything that was made with it, and keep the new one in a secret store.
    PlaintextPrivateKey {
        id: "plaintext-private-key",
        title: "Private key material in any scanned file",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: Critical,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.004"],
    }
}

/// What stands in every text that holds a private key, as it is or in base64.
static MARKS: LazyLock<[Finder<'static>; 4]> = LazyLock::new(|| {
    [
        "PRIVATE KEY",
        "LS0tLS1CRUdJTi",
        "AGE-SECRET-KEY-1",
        "PuTTY-User-Key-File",
    ]
    .map(Finder::new)
});

fn has_mark(text: &str) -> bool {
    MARKS
        .iter()
        .any(|mark| mark.find(text.as_bytes()).is_some())
}

impl Check for PlaintextPrivateKey {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        let source = &resource.node.document().source;
        if !has_mark(source.slice(resource.node.span())) {
            return;
        }
        scalars::each(resource.node, &mut |node| {
            if has_mark(node.text())
                && let Some(key) = private_key(node)
            {
                let data = is_secret(resource)
                    .then(|| container_of(resource, node))
                    .flatten();
                findings
                    .add(Self::META)
                    .at(node)
                    .secret(node.span())
                    .note(format!("holds a {}", key.title))
                    .severity(key.severity)
                    .caused_by(data.unwrap_or(node));
            }
        });
    }
}

fn private_key(node: Node<'_>) -> Option<Match> {
    let find = |text: &str| {
        let found = Detectors::builtin().scan(text);
        found
            .into_iter()
            .find(|found| found.provider == "private-key")
    };
    let text = node.text();
    find(text).or_else(|| {
        let decoded = base64::decode(text)?;
        find(std::str::from_utf8(&decoded).ok()?)
    })
}

/// The map of a Secret that a value stands in, which is where the Secret itself is reported.
fn container_of<'a>(resource: &Resource<'a>, value: Node<'a>) -> Option<Node<'a>> {
    ["data", "stringData"]
        .iter()
        .filter_map(|field| resource.node.get(field))
        .find(|map| map.span().contains(value.span()))
}

//! What the values of a Secret are, decoded.

use std::{borrow::Cow, sync::Arc};

use ringwall_input::yaml;
use ringwall_model::Source;
use ringwall_secrets::{Detectors, looks_like_secret_value};

use super::base64;
use crate::{Node, Resource};

/// Longest value that is decoded: more than the API server takes for a whole Secret.
const LONGEST: usize = 4 << 20;

/// One value of a Secret.
#[derive(Clone, Debug)]
pub(super) struct SecretValue<'a> {
    /// `data` or `stringData`.
    pub(super) map: Node<'a>,
    /// The value as it is written.
    pub(super) node: Node<'a>,
    /// The key.
    pub(super) key: &'a str,
    /// The value that programs get to see; bytes that are no text are replaced.
    pub(super) text: Cow<'a, str>,
    is_binary: bool,
}

/// Whether an object is a `Secret` of Kubernetes itself.
pub(super) fn is_secret(resource: &Resource<'_>) -> bool {
    resource.is("", "Secret")
}

/// The values of `data` and `stringData` of an object.
pub(super) fn values(object: Node<'_>) -> impl Iterator<Item = SecretValue<'_>> {
    ["data", "stringData"].into_iter().flat_map(move |field| {
        let map = object.get(field);
        map.into_iter()
            .flat_map(move |map| map.entries().into_iter().map(move |entry| (map, entry)))
            .map(move |(map, (key, node))| {
                let decoded = (field == "data" && node.text().len() <= LONGEST)
                    .then(|| base64::decode(node.text()))
                    .flatten();
                let (text, is_binary) = match decoded.map(String::from_utf8) {
                    None => (Cow::Borrowed(node.text()), false),
                    Some(Ok(text)) => (Cow::Owned(text), false),
                    Some(Err(error)) => {
                        let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                        (Cow::Owned(text), true)
                    }
                };
                SecretValue {
                    map,
                    node,
                    key: key.text(),
                    text,
                    is_binary,
                }
            })
    })
}

impl SecretValue<'_> {
    /// Whether it is a value and no placeholder, no reference to a store, no certificate, not empty.
    pub(super) fn is_real(&self) -> bool {
        let text = self.text.trim();
        if self.is_binary || text.is_empty() {
            return self.is_binary;
        }
        let is_public =
            text.starts_with("-----BEGIN CERTIFICATE") || text.starts_with("-----BEGIN PUBLIC KEY");
        if is_public && !text.contains("PRIVATE KEY") {
            return false;
        }
        if is_docker_configuration(self.key) {
            return has_registry_credential(text);
        }
        if text.starts_with('{') || text.contains('\n') {
            let is_template = ["${", "{{", "<"].iter().any(|mark| text.contains(mark));
            let is_encrypted = text.starts_with("ENC[");
            return !(is_template || is_encrypted) || !Detectors::builtin().scan(text).is_empty();
        }
        looks_like_secret_value(text)
    }
}

/// The first value of a Secret that is real: a Secret without one gives nothing away.
pub(super) fn first_real<'a>(resource: &Resource<'a>) -> Option<SecretValue<'a>> {
    is_secret(resource).then(|| values(resource.node).find(SecretValue::is_real))?
}

/// Whether a key of a Secret holds the configuration of a registry client.
pub(super) fn is_docker_configuration(key: &str) -> bool {
    matches!(key, ".dockerconfigjson" | ".dockercfg")
}

/// Whether a configuration of a registry client holds a password or token.
pub(super) fn has_registry_credential(json: &str) -> bool {
    let source = Arc::new(Source::new("", json));
    let (documents, _) = yaml::parse(&source);
    documents.iter().any(|document| {
        let root = document.root();
        let registries = root.get("auths").unwrap_or(root);
        registries
            .written_entries()
            .any(|(_, registry)| is_login(registry))
    })
}

fn is_login(registry: Node<'_>) -> bool {
    let is_plain = ["password", "identitytoken", "registrytoken"]
        .iter()
        .filter_map(|key| registry.get(key))
        .any(|value| looks_like_secret_value(value.text()));
    let encoded = registry.get("auth").map_or("", Node::text);
    let decoded = base64::decode(encoded).and_then(|bytes| String::from_utf8(bytes).ok());
    let password = decoded
        .as_deref()
        .and_then(|login| login.split_once(':'))
        .map(|(_, password)| password);
    is_plain || password.is_some_and(looks_like_secret_value)
}

#[cfg(test)]
mod tests {
    use super::has_registry_credential;

    #[test]
    fn registries_without_a_login_are_no_credential() {
        assert!(!has_registry_credential(r#"{"auths":{}}"#));
        assert!(!has_registry_credential(
            r#"{"auths":{"r.shop.org":{"auth":""}}}"#
        ));
        assert!(!has_registry_credential(
            r#"{"auths":{"r.shop.org":{"auth":"<auth>"}}}"#
        ));
        assert!(has_registry_credential(
            r#"{"auths":{"r.shop.org":{"auth":"Ym90OmNvcnJlY3QtaG9yc2UtYmF0dGVyeQ=="}}}"#
        ));
        assert!(has_registry_credential(
            r#"{"r.shop.org":{"username":"bot","password":"correct-horse-battery"}}"#
        ));
    }
}

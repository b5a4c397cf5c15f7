use super::{base64, literal};
use crate::{Check, Findings, Resource, check};

check! {
    /// ## What it finds
    /// Values of a ConfigMap that look like a secret, by the name of their key or by their content, also inside of configuration files and in `binaryData`.
    /// The confidence says how sure it is; the value is never printed.
    ///
    /// ## Why it matters
    /// `ConfigMaps` are not encrypted at rest, and far more people and programs may read them than Secrets.
    ///
    /// ## Examples
    /// ```yaml fail
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// data:
    ///   db-password: correct-horse-battery # <-
    ///   application.properties: | # <-
    ///     spring.datasource.url=jdbc:postgresql://db/shop
    ///     spring.datasource.password=correct-horse-battery
    /// ```
    /// ```yaml pass
    /// apiVersion: v1
    /// kind: ConfigMap
    /// metadata:
    ///   name: shop
    /// data:
    ///   db-password: ${DB_PASSWORD}
    ///   application.properties: |
    ///     spring.datasource.url=jdbc:postgresql://db/shop
    ///     spring.datasource.password=${DB_PASSWORD}
    /// ```
    ///
    /// ## Fix
    /// Revoke the value, move the key into a Secret, and refer to it.
    PlaintextSecretInConfigMap {
        id: "plaintext-secret-in-config-map",
        title: "Secret-looking content in a ConfigMap",
        ring: Code,
        target: Secret,
        hooks: [Resource],
        severity: High,
        since: "0.1.0",
        controls: ["nsa:NET", "mitre:T1552.001"],
    }
}

impl Check for PlaintextSecretInConfigMap {
    fn resource(&self, resource: &Resource<'_>, findings: &mut Findings<'_>) {
        if !resource.is("", "ConfigMap") {
            return;
        }
        let data = resource.node.get("data");
        for (key, value) in data
            .map(ringwall_input::yaml::Node::entries)
            .unwrap_or_default()
        {
            let text = value.text();
            let literal = if text.trim_end().contains('\n') {
                literal::known(text)
            } else {
                literal::named(key.text(), text)
            };
            report(key.text(), value, literal, findings);
        }
        let binary = resource.node.get("binaryData");
        for (key, value) in binary
            .map(ringwall_input::yaml::Node::entries)
            .unwrap_or_default()
        {
            let text = base64::decode(value.text()).and_then(|bytes| String::from_utf8(bytes).ok());
            let literal = text.and_then(|text| literal::known(&text));
            report(key.text(), value, literal, findings);
        }
    }
}

fn report(
    key: &str,
    value: crate::Node<'_>,
    literal: Option<literal::Literal>,
    findings: &mut Findings<'_>,
) {
    if let Some(literal) = literal {
        let draft = findings
            .add(PlaintextSecretInConfigMap::META)
            .at(value)
            .secret(value.span())
            .note(format!("holds {} under {key}", literal.title));
        if let Some(confidence) = literal.confidence {
            draft.confidence(confidence);
        }
    }
}

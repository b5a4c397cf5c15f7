//! What Gatekeeper is told besides policies: `Config`, `SyncSet`, and the data that templates say they need.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    matching::Wildcard,
    read::{Checked, texts},
};
use crate::{
    admission::GroupVersionKind,
    manifest::{Manifest, Problem},
};

/// Annotation of a template with the data it needs.
pub(super) const REQUIRES_SYNC: &str = "metadata.gatekeeper.sh/requires-sync-data";

/// A part of Gatekeeper that namespaces can be kept out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Process {
    /// The audit.
    Audit,
    /// The validating webhook.
    Webhook,
    /// The copy of the cluster's data.
    Sync,
    /// The mutating webhook.
    MutationWebhook,
}

impl Process {
    const ALL: [Self; 4] = [
        Self::Audit,
        Self::Webhook,
        Self::Sync,
        Self::MutationWebhook,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Audit => "audit",
            Self::Webhook => "webhook",
            Self::Sync => "sync",
            Self::MutationWebhook => "mutation-webhook",
        }
    }
}

/// The `Config`, and the kinds of all SyncSets.
#[derive(Clone, Debug, Default)]
pub struct Config {
    excluded: BTreeMap<Process, Vec<Wildcard>>,
    synced: BTreeSet<GroupVersionKind>,
    /// Requests to follow: by this user, about this kind.
    traced: BTreeSet<(String, GroupVersionKind)>,
}

impl Config {
    /// The pattern that keeps a namespace out of a part.
    ///
    /// `namespace` is the name of the namespace of an object, or that of the object if it is a Namespace.
    pub fn exclusion(&self, process: Process, namespace: &str) -> Option<&Wildcard> {
        (self.excluded.get(&process)?.iter()).find(|pattern| pattern.matches(namespace))
    }

    /// The kinds whose objects are copied into the inventory.
    pub fn synced(&self) -> &BTreeSet<GroupVersionKind> {
        &self.synced
    }

    /// Whether requests of a user about a kind are to be followed.
    pub fn is_traced(&self, user: &str, kind: &GroupVersionKind) -> bool {
        // Most have none, and nothing is copied for them.
        let mut traced = self.traced.iter();
        traced.any(|(by, about)| by == user && about == kind)
    }

    /// Takes in what another says.
    pub(super) fn join(&mut self, other: Self) {
        self.synced.extend(other.synced);
        self.traced.extend(other.traced);
        for (process, patterns) in other.excluded {
            self.excluded.entry(process).or_default().extend(patterns);
        }
    }

    /// Takes in a `Config`.
    pub(super) fn read_config(
        &mut self,
        manifest: &Manifest,
    ) -> Result<Vec<Problem>, Vec<Problem>> {
        let any = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        let text = json!({"type": "string"});
        let shape = json!({
            "type": "object",
            "properties": {
                "match": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "properties": {
                            "excludedNamespaces": {
                                "type": "array",
                                "items": {"type": "string", "pattern": r"^\*?[-:a-z0-9]*\*?$"},
                            },
                            "processes": {"type": "array", "items": {"type": "string"}},
                        },
                    },
                },
                "sync": {"type": "object", "properties": {"syncOnly": kinds_shape()}},
                "validation": {
                    "type": "object",
                    "properties": {"traces": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {
                                "user": text,
                                "dump": text,
                                "kind": kind_shape(),
                            },
                        },
                    }},
                },
                "readiness": any,
            },
        });
        let mut checked = Checked::new(manifest, &["v1alpha1"], &shape)?;
        let entries = checked.spec.get("match").and_then(Value::as_array).cloned();
        for (index, entry) in entries.into_iter().flatten().enumerate() {
            let patterns: Vec<_> = texts(&entry, "excludedNamespaces")
                .into_iter()
                .map(Wildcard::new)
                .collect();
            for word in texts(&entry, "processes") {
                let named = Process::ALL
                    .into_iter()
                    .filter(|process| word == "*" || word == process.as_str());
                let mut is_known = false;
                for process in named {
                    is_known = true;
                    let excluded = self.excluded.entry(process).or_default();
                    excluded.extend(patterns.iter().cloned());
                }
                if !is_known {
                    let at = format!("/spec/match/{index}/processes");
                    let message = format!("unknown process `{word}` has no effect");
                    let warning = Problem::new(manifest, &at, message).warning();
                    checked.warnings.push(warning);
                }
            }
        }
        let kinds = checked.spec.pointer("/sync/syncOnly");
        self.synced.extend(kinds.into_iter().flat_map(kinds_of));
        let traces = checked.spec.pointer("/validation/traces");
        let traces = traces.and_then(Value::as_array).into_iter().flatten();
        for (index, trace) in traces.enumerate() {
            let at = format!("/spec/validation/traces/{index}");
            let mut warn = |message: &str| {
                let warning = Problem::new(manifest, &at, message).warning();
                checked.warnings.push(warning);
            };
            match (trace.get("user").and_then(Value::as_str), trace.get("kind")) {
                (Some(user), Some(kind)) if !user.is_empty() => {
                    self.traced.insert((user.to_owned(), kind_of(kind)));
                }
                _ => warn("a trace without a user or a kind follows no request"),
            }
            if trace.get("dump").is_some_and(|dump| dump != "") {
                warn(
                    "`dump` has no effect: a trace tells what became of each constraint, and holds no data of the cluster",
                );
            }
        }
        Ok(checked.warnings)
    }

    /// Takes in a `SyncSet`.
    pub(super) fn read_sync_set(
        &mut self,
        manifest: &Manifest,
    ) -> Result<Vec<Problem>, Vec<Problem>> {
        let shape = json!({"type": "object", "properties": {"gvks": kinds_shape()}});
        let checked = Checked::new(manifest, &["v1alpha1"], &shape)?;
        let kinds = checked.spec.get("gvks");
        self.synced.extend(kinds.into_iter().flat_map(kinds_of));
        Ok(checked.warnings)
    }
}

fn kinds_shape() -> Value {
    json!({"type": "array", "items": kind_shape()})
}

fn kind_shape() -> Value {
    let text = json!({"type": "string"});
    json!({
        "type": "object",
        "properties": {"group": text, "version": text, "kind": text},
    })
}

fn kinds_of(list: &Value) -> Vec<GroupVersionKind> {
    list.as_array().into_iter().flatten().map(kind_of).collect()
}

fn kind_of(entry: &Value) -> GroupVersionKind {
    let text = |field: &str| {
        let text = entry.get(field).and_then(Value::as_str);
        text.unwrap_or("").to_owned()
    };
    GroupVersionKind {
        group: text("group"),
        version: text("version"),
        kind: text("kind"),
    }
}

/// The data that a template needs: of each set of kinds at least one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncRequirements(Vec<BTreeSet<GroupVersionKind>>);

impl SyncRequirements {
    /// Reads the annotation: JSON, a list (all of) of lists (one of) of `{groups, versions, kinds}`.
    pub(super) fn parse(annotation: &str) -> Result<Self, String> {
        let text = annotation.trim_matches(['\n', '"', ' ']);
        let malformed = |error: &dyn std::fmt::Display| format!("{REQUIRES_SYNC}: {error}");
        let written: Value = serde_json::from_str(text).map_err(|error| malformed(&error))?;
        let shape = || malformed(&"must be a list of lists of {groups, versions, kinds}");
        let sets = written.as_array().ok_or_else(shape)?;
        let mut requirements = Vec::with_capacity(sets.len());
        for set in sets {
            let mut kinds = BTreeSet::new();
            for clause in set.as_array().ok_or_else(shape)? {
                let fields = clause.as_object().ok_or_else(shape)?;
                let is_known = |name: &String| ["groups", "versions", "kinds"].contains(&&**name);
                if !fields.keys().all(is_known) {
                    return Err(shape());
                }
                for group in texts(clause, "groups") {
                    for version in texts(clause, "versions") {
                        kinds.extend(texts(clause, "kinds").into_iter().map(|kind| {
                            GroupVersionKind {
                                group: group.clone(),
                                version: version.clone(),
                                kind,
                            }
                        }));
                    }
                }
            }
            requirements.push(kinds);
        }
        Ok(Self(requirements))
    }

    /// The sets of which no kind is copied.
    pub fn unmet<'a>(
        &'a self,
        config: &'a Config,
    ) -> impl Iterator<Item = &'a BTreeSet<GroupVersionKind>> {
        self.0
            .iter()
            .filter(|kinds| kinds.is_disjoint(config.synced()))
    }

    /// Whether nothing is needed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> Config {
        let mut config = Config::default();
        let manifest = Manifest::new(json!({
            "apiVersion": "config.gatekeeper.sh/v1alpha1",
            "kind": "Config",
            "metadata": {"name": "config", "namespace": "gatekeeper-system"},
            "spec": {
                "match": [
                    {"excludedNamespaces": ["kube-*"], "processes": ["*"]},
                    {"excludedNamespaces": ["dev"], "processes": ["audit", "webhok"]},
                ],
                "sync": {"syncOnly": [{"group": "", "version": "v1", "kind": "Namespace"}]},
            },
        }));
        let warnings = config.read_config(&manifest).expect("a config");
        assert_eq!(warnings.len(), 1);
        let manifest = Manifest::new(json!({
            "apiVersion": "syncset.gatekeeper.sh/v1alpha1",
            "kind": "SyncSet",
            "metadata": {"name": "s"},
            "spec": {"gvks": [{"group": "networking.k8s.io", "version": "v1", "kind": "Ingress"}]},
        }));
        assert_eq!(config.read_sync_set(&manifest), Ok(Vec::new()));
        config
    }

    #[test]
    fn namespaces_are_kept_out_by_process() {
        let config = config();
        let is_out = |process, namespace| config.exclusion(process, namespace).is_some();
        assert!(is_out(Process::Webhook, "kube-system") && is_out(Process::Sync, "kube-system"));
        assert!(is_out(Process::Audit, "dev") && !is_out(Process::Webhook, "dev"));
        assert!(!is_out(Process::MutationWebhook, "prod"));
    }

    #[test]
    fn needed_data_must_be_copied() {
        let config = config();
        let requirements = SyncRequirements::parse(
            r#""[[{"groups": ["extensions", "networking.k8s.io"], "versions": ["v1"], "kinds": ["Ingress"]}],
                [{"groups": [""], "versions": ["v1"], "kinds": ["Service"]}]]""#,
        )
        .expect("requirements");
        let unmet: Vec<_> = requirements.unmet(&config).flatten().collect();
        assert_eq!(unmet, [&GroupVersionKind::new("v1", "Service")]);
        for malformed in ["{}", "[{}]", "[[1]]", "[[{\"group\": []}]]", "["] {
            assert!(SyncRequirements::parse(malformed).is_err(), "{malformed}");
        }
    }

    #[test]
    fn requests_are_followed_by_user_and_kind() {
        let mut config = Config::default();
        let pod = json!({"group": "", "version": "v1", "kind": "Pod"});
        let manifest = Manifest::new(json!({
            "apiVersion": "config.gatekeeper.sh/v1alpha1",
            "kind": "Config",
            "metadata": {"name": "config"},
            "spec": {"validation": {"traces": [
                {"user": "ann", "kind": pod},
                {"user": "bob"},
                {"user": "eve", "kind": pod, "dump": "All"},
            ]}},
        }));
        let warnings = config.read_config(&manifest).expect("a config");
        assert_eq!(warnings.len(), 2, "{warnings:?}");
        let pod = GroupVersionKind::new("v1", "Pod");
        let node = GroupVersionKind::new("v1", "Node");
        assert!(config.is_traced("ann", &pod) && config.is_traced("eve", &pod));
        assert!(!config.is_traced("ann", &node) && !config.is_traced("bob", &pod));
    }

    #[test]
    fn unknown_fields_are_refused() {
        let manifest = Manifest::new(json!({
            "apiVersion": "config.gatekeeper.sh/v1alpha1",
            "kind": "Config",
            "metadata": {"name": "config"},
            "spec": {"match": [{"excludedNamespace": ["a"]}]},
        }));
        assert!(Config::default().read_config(&manifest).is_err());
    }
}

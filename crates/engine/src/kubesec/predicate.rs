//! When a rule of kubesec matches: one container is enough, and much is decided on printed text.

use super::{KubesecEdition, value::Value};

/// An object under judgement.
pub(super) struct Object<'a> {
    pub(super) root: &'a Value<'a>,
    pub(super) edition: KubesecEdition,
}

impl<'a> Object<'a> {
    /// A field of the pod spec. Every kind but Pod and CronJob is taken for one with a pod template.
    fn spec(&self, path: &[&str]) -> Option<&'a Value<'a>> {
        let kind = self.root.get(&["kind"]).and_then(Value::as_str);
        let before: &[&str] = match (kind, self.edition) {
            (Some("Pod"), _) => &["spec"],
            (Some("CronJob"), KubesecEdition::Current) => {
                &["spec", "jobTemplate", "spec", "template", "spec"]
            }
            _ => &["spec", "template", "spec"],
        };
        self.root.get(before)?.get(path)
    }

    /// All containers, init containers first.
    fn containers(&self) -> impl Iterator<Item = &'a Value<'a>> {
        let lists: &[&str] = match self.edition {
            KubesecEdition::V2_14 => &["initContainers", "containers"],
            KubesecEdition::Current => &["initContainers", "containers", "ephemeralContainers"],
        };
        lists
            .iter()
            .filter_map(|list| self.spec(&[list]))
            .flat_map(members)
    }

    /// Whether a field of some container's `securityContext` holds; `judge` gives nothing for an unset field.
    fn any_container(&self, path: &[&str], judge: impl Fn(&Value<'a>) -> Option<bool>) -> bool {
        self.any_context(path, false, judge)
    }

    /// Likewise, where a container without the field takes what the pod says.
    fn any_container_or_pod(
        &self,
        path: &[&str],
        judge: impl Fn(&Value<'a>) -> Option<bool>,
    ) -> bool {
        let pod = self.spec(&["securityContext"]);
        let pod = pod.and_then(|context| context.get(path)).and_then(&judge);
        self.any_context(path, pod == Some(true), judge)
    }

    fn any_context(
        &self,
        path: &[&str],
        inherited: bool,
        judge: impl Fn(&Value<'a>) -> Option<bool>,
    ) -> bool {
        self.containers().any(|container| {
            let context = container.get(&["securityContext"]);
            let value = context.and_then(|context| context.get(path));
            value.and_then(&judge).unwrap_or(inherited)
        })
    }

    /// The values of a field in the items of a list of the pod spec, null included.
    fn each_in(&self, list: &str, path: &[&str]) -> Vec<&'a Value<'a>> {
        each(self.spec(&[list]), path)
    }

    fn annotations(&self) -> Option<String> {
        let annotations = self.root.get(&["metadata", "annotations"])?;
        (!annotations.is_null()).then(|| annotations.to_string())
    }
}

/// What kubesec iterates over: the items of a list; an object as often as it has keys.
fn members<'a>(value: &'a Value<'a>) -> Vec<&'a Value<'a>> {
    match value {
        Value::Array(items) => items.iter().collect(),
        Value::Object(entries) => vec![value; entries.len()],
        _ => Vec::new(),
    }
}

fn each<'a>(list: Option<&'a Value<'a>>, path: &[&str]) -> Vec<&'a Value<'a>> {
    match list {
        Some(Value::Array(items)) => items.iter().filter_map(|item| item.get(path)).collect(),
        _ => Vec::new(),
    }
}

fn above_10_000(value: &Value<'_>) -> Option<bool> {
    match value {
        Value::Number(number) => Some(*number > 10_000.0),
        _ => None,
    }
}

fn is_unconfined(value: &Value<'_>) -> Option<bool> {
    value.as_str().map(|kind| kind == "Unconfined")
}

fn is_confined(value: &Value<'_>) -> Option<bool> {
    is_unconfined(value).map(|unconfined| !unconfined)
}

pub(super) fn host_network(object: &Object<'_>) -> bool {
    object.spec(&["hostNetwork"]) == Some(&Value::Bool(true))
}

pub(super) fn host_pid(object: &Object<'_>) -> bool {
    object.spec(&["hostPID"]) == Some(&Value::Bool(true))
}

pub(super) fn host_ipc(object: &Object<'_>) -> bool {
    object.spec(&["hostIPC"]) == Some(&Value::Bool(true))
}

/// The field that kubesec takes for a boolean without asking, and what it is instead.
pub(super) fn no_boolean(object: &Object<'_>) -> Option<(&'static str, &'static str)> {
    ["hostNetwork", "hostPID", "hostIPC"]
        .into_iter()
        .find_map(|field| match object.spec(&[field]) {
            None | Some(Value::Null | Value::Bool(_)) => None,
            Some(other) => Some((field, other.noun())),
        })
}

pub(super) fn read_only_root_filesystem(object: &Object<'_>) -> bool {
    object.any_container(&["readOnlyRootFilesystem"], Value::as_bool)
}

pub(super) fn run_as_non_root(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["runAsNonRoot"], Value::as_bool)
}

pub(super) fn run_as_user(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["runAsUser"], above_10_000)
}

pub(super) fn run_as_group(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["runAsGroup"], above_10_000)
}

pub(super) fn privileged(object: &Object<'_>) -> bool {
    object.any_container(&["privileged"], Value::as_bool)
}

pub(super) fn allow_privilege_escalation(object: &Object<'_>) -> bool {
    object.any_container(&["allowPrivilegeEscalation"], Value::as_bool)
}

pub(super) fn cap_sys_admin(object: &Object<'_>) -> bool {
    object.any_container(&["capabilities", "add"], |added| {
        (!added.is_null()).then(|| added.to_string().contains("SYS_ADMIN"))
    })
}

pub(super) fn cap_drop_any(object: &Object<'_>) -> bool {
    object.any_container(&["capabilities", "drop"], |dropped| match dropped {
        Value::Array(items) => Some(!items.is_empty() && !dropped.to_string().contains("<nil>")),
        _ => None,
    })
}

pub(super) fn cap_drop_all(object: &Object<'_>) -> bool {
    object.any_container(&["capabilities", "drop"], |dropped| {
        (!dropped.is_null()).then(|| dropped.to_string().to_uppercase().contains("ALL"))
    })
}

pub(super) fn docker_sock(object: &Object<'_>) -> bool {
    let paths = object.each_in("volumes", &["hostPath", "path"]);
    let mut paths = paths.iter().map(ToString::to_string);
    paths.any(|path| path.contains("/var/run/docker.sock"))
}

pub(super) fn proc_mount(object: &Object<'_>) -> bool {
    let paths = object.each_in("volumes", &["hostPath", "path"]);
    paths.iter().any(|path| path.to_string().contains("/proc"))
}

pub(super) fn requests_cpu(object: &Object<'_>) -> bool {
    !object
        .each_in("containers", &["resources", "requests", "cpu"])
        .is_empty()
}

pub(super) fn limits_cpu(object: &Object<'_>) -> bool {
    !object
        .each_in("containers", &["resources", "limits", "cpu"])
        .is_empty()
}

pub(super) fn requests_memory(object: &Object<'_>) -> bool {
    !object
        .each_in("containers", &["resources", "requests", "memory"])
        .is_empty()
}

pub(super) fn limits_memory(object: &Object<'_>) -> bool {
    !object
        .each_in("containers", &["resources", "limits", "memory"])
        .is_empty()
}

/// Even the empty text counts.
pub(super) fn service_account_name(object: &Object<'_>) -> bool {
    is_printed(object.spec(&["serviceAccountName"]))
}

/// Even the empty list counts.
pub(super) fn host_aliases(object: &Object<'_>) -> bool {
    is_printed(object.spec(&["hostAliases"]))
}

fn is_printed(value: Option<&Value<'_>>) -> bool {
    value.is_some_and(|value| !value.is_null() && value.as_str() != Some("<nil>"))
}

pub(super) fn automount_service_account_token(object: &Object<'_>) -> bool {
    object.spec(&["automountServiceAccountToken"]) == Some(&Value::Bool(false))
}

pub(super) fn host_users(object: &Object<'_>) -> bool {
    object.spec(&["hostUsers"]) == Some(&Value::Bool(false))
}

pub(super) fn volume_claim_access_mode(object: &Object<'_>) -> bool {
    let templates = object.root.get(&["spec", "volumeClaimTemplates"]);
    let modes = each(templates, &["spec", "accessModes"]);
    each(templates, &["spec"]).is_empty()
        || modes
            .iter()
            .any(|modes| format!("accessModes:{modes}").contains("accessModes:[ReadWriteOnce]"))
}

pub(super) fn volume_claim_storage(object: &Object<'_>) -> bool {
    let templates = object.root.get(&["spec", "volumeClaimTemplates"]);
    each(templates, &["spec"]).is_empty()
        || !each(templates, &["spec", "resources", "requests", "storage"]).is_empty()
}

pub(super) fn seccomp_any(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["seccompProfile", "type"], is_confined)
}

pub(super) fn seccomp_unconfined(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["seccompProfile", "type"], is_unconfined)
}

pub(super) fn apparmor_any(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["appArmorProfile", "type"], is_confined)
}

pub(super) fn apparmor_unconfined(object: &Object<'_>) -> bool {
    object.any_container_or_pod(&["appArmorProfile", "type"], is_unconfined)
}

pub(super) fn secrets_as_environment_variables(object: &Object<'_>) -> bool {
    let refers = |container: &Value<'_>, list: &str, path: &[&str]| {
        let sources = container.get(&[list]).map(members).unwrap_or_default();
        sources
            .iter()
            .any(|source| source.get(path).is_some_and(|secret| !secret.is_null()))
    };
    object.containers().any(|container| {
        refers(container, "env", &["valueFrom", "secretKeyRef"])
            || refers(container, "envFrom", &["secretRef"])
    })
}

pub(super) fn bindings_to_system_anonymous(object: &Object<'_>) -> bool {
    each(object.root.get(&["subjects"]), &["name"])
        .iter()
        .any(|name| name.to_string().contains("system:anonymous"))
}

const SECCOMP: &str = "seccomp.security.alpha.kubernetes.io/";
const APPARMOR: &str = "container.apparmor.security.beta.kubernetes.io/";

pub(super) fn seccomp_annotation_any(object: &Object<'_>) -> bool {
    annotated_profile(object, SECCOMP) == Some(Profile::Confined)
}

pub(super) fn seccomp_annotation_unconfined(object: &Object<'_>) -> bool {
    annotated_profile(object, SECCOMP) == Some(Profile::Unconfined)
}

pub(super) fn apparmor_annotation_any(object: &Object<'_>) -> bool {
    annotated_profile(object, APPARMOR) == Some(Profile::Confined)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Profile {
    Confined,
    Unconfined,
}

/// What the printed annotations of the object (not of its pod template) say about a profile.
fn annotated_profile(object: &Object<'_>, prefix: &str) -> Option<Profile> {
    let text = object.annotations()?;
    let of_pod = format!("{prefix}pod:");
    let unconfined = if text.contains(&of_pod) {
        text.contains(&format!("{of_pod}unconfined"))
    } else {
        let mut profiles = profiles_of_containers(&text, prefix).peekable();
        profiles.peek()?;
        profiles.any(|profile| {
            profile
                .strip_prefix("unconfined")
                .is_some_and(|rest| rest.starts_with([' ', ']']))
        })
    };
    Some(if unconfined {
        Profile::Unconfined
    } else {
        Profile::Confined
    })
}

/// What follows each key of the prefix and a name of letters, dots and hyphens.
fn profiles_of_containers<'t>(text: &'t str, prefix: &str) -> impl Iterator<Item = &'t str> {
    text.match_indices(prefix).filter_map(move |(at, _)| {
        let before = text.get(..at)?;
        let rest = text.get(at + prefix.len()..)?;
        let after =
            rest.trim_start_matches(|c: char| c.is_ascii_alphabetic() || c == '.' || c == '-');
        let is_named = after.len() < rest.len() && before.ends_with([' ', '[']);
        after.strip_prefix(':').filter(|_| is_named)
    })
}

//! The Pod Security Standards, as the API server's admission judges them, at every version.
//!
//! Source: <https://kubernetes.io/docs/concepts/security/pod-security-standards/> and the versions at
//! which each rule changed. [`evaluate`] gives a violation for each field at fault, so that each has its line.

mod admission;
mod baseline;
mod restricted;
mod version;

use ringwall_input::{
    kubernetes::{Container, Workload},
    yaml::Node,
};

pub use admission::PodSecurity;
pub use version::{Level, ParseLevelError, Request, Version};

/// One thing that a level forbids.
#[derive(Clone, Debug)]
pub struct Violation<'a> {
    /// The rule, by the name that the API server uses: `hostNamespaces`, `capabilities_restricted`.
    pub rule: &'static str,
    /// What is forbidden and what was found, without the subject.
    pub detail: String,
    /// The field at fault, or the nearest thing written where a field is missing.
    pub place: Node<'a>,
    /// Position in [`Workload::containers`] of the container at fault; `None` for the pod.
    pub container: Option<usize>,
}

/// Everything in a pod that a level forbids at a version; nothing for `Privileged`.
pub fn evaluate<'a>(workload: &Workload<'a>, level: Level, version: Version) -> Vec<Violation<'a>> {
    let mut pod = Judge {
        workload,
        version,
        rule: "",
        found: Vec::new(),
    };
    match level {
        Level::Privileged => {}
        Level::Baseline => baseline::judge(&mut pod, false),
        Level::Restricted => {
            baseline::judge(&mut pod, true);
            restricted::judge(&mut pod);
        }
    }
    pod.found
}

/// The pod that is judged and what was found so far.
struct Judge<'w, 'a> {
    workload: &'w Workload<'a>,
    version: Version,
    rule: &'static str,
    found: Vec<Violation<'a>>,
}

impl<'w, 'a> Judge<'w, 'a> {
    fn forbid_pod(&mut self, place: Node<'a>, detail: impl Into<String>) {
        self.found.push(Violation {
            rule: self.rule,
            detail: detail.into(),
            place,
            container: None,
        });
    }

    fn forbid_container(&mut self, index: usize, place: Node<'a>, detail: impl Into<String>) {
        self.found.push(Violation {
            rule: self.rule,
            detail: detail.into(),
            place,
            container: Some(index),
        });
    }

    /// Every container of every sort, with its position.
    fn containers(&self) -> impl Iterator<Item = (usize, &'w Container<'a>)> + use<'w, 'a> {
        self.workload.containers.iter().enumerate()
    }

    fn from(&self, minor: u32) -> bool {
        self.version.is_at_least(minor)
    }

    /// `spec.os.name: windows`, from the version on where the rule leaves such pods out.
    fn skips_windows(&self, minor: u32) -> bool {
        self.from(minor) && self.workload.pod.is_windows()
    }

    /// `hostUsers: false`, from 1.35 on: users of the pod are not users of the node.
    fn has_own_users(&self) -> bool {
        self.from(35)
            && self
                .workload
                .pod
                .field(["hostUsers"])
                .is_some_and(Node::is_false)
    }
}

/// What a field says, for a message.
fn shown(node: Node<'_>) -> String {
    match node.text() {
        "" => "\"\"".to_owned(),
        text => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ringwall_input::{
        kubernetes::{ObjectDocument, objects, workloads},
        yaml,
    };
    use ringwall_model::Source;

    use super::{Level, Version, evaluate};

    /// The rules that a pod breaks with some fields of its spec and of its container's security context.
    fn broken(level: Level, spec: &str, security: &str) -> Vec<String> {
        let text = format!(
            "apiVersion: v1
kind: Pod
metadata: {{name: a}}
spec:
  securityContext: {{runAsNonRoot: true, seccompProfile: {{type: RuntimeDefault}}, {spec}}}
  volumes: [{{name: v, image: {{reference: 'registry.example.com/a:1'}}}}]
  containers:
  - name: a
    securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}, {security}}}
"
        );
        broken_by(&text, level, Version::Latest)
    }

    /// The rules that the first object breaks.
    fn broken_by(text: &str, level: Level, version: Version) -> Vec<String> {
        let (documents, diagnostics) = yaml::parse(&Arc::new(Source::new("a.yaml", text)));
        assert_eq!(diagnostics, []);
        let ObjectDocument::Objects(objects) = objects(&documents[0]) else {
            panic!("no object");
        };
        let found = workloads(&objects[0], &[]);
        evaluate(&found[0], level, version)
            .into_iter()
            .map(|violation| format!("{} {}", violation.rule, violation.detail))
            .collect()
    }

    /// As `seccompProfileBaseline_1_0` of `k8s.io/pod-security-admission` has it.
    #[test]
    fn before_1_19_seccomp_is_annotations_of_the_pod_and_its_containers() {
        for (annotation, is_broken) in [
            (
                "seccomp.security.alpha.kubernetes.io/pod: runtime/default",
                false,
            ),
            (
                "seccomp.security.alpha.kubernetes.io/pod: localhost/x",
                false,
            ),
            ("seccomp.security.alpha.kubernetes.io/pod: ''", true),
            ("seccomp.security.alpha.kubernetes.io/pod: unconfined", true),
            (
                "container.seccomp.security.alpha.kubernetes.io/a: unconfined",
                true,
            ),
            ("container.seccomp.security.alpha.kubernetes.io/a: ''", true),
            (
                "container.seccomp.security.alpha.kubernetes.io/gone: unconfined",
                false,
            ),
        ] {
            let text = format!(
                "apiVersion: v1\nkind: Pod\nmetadata: {{name: a, annotations: {{{annotation}}}}}\nspec: {{containers: [{{name: a}}]}}\n"
            );
            let broken = broken_by(&text, Level::Baseline, Version::Minor(18));
            assert_eq!(!broken.is_empty(), is_broken, "{annotation}: {broken:?}");
        }
    }

    #[test]
    fn image_volumes_are_allowed() {
        assert_eq!(broken(Level::Restricted, "", ""), [""; 0]);
    }

    #[test]
    fn a_profile_without_type_has_an_empty_one() {
        let rule = [
            (Level::Baseline, "seccompProfile_baseline"),
            (Level::Restricted, "seccompProfile_restricted"),
        ];
        for (level, rule) in rule {
            for profile in ["{}", "{localhostProfile: x}", "{type: null}", "{type: ''}"] {
                assert_eq!(
                    broken(level, "", &format!("seccompProfile: {profile}")),
                    [format!("{rule} seccompProfile.type=\"\"")],
                    "{profile}"
                );
                assert_eq!(
                    broken(level, &format!("appArmorProfile: {profile}"), ""),
                    ["appArmorProfile appArmorProfile.type=\"\""],
                    "{profile}"
                );
            }
            assert_eq!(broken(level, "", "seccompProfile: null"), [""; 0]);
        }
    }

    #[test]
    fn a_sysctl_without_name_is_none_of_the_allowed_ones() {
        assert_eq!(
            broken(Level::Baseline, "sysctls: [{value: '1'}]", ""),
            ["sysctls sysctl \"\""]
        );
    }
}

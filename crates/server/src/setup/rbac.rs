//! The rights that ringwall needs in a cluster: those, and no others.

use std::collections::{BTreeMap, BTreeSet};

use super::{SetupFile, kubeconfig::quoted};

/// Whose rights are written, and what for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RbacSetup {
    /// Namespace of the service account.
    pub namespace: String,
    /// Name of the service account.
    pub name: String,
    /// Groups and resources of what policies ask for.
    pub watched: BTreeSet<(String, String)>,
    /// Whether a policy asks what subjects may do.
    pub asks_access: bool,
    /// Whether everything is judged in the background.
    pub audits: bool,
}

/// What tells apart, for `kubectl apply -l`, what must be there before the webhooks are.
const LABELS: &str = "  labels:\n    app.kubernetes.io/name: ringwall\n";

/// A rule: groups, resources, verbs, and why.
struct Rule {
    why: &'static str,
    group: String,
    resources: BTreeSet<String>,
    verbs: &'static str,
}

impl Rule {
    fn to_yaml(&self) -> String {
        let resources: Vec<String> = self.resources.iter().map(|it| quoted(it)).collect();
        format!(
            "# {}\n- apiGroups: [{}]\n  resources: [{}]\n  verbs: [{}]\n",
            self.why,
            quoted(&self.group),
            resources.join(", "),
            self.verbs
        )
    }
}

/// Makes the file.
pub fn rbac(setup: &RbacSetup) -> Vec<SetupFile> {
    let rules: String = rules(setup).iter().map(Rule::to_yaml).collect();
    let text = format!(
        "apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRole\n\
         metadata:\n\
         \x20 name: ringwall\n\
         {LABELS}\
         rules:\n\
         {rules}\
         ---\n\
         apiVersion: rbac.authorization.k8s.io/v1\n\
         kind: ClusterRoleBinding\n\
         metadata:\n\
         \x20 name: ringwall\n\
         {LABELS}\
         roleRef:\n\
         \x20 apiGroup: rbac.authorization.k8s.io\n\
         \x20 kind: ClusterRole\n\
         \x20 name: ringwall\n\
         subjects:\n\
         - kind: ServiceAccount\n\
         \x20 name: {}\n\
         \x20 namespace: {}\n",
        quoted(&setup.name),
        quoted(&setup.namespace)
    );
    vec![SetupFile::open("rbac.yaml", text)]
}

fn rules(setup: &RbacSetup) -> Vec<Rule> {
    const SEE: &str = "list, watch";
    let rule = |why, group: &str, resources: &[&str], verbs| Rule {
        why,
        group: group.to_owned(),
        resources: resources.iter().map(|&it| it.to_owned()).collect(),
        verbs,
    };
    let mut rules = Vec::new();
    if setup.audits {
        rules.push(rule("The audit judges every object.", "*", &["*"], SEE));
        rules.push(rule(
            "Reports on what is not in order.",
            "openreports.io",
            &["clusterreports", "reports"],
            "create, patch, delete",
        ));
        rules.push(rule(
            "What violates a constraint stands in its status.",
            "constraints.gatekeeper.sh",
            &["*/status"],
            "patch",
        ));
    } else {
        let namespaces = (String::new(), "namespaces".to_owned());
        let mut watched: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (group, resource) in setup.watched.iter().chain([&namespaces]) {
            watched.entry(group).or_default().insert(resource.clone());
        }
        rules.extend(watched.into_iter().map(|(group, resources)| Rule {
            why: "What policies ask of the cluster.",
            group: group.to_owned(),
            resources,
            verbs: SEE,
        }));
    }
    if setup.asks_access {
        rules.push(rule(
            "A policy asks by `authorizer` what users may do.",
            "authorization.k8s.io",
            &["subjectaccessreviews"],
            "create",
        ));
    }
    rules
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup() -> RbacSetup {
        RbacSetup {
            namespace: "ringwall".to_owned(),
            name: "ringwall".to_owned(),
            watched: [("networking.k8s.io".to_owned(), "ingresses".to_owned())].into(),
            asks_access: false,
            audits: false,
        }
    }

    fn told(setup: &RbacSetup) -> Vec<(String, String, &'static str)> {
        let told = |rule: Rule| {
            let resources: Vec<_> = rule.resources.into_iter().collect();
            (rule.group, resources.join(","), rule.verbs)
        };
        rules(setup).into_iter().map(told).collect()
    }

    fn line(group: &str, resources: &str, verbs: &'static str) -> (String, String, &'static str) {
        (group.to_owned(), resources.to_owned(), verbs)
    }

    #[test]
    fn rights_are_those_that_policies_need() {
        let watched = [
            line("", "namespaces", "list, watch"),
            line("networking.k8s.io", "ingresses", "list, watch"),
        ];
        assert_eq!(told(&setup()), watched);
        let asking = RbacSetup {
            asks_access: true,
            ..setup()
        };
        let mut with = watched.to_vec();
        with.push(line(
            "authorization.k8s.io",
            "subjectaccessreviews",
            "create",
        ));
        assert_eq!(told(&asking), with);
    }

    #[test]
    fn the_audit_sees_everything_and_writes_only_results() {
        let audit = RbacSetup {
            audits: true,
            ..setup()
        };
        let writing: Vec<_> = told(&audit)
            .into_iter()
            .filter(|(_, _, verbs)| *verbs != "list, watch")
            .collect();
        assert_eq!(
            writing,
            [
                line(
                    "openreports.io",
                    "clusterreports,reports",
                    "create, patch, delete"
                ),
                line("constraints.gatekeeper.sh", "*/status", "patch"),
            ]
        );
    }
}
